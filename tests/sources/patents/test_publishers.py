"""Tables of publishers as they are served, known by what is in them; what is missing, ambiguous or without effect is said."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from armillary.cli.main import run
from armillary.core.store import Store
from armillary.errors import InputError, UsageError
from armillary.sources.patents.ingest import ingest_patents

INV = "app_nbr|appln_id|pub_nbr|person_id|inv_name|address|city|reg_code|ctry_code|reg_share|inv_share\n"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.create(tmp_path / "obs")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def write(folder: Path, **tables: str) -> Path:
    for name, text in tables.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return folder


def patents(store: Store) -> dict[str, tuple[int | None, bool | None, int]]:
    return {r["patent_id"]: (r["year"], r["is_pct"], r["n_inventors"]) for r in store.read("patent").to_pylist()}


OLD = {
    "patent_inventor__tsv": "patent_id\tinventor_id\tlocation_id\n100\ta-1\tL1\n100\tb-1\tL2\n200\ta-1\t\n",
    "location__tsv": "id\tcity\tstate\tcountry\tlatitude\tlongitude\tcounty\tstate_fips\tcounty_fips\n"
    "L1\tLyon\t\tFR\t45.75\t4.85\t\t\t\nL2\tSan José\tCA\tUS\t37.3\t-121.9\t\t\t\n",
    "patent__tsv": "id\ttype\tnumber\tcountry\tdate\tabstract\ttitle\tkind\tnum_claims\n100\tutility\t100\tUS\t2015-03-10\tx\ty\tB2\t3\n"
    "200\tutility\t200\tUS\t2016-01-05\tx\ty\tB2\t3\n",
}


def test_patentsview_until_2021(store: Store, folder: Path) -> None:
    done = ingest_patents(store, write(folder, **OLD))
    assert (done.format, done.inventors, done.with_point) == ("patentsview", 3, 2)
    assert patents(store) == {"100": (2015, None, 2), "200": (2016, None, 1)}
    assert any("years are those of the grant (patent.tsv)" in n and "application.tsv" in n for n in done.notes)
    write(
        folder,
        application__tsv="id\tpatent_id\tseries_code\tnumber\tcountry\tdate\n9\t100\t14\t9\tUS\t2012-02-02\n8\t200\t14\t8\tUS\t2013-02-02\n",
    )
    done = ingest_patents(store, folder)
    assert {k: v[0] for k, v in patents(store).items()} == {"100": 2012, "200": 2013}
    assert not any("grant" in n for n in done.notes)


def test_patentsview_of_2018_by_way_of_raw_places(store: Store, folder: Path) -> None:
    tables = dict(OLD) | {
        "patent_inventor__tsv": "patent_id\tinventor_id\n100\ta-1\n100\tb-1\n",
        "rawinventor__tsv": "uuid\tpatent_id\tinventor_id\trawlocation_id\tsequence\nu1\t100\ta-1\tr1\t0\nu2\t100\tb-1\tr2\t1\n",
        "rawlocation__tsv": "id\tlocation_id\tcity\tstate\tcountry\tlatlong\nr1\tL1\tLyon\t\tFR\t45|4\nr2\tL2\tSan Jose\tCA\tUS\t37|-121\n",
    }
    ingest_patents(store, write(folder, **tables))
    assert [(r["country_code"], r["lat_deg"]) for r in store.read("inventor").to_pylist()] == [("FR", 45.75), ("US", 37.3)]
    (folder / "rawinventor.tsv").unlink()
    with pytest.raises(InputError, match=r"says nothing about places .*rawinventor.tsv and rawlocation.tsv"):
        ingest_patents(store, folder)


def test_applications_and_a_folder_with_both(store: Store, folder: Path) -> None:
    write(
        folder,
        pg_inventor_disambiguated__tsv="pgpub_id\tinventor_sequence\tinventor_id\tlocation_id\n20200001\t0\ti1\tL1\n",
        pg_location_disambiguated__tsv="location_id\tdisambig_city\tdisambig_state\tdisambig_country\tlatitude\tlongitude\nL1\tLyon\t\tFR\t45.75\t4.85\n",
        pg_published_application__tsv="pgpub_id\tapplication_id\tfiling_date\tpatent_type\tpublished_date\n20200001\t16\t2019-05-01\tutility\t2020-01-02\n",
    )
    done = ingest_patents(store, folder)
    assert done.format == "patentsview-applications" and patents(store) == {"20200001": (2019, None, 1)}
    write(folder, g_inventor_disambiguated__tsv="patent_id\tinventor_sequence\tinventor_id\tlocation_id\n5\t0\ti1\tL1\n")
    with pytest.raises(InputError, match=r"--format patentsview or --format patentsview-applications"):
        ingest_patents(store, folder)
    ingest_patents(store, folder, format="patentsview", fresh=True)
    assert list(patents(store)) == ["5"]


def test_a_missing_table_is_said_by_its_name(store: Store, folder: Path) -> None:
    write(folder, any_name__tsv="patent_id\tinventor_sequence\tinventor_id\tlocation_id\n5\t0\ti1\tL1\n")
    with pytest.raises(InputError, match=r"g_location_disambiguated.tsv .* is not there"):
        ingest_patents(store, folder)
    write(folder, other__tsv="location_id\tdisambig_city\tdisambig_country\tlatitude\tlongitude\nL1\tLyon\tFR\t45.75\t4.85\n")
    write(
        folder,
        cited__tsv="patent_id\tcitation_sequence\tcitation_document_number\tcitation_date\n5\t0\t2010\t2010-01-01\n",
        notes__txt="hello\n",
    )
    done = ingest_patents(store, folder)
    assert patents(store) == {"5": (None, None, 1)} and any("g_application.tsv" in n for n in done.notes)
    assert "citations" in done.left_out["cited.tsv"] and "header" in done.left_out["notes.txt"]


def test_regpat_folder_as_unpacked(store: Store, folder: Path) -> None:
    write(
        folder,
        **{
            "202408_EPO_Inv_reg__txt": INV
            + 'EP1|101|EP1|1|A B|"x|Bern|CH021|CH|1|0.5\nEP1|101|EP1|2|C D|y|Zug|CH066|CH|0.5|0.5\n'
            + "EP1|101|EP1|2|C D|y|Zug|CH040|CH|0.5|0.5\n",
            "202408_EPO_App_reg__txt": INV.replace("inv_", "app_") + "EP1|101|EP1|9|F|x|D|US1|US|1|1\n",
            "202408_EPO_IPC__txt": "appln_id|prio_year|app_year|IPC\n101|2011|2012|A01B 1/00\n101|2011|2012|A01B 2\n102|2013|2013|A01B\n",
        },
    )
    done = ingest_patents(store, folder, pct=False)
    assert patents(store) == {"101": (2012, False, 2)} and (done.rows, done.repeated) == (3, 1)
    assert "applicants" in done.left_out["202408_EPO_App_reg.txt"]
    with pytest.raises(InputError, match="applicants, not of inventors"):
        ingest_patents(store, folder / "202408_EPO_App_reg.txt")


def test_years_by_any_id_and_points_beside_a_folder(store: Store, folder: Path) -> None:
    write(
        folder,
        a__txt=INV.replace("app_nbr", "pct_nbr") + "WO1|7|WO1|1|A B|x|Bern|CH021|CH|1|1\n",
        b__txt="pct_nbr|prio_year|app_year|IPC\nWO1|2011|2012|A01B\n",
    )
    (folder.parent / "points.csv").write_text("reg_code\tlatitude\tlongitude\nCH021\t46.9\t7.4\n", encoding="utf-8")
    done = ingest_patents(store, folder, regions=folder.parent / "points.csv")
    assert patents(store) == {"7": (2012, True, 1)} and done.with_point == 1


def test_points_of_regions_have_effect_or_are_refused(store: Store, folder: Path) -> None:
    inventors = folder / "any.txt"
    inventors.write_text(INV + "EP1|101|EP1|1|A B|x|Bern|CH021|CH|1|1\nEP2|102|EP2|2|C|x|Bern|CH999|CH|1|1\n", encoding="utf-8")
    (folder.parent / "points.csv").write_text("code;lat;lon\nCH021;46,9;7,4\nCH021;47;8\nDE1;x;1\n", encoding="utf-8")
    done = ingest_patents(store, inventors, regions=folder.parent / "points.csv")
    assert [(r["lat_deg"], r["lon_deg"], r["address_quality"]) for r in store.read("inventor").to_pylist()] == [
        (46.9, 7.4, "region"),
        (None, None, None),
    ]
    assert any("1 of 2 codes of regions have no point" in n for n in done.notes)
    assert done.rejected == {"no-point": 1, "second-point": 1} and done.rows == 2
    (folder.parent / "points.csv").write_text("code,lat,lon\nFR1,46.9,7.4\n", encoding="utf-8")
    with pytest.raises(UsageError, match="none of the 2 codes"):
        ingest_patents(store, inventors, regions=folder.parent / "points.csv")
    (folder / "any.txt").write_text("id,inventor,country\nP1,a,DE\n", encoding="utf-8")
    with pytest.raises(UsageError, match="--regions has no effect"):
        ingest_patents(store, inventors, regions=folder.parent / "points.csv")


def test_an_option_for_what_the_table_says_is_refused(store: Store, folder: Path) -> None:
    path = folder / "p.csv"
    path.write_text("id,inventor,country,is_pct\nP1,a,DE,yes\n", encoding="utf-8")
    with pytest.raises(UsageError, match="--not-pct has no effect"):
        ingest_patents(store, path, pct=False)


def test_points_outside_their_country_are_counted(store: Store, folder: Path) -> None:
    path = folder / "p.csv"
    rows = [
        "P1,a,CH,46.9,7.4",
        "P2,b,CH,7.4,46.9",
        "P3,c,FR,-21.1,55.5",
        "P4,d,US,40.7,74.0",
        "P5,e,QM,40.7,74.0",
        "P6,f,DE,47.6,7.5",
        "P7,g,JP,26.2,127.7",
    ]
    path.write_text("id,inventor,country,lat,lon\n" + "\n".join(rows) + "\n", encoding="utf-8")
    done = ingest_patents(store, path)
    assert done.outside_country == 2 and any("P2: 7.4, 46.9 is not in CH" in n for n in done.notes)
    assert done.with_point == 7


def test_two_formats_in_one_folder_are_both_read(store: Store, folder: Path) -> None:
    write(folder, a__csv="id,inventor,country,year\nP1,a,DE,2020.0\n", b__txt=INV + "EP1|101|EP1|1|A B|x|Bern|CH021|CH|1|1\n")
    assert ingest_patents(store, folder).format == "regpat+csv"
    assert {k: v[0] for k, v in patents(store).items()} == {"101": None, "P1": 2020}


def test_broken_records_are_set_aside_with_their_line(store: Store, folder: Path) -> None:
    path = folder / "q[1].csv"
    path.write_text(
        'id,inventor,country,year\nP1,"open,DE,2020\nP2,"b, c",DE,Jan-20\nP3,c\nP4,d,Atlantis,soon\nP5,e,EU28,2020,x\n', encoding="utf-8"
    )
    done = ingest_patents(store, path)
    assert patents(store) == {"P2": (2020, None, 1), "P4": (None, None, 1)}
    assert done.rejected == {"quote-not-closed": 1, "row-long": 1, "row-short": 1} and done.rows == 5
    assert [(r["line"], r["reason"]) for r in store.read("reject").to_pylist()] == [
        (2, "quote-not-closed"),
        (4, "row-short"),
        (6, "row-long"),
    ]
    assert any("countries not understood, such as 'Atlantis'" in n for n in done.notes)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv.gz", gzip.compress(b"id,inventor,country\nP1,a,DE\n" * 99)[:-9]),
        ("a.csv.zip", b"PK\x03\x04junk"),
        ("a.csv", b"PAR1\0\0"),
        ("a.xlsx", b"PK\x03\x04"),
    ],
    ids=["cut gzip", "no zip", "no Parquet", "no workbook"],
)
def test_what_cannot_be_read_is_one_line(folder: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    assert run(["ingest", "patents", str(folder / name), "--into", str(folder / "o")]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
