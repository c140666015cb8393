import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

import explorer
from explorer.comparison.measures.groups import groups_of, near_copies, sample_rows
from explorer.errors import ColumnError, JobCancelledError, QueryError
from tests.analysis.test_duplicates import components

WORDS = ["camera", "refund", "broken", "invoice", "battery", "delivery", "password", "9021", "to", "für"]


def searched(texts, threshold=0.7):
    """The groups by a search through all pairs, with scikit-learn's own vectors in float64."""
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(5, 5), sublinear_tf=True).fit_transform(
        sorted(set(texts), key=texts.index)
    )
    cosines = (vectors @ vectors.T).toarray()
    distinct = sorted(set(texts), key=texts.index)
    near = [(a, b) for a, b in np.argwhere(cosines >= threshold - 1e-6) if a < b]
    group = {
        distinct[member]: number
        for number, part in enumerate(components(len(distinct), near))
        for member in part
    }
    return [group[text] for text in texts]


def partition(groups):
    return [[other == group for other in groups] for group in groups]


@settings(max_examples=20)
@given(
    texts=st.lists(
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join), min_size=1, max_size=20
    )
)
def test_near_copies_are_those_of_a_search_through_all_pairs(texts):
    found = near_copies(explorer.open_corpus(texts))
    assert partition(found.tolist()) == partition(searched(texts))
    order = [found.tolist().index(group) for group in range(found.max() + 1)]
    assert order == sorted(order)


def test_a_changed_number_makes_a_near_copy_and_other_words_do_not():
    texts = [
        "Please send the invoice for order 12345 to our new address in Leeds.",
        "The app shows yesterday's weather whenever the phone is offline.",
        "Please send the invoice for order 98765 to our new address in Leeds.",
        "The app shows yesterday's weather whenever the phone is offline.",
        "Could you post the bill for my purchase to where I live now?",
    ]
    assert near_copies(explorer.open_corpus(texts)).tolist() == [0, 1, 0, 1, 2]


def test_texts_without_letters_are_only_grouped_when_equal():
    assert near_copies(explorer.open_corpus(["!", "?", "!"])).tolist() == [0, 1, 0]
    assert near_copies(explorer.open_corpus(["alone"])).tolist() == [0]


def test_the_search_can_be_stopped():
    def stop(progress):
        assert (progress.done, progress.total) == (2, 2)
        raise JobCancelledError("stop")

    with pytest.raises(JobCancelledError):
        near_copies(explorer.open_corpus(["a text", "a text", "another one"]), on_progress=stop)


def test_marked_near_duplicates_of_the_tickets_are_found():
    corpus = explorer.open_corpus("support-tickets")
    row = {name: place for place, name in enumerate(corpus.table["id"].to_pylist())}
    relations = zip(corpus.table["relation"].to_pylist(), corpus.table["related_to"].to_pylist(), strict=True)
    marked = [
        (place, row[other])
        for place, (relation, other) in enumerate(relations)
        if relation == "near-duplicate"
    ]
    groups = near_copies(corpus)
    found = sum(groups[a] == groups[b] for a, b in marked)
    assert len(marked) > 20
    assert found == len(marked)
    # Nothing else is: not even the marked paraphrases.
    assert len(corpus) - len(np.unique(groups)) == len({frozenset(pair) for pair in marked})


def test_groups_of_a_column():
    import pandas as pd

    pages, numbers = ["p", "q", None, "p", "", "q"], [1, 2, 1, 3, 3, 2]
    table = pd.DataFrame({"body": list("abcdef"), "page": pages, "n": numbers})
    corpus = explorer.open_corpus(table, text="body", label=None)
    assert groups_of(corpus, "page").tolist() == [0, 1, 2, 0, 3, 1]
    assert groups_of(corpus, "n").tolist() == [0, 1, 0, 2, 2, 1]
    with pytest.raises(ColumnError, match="no column 'nothing'"):
        groups_of(corpus, "nothing")


@given(total=st.integers(0, 50), most=st.integers(1, 60), seed=st.integers(0, 2**32))
def test_a_sample_has_different_rows_in_order(total, most, seed):
    rows = sample_rows(total, most, seed)
    assert len(rows) == min(total, most)
    assert (np.diff(rows) > 0).all()
    assert set(rows) <= set(range(total))
    assert rows.tolist() == sample_rows(total, most, seed).tolist()


def test_every_row_is_sampled_as_often_as_any_other():
    times = np.bincount(np.concatenate([sample_rows(20, 5, seed) for seed in range(2_000)]), minlength=20)
    assert abs(times - 500).max() < 5 * np.sqrt(500 * 0.75)


def test_a_sample_has_a_row():
    with pytest.raises(QueryError, match="0 rows"):
        sample_rows(5, 0)
