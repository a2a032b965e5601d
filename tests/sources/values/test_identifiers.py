from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.sources.values.issn import check_digit, read_issn, read_issns
from armillary.sources.values.orcid import check_character, read_orcid
from armillary.sources.values.ror import read_ror

DIGITS = "0123456789"


@given(
    st.text(DIGITS, min_size=7, max_size=7),
    st.sampled_from(
        ["{0}-{1}", "{0}{1}", "ISSN {0}-{1}", "e-ISSN: {0}\u2013{1}", " {0}-{1} ", "{0}-{1} (Print)", "Online: {0}-{1}", "{0}-{1} [online]"]
    ),
    st.booleans(),
)
def test_every_spelling_of_an_issn(seven, shape, lower):
    issn = seven[:4] + "-" + seven[4:] + check_digit(seven)
    text = shape.format(issn[:4], issn[5:])
    assert read_issn(text.lower() if lower else text).value == issn


@given(st.text(DIGITS, min_size=7, max_size=7), st.integers(0, 6), st.integers(1, 9))
def test_a_wrong_digit_in_an_issn_is_found(seven, at, off):
    wrong = seven[:at] + str((int(seven[at]) + off) % 10) + seven[at + 1 :]
    assert read_issn(wrong[:4] + "-" + wrong[4:] + check_digit(seven)).reason == "issn-check-digit"


def test_zeros_that_a_spreadsheet_took_come_back_and_lists_are_parted():
    assert read_issn("280836").value == "0028-0836" and read_issn("280836.0").is_repaired
    assert [r.value for r in read_issns("0028-0836;1476-4687, 2041-1723")] == ["0028-0836", "1476-4687", "2041-1723"]
    assert read_issn("n/a").reason == "issn-missing" and read_issn("1234").reason == "issn-malformed"


@pytest.mark.parametrize(
    "cell", ["0028-0836/1476-4687", "Print: 0028-0836 Online: 1476-4687", "p-ISSN 0028-0836 e-ISSN 1476-4687", "['0028-0836', '1476-4687']"]
)
def test_two_issns_of_a_serial(cell):
    assert [r.value for r in read_issns(cell)] == ["0028-0836", "1476-4687"]


@given(
    st.text(DIGITS, min_size=15, max_size=15).filter(lambda t: t.strip("0")),
    st.sampled_from(["https://orcid.org/", "http://orcid.org/", "orcid.org/", "", "ORCID: "]),
)
def test_every_spelling_of_an_orcid(fifteen, before):
    whole = fifteen + check_character(fifteen)
    orcid = "-".join(whole[i : i + 4] for i in (0, 4, 8, 12))
    assert read_orcid(before + orcid + "?lang=en").value == orcid
    assert read_orcid(before + orcid).value == read_orcid(before + orcid.lower() + "/").value == read_orcid(whole).value == orcid
    last = "0" if orcid[-1] != "0" else "1"
    assert read_orcid(orcid[:-1] + last).reason == "orcid-check-digit"


@pytest.mark.parametrize("ror", ["042nb2s44", "013meh722", "03vek6s52", "05gq02987"])
@pytest.mark.parametrize(
    "before", ["https://ror.org/", "http://www.ror.org/", "ror.org/", "", "ROR: ", "https://api.ror.org/v2/organizations/"]
)
def test_every_spelling_of_a_ror_id(ror, before):
    assert read_ror(before + ror.upper(), check=True).value == ror


@given(st.text(max_size=40))
def test_readers_of_identifiers_give_a_value_or_a_reason(text):
    for read in (read_issn, read_orcid, read_ror):
        got = read(text)
        assert (got.value is None) != (got.reason is None)
        assert got.value is None or read(got.value).value == got.value
