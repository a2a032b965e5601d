from __future__ import annotations

import gzip
import json
import zipfile

import pytest

from armillary.cli.main import run
from armillary.core.store import Store
from armillary.errors import InputError, SpecError, UsageError
from armillary.sources.policy.ingest import _SUFFIXES, ingest_policy
from armillary.sources.policy.table import known_mappings, read_mapping

TABLE = """policy_id,title,organisation,organisation_type,country,year,cited DOI,group
p1,Plan A,Ministry of Energy,Government,Germany,2020-05-01,10.1000/A1,1
p1,Plan A,Ministry of Energy,Government,Germany,2020,https://doi.org/10.1000/a1,2
p1,Plan A,Ministry of Energy,Government,Germany,2020,,3
p2,Report,Climate Institute,think tank,UK,2021,10.1000/a1; 10.1000/b2,
p3,Brief,A Body,guild,Atlantis,n.d.,10.1000/c3,
,Nameless,,,,,10.1000/d4,
p4,short
"""


@pytest.fixture
def store(tmp_path):
    return Store.create(tmp_path / "obs")


def write(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_plain_table(store, tmp_path):
    report = ingest_policy(store, write(tmp_path, "policy.csv", TABLE))
    assert (report.read, report.kept, report.repeated, report.documents, report.dois) == (8, 4, 1, 3, 3)
    assert dict(report.rejected) == {"doi-missing": 1, "policy-id-missing": 1, "row-short": 1}
    assert report.read == report.kept + report.repeated + sum(report.rejected.values())
    assert any("'guild'" in w and w.startswith("1 citations") for w in report.warnings) and any("Atlantis" in w for w in report.warnings)
    assert [tuple(r.values()) for r in store.read("policy_document").to_pylist()] == [
        ("p1", "Plan A", "Ministry of Energy", "government", "DE", 2020),
        ("p2", "Report", "Climate Institute", "think_tank", "GB", 2021),
        ("p3", "Brief", "A Body", "other", None, None),
    ]
    assert store.read("policy_citation").to_pylist()[0] == {"policy_id": "p1", "doi": "10.1000/a1", "group": "1;2"}
    rejects = {(r["line"], r["reason"]) for r in store.read("reject").to_pylist()}
    assert rejects == {(4, "doi-missing"), (7, "policy-id-missing"), (8, "row-short")}
    (row,) = store.read("manifest").to_pylist()
    assert (row["records_n"], row["kept_n"], row["superseded_n"], row["rejected_n"], row["schema_generation"]) == (8, 4, 1, 3, "table")


def test_reading_again_changes_nothing_and_other_files_add(store, tmp_path):
    path = write(tmp_path, "policy.csv", TABLE)
    ingest_policy(store, path)
    before = store.digest
    ingest_policy(store, path)
    assert store.digest == before
    ingest_policy(store, write(tmp_path, "more.csv", "policy_id,doi,year\np3,10.1000/z9,2019\np9,10.1000/a1,2022\n"))
    assert store.rows("policy_citation") == 6
    years = {r["policy_id"]: r["year"] for r in store.read("policy_document").to_pylist()}
    assert years == {"p1": 2020, "p2": 2021, "p3": 2019, "p9": 2022}
    ingest_policy(store, path, fresh=True)
    assert store.digest == before


def test_versions_of_a_document_are_one(store, tmp_path):
    text = "policy_id,doi,version_of\nen,10.1000/a1,\nfr,10.1000/a1,en\nfr,10.1000/b2,en\n"
    report = ingest_policy(store, write(tmp_path, "v.csv", text))
    assert (report.documents, report.kept, report.repeated) == (1, 2, 1)


def test_bibtex_with_document_facts(store, tmp_path):
    (tmp_path / "bib").mkdir()
    write(tmp_path / "bib", "ch1.bib", "@article{a, title={T}, doi={10.1000/a1}}\n@book{b, title={No DOI}}\n")
    write(tmp_path / "bib", "ch2.bib", "@article{a, url={https://doi.org/10.1000/a1}}\n@article{broken, title={x\n")
    facts = {"policy_id": "r1", "title": "Report", "organisation": "IGO X", "organisation_type": "igo", "year": "2021"}
    report = ingest_policy(store, tmp_path / "bib", document=facts)
    assert (report.files, report.read, report.kept, report.repeated) == (2, 4, 1, 1)
    assert dict(report.rejected) == {"doi-missing": 1, "bibtex-unreadable": 1}
    assert store.read("policy_citation").to_pylist() == [{"policy_id": "r1", "doi": "10.1000/a1", "group": "ch1;ch2"}]
    assert store.read("policy_document")["organisation_type"].to_pylist() == ["igo"]
    assert {r["file"] for r in store.read("reject").to_pylist()} == {"ch1.bib", "ch2.bib"}


def test_overton_style_export(store, tmp_path):
    def record(pdf, n):
        return {
            "pdf_document_id": f"{pdf}",
            "policy_document_id": "ov-1",
            "title": "Titre",
            "translated_title": "Title",
            "published_on": "2023-04-01",
            "source": {"title": "Ministry", "type": "government > national", "country": "France"},
            "cites": {"scholarly": [{"doi": f"10.1000/{i}"} for i in range(n)] + [{"title": "no doi"}], "policy": [{"overton_id": "x"}]},
        }

    lines = [json.dumps(record("a", 2)), json.dumps(record("b", 3)), '{"broken', json.dumps({"title": "nameless"})]
    report = ingest_policy(store, write(tmp_path, "overton_docs_000000001.json", "\n".join(lines)))
    assert (report.read, report.kept, report.repeated) == (9, 3, 2)
    assert dict(report.rejected) == {"doi-missing": 2, "json-unreadable": 1, "policy-id-missing": 1}
    (row,) = store.read("policy_document").to_pylist()
    assert tuple(row.values()) == ("ov-1", "Title", "Ministry", "government", "FR", 2023)


def test_overton_style_table(store, tmp_path):
    header = "Overton id\tTitle\tSource title\tSource type\tSource country\tPublished_on\tMatched DOI\n"
    text = header + "ov-2\tT\tOECD\tigo\tIGO\t2022-01-02\t10.1000/a1\n"
    ingest_policy(store, write(tmp_path, "export.tsv", text))
    (row,) = store.read("policy_document").to_pylist()
    assert tuple(row.values()) == ("ov-2", "T", "OECD", "igo", None, 2022)


def test_ipcc_bibliographies(store, real_data):
    """The counts of the issue: 64,041 citations, 11,061 without a DOI, 40,527 different strings in the DOI column."""
    folder = real_data / "policy"
    report = ingest_policy(store, folder / "ipcc_ar6_citations.csv.gz")
    assert (report.read, report.rejected["doi-missing"], report.documents) == (64041, 11061, 3)
    assert dict(report.rejected) == {"doi-missing": 11061, "doi-incomplete": 5, "doi-malformed": 4}
    assert report.read == report.kept + report.repeated + sum(report.rejected.values())
    # 40,527 strings, of which nine are no DOI and 59 are another spelling of one that is there
    assert report.dois == 40459 and report.repaired == 112
    second = ingest_policy(store, folder / "ipcc_doi_working_groups.csv.gz")
    assert second.dois == 54791 and second.rejected == {"doi-incomplete": 12, "doi-malformed": 6}
    assert set(store.read("policy_document")["policy_id"].to_pylist()) == {"ipcc-ar6-wg1", "ipcc-ar6-wg2", "ipcc-ar6-wg3"}
    assert store.rows("policy_citation") == 59401


def test_mistakes_are_named(store, tmp_path):
    with pytest.raises(InputError, match="no such file"):
        ingest_policy(store, tmp_path / "nothing.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no file here that ends in"):
        ingest_policy(store, tmp_path / "empty")
    with pytest.raises(InputError, match="no column for doi"):
        ingest_policy(store, write(tmp_path, "a.csv", "policy_id,name\n1,2\n"))
    with pytest.raises(InputError, match="no text file"):
        (tmp_path / "b.csv").write_bytes(b"\0\1\2")
        ingest_policy(store, tmp_path / "b.csv")
    with pytest.raises(InputError, match="archive is damaged"):
        (tmp_path / "c.csv.gz").write_bytes(gzip.compress(b"policy_id,doi\n" * 99)[:30])
        ingest_policy(store, tmp_path / "c.csv.gz")
    with pytest.raises(InputError, match="no column 'report'"):
        mapping = read_mapping(write(tmp_path, "m.toml", '[fields]\npolicy_id = "{report}"\ndoi = "{doi}"\n'))
        ingest_policy(store, write(tmp_path, "d.csv", "policy_id,doi\n"), mapping=mapping)
    assert {"ipcc-ar6", "ipcc-ar6-dois"} <= set(known_mappings())
    with pytest.raises(SpecError, match="must give policy_id and doi"):
        read_mapping(write(tmp_path, "bad.toml", "[fields]\ndoi='{doi}'"))
    assert store.generation == 0


def test_command(tmp_path, capsys):
    path = write(tmp_path, "policy.csv", TABLE)
    assert run(["ingest", "policy", str(path), "--into", str(tmp_path / "o"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rejected"] == {"doi-missing": 1, "policy-id-missing": 1, "row-short": 1}
    assert run(["ingest", "policy", str(path), "--into", str(tmp_path / "o")]) == 0
    assert "3 rejected; see table reject" in capsys.readouterr().out
    assert run(["ingest", "policy", str(path), "--into", str(tmp_path / "o"), "--mapping", "ipcc"]) == 2
    assert "Did you mean" in capsys.readouterr().err
    assert run(["ingest", "policy", str(path), "--into", str(tmp_path / "o"), "--type", "ministry"]) == 2


def test_a_folder_keeps_what_is_understood_and_names_the_rest(store, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    write(folder, "q[1].csv", "\ufeffpolicy_id;doi;country\np1;10.1000/a1;C\u00f4te d\u2019Ivoire\np1;https://doi.org/10.1000/A1;\n")
    (folder / "wide.txt").write_bytes("policy_id\tdoi\tyear\np2\t10.1000/b1\t2020.0\n".encode("utf-16"))
    write(folder, "readme.txt", "nothing to see\n")
    write(folder, "page.csv", "<!doctype html><html></html>")
    (folder / "cut.csv.gz").write_bytes(gzip.compress(b"policy_id,doi\np9,10.1000/z1\n" * 50)[:-5])
    (folder / "sheet.xlsx").write_bytes(b"PK")
    (folder / ".DS_Store").write_bytes(b"x")
    write(folder, "refs.txt", "% exported\n@article{a, doi={10.1000/c1}} @misc{b, url={https://doi.org/10.1000/d1}}")
    report = ingest_policy(store, folder)
    assert (report.files, report.kept, report.repeated) == (3, 4, 1)
    assert set(report.left_out) == {"readme.txt", "page.csv", "cut.csv.gz", "sheet.xlsx"} and "damaged" in report.left_out["cut.csv.gz"]
    facts = {r["policy_id"]: (r["country_code"], r["year"]) for r in store.read("policy_document").to_pylist()}
    assert facts == {"p1": ("CI", None), "p2": (None, 2020), "refs": (None, None)}


@pytest.mark.parametrize(
    ("name", "text", "given", "option"),
    [
        ("a.csv", "policy_id,doi,title\np1,10.1000/a1,T\n", {"title": "X"}, "--title"),
        ("a.csv", "policy_id,doi\np1,10.1000/a1\n", {"policy_id": "X"}, "--document-id"),
        ("a.bib", "@misc{a, doi={10.1000/a1}}", {"mapping": "ipcc-ar6"}, "--mapping"),
    ],
)
def test_an_option_without_effect_is_refused(store, tmp_path, name, text, given, option):
    mapping = known_mappings().get(given.pop("mapping", ""))
    with pytest.raises(UsageError, match=f"{option} has no effect"):
        ingest_policy(store, write(tmp_path, name, text), mapping=mapping, document=given)


def test_a_table_of_one_document_takes_its_id(store, tmp_path):
    ingest_policy(store, write(tmp_path, "a.csv", "doi\tname\n10.1000/a1\tx\n"), document={"policy_id": "p1"})
    assert store.read("policy_citation")["policy_id"].to_pylist() == ["p1"]


def test_latex_in_a_bibliography(store, tmp_path):
    text = (
        "@article{a, doi = {10.1175/1520-0493(1988)116{\\textless}2417:ATMF{\\textgreater}2.0.CO;2}}\n@article{b, doi = {10.1007/978\\_1}}"
    )
    ingest_policy(store, write(tmp_path, "m.bib", text))
    assert store.read("policy_citation")["doi"].to_pylist() == ["10.1007/978_1", "10.1175/1520-0493(1988)116<2417:atmf>2.0.co;2"]


def test_a_zip_of_several_lists_is_the_folder_of_them(store, tmp_path):
    with zipfile.ZipFile(tmp_path / "lists.zip", "w") as archive:
        archive.writestr("a.csv", TABLE)
        archive.writestr("b.csv", TABLE.replace("p1", "p9"))
        archive.writestr("picture.png", "x")
    report = ingest_policy(store, tmp_path / "lists.zip")
    assert (report.files, report.read, report.documents) == (2, 16, 4)
    assert report.left_out == {"lists.zip/picture.png": f"its name does not end in one of {', '.join(sorted(_SUFFIXES))}"}


def test_the_column_that_says_cited_comes_before_the_documents_own(store, tmp_path):
    text = 'Overton id,Title,DOI,"Matched DOIs",Cited title\ngov-1,Report,10.1000/own,"10.1000/a1,10.1000/b2",x\ngov-2,Report two,,,\n'
    report = ingest_policy(store, write(tmp_path, "results.csv", text))
    assert {r["doi"] for r in store.read("policy_citation").to_pylist()} == {"10.1000/a1", "10.1000/b2"}
    assert dict(report.rejected) == {"doi-missing": 1}
    assert [r["title"] for r in store.read("policy_document").to_pylist()] == ["Report"]
