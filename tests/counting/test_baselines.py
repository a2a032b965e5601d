"""Yardsticks: a part of the world, compared with the world's baseline, has the values that it has in the world."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import armillary as arm
from armillary.cli.main import run
from armillary.core.store import Store
from armillary.counting.baseline_file import KEY, read_baseline
from armillary.errors import DataError, InputError, UnknownNameError, UsageError
from armillary.observatory import Observatory
from armillary.publishing.packs import make_pack
from armillary.ranking.cubes.make import make_cubes
from armillary.synthetic import World
from armillary.synthetic.write_core import to_core
from support.tiny import observatory as tiny

IMPACT = ("mncs", "tncs", "pp-top10", "p-top10", "pp-top1", "pp-top50")
GIVEN = {"citations": "given"}


def cut(world: Store, path: Path, kind: str, works: pa.Array) -> Observatory:
    """An observatory that holds only those works of a world, and says so."""
    home = Store.create(path)
    with home.write() as txn:
        for name in world.tables():
            table = world.read(name)
            if "work_id" in table.column_names:
                table = table.filter(pc.is_in(table["work_id"], value_set=works))
            txn.replace(name, table)
    (path / "registry").mkdir(exist_ok=True)
    (path / "registry" / "about.toml").write_text(f'synthetic = true\nkind = "{kind}"\nframe = "a part"\n')
    return arm.open(path, threads=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("yardstick")


@pytest.fixture(scope="module")
def world(folder: Path) -> Observatory:
    store = Store.create(folder / "world")
    to_core(store, World(6_000, seed=5), texts=False)
    (folder / "world" / "registry").mkdir(exist_ok=True)
    (folder / "world" / "registry" / "about.toml").write_text("synthetic = true\n")
    return arm.open(folder / "world", threads=1)


@pytest.fixture(scope="module")
def baseline(folder: Path, world: Observatory) -> Path:
    out = folder / "world.parquet"
    assert run(["baseline", "make", str(out), "--into", str(world.path)]) == 0
    return out


def largest(world: Observatory, unit: str) -> str:
    row: dict[str, Any] = world.rank("count", unit=unit).ranked.to_pylist()[0]
    return str(row["unit_id"])


@pytest.fixture(scope="module", params=["institution", "country"])
def part(request: pytest.FixtureRequest, folder: Path, world: Observatory) -> tuple[str, str, Observatory]:
    """Kind of unit, its id, and the works with an address of that unit."""
    unit = request.param
    who = largest(world, unit)
    affiliation = world.store.read("affiliation")
    column, key = ("institution_id", int(who.lstrip("I"))) if unit == "institution" else ("country_code", who)
    mine = affiliation.filter(pc.equal(affiliation[column], key))["work_id"].to_pylist()
    if unit == "country":  # named by the record of an author without a matched institution
        named = world.store.read("author_country")
        mine += named.filter(pc.equal(named[column], key))["work_id"].to_pylist()
    mine = pa.array(sorted(set(mine)), pa.int64())
    return unit, who, cut(world.store, folder / unit, unit, mine)


@pytest.mark.parametrize("indicator", IMPACT)
@pytest.mark.parametrize("counting", ["full", "author-fractional"])
def test_a_part_of_the_world_has_the_worlds_numbers(
    part: tuple[str, str, Observatory], world: Observatory, baseline: Path, indicator: str, counting: str
) -> None:
    unit, who, obs = part
    whole = world.explain(world.recipe(indicator, unit=unit, counting=counting, options=GIVEN), who, limit=0)
    here = obs.explain(obs.recipe(indicator, unit=unit, counting=counting, baseline=str(baseline)), who, limit=0)
    assert (here.num, here.den, here.records) == (whole.num, whole.den, whole.records)
    assert here.records > 50
    value = {r["unit_id"]: r["value"] for r in obs.rank(indicator, unit=unit, counting=counting, baseline=str(baseline)).arrow.to_pylist()}
    assert value[who] == whole.value
    alone = obs.explain(
        obs.recipe(indicator, unit=unit, counting=counting, within_corpus=True, options=GIVEN | {"min_cell": 0}), who, limit=0
    )
    assert alone.num != whole.num  # what the yardstick mends


def test_cells_of_a_classification_of_ones_own(part: tuple[str, str, Observatory], world: Observatory, folder: Path) -> None:
    unit, who, obs = part
    classes = folder / "classes.csv"
    ids = world.store.read("work", columns=["work_id"])["work_id"].to_pylist()
    classes.write_text("work_id,class\n" + "".join(f"W{i},c{i % 3}\n" for i in ids))
    out = folder / "own.parquet"
    assert run(["baseline", "make", str(out), "--field-level", str(classes), "--option", "window=3", "--into", str(world.path)]) == 0
    options = {"field_level": str(classes)}
    whole = world.explain(world.recipe("mncs", unit=unit, options=options | GIVEN | {"window": 3}), who, limit=0)
    assert obs.explain(obs.recipe("mncs", unit=unit, baseline=str(out), options=options), who, limit=0).num == whole.num
    with pytest.raises(UsageError, match="classification of your own"):
        obs.recipe("mncs", baseline=str(out))


def test_without_a_yardstick_a_part_is_refused(
    part: tuple[str, str, Observatory], capsys: pytest.CaptureFixture[str], world: Observatory
) -> None:
    unit, _who, obs = part
    for command in (["rank", "mncs"], ["explain", "pp-top10", "FR"]):
        assert run([*command, "--into", str(obs.path)]) == 2
        said = capsys.readouterr().err
        assert f"the works of one {unit}" in said and "--within-corpus" in said and said.count("\n") == 1
    assert run(["rank", "mncs", "--within-corpus", "--json", "--into", str(obs.path)]) == 0
    notes = json.loads(capsys.readouterr().out)["meta"]["notes"]
    assert any(n.startswith("Within this corpus") for n in notes)
    assert not any("Within this corpus" in n for n in world.rank("mncs", within_corpus=True).meta["notes"])
    assert obs.rank("mcs").meta["notes"]  # what compares with nothing needs no yardstick


def test_the_file_is_told_and_kept(baseline: Path, world: Observatory, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["baseline", "info", str(baseline), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    rows = pq.read_table(baseline)
    assert said["works"] == pc.sum(rows["n"]).as_py() and said["rows"] == rows.num_rows
    assert (said["options"]["citations"], said["options"]["field_level"], said["scope_name"]) == ("given", "subfield", "papers")
    again = folder / "again.parquet"
    assert run(["baseline", "make", str(again), "--into", str(world.path)]) == 0
    assert again.read_bytes() == baseline.read_bytes()


def test_files_that_are_no_baseline(baseline: Path, tmp_path: Path, world: Observatory) -> None:
    rows = pq.read_table(baseline)
    plain, changed = tmp_path / "plain.parquet", tmp_path / "changed.parquet"
    pq.write_table(rows.replace_schema_metadata({}), plain)
    with pytest.raises(InputError, match="no baseline"):
        world.recipe("mncs", baseline=str(plain))
    more = rows.set_column(4, "n", pc.add(rows["n"], 1)).replace_schema_metadata({KEY: rows.schema.metadata[KEY]})
    pq.write_table(more, changed)
    with pytest.raises(InputError, match="changed after"):
        world.rank("mncs", baseline=str(changed))
    holed = rows.set_column(4, "n", pa.array([None] * rows.num_rows, pa.int64())).replace_schema_metadata(rows.schema.metadata)
    pq.write_table(holed, changed)
    with pytest.raises(InputError, match="column n"):
        world.rank("mncs", baseline=str(changed))
    with pytest.raises(InputError, match=r"there is no|no such file|does not exist"):
        world.recipe("mncs", baseline=str(tmp_path / "absent.parquet"))


def test_what_a_baseline_fixes_is_not_overruled(
    baseline: Path, world: Observatory, part: tuple[str, str, Observatory], folder: Path
) -> None:
    recipe = world.recipe("mncs", baseline=str(baseline))
    assert recipe.option("citations", "") == "given"
    for contrary in ({"window": 3}, {"field_level": "field"}, {"citations": "corpus"}):
        with pytest.raises(UsageError, match=f"made with {next(iter(contrary))}="):
            world.run(world.recipe("mncs", baseline=str(baseline), options=contrary))
    with pytest.raises(UsageError, match="not both"):
        world.recipe("mncs", baseline="given", within_corpus=True)
    inside = folder / "inside.parquet"
    assert run(["baseline", "make", str(inside), "--citations", "corpus", "--into", str(world.path)]) == 0
    assert world.rank("mncs", baseline=str(inside)).arrow["value"].to_pylist() == world.rank("mncs").arrow["value"].to_pylist()
    with pytest.raises(DataError, match="who else cites them"):
        part[2].rank("mncs", baseline=str(inside))


def papers(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    classed = {"topic_id": 1, "subfield_id": 10, "field_id": 1, "domain_id": 1}
    return [{"id": i, "authors": [[[1]]], **classed, **row} for i, row in enumerate(rows, start=1)]


def test_works_outside_the_yardstick_are_placed_or_unknown(tmp_path: Path) -> None:
    """World: 0, 0, 2, 8 in 2020 and a cell without citations in 2021. Here: 8, 5 (in no paper of the world), 1 of 2021, one of 2022."""
    yard = tiny(tmp_path / "w", papers(*({"cited_by_n": c} for c in (0, 0, 2, 8)), {"year": 2021, "cited_by_n": 0}), {1: "FR"})
    out = tmp_path / "w.parquet"
    assert run(["baseline", "make", str(out), "--into", str(yard.path)]) == 0
    here = tiny(
        tmp_path / "h",
        papers({"cited_by_n": 8}, {"cited_by_n": 5}, {"year": 2021, "cited_by_n": 1}, {"year": 2022, "cited_by_n": 9}),
        {1: "FR"},
    )
    mncs = here.rank("mncs", baseline=str(out))
    assert mncs.ranked["value"].to_pylist() == [pytest.approx((8 / 2.5 + 5 / 2.5) / 2)]
    assert mncs.meta["known"] == 2
    assert any("Known for 2 of 4 papers" in n for n in mncs.meta["notes"])
    # the top half are the papers with 8 and 2, so 5 is in it; of the top fifth 0.8 of a place is taken by 8
    assert here.rank("p-top50", baseline=str(out)).ranked["value"].to_pylist() == [2.0]
    assert here.rank("p-top20", baseline=str(out)).ranked["value"].to_pylist() == [pytest.approx(0.8)]
    verdict = here.why_not(here.recipe("mncs", baseline=str(out)), 4)
    assert verdict.reason == "no_yardstick" and str(out) in verdict.sentence


def test_dates_classifications_and_scopes_apart_are_said(tmp_path: Path) -> None:
    def built(name: str, day: str, version: str) -> Observatory:
        counts = dict.fromkeys(("records_n", "kept_n", "superseded_n", "rejected_n"), 0) | {"file_sha256": "0"}
        manifest = {"entity": "works", "file": "f", "snapshot_date": day, "classification_version": version, **counts}
        return tiny(tmp_path / name, papers({"cited_by_n": 1}), {1: "FR"}, manifest=[manifest])

    out = tmp_path / "y.parquet"
    assert run(["baseline", "make", str(out), "--into", str(built("y", "2026-05-19", "topics-2024").path)]) == 0
    same = built("same", "2026-05-19", "topics-2024").rank("mncs", baseline=str(out)).meta["notes"]
    assert not any("apart" in n or "classification" in n or "reference set is" in n for n in same)
    notes = built("z", "2026-10-06", "topics-2026").rank("mncs", baseline=str(out), scope="articles").meta["notes"]
    assert any("140 days apart" in n and "in the records only" in n for n in notes)
    assert any("classification topics-2024" in n and "topics-2026" in n for n in notes)
    assert any("scope papers" in n and "scope articles" in n for n in notes)


def test_a_reference_set_is_declared(part: tuple[str, str, Observatory], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["baseline", "make", str(tmp_path / "p.parquet"), "--into", str(part[2].path)]
    assert run(command) == 2
    assert "--reference-set" in capsys.readouterr().err
    assert run([*command, "--reference-set", "our partners"]) == 0
    assert read_baseline(tmp_path / "p.parquet").reference_set == "our partners"


def test_scores_as_openalex_serves_them(tmp_path: Path) -> None:
    rows = (
        {"fwci_given": 3.0, "percentile_given": 0.97, "is_top10_given": True, "is_top1_given": False, "subfield_id": None},
        {"fwci_given": 0.5, "percentile_given": 0.6, "is_top10_given": False, "is_top1_given": False},
        {},
    )
    obs = tiny(tmp_path / "o", papers(*rows), {1: "FR"})
    value = {i: obs.rank(i, baseline="given").ranked["value"].to_pylist() for i in ("mncs", "pp-top10", "pp-top1", "pp-top5", "pp-top50")}
    assert value == {"mncs": [1.75], "pp-top10": [0.5], "pp-top1": [0.0], "pp-top5": [0.5], "pp-top50": [1.0]}
    meta = obs.rank("pp-top10", baseline="given").meta
    assert meta["known"] == 2 and any("OpenAlex" in n for n in meta["notes"])
    assert obs.why_not(obs.recipe("mncs", baseline="given"), 3).reason == "no_yardstick"
    with pytest.raises(UsageError, match="has no effect"):
        obs.recipe("mncs", baseline="given", options={"window": 3})
    together = obs.rank_many([obs.recipe(i, baseline="given", counting=c) for i in ("mncs", "pp-top10") for c in ("full", "first")])
    assert [r.ranked["value"].to_pylist() for r in together] == [[1.75], [1.75], [0.5], [0.5]]
    with pytest.raises(DataError, match="no work here carries"):
        tiny(tmp_path / "none", papers({}), {1: "FR"}).rank("mncs", baseline="given")


def test_a_recipe_is_known_by_what_is_in_its_baseline(baseline: Path, world: Observatory, tmp_path: Path) -> None:
    copy = tmp_path / "copy.parquet"
    copy.write_bytes(baseline.read_bytes())
    recipe = world.recipe("mncs", baseline=str(copy))
    before = recipe.digest
    assert before == world.recipe("mncs", baseline=str(baseline)).digest
    assert run(["baseline", "make", str(copy), "--types", "article", "--into", str(world.path)]) == 0
    assert recipe.digest != before


def test_the_baseline_of_a_pack_and_at_an_address(
    part: tuple[str, str, Observatory], world: Observatory, baseline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    unit, _who, obs = part
    make_cubes(world.corpus, [world.recipe("share")])
    wanted = obs.rank("mncs", unit=unit, baseline=str(baseline)).arrow
    for name in ("w.pack", "w.zip"):
        pack = make_pack(world.store, tmp_path / name, baselines=[baseline])
        assert obs.rank("mncs", unit=unit, baseline=str(pack)).arrow.equals(wanted)
    body, asked = baseline.read_bytes(), []

    class Files(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()

        def do_GET(self) -> None:
            first, _, last = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
            piece = body[int(first) : int(last) + 1 if last else None]
            asked.append(len(piece))
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{int(first) + len(piece) - 1}/{len(body)}")
            self.send_header("Content-Length", str(len(piece)))
            self.send_header("ETag", '"1"')
            self.end_headers()
            self.wfile.write(piece)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/world.parquet"
        assert obs.rank("mncs", unit=unit, baseline=address).arrow.equals(wanted)
        assert sum(asked) < 2 * len(body), "fetched once"
    finally:
        server.shutdown()
        server.server_close()


def test_policy_citations_are_normalised_within_a_part_only_if_asked(part: tuple[str, str, Observatory]) -> None:
    _unit, _who, obs = part
    with pytest.raises(DataError, match="no yardstick for mnpc") as told:
        obs.rank("mnpc")
    assert "--baseline FILE" not in str(told.value)
    with pytest.raises(UnknownNameError):
        obs.recipe("mnpc", baseline="given")
