from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.sources.values.doi import read_doi, read_dois


@pytest.mark.parametrize(
    ("raw", "doi"),
    [
        ("10.1038/NATURE12373", "10.1038/nature12373"),
        ("https://doi.org/10.1038/nature12373", "10.1038/nature12373"),
        ("http://dx.doi.org/10.1038/nature12373.", "10.1038/nature12373"),
        ("doi:10.1038/nature12373", "10.1038/nature12373"),
        ("{10.1038/nature12373}", "10.1038/nature12373"),
        ("10.1016/ s2542-5196(21)00179-0", "10.1016/s2542-5196(21)00179-0"),
        ("10.3390 / cli7080095", "10.3390/cli7080095"),
        ("10.1177%2f2372732220982628", "10.1177/2372732220982628"),
        ("10.1017/cbo9781107415324\\_4", "10.1017/cbo9781107415324_4"),
        ("10.1038/nclimate2923 https://www.nature.com/articles/nclimate2923#supplementary-information", "10.1038/nclimate2923"),
        ("10.1111/gcb.14996 pmid - 32077217", "10.1111/gcb.14996"),
        ("10. 10.1111/aepr.12100.", "10.1111/aepr.12100"),
        ("10.1890/1540-9295(2003)001[0351:salfty]2.0.co;2", "10.1890/1540-9295(2003)001[0351:salfty]2.0.co;2"),
        ("10.1002/(SICI)1097-0258(1998)17:15<1::AID-1>3.0.CO;2-2", "10.1002/(sici)1097-0258(1998)17:15<1::aid-1>3.0.co;2-2"),
        ("10.1007/s10584-011-0342-z)", "10.1007/s10584-011-0342-z"),
        ("10.1002/2015wr016892@10.1002/(issn)1944-7973.wrr50", "10.1002/2015wr016892"),
        ("10.5281/zenodo.3237428\u200b", "10.5281/zenodo.3237428"),
        ('10.1186/s40878-019-0142-6"', "10.1186/s40878-019-0142-6"),
        ("10.1000.10/123", "10.1000.10/123"),
        ("10.1175/1520-0493(1988)116{\\textless}2417:ATMFPE{\\textgreater}2.0.CO;2", "10.1175/1520-0493(1988)116<2417:atmfpe>2.0.co;2"),
        ("10.1175/1520-0493(1988)116$<$2417:ATMFPE$>$2.0.CO;2", "10.1175/1520-0493(1988)116<2417:atmfpe>2.0.co;2"),
        ("10.1175/1520-0493(1988)116\\textless{}2417:A\\textgreater{}2.0.CO;2", "10.1175/1520-0493(1988)116<2417:a>2.0.co;2"),
        ("10.1002/(sici)1097(1998)17:15${<}$1661::aid${>}$3.0.co;2-2", "10.1002/(sici)1097(1998)17:15<1661::aid>3.0.co;2-2"),
        ("https://doi.org/10.1002/%28SICI%291097%3C1%3A%3AA%3E3.0.CO%3B2-2", "10.1002/(sici)1097<1::a>3.0.co;2-2"),
        ("10.1002/abc&lt;1&gt;2.0", "10.1002/abc<1>2.0"),
        ("10.1007/978{\\_}12", "10.1007/978_12"),
        ("https://onlinelibrary.wiley.com/doi/abs/10.1111/gcb.14996?utm_source=x", "10.1111/gcb.14996"),
        ("https://doi-org.proxy.example.edu/10.1038/nature12373", "10.1038/nature12373"),
        ("https:/doi.org/10.1038/x1", "10.1038/x1"),
        ("doi:https://doi.org/10.1038/x1", "10.1038/x1"),
        ("DOI 10.1038/x1", "10.1038/x1"),
        ("<https://doi.org/10.1038/x1>", "10.1038/x1"),
        ("\\href{https://doi.org/10.1038/x1}{10.1038/x1}", "10.1038/x1"),
        ("10.1111/j.1467\u20108276.x", "10.1111/j.1467-8276.x"),
        ("10.3389/fpsyg.2020.00001/full", "10.3389/fpsyg.2020.00001"),
        ("10.1/a", "10.1/a"),
        ('<a href="https://doi.org/10.1000/a1">link</a>', "10.1000/a1"),
        ("<a target=_blank href='http://dx.doi.org/10.1000/A_1(2)'>10.1000/a_1(2)</a>", "10.1000/a_1(2)"),
        ("&lt;a href=&quot;https://doi.org/10.1000/a1&quot;&gt;x&lt;/a&gt;", "10.1000/a1"),
        ("https://www.biorxiv.org/content/10.1101/2020.01.01.123456v2.full.pdf+html", "10.1101/2020.01.01.123456"),
        ("10.1101/2020.01.01.123456v12", "10.1101/2020.01.01.123456"),
        ("10.1101/gr.123456.111", "10.1101/gr.123456.111"),
        ("https://academic.oup.com/nar/advance-article/doi/10.1093/nar/gkaa1100/5992287", "10.1093/nar/gkaa1100"),
        ("10.1093/ref:odnb/12345", "10.1093/ref:odnb/12345"),
        ("https://link.springer.com/article/10.1007/s00000-020-00000-0#citeas", "10.1007/s00000-020-00000-0"),
        ("https://link.springer.com/content/pdf/10.1007/s00000-020-00000-0.pdf", "10.1007/s00000-020-00000-0"),
        (
            "https://doi.org/10.1002/(SICI)1096-8644(199601)99:1<1::AID-AJPA1>3.0.CO;2-#",
            "10.1002/(sici)1096-8644(199601)99:1<1::aid-ajpa1>3.0.co;2-#",
        ),
    ],
)
def test_dois_as_people_write_them(raw, doi):
    assert read_doi(raw).value == doi


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "doi-missing"),
        (None, "doi-missing"),
        ("N/A", "doi-missing"),
        ("10.pdf", "doi-malformed"),
        ("10.1.1.977.3807", "doi-malformed"),
        ("10.1177_0263774x15614673", "doi-malformed"),
        ("nature12373", "doi-malformed"),
        ("10.5/3", "doi-malformed"),
        ("#REF!", "doi-missing"),
        ("10.1038/a1, 10.1038/b1", "doi-several"),
        ("https://www.ipcc.ch/", "doi-malformed"),
        ("10.1002/", "doi-incomplete"),
        ("10.3390", "doi-incomplete"),
        ("10.1007/s11077- 014-9201-x", "doi-incomplete"),
        ("10.1016/j.envsci.2016.06.", "doi-incomplete"),
        ("10.1000/...", "doi-incomplete"),
    ],
)
def test_what_is_no_doi_is_refused_with_a_reason(raw, reason):
    assert read_doi(raw).value is None and read_doi(raw).reason == reason


def test_repair_is_noted():
    assert read_doi("10.1177%2f2372732220982628").is_repaired
    assert not read_doi("https://doi.org/10.1038/X").is_repaired


@given(st.text(max_size=60) | st.text("10./% {}\\.()", max_size=30).map(lambda t: "10.1234/" + t))
def test_a_reading_is_a_doi_or_a_reason_and_reading_again_changes_nothing(text):
    got = read_doi(text)
    assert (got.value is None) != (got.reason is None)
    if got.value is not None:
        assert re.match(r"10\.\d{1,9}(\.\d+)*/\S+$", got.value)
        assert read_doi(got.value).value == got.value


@pytest.mark.parametrize(
    ("cell", "dois"),
    [
        ("10.1038/a1; 10.1038/b1", ["10.1038/a1", "10.1038/b1"]),
        ("10.1175/1520(1988)1<2:a>2.0.CO;2;10.1038/b1", ["10.1175/1520(1988)1<2:a>2.0.co;2", "10.1038/b1"]),
        ("https://doi.org/10.1038/a1|https://doi.org/10.1038/b1", ["10.1038/a1", "10.1038/b1"]),
        ('["10.1038/a1", "10.1038/b1"]', ["10.1038/a1", "10.1038/b1"]),
        ("10.1038/a1\n10.1038/b1, doi:10.1038/c1", ["10.1038/a1", "10.1038/b1", "10.1038/c1"]),
        ("10.1038/a1; not a doi", ["10.1038/a1", None]),
        ("10.1038/a1;", ["10.1038/a1"]),
        ("10. 10.1038/a1. see 10.1038/a1 epub", ["10.1038/a1"]),
        ("", [None]),
    ],
)
def test_lists_of_dois(cell, dois):
    assert [r.value for r in read_dois(cell)] == dois


_DOIS = st.from_regex(r"10\.[1-9]\d{3}/[a-z0-9]{1,6}(\([0-9]{2}\)|<[a-z]{1,3}>|;2-[a-z]|[._-])?[a-z0-9]{2,6}", fullmatch=True)
_LATEX = {"<": ("{\\textless}", "${<}$", "$<$", "\\textless{}", "<"), ">": ("{\\textgreater}", "${>}$", "$>$", "\\textgreater{}", ">")}


@given(
    _DOIS,
    st.sampled_from(["", "doi:", "DOI: ", "https://doi.org/", "http://dx.doi.org/", "https://www.doi.org/", "info:doi/", "doi.org/"]),
    st.sampled_from(["", ".", ",", ";", " ", "/", '"', ")"]),
    st.booleans(),
    st.integers(0, 4),
)
def test_every_spelling_of_a_doi_gives_the_doi(doi, before, after, is_shouted, latex):
    written = "".join(_LATEX[c][latex] if c in _LATEX else c for c in doi)
    assert (
        read_doi(
            before
            + (written.upper().replace("TEXT", "text").replace("LESS", "less").replace("GREATER", "greater") if is_shouted else written)
            + after
        ).value
        == doi
    )


@given(st.lists(_DOIS, min_size=1, max_size=5), st.sampled_from(["; ", ";", " ", "|", ", ", "\n"]))
def test_a_list_gives_its_dois_in_order(dois, between):
    assert [r.value for r in read_dois(between.join(dois))] == list(dict.fromkeys(dois))


def test_a_list_in_quotes_is_no_doi_and_links_give_their_addresses():
    assert read_doi("['10.1000/a1','10.1000/b2']").reason == "doi-several"
    links = '<a href="https://doi.org/10.1000/a1">one</a>, <a href="https://doi.org/10.1000/b2">two</a>'
    assert [r.value for r in read_dois(links)] == ["10.1000/a1", "10.1000/b2"]
    assert read_doi("10.1000/it's").value == "10.1000/it's"
