"""Facts typed into the registry: ISSNs with their check digits, names of countries, subjects that exist."""

from __future__ import annotations

from armillary import registry
from armillary.sources.values.issn import read_issn


def test_every_issn_has_its_check_digit() -> None:
    rows = registry.read_csv("journals", "selective.csv")
    bad = [(r["name"], i) for r in rows for i in r["issns"].split(";") if not read_issn(i).value]
    assert bad == []


def test_the_lists_have_their_known_sizes() -> None:
    rows = registry.read_csv("journals", "selective.csv")
    assert len(registry.journal_list("82")) == 82
    assert len(registry.journal_list("145")) == 145
    assert [r["name"] for r in rows if r["in_82"] == "yes" and r["in_145"] == "no"] == ["eLife"]
    assert sum(r["issn_verified"] == "no" for r in rows) == 26


def test_t1_5_a_journal_may_sit_in_two_subjects() -> None:
    rows = {r["name"]: r for r in registry.read_csv("journals", "selective.csv")}
    assert rows["Advanced Materials"]["subjects"] == "chemistry;physical"
    assert sum(r["by_article"] == "yes" for r in rows.values()) == 5


def test_countries() -> None:
    assert registry.country_names()["FR"] == "France"
    assert registry.country_names("zh")["DE"] == "德国"
