from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.registry import read_csv
from armillary.sources.values.country import adjectives, alpha3, read_country, read_place

COUNTRIES = [r for r in read_csv("vocabularies", "countries.csv") if r["code"] != "EU"]


@pytest.mark.parametrize("column", ["code", "alpha3", "numeric", "name", "name_zh"])
def test_each_code_and_name_of_each_country(column):
    assert {r["code"]: read_country(r[column]).value for r in COUNTRIES if r[column]} == {
        r["code"]: r["code"] for r in COUNTRIES if r[column]
    }


def test_each_variant_means_its_country():
    rows = read_csv("vocabularies", "country_variants.csv")
    assert [(r["name"], r["code"]) for r in rows if read_country(r["name"]).value != r["code"]] == []


def test_each_name_in_another_language_means_its_country():
    wrong = [
        (r["code"], language, name)
        for r in read_csv("vocabularies", "country_names.csv")
        for language, name in r.items()
        if language != "code" and name and r["code"] != "EU" and read_country(name).value != r["code"]
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("C\u00f4te d'Ivoire", "CI"),
        ("C\u00f4te d\u2019Ivoire", "CI"),
        ("COTE D'IVOIRE", "CI"),
        ("Turkey", "TR"),
        ("T\u00fcrkiye", "TR"),
        ("Viet Nam", "VN"),
        ("Korea, Rep.", "KR"),
        ("Korea, Republic of", "KR"),
        ("Korea, Dem. People's Rep.", "KP"),
        ("Czech Republic", "CZ"),
        ("Bolivia (Plurinational State of)", "BO"),
        ("Hong Kong, China", "HK"),
        ("China, Hong Kong Special Administrative Region", "HK"),
        ("Taiwan, Province of China", "TW"),
        ("Chinese Taipei", "TW"),
        ("USA", "US"),
        ("U.S.", "US"),
        ("U. S. A.", "US"),
        ("UK", "GB"),
        ("EL", "GR"),
        ("NA", "NA"),
        ("XKX", "XK"),
        ("Congo, Dem. Rep.", "CD"),
        ("Congo, Rep.", "CG"),
        ("Gambia, The", "GM"),
        ("Micronesia, Fed. Sts.", "FM"),
        ("Netherlands (Kingdom of the)", "NL"),
        ("United States of America (USA)", "US"),
        ("Israel (1)", "IL"),
        ("Germany*", "DE"),
        ("Cyprus 1,2", "CY"),
        ("AUS: Australia", "AU"),
        ("Germany (DE)", "DE"),
        ("Deutschland", "DE"),
        ("Allemagne", "DE"),
        ("Alemania", "DE"),
        ("\u5fb7\u56fd", "DE"),
        ("4", "AF"),
        ("QM", "QM"),
        ("Soviet Union", "SU"),
        ("Niger", "NE"),
        ("Nigeria", "NG"),
        ("Dominica", "DM"),
        ("Dominican Republic", "DO"),
    ],
)
def test_names_as_statistical_offices_write_them(text, code):
    assert read_country(text).value == code


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "country-missing"),
        ("n/a", "country-missing"),
        ("..", "country-missing"),
        ("XX", "country-missing"),
        ("Atlantis", "country-unknown"),
        ("Virgin Islands", "country-unknown"),
        ("EU27_2020", "country-aggregate"),
        ("EU", "country-aggregate"),
        ("WLD", "country-aggregate"),
        ("OECD", "country-aggregate"),
        ("ARB", "country-aggregate"),
        ("CHI", "country-aggregate"),
        ("European Union - 27 countries (from 2020)", "country-aggregate"),
        ("Sub-Saharan Africa", "country-aggregate"),
        ("SDG: World", "country-aggregate"),
        ("CS", "country-former"),
        ("Czechoslovakia", "country-former"),
    ],
)
def test_what_is_no_country_says_why(text, reason):
    assert read_country(text).value is None and read_country(text).reason == reason


def test_all_aggregates_are_known_as_such_by_code_and_name():
    for row in read_csv("vocabularies", "aggregates.csv"):
        found = read_place(row["code"]).value
        assert found is not None and found.kind == "aggregate", row
        named = read_place(row["name"])
        assert named.reason == "country-missing" or (named.value is not None and named.value.kind == "aggregate"), row


@given(
    st.sampled_from([r["name"] for r in COUNTRIES]),
    st.sampled_from(
        [str.upper, str.lower, str.title, lambda t: f"  {t} ", lambda t: t + "*", lambda t: t.replace("'", "\u2019"), lambda t: f'"{t}"']
    ),
)
def test_case_blanks_marks_and_apostrophes_do_not_matter(name, change):
    assert read_country(change(name)).value == read_country(name).value


@given(st.text(max_size=30))
def test_any_text_gives_a_place_or_a_reason(text):
    got = read_place(text)
    assert (got.value is None) != (got.reason is None)


def test_adjectives_are_of_countries_that_are_known():
    codes = {r["code"] for r in COUNTRIES}
    assert set(adjectives().values()) <= codes and adjectives()["Dutch"] == "NL" and "Congolese" not in adjectives()
    assert alpha3("DE") == "DEU" and alpha3("EU") is None
