"""Tables and records as people save them: notes above the header, spreadsheets' exports, R's NA, other currencies, reference managers."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from armillary.cli.main import run
from armillary.core.store import Store
from armillary.errors import InputError
from armillary.sources.retractions import read_retraction_list

PATENTS = "patent_id,year,inventor,country,is_pct\nP1,2020,a,JP,1\nP2,2020,b,DE,1\n"


def ingest(tmp_path: Path, kind: str, name: str, text: str | bytes, *options: str) -> Store:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert run(["ingest", kind, str(path), *options, "--into", str(tmp_path / "o")]) == 0
    return Store.open(tmp_path / "o")


def column(store: Store, table: str, *names: str) -> list[Any]:
    rows = store.read(table).to_pylist()
    return [r[names[0]] if len(names) == 1 else tuple(r[n] for n in names) for r in rows]


TITLES = {
    "a title": "Patents of our institute, 2020\n\n",
    "title and date": "Patents\nExported 2026-01-01\n\n",
    "padded by a spreadsheet": "Patents,,,,\n",
    "sep": "sep=,\n",
}


@pytest.mark.parametrize("above", TITLES.values(), ids=TITLES.keys())
@pytest.mark.parametrize("ends", ["\n", "\r\n", "mixed"])
def test_notes_above_the_header(tmp_path: Path, above: str, ends: str) -> None:
    text = above + PATENTS if ends == "mixed" else (above + PATENTS).replace("\n", ends)
    if ends == "mixed":
        text = text.replace("JP,1\n", "JP,1\r\n")
    store = ingest(tmp_path, "patents", "p.csv", text)
    assert column(store, "inventor", "patent_id", "country_code") == [("P1", "JP"), ("P2", "DE")]


def test_notes_above_the_header_of_other_tables(tmp_path: Path) -> None:
    store = ingest(tmp_path, "policy", "p.csv", "Export of 2026-01-02\n\npolicy_id;doi;country\np1;10.1234/a;DE\np2;10.1234/b;FR\n")
    assert column(store, "policy_citation", "policy_id", "doi") == [("p1", "10.1234/a"), ("p2", "10.1234/b")]
    (tmp_path / "r.csv").write_text(
        "Retraction Watch\n\nRecord ID,OriginalPaperDOI,RetractionNature\n1,10.1234/a,Retraction\n2,10.1234/b,Correction\n"
    )
    assert read_retraction_list(tmp_path / "r.csv").dois == {"10.1234/a"}


NA = {
    "R's NA": ("NA,NA", ["DE", None]),
    "Namibia": ("NA,2020", ["DE", "NA"]),
}


@pytest.mark.parametrize(("row", "countries"), NA.values(), ids=NA.keys())
def test_na_is_namibia_unless_the_table_says_otherwise(tmp_path: Path, row: str, countries: list[str | None]) -> None:
    policy = ingest(tmp_path, "policy", "p.csv", f"policy_id,doi,country,year\np1,10.1234/a,DE,2020\np2,10.1234/a,{row}\n")
    assert column(policy, "policy_document", "country_code") == countries
    patents = ingest(tmp_path, "patents", "q.csv", f"patent_id,inventor,is_pct,country,year\nP1,a,1,DE,2020\nP2,b,1,{row}\n")
    assert column(patents, "inventor", "country_code") == countries
    deals = ingest(tmp_path, "deals", "d.csv", f"deal_id,country,year\nd1,DE,2020\nd2,{row}\n")
    assert column(deals, "deal", "country_code") == countries


def test_na_among_names_of_countries_is_missing(tmp_path: Path) -> None:
    store = ingest(tmp_path, "deals", "d.csv", "deal_id,country,year\nd1,Germany,2020\nd2,NA,2020\n")
    assert column(store, "deal", "country_code") == ["DE", None]


def test_amounts_are_dollars_or_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = 'deal_id,year,amount\n1,2020,€1500\n2,2020,JPY 100000000\n3,2020,$5\n4,2020,USD 3bn\n5,2020,"US$ 1,500"\n6,2020,A$7\n'
    store = ingest(tmp_path, "deals", "d.csv", text)
    assert column(store, "deal", "amount_usd") == [None, None, 5.0, 3e9, 1500.0, None]
    assert "3 amounts are in another currency" in capsys.readouterr().out
    store = ingest(tmp_path, "deals", "d.csv", "deal_id,year,amount,currency\n1,2020,5,EUR\n2,2020,6,USD\n", "--fresh")
    assert column(store, "deal", "amount_usd") == [None, 6.0]


def test_what_a_table_of_deals_has_and_is_not_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = ingest(tmp_path, "deals", "d.csv", "Deal-ID;Datum;Lat;Lon;Land\n1;2020;1,5;2,5;DE\n2;2020;-122,3;37,8;US\n")
    said = capsys.readouterr().out
    assert "columns that are not read: Datum, Land" in said and "1 points are not on the globe" in said
    assert column(store, "deal", "lat_deg") == [1.5, None]


def test_amounts_that_may_be_thousands_are_not_guessed(tmp_path: Path) -> None:
    store = ingest(tmp_path, "deals", "d.csv", "deal_id;year;amount\n1;2020;1.500\n2;2020;2.000\n")
    assert column(store, "deal", "amount_usd") == [None, None]
    text = "year;country_a;country_b;works\n2020;CN;US;1.234\n2020;CN;JP;1.234.567\n"
    assert column(ingest(tmp_path, "collaboration", "p.csv", text), "pair_series", "value") == [1234567.0, 1234.0]


RIS = "TY  - JOUR\nTI  - A\nDO  - 10.1234/A\nER  - \n\nTY  - RPRT\nUR  - https://doi.org/10.1234/b\nER  - \n"
CSL = json.dumps(
    [
        {"id": "a", "type": "article-journal", "DOI": "10.1234/a"},
        {"id": "b", "type": "report", "title": "B", "URL": "https://doi.org/10.1234/b"},
    ]
)
NBIB = "PMID- 1\nTI  - A\nLID - 10.1234/a [doi]\n\nPMID- 2\nAID - S1 [pii]\nAID - 10.1234/b [doi]\n"
BIB = "@article{a, doi={10.1234/a}}\n@misc{b, howpublished={\\url{https://doi.org/10.1234/b}}}\n"
BIB_2 = "@article{a, author={M\u00fcller}, title={Gr\u00f6\u00dfe}, doi={10.1234/a, 10.1234/b}}\n"
REFERENCES: dict[str, tuple[str, bytes]] = {
    "RIS": ("r.ris", RIS.encode()),
    "RIS with a mark and Windows lines": ("r.txt", b"\xef\xbb\xbf" + RIS.replace("\n", "\r\n").encode()),
    "CSL-JSON": ("r.json", CSL.encode()),
    "MEDLINE": ("r.nbib", NBIB.encode()),
    "BibTeX with a link": ("r.bib", BIB.encode()),
    "BibTeX in Latin-1": ("r.bib", BIB_2.encode("latin-1")),
}


@pytest.mark.parametrize(("name", "content"), REFERENCES.values(), ids=REFERENCES.keys())
def test_lists_of_reference_managers(tmp_path: Path, name: str, content: bytes) -> None:
    store = ingest(tmp_path, "policy", name, content, "--document-id", "p1")
    assert column(store, "policy_citation", "policy_id", "doi") == [("p1", "10.1234/a"), ("p1", "10.1234/b")]


def test_two_columns_of_one_name_are_not_chosen_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p.csv").write_text("policy_id,doi,doi\np1,10.1234/a,10.1234/b\n")
    assert run(["ingest", "policy", str(tmp_path / "p.csv"), "--into", str(tmp_path / "o")]) == 2
    (tmp_path / "q.csv").write_text("patent_id,inventor,country,country,year\nP1,a,JP,DE,2020\n")
    assert run(["ingest", "patents", str(tmp_path / "q.csv"), "--into", str(tmp_path / "o")]) == 2
    said = capsys.readouterr().err
    assert "called 'doi'" in said and "called country" in said


def test_overton_by_its_own_columns(tmp_path: Path) -> None:
    text = (
        "Policy document id,Overton URL,Title,Published on,Source country,Source title,Source type,Scholarly article DOI\n"
        "gov-1,https://x,T,2020-01-02,UK,JRC,igo,10.1234/a\n"
    )
    store = ingest(tmp_path, "policy", "o.csv", b"\xef\xbb\xbf" + text.encode())
    assert column(store, "policy_document", "policy_id", "country_code", "year") == [("gov-1", "GB", 2020)]


def test_patstat_joined_counts_no_applicants(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        "appln_id;appln_auth;appln_filing_year;person_id;person_ctry_code;invt_seq_nr;applt_seq_nr\n"
        "101;EP;2011;1;CH;1;0\n101;EP;2011;2;NO;0;1\n101;EP;2011;3;CH;2;1\n"
    )
    store = ingest(tmp_path, "patents", "q.csv", text, "--not-pct")
    assert column(store, "inventor", "patent_id", "country_code") == [("101", "CH"), ("101", "CH")]
    assert column(store, "reject", "reason") == ["not-an-inventor"]
    (tmp_path / "tls207.csv").write_text("person_id,appln_id,applt_seq_nr,invt_seq_nr\n1,101,0,1\n2,101,1,0\n")
    assert run(["ingest", "patents", str(tmp_path / "tls207.csv"), "--not-pct", "--into", str(tmp_path / "o")]) == 2
    assert "join them" in capsys.readouterr().err


def test_two_editions_of_regpat_are_not_united(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for edition in ("202401", "202408"):
        (folder / f"{edition}_EPO_Inv_reg.txt").write_text("app_nbr|appln_id|person_id|inv_name|reg_code|ctry_code\nEP1|101|1|a|CH021|CH\n")
    assert run(["ingest", "patents", str(folder), "--not-pct", "--into", str(tmp_path / "o")]) == 2
    assert "2 editions" in capsys.readouterr().err


def test_retractions_by_a_column_that_says_so(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("work_id,is_retracted\nW5,true\nW6,False\n")
    assert read_retraction_list(path).works == {5}
    path.write_bytes(
        "Institution,OriginalPaperDOI,RetractionNature\nUniversit\u00e4t Gr\u00f6\u00dfe,10.1234/a,Notice of retraction\n".encode("cp1252")
    )
    assert read_retraction_list(path).dois == {"10.1234/a"}
    path.write_text("PMID\n1\n")
    with pytest.raises(InputError, match="no column"):
        read_retraction_list(path)


AUTHORS = {
    "names": ["Ann Bee", "Cy Dee"],
    "surname first": ["Bee, Ann", "Dee, Cy"],
    "one text": "Ann Bee; Cy Dee",
    "Crossref": [{"given": "Ann", "family": "Bee"}, {"given": "Cy", "family": "Dee"}],
    "OpenAlex": [{"author": {"display_name": "Ann Bee"}}, {"author": {"display_name": "Cy Dee"}}],
}


@pytest.mark.parametrize("authors", AUTHORS.values(), ids=AUTHORS.keys())
def test_authors_of_statements_in_any_form(tmp_path: Path, authors: Any) -> None:
    row = {"doi": "10.1234/a", "authors": authors, "contribution": "A.B.: Supervision; Funding acquisition. CD: Software."}
    store = ingest(tmp_path, "contributions", "c.jsonl", json.dumps(row))
    assert column(store, "contribution", "roles", "is_lead") == [("funding-acquisition;supervision", True), ("software", False)]


STATEMENTS = {
    "semicolons between persons": "Conceptualization: Ann Bee (lead), Cy Dee. Writing - original draft: Cy Dee (lead); Ann Bee (equal).",
    "blanks between persons": "Conceptualization: AB (lead) CD (equal)\nWriting - original draft: CD (lead) AB (equal)",
    "blanks in initials": "A. B. and C. D. designed research; A. B. and C. D. wrote the paper.",
}


@pytest.mark.parametrize("text", STATEMENTS.values(), ids=STATEMENTS.keys())
def test_no_person_is_lost_from_a_list(tmp_path: Path, text: str) -> None:
    row = {"doi": "10.1234/a", "authors": ["Ann Bee", "Cy Dee"], "contribution": text}
    store = ingest(tmp_path, "contributions", "c.jsonl", json.dumps(row))
    assert column(store, "contribution", "roles", "is_lead") == [("conceptualization;writing-original-draft", True)] * 2


def test_answers_of_the_registry_of_organisations(tmp_path: Path) -> None:
    record = {
        "id": "https://ror.org/042nb2s44",
        "names": [{"value": "O", "types": ["ror_display"]}],
        "types": ["education"],
        "status": "active",
        "locations": [{"geonames_id": 1, "geonames_details": {"country_code": "FR", "name": "Lyon", "lat": 45.7, "lng": 4.8}}],
    }
    answers = {
        "page": json.dumps({"number_of_results": 1, "time_taken": 2, "items": [record]}),
        "match": json.dumps({"number_of_results": 1, "items": [{"chosen": True, "organization": record}]}, indent=1),
        "utf-16": json.dumps([record]),
    }
    for name, text in answers.items():
        content = text.encode("utf-16") if name == "utf-16" else text.encode()
        assert column(ingest(tmp_path, "ror", f"{name}.json", content), "ror", "ror_id", "city") == [("042nb2s44", "Lyon")]


def test_an_archive_with_a_file_without_a_name_is_damaged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with zipfile.ZipFile(tmp_path / "o.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo(""), "policy_id,doi")
    for kind in ("policy", "patents", "ror", "series"):
        assert run(["ingest", kind, str(tmp_path / "o.zip"), "--into", str(tmp_path / "o")]) == 2, kind
        assert "damaged" in capsys.readouterr().err
