from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.counting.goals.classifier import Classifier
from armillary.counting.goals.evaluate import evaluate, wilson
from armillary.counting.goals.language import phrases
from armillary.counting.goals.queries import goal_names, load_queries
from armillary.errors import InputError, SpecError
from reference import sdg_reference as reference

# (title, abstract, goals): sentences written for this test, near misses among them
EXAMPLES = [
    ("Cash transfers and extreme poverty in rural Malawi", None, {1}),
    ("A poor approximation of the poverty of the stimulus argument", "Grammar learning.", set()),
    ("Household food insecurity and child stunting", None, {2}),
    ("Grain yield of maize under drought", "We breed tolerant hybrids.", {2}),
    ("Maternal mortality in district hospitals", None, {3}),
    ("A vaccine trial against malaria", "Randomised controlled trial.", {3}),
    ("Blended learning and student achievement in secondary education", None, {4}),
    ("Deep learning of image features", "A neural network is trained.", set()),
    ("The gender pay gap: gender inequality in science careers", None, {5, 10}),
    ("Sanitation and drinking water in informal settlements", None, {6, 11}),
    ("Water saturation and relative permeability of a carbonate reservoir", None, set()),
    ("Perovskite solar cells with high efficiency", None, {7}),
    ("Youth unemployment and the informal economy", None, {8}),
    ("Innovation policy and technology transfer in manufacturing industries", None, {9}),
    ("Income inequality and racial discrimination", None, {10}),
    ("Urban planning for walkability in megacities", None, {11}),
    ("Life cycle assessment of plastic waste recycling", None, {12}),
    ("Greenhouse gas emissions and adaptation to climate change", None, {13}),
    ("Coral reefs and overfishing in marine protected areas", None, {14, 15}),
    ("Sedimentology of a Jurassic limestone", "Marine transgression and sequence stratigraphy of the formation.", set()),
    ("Deforestation and loss of biodiversity", None, {15}),
    ("Corruption, the rule of law and democracy", None, {16}),
    ("Least developed countries and official development assistance", None, {10, 17}),
    (None, None, set()),
    ("", "", set()),
]


@pytest.fixture(scope="module")
def classifier():
    return Classifier()


def tags(table):
    out = {}
    for work, goal in zip(table["work_id"].to_pylist(), table["sdg_id"].to_pylist(), strict=True):
        out.setdefault(work, set()).add(goal)
    return out


def test_examples(classifier):
    got = tags(classifier.classify(range(len(EXAMPLES)), [e[0] for e in EXAMPLES], [e[1] for e in EXAMPLES]))
    assert {i: got.get(i, set()) for i in range(len(EXAMPLES))} == {i: e[2] for i, e in enumerate(EXAMPLES)}


def test_every_goal_has_a_file_and_a_version():
    queries = load_queries()
    assert [g.number for g in queries.goals] == list(range(1, 18))
    assert goal_names()[13] == "Climate action"
    assert queries.version.startswith("armillary-queries 2026.11 (")
    assert all(len(list(itertools.chain.from_iterable(phrases(q.node) for q in g.queries))) >= 20 for g in queries.goals)


def test_explain_names_query_and_words(classifier):
    why = classifier.explain("Ocean acidification and coral reefs", None)
    assert {(w.goal, w.query) for w in why} == {(14, "ecosystems"), (14, "chemistry-and-pollution")}
    assert "ocean acidification" in {word for w in why for word in w.words}


def test_output_is_sorted_and_independent_of_batches_and_order(classifier, monkeypatch):
    titles = [e[0] for e in EXAMPLES] * 7
    ids = list(range(len(titles)))
    whole = classifier.classify(ids, titles, [None] * len(ids))
    monkeypatch.setattr("armillary.counting.goals.classifier.BATCH", 11)
    assert whole.equals(Classifier().classify(ids[::-1], titles[::-1], [None] * len(ids)))
    assert whole["queries"].to_pylist()[0] == "poverty;protection"


def test_registry_queries_equal_the_slow_reference_on_real_works(real_data):
    """Every query of the registry, on 8 real titles and abstracts, against the plain-Python reading of the language."""
    queries, classifier = load_queries(), Classifier()
    for work, title, abstract in real_texts(real_data, 8):
        got = {(y.goal, y.query) for y in classifier.explain(title, abstract)}
        want = {(g.number, q.id) for g in queries.goals for q in g.queries if reference.matches(q.node, title, abstract)}
        assert got == want, work


def real_texts(folder, n):
    import gzip
    import json

    from armillary.counting.goals.text import clean

    out = []
    for path in sorted((folder / "openalex" / "data" / "works").glob("*/*.gz"))[-6:]:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                work = json.loads(line)
                index = work.get("abstract_inverted_index")
                if index and work.get("title"):
                    words = {i: w for w, places in index.items() for i in places}
                    out.append((int(work["id"].rsplit("/W", 1)[1]), clean(work["title"]), clean(" ".join(words[i] for i in sorted(words)))))
                if len(out) == n:
                    return out
    return out


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("goal = 1", "'name'"),
        ("goal = 99\nname='x'\nversion='1'\nreviewed='d'\nquery=[]", "no goal 99"),
        ("= 1", "TOML"),
        ("goal = 1\nname='x'\nversion='1'\nreviewed='d'\n[[query]]\nid='a'", "id and text"),
        ("goal = 1\nname='x'\nversion='1'\nreviewed='d'\n[[query]]\nid='a'\ntext='b1 c1'", "query 'a'.*expected AND"),
        ("goal = 1\nname='x'\nversion='1'\nreviewed='d'\n" + "[[query]]\nid='a'\ntext='b1'\n" * 2, "same id"),
    ],
)
def test_bad_query_files_are_named(tmp_path, text, complaint):
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(SpecError, match=complaint):
        load_queries(tmp_path)


def test_no_query_files(tmp_path):
    with pytest.raises(InputError, match="no query files"):
        load_queries(tmp_path)


def test_evaluation_counts_by_hand():
    ours = {1: {14}, 2: {13}, 3: {13, 7}, 4: set()}
    ref = {1: {14}, 2: {14}, 3: {13}, 5: {14}}
    e = evaluate(ours, ref, [1, 2, 3, 4, 5])
    by = {s.goal: s for s in e.scores}
    assert (by[14].reference, by[14].ours, by[14].both, by[14].precision, by[14].recall) == (3, 1, 1, 1.0, pytest.approx(1 / 3))
    assert (by[13].reference, by[13].ours, by[13].both) == (1, 2, 1)
    assert by[1].precision is None and by[1].recall is None and by[1].f1 is None
    got = {(c.reference, c.ours): (c.works, c.examples) for c in e.confusions}
    assert got == {(14, 13): (1, (2,)), (None, 7): (1, (3,)), (14, None): (1, (5,))}
    assert (e.micro_precision, e.micro_recall, e.exact, e.works) == (0.5, 0.5, 2, 5)


def test_wilson_interval_against_published_values():
    # Newcombe (1998), table I, method 3: 81/263 and 0/20
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(0, 0) is None


TAGS = st.dictionaries(st.integers(0, 20), st.sets(st.integers(1, 17), max_size=3))


@given(TAGS, TAGS)
def test_evaluation_is_symmetric(a, b):
    works = range(21)
    x, y = evaluate(a, b, works), evaluate(b, a, works)
    assert [s.precision for s in x.scores] == [s.recall for s in y.scores]
    assert {(c.reference, c.ours, c.works) for c in x.confusions} == {(c.ours, c.reference, c.works) for c in y.confusions}


def test_every_reading_is_of_a_goal_and_an_odd_work():
    from armillary.counting.goals.report import reading

    pairs = reading()
    assert len(pairs) > 300 and all(work % 2 == 1 and 1 <= goal <= 17 for work, goal in pairs)
