from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.counting.goals.engine import Matcher, words_of
from armillary.counting.goals.language import AllOf, AnyOf, Near, Not, Phrase, Salient, Title, parse
from armillary.counting.goals.text import Vocabulary, clean, tokenise
from armillary.errors import SpecError
from reference import sdg_reference as reference


def run(query, documents):
    node = parse(query) if isinstance(query, str) else query
    vocabulary = Vocabulary(words_of([node]))
    batch = tokenise([d[0] for d in documents], [d[1] for d in documents], vocabulary)
    return [bool(x) for x in Matcher(batch, vocabulary).documents(node)]


def one(query, title, abstract=None):
    return run(query, [(title, abstract)])[0]


def test_words_phrases_and_stars():
    assert one("poverty", "On Poverty.") and not one("poverty", "impoverty")
    assert one("fisher*", "Small-scale fisheries") and not one("fisher*", "fish")
    assert one('"low carbon"', "A low-carbon future") and one("low-carbon", "a low carbon future")
    assert not one('"low carbon"', "carbon low")
    assert one('"fish* stock*"', "fishing stocks") and one("café", "CAFE au lait")
    assert one("co2", "CO<sub>2</sub> uptake") and one("co2", "CO₂")
    assert not one('"a b"', "a", "b"), "a phrase does not run from the title into the abstract"


def test_not_binds_tightest_then_near_and_or():
    assert parse("a1 OR b1 AND NOT c1 NEAR/2 d1".replace("NOT c1 NEAR/2 d1", "c1 NEAR/2 d1")) == AnyOf(
        (Phrase(("a1",)), AllOf((Phrase(("b1",)), Near(Phrase(("c1",)), Phrase(("d1",)), 2, False)))),
    )
    assert parse("a1 AND NOT b1") == AllOf((Phrase(("a1",)), Not(Phrase(("b1",)))))


def test_proximity_counts_the_words_between():
    text = "one two three four five"
    assert one("one NEAR/1 three", text) and one("three NEAR/1 one", text) and not one("one NEAR/0 three", text)
    assert one("one PRE/1 three", text) and not one("three PRE/1 one", text)
    assert one('"one two" NEAR/0 "three four"', text) and not one('"one two" NEAR/9 "two three"', text), "overlapping places are not near"
    assert not one("one NEAR/9 two", "one", "two"), "title and abstract are apart"
    assert not run("one NEAR/9 two", [("one", None), ("two", None)])[0], "and so are documents"


def test_title_only():
    assert one("title:(reef* OR coral)", "Coral growth", "x") and not one("title:(reef* OR coral)", "x", "coral reefs")


def test_salient_is_in_the_title_or_twice():
    assert one("salient:reef", "The reef") and one("salient:reef", None, "reef by reef") and not one("salient:reef", "x", "one reef")
    assert one("salient:(reef OR coral)", None, "a coral on a reef") and one("salient:(coral NEAR/1 reef)", "reef coral")
    with pytest.raises(SpecError, match="salient: takes"):
        parse("salient:(a1 AND b1)")


def test_markup_is_gone():
    assert clean("A<sub>2</sub>&amp;B <jats:p>text</jats:p>").split() == ["A2&B", "text"]
    assert clean("p < 0.05 and q > 3") == "p < 0.05 and q > 3"


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("", "expected a word"),
        ("(a1 OR b1", "expected '\\)'"),
        ('"open', "not closed"),
        ("a1 b1", "expected AND, OR"),
        ("fi*", "3 letters"),
        ("NOT a1", "needs something before"),
        ("NOT a1 AND NOT b1", "almost everything"),
        ("a1 NEAR/99 b1", "at most 50"),
        ("(a1 AND b1) NEAR/5 c1", "take words"),
        ("a1 NEAR/5 b1 NEAR/5 c1", "chained"),
        ('"..."', "no word"),
        ("a1 OR\nOR b1", "line 2"),
        ("*", "letters"),
    ],
)
def test_mistakes_are_named(query, complaint):
    with pytest.raises(SpecError, match=complaint):
        parse(query, "goal.toml")


WORDS = ["sea", "seas", "seal", "ice", "icy", "red"]
phrase = st.lists(st.sampled_from([*WORDS, "sea*", "ice*"]), min_size=1, max_size=3).map(lambda w: Phrase(tuple(w)))
located = st.recursive(
    phrase,
    lambda s: s.map(Title) | st.lists(s, min_size=2, max_size=3).map(lambda p: AnyOf(tuple(p))),
    max_leaves=4,
)
near = st.builds(Near, located, located, st.integers(0, 4), st.booleans())
placed = st.lists(located | near, min_size=2, max_size=3).map(lambda p: AnyOf(tuple(p)))
queries = st.recursive(
    located | near | st.builds(Salient, placed | near | phrase),
    lambda s: (
        s.map(Not)
        | st.lists(s, min_size=2, max_size=3).map(lambda p: AnyOf(tuple(p)))
        | st.lists(s, min_size=2, max_size=3).map(lambda p: AllOf(tuple(p)))
    ),
    max_leaves=6,
)
texts = st.lists(st.sampled_from([*WORDS, "x", "y"]), max_size=9).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(queries, st.lists(st.tuples(texts, texts), min_size=1, max_size=4))
def test_engine_equals_the_slow_reference(query, documents):
    assert run(query, documents) == [reference.matches(query, t, a) for t, a in documents]


@given(queries)
def test_a_printed_query_means_the_same(query):
    """str() of a tree without a leading NOT parses back to a tree with the same meaning on a fixed set of texts."""
    try:
        again = parse(str(query))
    except SpecError:
        return  # trees that the grammar refuses (only NOTs, a bare NOT)
    documents = [("sea ice", "red seal x sea"), ("icy", "seas red ice y y y sea"), ("", "")]
    assert run(query, documents) == run(again, documents)


def test_vocabulary_forgets_words_but_not_meanings(monkeypatch):
    monkeypatch.setattr("armillary.counting.goals.text._VOCABULARY_LIMIT", 5)
    documents = [(f"w{i} sea v{i}", "ice") for i in range(50)]
    assert all(run("sea AND ice", documents))
