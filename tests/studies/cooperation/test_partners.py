"""Partners, growth, blocs, brokers and networks: by hand on four countries, and on the real table of 1990-2023."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from armillary.core.store import Store
from armillary.errors import DataError, InputError, UnknownNameError, UsageError
from armillary.sources.collaboration import ingest
from armillary.studies.cooperation import blocs, partners
from armillary.studies.cooperation import network as nets
from armillary.studies.cooperation.pairs import PairTable, pairs_from_store

JOINT = np.array([[0, 6, 2, 2], [6, 0, 2, 2], [2, 2, 0, 4], [2, 2, 4, 0]], dtype=float)


def table(*yearly: np.ndarray, own: float = 20.0, all_n: float | None = None) -> PairTable:
    joint = np.stack(yearly)
    years = tuple(range(2020, 2020 + len(yearly)))
    whole = None if all_n is None else np.full(len(years), all_n)
    return PairTable(("A", "B", "C", "D"), years, joint, np.full(joint.shape[:2], own), "papers", "test", "1", {"A": "Alpha"}, whole)


def column(result: object, name: str) -> list[object]:
    return list(result[name].to_pylist())  # type: ignore[index]


def test_partners_by_hand() -> None:
    result = partners.partners(table(JOINT, all_n=100), "A")
    assert result.column_names[:4] == ["rank", "unit_id", "name", "value"]
    assert column(result, "unit_id") == ["B", "C", "D"] and column(result, "rank") == [1, 2, 2]
    b = result.to_pylist()[0]
    # margins 10, 10, 8, 8; T = 36
    assert b["share"] == pytest.approx(0.3) and b["salton"] == pytest.approx(0.3) and b["jaccard"] == pytest.approx(6 / 34)
    assert b["pai"] == pytest.approx(6 * 100 / 400) and b["link_pai"] == pytest.approx(6 * 36 / 100)


def test_paper_margin_affinity_needs_the_number_of_papers() -> None:
    assert "pai" not in partners.partners(table(JOINT), "A").column_names
    with pytest.raises(DataError, match="how many works there are in all"):
        partners.partners(table(JOINT), "A", by="pai")
    with pytest.raises(UnknownNameError, match="Did you mean 'salton'"):
        partners.partners(table(JOINT), "A", by="slaton")
    with pytest.raises(UnknownNameError, match="unit in the pair table 'X'"):
        partners.partners(table(JOINT), "X")


def test_growth_by_hand() -> None:
    later = JOINT * np.array([[0, 4, 1, 1], [4, 0, 1, 1], [1, 1, 0, 1], [1, 1, 1, 0]])
    result = partners.growth(table(JOINT, later), 2020, 2021, min_works=2)
    top = result.to_pylist()[0]
    assert (top["unit_id"], top["value"], top["works_first"], top["works_last"]) == ("A-B", pytest.approx(3.0), 6, 24)
    # all links grew from 18 to 36, so the pair grew twice as fast as the world
    assert top["relative"] == pytest.approx(2.0)
    assert column(partners.growth(table(JOINT, later), 2020, 2021, min_works=5), "unit_id") == ["A-B"]
    assert column(partners.growth(table(JOINT, later), 2020, 2021, min_works=1, unit="D"), "unit_id") == ["D-A", "D-B", "D-C"]
    # two years later, the same factor is half the logarithmic growth
    slow = partners.growth(table(JOINT, JOINT, later), 2020, 2022, min_works=6).to_pylist()[0]
    assert slow["value"] == pytest.approx(1.0)
    with pytest.raises(UsageError, match="must end before"):
        partners.growth(table(JOINT, later), "2020-2021", 2021)


def test_diversity_by_hand() -> None:
    even = partners.diversity(np.array([5.0, 5.0, 0.0, 5.0]))
    assert (
        even["effective"] == pytest.approx(3)
        and even["entropy"] == pytest.approx(math.log(3))
        and even["top_share"] == pytest.approx(1 / 3)
    )
    assert partners.diversity(np.array([6.0, 2.0, 2.0]))["effective"] == pytest.approx(100 / 44)
    assert math.isnan(partners.diversity(np.zeros(3))["effective"])


def test_partner_counts_and_thresholds() -> None:
    result = partners.counts_over_time(table(JOINT, JOINT * 2), "A", min_works=(1, 5))
    assert column(result, "partners_1") == [3, 3] and column(result, "partners_5") == [1, 1] and column(result, "links") == [10.0, 20.0]
    # over two years C and D reach 6 joint works
    assert partners.partner_counts(table(JOINT, JOINT * 2), "2020-2021", min_works=5).to_pylist()[0]["value"] == 3


def test_cohesion_by_hand() -> None:
    c = blocs.cohesion(table(JOINT), ["A", "B", "X"])
    assert (c["internal"], c["external"], c["members"], c["absent"]) == (6, 8, 2, 1)
    assert c["internal_share"] == pytest.approx(12 / 20) and c["density"] == 1.0 and c["ei_index"] == pytest.approx((8 - 12) / 20)
    # a (a + 2b) = 10, b (2a + b) = 8: chance gives A and B a*a links
    a = 2.0
    for _ in range(200):
        b = (-2 * a + math.sqrt(4 * a * a + 32)) / 2
        a = (-2 * b + math.sqrt(4 * b * b + 40)) / 2
    assert c["affinity"] == pytest.approx(6 / (a * a), rel=1e-6)
    with pytest.raises(DataError, match="two members"):
        blocs.cohesion(table(JOINT), ["A", "X"])


def test_between_blocs_counts_each_pair_once() -> None:
    result = blocs.between_blocs(table(JOINT), {"one": ["A", "B"], "two": ["C", "D"], "both": ["B", "C"]}).to_pylist()
    links = {(r["bloc_1"], r["bloc_2"]): r["links"] for r in result}
    assert links["one", "one"] == 6 and links["two", "two"] == 4 and links["one", "two"] == 8
    # B lies in both: A-B, A-C, B-C once each
    assert links["both", "one"] == 6 + 2 + 2


def test_backbone_keeps_what_matters() -> None:
    star = np.array([[0, 90, 5, 5], [90, 0, 1, 1], [5, 1, 0, 0], [5, 1, 0, 0]], dtype=float)
    kept = nets.backbone(table(star), alpha=0.05)
    # A-B: (1 - 90/100)^2 = 0.01 < 0.05; A-C for C: (1 - 5/6)^1 = 0.17
    assert kept[0, 1] == 90 and kept[0, 2] == 0
    assert np.count_nonzero(nets.backbone(table(star), alpha=1.0)) == 10


def test_brokers_on_a_chain() -> None:
    chain = np.array([[0, 5, 0, 0], [5, 0, 5, 0], [0, 5, 0, 5], [0, 0, 5, 0]], dtype=float)
    result = {r["unit_id"]: r["value"] for r in nets.brokers(table(chain), alpha=1.0).to_pylist()}
    # of the 3 pairs of others, B lies between A-C and A-D
    assert result == {"A": 0.0, "B": pytest.approx(2 / 3), "C": pytest.approx(2 / 3), "D": 0.0}


def test_network_files_read_back(tmp_path: Path) -> None:
    import networkx as nx

    net = nets.network(table(JOINT))
    vos = json.loads(nets.save_network(net, tmp_path / "n.json").read_text())
    assert len(vos["network"]["items"]) == 4 and len(vos["network"]["links"]) == 6
    labels = {i["id"]: i["label"] for i in vos["network"]["items"]}
    assert {(labels[e["source_id"]], labels[e["target_id"]]): e["strength"] for e in vos["network"]["links"]}["Alpha", "B"] == 6
    for name, read in (("n.gexf", nx.read_gexf), ("n.graphml", nx.read_graphml)):
        graph = read(nets.save_network(net, tmp_path / name))
        assert graph["A"]["B"]["weight"] == 6 and graph.nodes["A"]["label"] == "Alpha" and graph.number_of_edges() == 6
    assert b"2026" not in (tmp_path / "n.gexf").read_bytes()
    with pytest.raises(InputError, match="cannot write a network"):
        nets.save_network(net, tmp_path / "n.png")
    with pytest.raises(DataError, match="no pair is left"):
        nets.network(table(JOINT), min_works=50)


@pytest.fixture(scope="module")
def real(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> PairTable:
    store = Store.create(tmp_path_factory.mktemp("pairs") / "obs")
    ingest(store, [real_data / "collaboration" / "world_coauthorship_1990_2023.csv.gz"])
    return pairs_from_store(store)


def test_real_partners_of_china_and_the_united_states(real: PairTable) -> None:
    """Checked by hand in the file: grep ^2023,CN, and ^2023,US, sorted by works; margins are the rows CN,CN and US,US."""
    cn, us = partners.partners(real, "CN", 2023), partners.partners(real, "US", 2023)
    assert column(cn, "unit_id")[:5] == ["US", "GB", "HK", "AU", "DE"] and column(cn, "works")[:5] == [72794, 30679, 23519, 21739, 15954]
    assert column(us, "unit_id")[:5] == ["CN", "GB", "DE", "CA", "FR"] and column(us, "works")[:5] == [72794, 63348, 45440, 45217, 30545]
    first = cn.to_pylist()[0]
    # China 237,887 and the United States 405,719 works with a foreign co-author
    assert first["share"] == pytest.approx(72794 / 237887)
    assert first["salton"] == pytest.approx(72794 / math.sqrt(237887 * 405719))
    assert first["jaccard"] == pytest.approx(72794 / (237887 + 405719 - 72794))
    # 1990: the same two, 884 works together
    assert partners.partners(real, "CN", 1990).to_pylist()[0]["value"] == 884
    # corrected for size and for the missing diagonal, China's strongest ties of 2023 are its neighbours
    assert column(partners.partners(real, "CN", 2023, by="quasi_pai", min_works=500), "unit_id")[:4] == ["MO", "HK", "MN", "SG"]


def test_real_overtaking(real: PairTable) -> None:
    """China has been the first partner of the United States since 2013; before it was the United Kingdom (30,032 in 2012)."""
    history = {(r["year"], r["unit_id"]): r["rank"] for r in partners.partner_history(real, "US", top=3).to_pylist()}
    firsts = {year: unit for (year, unit), rank in history.items() if rank == 1}
    assert firsts[2012] == "GB" and all(firsts[y] == "CN" for y in range(2013, 2024))


def test_real_growth_and_counts(real: PairTable) -> None:
    top = partners.growth(real, "2012-2014", "2021-2023", min_works=1000).to_pylist()[0]
    # Pakistan and Saudi Arabia: 515 works a year, then 8,521
    assert top["unit_id"] == "PK-SA" and round(top["works_first"]) == 515 and round(top["works_last"]) == 8521
    assert top["value"] == pytest.approx((8521 / 515) ** (1 / 9) - 1)
    counts = partners.counts_over_time(real, "CN").to_pylist()
    assert {r["year"]: r["partners_1"] for r in counts}[2023] == 215 and {r["year"]: r["partners_100"] for r in counts}[2023] == 98


def test_real_directions_take_the_larger(real: PairTable) -> None:
    assert real.summed(2004)[0][real.row("FR"), real.row("GB")] == 4033
    assert (real.joint == real.joint.transpose(0, 2, 1)).all()


def test_real_cohesion(real: PairTable) -> None:
    from armillary.core.places.regions import load_regions

    regions = load_regions()
    brics = blocs.cohesion(real, regions["brics-5"].countries, 2023)
    pairs = [
        real.joint[real.years.index(2023), real.row(a), real.row(b)]
        for a, b in [
            ("BR", "CN"),
            ("BR", "IN"),
            ("BR", "RU"),
            ("BR", "ZA"),
            ("CN", "IN"),
            ("CN", "RU"),
            ("CN", "ZA"),
            ("IN", "RU"),
            ("IN", "ZA"),
            ("RU", "ZA"),
        ]
    ]
    assert brics["internal"] == sum(pairs)
    # the five work less with one another than their sizes would have it; the members of the European Union more
    assert brics["affinity"] < 1 < blocs.cohesion(real, regions["eu"].countries, 2023)["affinity"]


@pytest.mark.slow
def test_real_network_is_the_same_file_in_another_process(real_data: Path, real: PairTable, tmp_path: Path) -> None:
    net = nets.network(real, 2023, top=60, alpha=0.05)
    assert len(net.nodes) == 60
    code = (
        "import sys; from pathlib import Path; from armillary.core.store import Store; from armillary.sources.collaboration import ingest\n"
        "from armillary.studies.cooperation.pairs import pairs_from_store\n"
        "from armillary.studies.cooperation.network import network, save_network\n"
        "s = Store.create(sys.argv[1] + '/obs'); ingest(s, [sys.argv[2]]); net = network(pairs_from_store(s), 2023, top=60, alpha=0.05)\n"
        "[save_network(net, sys.argv[1] + '/n' + e) for e in ('.json', '.gexf', '.graphml')]"
    )
    source = real_data / "collaboration" / "world_coauthorship_1990_2023.csv.gz"
    subprocess.run([sys.executable, "-c", code, str(tmp_path), str(source)], check=True, env={"PYTHONHASHSEED": "7"})
    for kind in (".json", ".gexf", ".graphml"):
        assert nets.save_network(net, tmp_path / f"here{kind}").read_bytes() == (tmp_path / f"n{kind}").read_bytes()
