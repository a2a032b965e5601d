from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.sources.policy.doi import read_doi


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
    ],
)
def test_dois_as_people_write_them(raw, doi):
    assert read_doi(raw).doi == doi


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
        ("https://www.ipcc.ch/", "doi-malformed"),
        ("10.1002/", "doi-incomplete"),
        ("10.3390", "doi-incomplete"),
        ("10.1007/s11077- 014-9201-x", "doi-incomplete"),
        ("10.1016/j.envsci.2016.06.", "doi-incomplete"),
        ("10.1000/...", "doi-incomplete"),
    ],
)
def test_what_is_no_doi_is_refused_with_a_reason(raw, reason):
    assert read_doi(raw).doi is None and read_doi(raw).reason == reason


def test_repair_is_noted():
    assert read_doi("10.1177%2f2372732220982628").is_repaired
    assert not read_doi("https://doi.org/10.1038/X").is_repaired


@given(st.text(max_size=60) | st.text("10./% {}\\.()", max_size=30).map(lambda t: "10.1234/" + t))
def test_a_reading_is_a_doi_or_a_reason_and_reading_again_changes_nothing(text):
    got = read_doi(text)
    assert (got.doi is None) != (got.reason is None)
    if got.doi is not None:
        assert re.match(r"10\.\d{4,9}(\.\d+)*/\S+$", got.doi)
