from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from armillary.sources.policy.bibtex import BibtexEntry, read_bibtex, untagged
from armillary.sources.policy.records import BrokenRecord

SAMPLE = r"""% a comment with an @sign
@comment{nothing}
@string{nat = "Nature"}
@article{Allen2018,
  author = {M{\"u}ller, J{\"o}rg and {\'E}cole},
  title  = {{Warming} of 1.5{\textdegree}C \& {CO$_{2}$}},
  journal = nat # { Climate Change},
  year = 2018,
  doi = {10.1038/s41558\_018},
}
@techreport(Bush2019, title = "Canada's {"}Changing{"} Climate", url = {https://doi.org/10.1000/x1})
@article{Broken, title = {never closed,
@book{Planos2012, title = {Impacto del Cambio Clim{\'{a}}tico}, year = {2012}}
@misc{empty}
"""


def test_entries_values_and_lines():
    got = list(read_bibtex(SAMPLE))
    allen, bush, broken, planos, empty = got
    assert isinstance(allen, BibtexEntry) and (allen.line, allen.type, allen.key) == (4, "article", "Allen2018")
    assert allen.fields["author"] == "Müller, Jörg and École"
    assert allen.fields["title"] == "Warming of 1.5°C & CO$_2$"
    assert allen.fields["journal"] == "Nature Climate Change" and allen.fields["year"] == "2018"
    assert allen.fields["doi"] == r"10.1038/s41558\_018"
    assert isinstance(bush, BibtexEntry) and bush.fields["title"] == 'Canada\'s "Changing" Climate'
    assert isinstance(broken, BrokenRecord) and broken.reason == "bibtex-unreadable" and broken.line == 12
    assert isinstance(planos, BibtexEntry) and planos.fields["title"] == "Impacto del Cambio Climático"
    assert isinstance(empty, BrokenRecord) and "without fields" in empty.detail


def test_plain_text():
    assert untagged(r"Sm{\o}rg\aa{}s \v{C}apek \~{n} {\c c}a {\ss}") == "Smørgås Čapek ñ ça ß"


@given(st.text(max_size=200))
def test_reading_never_fails(text):
    for entry in read_bibtex("@article{a, " + text + "}\n@book{b, title={x}}"):
        assert isinstance(entry, (BibtexEntry, BrokenRecord))


NAMES = st.from_regex(r"[a-z]{2,6}", fullmatch=True)


@given(st.lists(st.tuples(NAMES, st.text("abc {}é", max_size=20)), max_size=4, unique_by=lambda f: f[0]))
def test_what_is_written_balanced_comes_back(fields):
    balanced = [(k, v.replace("{", "").replace("}", "")) for k, v in fields]
    text = "@article{key,\n" + "".join(f"  {k} = {{{v}}},\n" for k, v in balanced) + "}\n"
    (entry,) = read_bibtex(text)
    assert isinstance(entry, BibtexEntry) and entry.fields == {k: " ".join(v.split()) for k, v in balanced}


ENTRIES = [
    "@article{a, doi = {10.1000/a1}, title={T}}",
    '@book(b,\n  DOI = "10.1000/b1"\n)',
    "@misc{c,doi=10.1000/c1}",
    "@ARTICLE { d ,\n doi\n =\n {10.1000/d1} , }",
]


@given(st.permutations(ENTRIES), st.sampled_from(["", " ", "\n", "\r\n", "\r", ", ", "\n\n% a comment\n", " text between "]))
def test_entries_in_any_shape_of_lines(entries, between):
    got = list(read_bibtex(between.join(entries)))
    assert all(isinstance(e, BibtexEntry) for e in got)
    assert sorted(e.fields["doi"] for e in got) == ["10.1000/a1", "10.1000/b1", "10.1000/c1", "10.1000/d1"]


def test_an_at_sign_within_a_value_begins_no_entry():
    text = "@article{a, abstract = {write to\n@home{x} or\n @work, now}, doi = {10.1000/a1}}\n@article{b, doi={10.1000/b1}}"
    assert [e.fields.get("doi") for e in read_bibtex(text)] == ["10.1000/a1", "10.1000/b1"]


def test_an_open_entry_costs_itself_only():
    text = (
        "@article{a, title = {open,\n doi={10.1000/a1}}\n@article{b, doi={10.1000/b1}} @article{c, doi={10.1000/c1}}\n@article{d, x={y}}}"
    )
    got = list(read_bibtex(text))
    assert isinstance(got[0], BrokenRecord) and [e.key for e in got[1:]] == ["b", "c", "d"]


def test_an_entry_without_a_key_keeps_its_fields():
    assert [e.fields for e in read_bibtex("@article{doi={10.1000/a1}}\n@article{, doi={10.1000/b1}}")] == [
        {"doi": "10.1000/a1"},
        {"doi": "10.1000/b1"},
    ]
