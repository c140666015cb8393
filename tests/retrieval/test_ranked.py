import numpy as np
import pytest

import explorer
from explorer.analysis.space import Space, make_index
from explorer.comparison.contenders.bm25 import Bm25Contender
from explorer.errors import JobCancelledError, QueryError, UnusableModelError
from explorer.retrieval.diversity import maximal_marginal_relevance
from explorer.retrieval.options import RankOptions
from explorer.retrieval.ranked import POOL, ranked_search
from explorer.retrieval.reranking import rerank
from tests.tiny_model import save_pair_model

WORDS = ["cat", "dog", "mat", "order", "late", "help"]
TEXTS = [
    f"the {one} and my {other}, number {place}" for place in range(10) for one in WORDS for other in WORDS
]
QUERY = "a dog is late"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return str(save_pair_model(tmp_path_factory.mktemp("models") / "cross", ["relevance"]))


@pytest.fixture(scope="module")
def space():
    vectors = np.random.default_rng(3).normal(size=(len(TEXTS), 8)).astype(np.float32)
    return Space(explorer.open_corpus(TEXTS), make_index(vectors))


@pytest.fixture(scope="module")
def vector():
    return np.random.default_rng(4).normal(size=8).astype(np.float32)


def rows_of(found):
    return [hit.row for hit in found.hits]


def by_vectors(space, vector, k, **how):
    return [hit.row for hit in space.search_vectors(vector[None], k, **how)[0]]


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
def test_without_options_it_is_the_search_by_vectors(space, vector, metric):
    found = ranked_search(space, QUERY, 7, vector=vector, metric=metric)
    plain = space.search_vectors(vector[None], 7, metric=metric)[0]
    assert [(hit.row, hit.score, hit.text) for hit in found.hits] == [
        (hit.row, hit.score, hit.text) for hit in plain
    ]
    assert [hit.vector_rank for hit in found.hits] == [1, 2, 3, 4, 5, 6, 7]
    assert found.hits[0].word_rank is found.hits[0].pair_score is found.model is None
    assert found.seconds.words is found.seconds.rerank is found.seconds.variety is None
    assert found.before.tolist() == found.after.tolist() == by_vectors(space, vector, 10, metric=metric)


def fused(*rankings):
    scores = {}
    for ranking in rankings:
        for rank, row in enumerate(ranking, start=1):
            scores[row] = scores.get(row, 0) + 1 / (60 + rank)
    return sorted(scores, key=lambda row: (-scores[row], row)), scores


@pytest.mark.parametrize("within", [None, "some"])
def test_words_are_fused_by_reciprocal_rank_and_rows_without_one_are_not_ranked_by_words(
    space, vector, within
):
    rows = None if within is None else np.arange(len(space)) % 7 < 3
    found = ranked_search(space, QUERY, 150, RankOptions(words=True), vector=vector, rows=rows)
    ranked = Bm25Contender(space.corpus).search([QUERY], len(space))
    allowed = set(range(len(space))) if rows is None else set(np.flatnonzero(rows).tolist())
    pairs = [
        (row, score)
        for row, score in zip(ranked.indices[0].tolist(), ranked.scores[0].tolist(), strict=True)
        if score > 0 and row in allowed
    ][:150]
    words = [row for row, _ in pairs]
    vectors = by_vectors(space, vector, 150, rows=rows)
    order, scores = fused(vectors, words)
    assert rows_of(found) == order[:150]
    assert 0 < len(words) < len(allowed)
    cosines = dict(enumerate(space.index.search(vector[None], len(space)).scores[0].tolist()))
    placed = space.index.search(vector[None], len(space)).indices[0].tolist()
    for place, hit in enumerate(found.hits, start=1):
        assert hit.fused_rank == place
        assert hit.fused_score == pytest.approx(scores[hit.row], rel=1e-5)
        assert hit.word_rank == (words.index(hit.row) + 1 if hit.row in words else None)
        assert hit.vector_rank == (vectors.index(hit.row) + 1 if hit.row in vectors else None)
        assert hit.score == pytest.approx(cosines[placed.index(hit.row)], abs=1e-6)
    assert any(hit.vector_rank is None for hit in found.hits)
    assert found.seconds.words > 0


def test_a_query_without_a_known_word_leaves_the_order_by_vectors(space, vector):
    found = ranked_search(space, "zebra", 20, RankOptions(words=True), vector=vector)
    assert rows_of(found) == by_vectors(space, vector, 20)
    assert all(hit.word_rank is hit.word_score is None for hit in found.hits)


def test_the_first_hits_are_in_the_order_of_the_cross_encoder_and_the_others_stay(space, vector, model):
    found = ranked_search(space, QUERY, 60, RankOptions(rerank=40, model=model), vector=vector)
    before = by_vectors(space, vector, 60)
    read = rerank(QUERY, [TEXTS[row] for row in before[:40]], model)
    assert rows_of(found) == [before[place] for place in read.order] + before[40:]
    assert rows_of(found) != before
    np.testing.assert_allclose([hit.pair_score for hit in found.hits[:40]], read.scores, atol=1e-5)
    assert [hit.pair_rank for hit in found.hits] == [*range(1, 41), *[None] * 20]
    assert [hit.vector_rank for hit in found.hits] == [before.index(row) + 1 for row in rows_of(found)]
    assert found.hits[-1].pair_score is None
    assert found.model == "cross"
    assert found.seconds.rerank > 0


def test_more_are_read_again_than_are_wanted_and_than_there_are(space, vector, model):
    few = ranked_search(space, QUERY, 3, RankOptions(rerank=50, model=model), vector=vector)
    many = ranked_search(space, QUERY, 50, RankOptions(rerank=50, model=model), vector=vector)
    assert rows_of(few) == rows_of(many)[:3]
    assert few.after.tolist() == rows_of(many)
    some = np.arange(len(space)) < 4
    found = ranked_search(space, QUERY, 9, RankOptions(rerank=50, model=model), vector=vector, rows=some)
    assert sorted(rows_of(found)) == [0, 1, 2, 3]


def test_variety_is_maximal_marginal_relevance_of_the_first_hundred(space, vector):
    found = ranked_search(space, QUERY, 12, RankOptions(variety=0.4), vector=vector)
    pool = space.search_vectors(vector[None], POOL)[0]
    rows = np.array([hit.row for hit in pool])
    chosen = maximal_marginal_relevance(np.array([hit.score for hit in pool]), space.vectors[rows], 12, 0.6)
    assert rows_of(found) == rows[chosen].tolist()
    assert rows_of(found) != rows[:12].tolist()


def test_for_variety_scores_of_each_stage_are_put_on_the_scale_of_the_cosines_in_their_places(
    space, vector, model
):
    def scaled(scores, cosines):
        return np.interp(scores, [min(scores), max(scores)], [cosines[-1], cosines[0]])

    for read in (0, 30):
        stages = {"words": True, "rerank": read, "model": model}
        found = ranked_search(space, QUERY, 8, RankOptions(**stages, variety=0.3), vector=vector)
        hits = ranked_search(space, QUERY, POOL, RankOptions(**stages), vector=vector).hits
        rows = np.array([hit.row for hit in hits])
        units = space.vectors[rows] / np.linalg.norm(space.vectors[rows], axis=1, keepdims=True)
        cosines = np.sort(units @ vector / np.linalg.norm(vector))[::-1]
        relevance = scaled([hit.fused_score for hit in hits[read:]], cosines[read:])
        if read:
            read_first = scaled([hit.pair_score for hit in hits[:read]], cosines[:read])
            relevance = np.concatenate([read_first, relevance])
        chosen = maximal_marginal_relevance(relevance, space.vectors[rows], 8, 0.7)
        assert rows_of(found) == rows[chosen].tolist()
        assert rows_of(found) != rows[:8].tolist()
        assert found.hits[0].row == rows[0]


def test_a_row_is_a_query_by_its_vector_and_its_text_and_no_hit(space, model):
    options = RankOptions(words=True, rerank=20, model=model, variety=0.2)
    found = ranked_search(space, 5, 200, options)
    assert 5 not in rows_of(found)
    assert found.before[:10].tolist() == [hit.row for hit in space.similar_to(5, 10)]
    by_words = sorted((hit.word_rank, hit.row) for hit in found.hits if hit.word_rank)
    expected = Bm25Contender(space.corpus).neighbors(np.array([5]), 5).indices[0].tolist()
    assert [row for _, row in by_words[:5]] == expected
    first = next(hit for hit in found.hits if hit.pair_rank == 1)
    assert first.pair_score == pytest.approx(float(rerank(TEXTS[5], [first.text], model).scores[0]), abs=1e-5)


def test_it_encodes_the_query_if_nobody_did():
    corpus = explorer.open_corpus("medicare-faq")
    space = explorer.embed(corpus, precision="float32")
    found = ranked_search(space, "replacement card", 3)
    assert [(hit.row, hit.text) for hit in found.hits] == [
        (hit.row, hit.text) for hit in space.search("replacement card", 3)
    ]


def test_nothing_is_found_in_no_rows(space, vector, model):
    options = RankOptions(words=True, rerank=5, model=model, variety=0.5)
    found = ranked_search(space, QUERY, 5, options, vector=vector, rows=np.zeros(len(space), dtype=bool))
    assert found.hits == []
    assert len(found.after) == 0


def test_it_reports_and_stops(space, vector, model):
    def stop(progress):
        if progress.phase == "Re-ranking":
            raise JobCancelledError("stopped")

    with pytest.raises(JobCancelledError):
        ranked_search(space, QUERY, 5, RankOptions(rerank=5, model=model), vector=vector, on_progress=stop)


def test_what_cannot_be_asked_for_is_named(space, vector, tmp_path):
    with pytest.raises(QueryError):
        ranked_search(space, QUERY, 0, vector=vector)
    with pytest.raises(QueryError, match="does not exist"):
        ranked_search(space, len(space))
    with pytest.raises(QueryError):
        RankOptions(rerank=-1)
    with pytest.raises(QueryError):
        RankOptions(variety=float("nan"))
    three = str(save_pair_model(tmp_path / "nli", ["contradiction", "entailment", "neutral"]))
    with pytest.raises(UnusableModelError):
        ranked_search(space, QUERY, 5, RankOptions(rerank=5, model=three), vector=vector)


def test_a_ranking_is_said_in_words():
    assert RankOptions().in_words == "vectors"
    every = RankOptions(words=True, rerank=1_500, model="owner/cross", variety=0.3)
    assert every.in_words == "vectors and words, the first 1,500 re-ranked by owner/cross, with 30 % variety"
