import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.analysis.space import Space, make_index
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.comparison.judging.judgements import Judgements, ScoredPairs
from explorer.comparison.judging.retrieval import pair_correlations, retrieval, search_all
from explorer.comparison.statistics.correlation import PEARSON, SPEARMAN
from explorer.data.opening import open_corpus
from explorer.errors import DataError, JobCancelledError, QueryError
from explorer.tensor import TopK


class Ranked:
    """A contender with the given scores of queries for rows."""

    def __init__(self, corpus, scores):
        self.name = "ranked"
        self.fingerprint = "ranked"
        self.corpus = corpus
        self.space = None
        self._scores = scores

    def search(self, queries, k, *, on_progress=None):
        scores = np.array([self._scores[query] for query in queries])
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return TopK(order, np.take_along_axis(scores, order, 1).astype(np.float32))

    def neighbors(self, rows, k, *, on_progress=None):
        raise NotImplementedError

    def score_texts(self, queries, documents, *, on_progress=None):
        return np.array(
            [[self._scores[query][other] for other in documents] for query in queries], np.float32
        )


def judgements(*grades, inclusion=None):
    return Judgements(
        tuple(f"q{at}" for at in range(len(grades))),
        tuple(f"query {at}" for at in range(len(grades))),
        grades,
        inclusion,
    )


def dcg(grades):
    return sum(max(grade, 0) / math.log2(place + 2) for place, grade in enumerate(grades))


def plain(ranked, judged, k, skipped=()):
    """nDCG@10, reciprocal rank and recall@k as their papers write them, of condensed lists."""
    ten = [row for row in ranked[:10] if row not in skipped]
    gains = [judged.get(row, 0) for row in ten]
    best = sorted(judged.values(), reverse=True)
    relevant = {row for row, grade in judged.items() if grade > 0}
    ranks = [place + 1 for place, row in enumerate(ten) if row in relevant]
    return (
        dcg(gains) / dcg(best[:10]),
        1 / ranks[0] if ranks else 0.0,
        len(relevant.intersection(ranked[:k])) / len(relevant),
    )


@settings(max_examples=40)
@given(st.integers(1, 30), st.integers(1, 20), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_measures_are_the_published_formulas(rows, k, queries, seed):
    rng = np.random.default_rng(seed)
    depth = min(rows, max(10, k))
    rankings = np.array([[rng.permutation(rows)[:depth] for _ in range(queries)] for _ in range(2)])
    grades = [
        {int(row): int(rng.integers(-1, 4)) for row in rng.permutation(rows)[: rng.integers(0, 12)]}
        for _ in range(queries)
    ]
    kept = [at for at, judged in enumerate(grades) if max(judged.values(), default=0) > 0]
    if not kept:
        with pytest.raises(DataError, match="No query has a row"):
            retrieval(rankings, judgements(*grades), k=k)
        return
    found = retrieval(rankings, judgements(*grades), k=k)
    assert [values.measure.name for values in found.values] == ["nDCG@10", "MRR@10", f"recall@{k}"]
    assert found.left_out == queries - len(kept)
    for contender in range(2):
        expected = [plain(rankings[contender, at].tolist(), grades[at], k) for at in kept]
        for values, figures in zip(found.values, zip(*expected, strict=True), strict=True):
            np.testing.assert_allclose(values.values[contender], figures, atol=1e-6)
            assert values.units.tolist() == kept


@settings(max_examples=40)
@given(st.integers(1, 30), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_skipped_rows_are_left_out_of_every_list(rows, k, seed):
    rng = np.random.default_rng(seed)
    depth = min(rows, max(10, k))
    rankings = np.array([[rng.permutation(rows)[:depth] for _ in range(3)] for _ in range(2)])
    whole = rankings.copy()
    answers = rng.integers(-1, 3, (3, rows))  # -1 is skipped
    grades = [{row: int(grade) for row, grade in enumerate(own) if grade >= 0} for own in answers]
    skipped = tuple(tuple(np.flatnonzero(own == -1).tolist()) for own in answers)
    given_judgements = replace(judgements(*grades), skipped=skipped)
    if not any(grade > 0 for own in grades for grade in own.values()):
        return
    found = retrieval(rankings, given_judgements, k=k)
    np.testing.assert_array_equal(rankings, whole)
    for contender in range(2):
        expected = [
            plain(rankings[contender, at].tolist(), grades[at], k, skipped[at])
            for at in found.values[0].units
        ]
        for values, figures in zip(found.values, zip(*expected, strict=True), strict=True):
            np.testing.assert_allclose(values.values[contender], figures, atol=1e-6)
    # Every hit was looked at. A list of skipped rows alone has none that could be judged.
    assert set(found.judged.tolist()) <= {0.0, 1.0}


def test_ties_rank_by_row_order():
    """trec_eval would rank row 9 before row 10, by their names."""
    corpus = open_corpus([f"text {row}" for row in range(12)])
    tied = Ranked(corpus, {"query 0": [0.5] * 12})
    rankings = search_all([tied], ["query 0"])
    assert rankings[0, 0].tolist() == list(range(10))
    found = retrieval(rankings, judgements({9: 1, 8: 1}))
    assert found.values[1].values[0, 0] == pytest.approx(1 / 9)


def test_queries_of_the_same_words_are_one_group_and_weights_are_kept():
    judged = Judgements(
        ("a", "b", "c"), ("Late  parcel", "late parcel ", "camera"), ({0: 1},) * 3, (0.5, 0.25, 1.0)
    )
    found = retrieval(np.zeros((2, 3, 1), dtype=np.int64), judged)
    assert found.values[0].groups.tolist() == [0, 0, 1]
    assert found.values[0].weights.tolist() == [2, 4, 1]


def test_the_share_of_judged_hits_is_told():
    rankings = np.array([[[0, 1, 2, 3]], [[4, 5, 0, 6]]])
    found = retrieval(rankings, judgements({0: 1, 1: 0, 2: 0}))
    assert found.judged.tolist() == [0.75, 0.25]


def test_the_share_of_judged_hits_is_without_skipped_ones():
    found = retrieval(np.array([[[0, 1, 2, 3]]]), replace(judgements({0: 1}), skipped=((1, 2),)))
    assert found.judged.tolist() == [0.5]


def test_skipped_places_are_no_hits():
    found = retrieval(np.array([[[3, 0, -1]]]), judgements({0: 1}))
    assert found.values[1].values[0, 0] == 0.5


def test_searching_reports_progress_and_can_be_stopped():
    corpus = open_corpus(["a text", "b text"])
    contender = Ranked(corpus, {"x": [0, 1]})
    seen = []
    found = search_all([contender, contender], ["x"] * 300, on_progress=seen.append)
    assert found.shape == (2, 300, 2)
    assert (found == [1, 0]).all()
    assert [progress.done for progress in seen] == [0, 256, 300, 556, 600]

    def stop(progress):
        if progress.done:
            raise JobCancelledError("stopped")

    with pytest.raises(JobCancelledError):
        search_all([contender], ["x"] * 300, on_progress=stop)
    assert search_all([contender], []).shape == (1, 0, 2)


def test_a_contender_without_an_encoder_has_no_figures_and_the_others_keep_theirs():
    corpus = open_corpus(["a text", "b text"])
    vectors = SpaceContender(Space(corpus, make_index(np.eye(2))), "vectors")
    rankings = search_all([vectors, Ranked(corpus, {"x": [0, 1]})], ["x"])
    assert rankings.tolist() == [[[-1, -1]], [[1, 0]]]
    for values in retrieval(rankings, Judgements(("q",), ("x",), ({1: 1},))).values:
        assert np.isnan(values.values[0]).all()
        assert values.values[1].tolist() == [1.0]
    with pytest.raises(QueryError, match="cannot be empty"):
        search_all([vectors], [" "])


def test_pairs_are_scored_with_their_own_partner():
    corpus = open_corpus(["a text"])
    scores = {text: {other: ord(text) * ord(other) % 89 / 89 for other in "uvwxyz"} for text in "abcdef"}
    pairs = ScoredPairs(tuple("abcdef"), tuple("uvwxyz"), (1.0, 2.0, 3.0, 4.0, 5.0, 6.0))
    own = [scores[first][second] for first, second in zip(pairs.first, pairs.second, strict=True)]
    (spearman, pearson) = pair_correlations([Ranked(corpus, scores)], pairs).values
    assert pearson.values[0] == pytest.approx(np.corrcoef(own, pairs.scores)[0, 1])
    assert (spearman.measure, pearson.measure) == (SPEARMAN, PEARSON)


def test_correlations_are_those_of_sentence_transformers(tiny_model):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.evaluation import EmbeddingSimilarityEvaluator

    model = SentenceTransformer(str(tiny_model), device="cpu")
    words = ["red", "blue", "small", "large", "old", "new", "cat", "dog", "house", "river"]
    # No two pairs are alike: equal scores from different products would be ties in only one of the two.
    first = [" ".join(words[at % 8 : at % 8 + 3]) for at in range(24)]
    second = [" ".join(words[at // 8 : at // 8 + 2] + words[at % 8 + 1 :]) for at in range(24)]
    gold = [at % 6 / 5 for at in range(24)]
    evaluator = EmbeddingSimilarityEvaluator(first, second, gold, write_csv=False)
    expected = evaluator(model)

    class OfModel(Ranked):
        def score_texts(self, queries, documents, *, on_progress=None):
            return model.similarity(model.encode(queries), model.encode(documents)).numpy()

    contender = OfModel(open_corpus(["a text"]), {})
    spearman, pearson = pair_correlations(
        [contender], ScoredPairs(tuple(first), tuple(second), tuple(gold))
    ).values
    assert spearman.values[0] == pytest.approx(expected["spearman_cosine"], abs=1e-6)
    assert pearson.values[0] == pytest.approx(expected["pearson_cosine"], abs=1e-6)
