import logging
import math
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import explorer
from explorer.comparison.contenders.bm25 import Bm25Contender
from explorer.encode.words import split_words
from explorer.errors import JobCancelledError, QueryError
from tests.conftest import ROOT
from tests.tensor.reference import ranking


def formula(documents, queries, k1=1.5, b=0.75):
    """BM25 as Lucene computes it (Kamphuis et al. 2020), one term at a time."""
    counted = [Counter(split_words(document)) for document in documents]
    lengths = [sum(count.values()) for count in counted]
    mean = sum(lengths) / max(1, len(lengths))
    scores = np.zeros((len(queries), len(documents)))
    for line, query in enumerate(queries):
        for word in split_words(query):
            df = sum(word in count for count in counted)
            idf = math.log(1 + (len(documents) - df + 0.5) / (df + 0.5))
            for row, count in enumerate(counted):
                if count[word]:
                    weight = k1 * (1 - b + b * lengths[row] / mean)
                    scores[line, row] += idf * count[word] / (count[word] + weight)
    return scores


QUERIES = ["my refund", "the the cat", "words nobody wrote", "?!", "late late late order where is it"]


@pytest.fixture(scope="module")
def contender(texts):
    return Bm25Contender(explorer.open_corpus(texts))


def test_scores_and_order_are_those_of_the_formula(contender, texts):
    expected = formula(texts, QUERIES)
    for k in (1, 7, 60, 99):
        found = contender.search(QUERIES, k)
        # Sums in another order can differ in the last bit: equal to 12 digits is a tie for both.
        indices, scores = ranking(expected.round(12), k)
        np.testing.assert_array_equal(found.indices, indices)
        np.testing.assert_allclose(found.scores, scores, rtol=1e-6)
        assert found.scores.dtype == np.float32


def test_neighbours_are_the_hits_of_a_rows_text_without_the_row(contender, texts):
    rows = np.array([22, 30, 0, 59, 0])
    table = formula(texts, texts).round(12)
    for k in (5, 59, 80):
        found = contender.neighbors(rows, k)
        for line, row in enumerate(rows):
            others = np.delete(np.arange(60), row)
            indices, scores = ranking(table[[row]], k, others)
            np.testing.assert_array_equal(found.indices[line], indices[0])
            np.testing.assert_allclose(found.scores[line], scores[0], rtol=1e-6)
    assert found.indices.shape == (5, 59)
    assert contender.neighbors(np.array([], dtype=np.int64), 3).indices.shape == (0, 3)


def test_texts_are_scored_as_a_collection_of_their_own(contender):
    documents = ["a refund for my cat", "a cat", "", "my my order", "a cat"]
    found = contender.score_texts(QUERIES, documents)
    np.testing.assert_allclose(found, formula(documents, QUERIES), rtol=1e-6)
    assert contender.score_texts([], documents).shape == (0, 5)
    assert contender.score_texts(["a cat"], []).shape == (1, 0)


@settings(max_examples=25)
@given(
    st.lists(st.text(alphabet="ab c", max_size=6), min_size=1, max_size=7),
    st.lists(st.sampled_from(["a", "b c", "a a", "abc b", "d"]), min_size=1, max_size=3),
)
def test_any_scores_are_those_of_the_formula(documents, queries):
    scorer = Bm25Contender(explorer.open_corpus(["a text"]))
    found = scorer.score_texts(queries, documents)
    np.testing.assert_allclose(found, formula(documents, queries), rtol=1e-6, atol=1e-9)


def test_rows_without_any_word_all_tie():
    contender = Bm25Contender(explorer.open_corpus(["?", "!", "…"]))
    assert contender.search(["a cat"], 2).indices.tolist() == [[0, 1]]
    assert contender.neighbors(np.array([0]), 5).indices.tolist() == [[1, 2]]
    alone = Bm25Contender(explorer.open_corpus(["one row"]))
    assert alone.neighbors(np.array([0]), 5).indices.shape == (1, 0)
    assert alone.search(["row"], 5).indices.tolist() == [[0]]


def test_a_subset_is_a_contender_of_these_rows_alone(contender, texts):
    rows = np.array([4, 1, 50, 7])
    found = contender.subset(rows).search(["my refund"], 4)
    np.testing.assert_allclose(
        found.scores[0], np.sort(formula([texts[row] for row in rows], ["my refund"])[0])[::-1], rtol=1e-6
    )


def test_what_cannot_be_asked(contender):
    for call in (
        lambda: contender.search(["a cat", " "], 3),
        lambda: contender.search(["a cat"], 0),
        lambda: contender.neighbors(np.array([0]), 0),
        lambda: contender.neighbors(np.array([60]), 3),
        lambda: contender.neighbors(np.array([-1]), 3),
        lambda: contender.score_texts([""], ["a"]),
    ):
        with pytest.raises(QueryError):
            call()


def test_it_can_be_stopped_and_asked_again(texts):
    def stop(_progress):
        raise JobCancelledError("Stopped.")

    contender = Bm25Contender(explorer.open_corpus(texts))
    with pytest.raises(JobCancelledError):
        contender.search(["my refund"], 3, on_progress=stop)
    phases = []
    contender.search(["my refund"], 3, on_progress=lambda progress: phases.append(progress.phase))
    assert phases == ["Counting words", "Ranking"]


def test_it_is_identified_by_its_rows_and_logs_nothing(contender, texts, caplog):
    assert contender.fingerprint == Bm25Contender(explorer.open_corpus(texts)).fingerprint
    assert contender.fingerprint != contender.subset(np.arange(5)).fingerprint
    assert contender.space is None
    with caplog.at_level(logging.DEBUG):
        contender.subset(np.arange(5)).search(["my refund"], 3)
    assert not [record for record in caplog.records if record.name.startswith("bm25s")]


@pytest.mark.slow
def test_ranking_by_words_imports_no_compiler_and_leaves_it_to_others():
    code = (
        "import sys, numpy as np, explorer\n"
        "from explorer.comparison.contenders.bm25 import Bm25Contender\n"
        "found = Bm25Contender(explorer.open_corpus(['a cat', 'a dog'])).search(['dog'], 1)\n"
        "print(found.indices.tolist(), 'llvmlite' in sys.modules)\n"
        "import numba\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout.strip() == "[[1]] False"
