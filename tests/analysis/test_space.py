import numpy as np
import pytest

import explorer
from explorer.analysis.space import Space, make_index
from explorer.encode.encoder import Encoder
from explorer.encode.spec import LocalModel
from explorer.errors import QueryError, VectorError

QUERY = "How can Medicare help me?"


@pytest.fixture(scope="module")
def faq(tmp_path_factory):
    """The tutorial's sample, exact."""
    from explorer.settings import settings

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXPLORER_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        settings.cache_clear()
        return explorer.embed("medicare-faq", precision="float32")


def test_the_published_vectors_come_out(faq, published):
    numbers = published["published"]
    assert list(faq.vectors.shape) == numbers["shape"]
    assert faq.corpus.texts == published["texts"]
    np.testing.assert_allclose(faq.vectors[0, :3], numbers["first_row_head"], atol=1e-6)
    np.testing.assert_allclose(faq.vectors[0, -3:], numbers["first_row_tail"], atol=1e-6)
    np.testing.assert_allclose(faq.vectors[1, :3], numbers["second_row_head"], atol=1e-6)


def test_the_published_hits_come_out(faq, published):
    hits = faq.search(QUERY, k=5)
    expected = published["published"]["hits"]
    assert [hit.row for hit in hits] == [hit["corpus_id"] for hit in expected]
    np.testing.assert_allclose([hit.score for hit in hits], [hit["score"] for hit in expected], atol=1e-5)
    assert [hit.text for hit in hits] == [published["texts"][hit.row] for hit in hits]


def test_several_queries_give_a_list_for_each(faq):
    both = faq.search([QUERY, "What is TRICARE?"], k=3)
    assert [len(hits) for hits in both] == [3, 3]
    assert both[0] == faq.search(QUERY, k=3)
    assert both[1][0].text == "What is TRICARE?"
    assert faq.search([], k=3) == []


def test_rows_restrict_the_search_and_k_shrinks(faq):
    assert {hit.row for hit in faq.search(QUERY, k=99, rows=np.array([2, 5]))} == {2, 5}
    mask = np.zeros(13, dtype=bool)
    mask[4] = True
    assert [hit.row for hit in faq.search(QUERY, rows=mask)] == [4]
    assert faq.search(QUERY, rows=np.zeros(13, dtype=bool)) == []
    assert len(faq.search(QUERY, k=99)) == 13


def test_rows_like_a_row_leave_it_out(faq):
    hits = faq.similar_to(8, k=99)
    assert 8 not in [hit.row for hit in hits]
    assert len(hits) == 12
    order = np.argsort(-np.delete(faq.similarity([8], range(13))[0], 8))
    assert hits[0].row == np.delete(np.arange(13), 8)[order[0]]
    assert [hit.row for hit in faq.similar_to(8, rows=np.array([8, 3]))] == [3]


@pytest.mark.parametrize("row", [-1, 13])
def test_a_row_that_is_not_there(faq, row):
    with pytest.raises(QueryError, match=f"no row {row}"):
        faq.similar_to(row)


def test_duplicates_find_each_other_and_not_themselves():
    space = explorer.embed(["same words", "other things", "same words"], precision="float32")
    nearest = space.neighbors(k=1)
    assert nearest.indices[[0, 2], 0].tolist() == [2, 0]
    assert space.similar_to(0, k=1)[0].row == 2
    assert space.report.encoded == 2


def test_similarity_is_a_cosine_matrix(faq):
    matrix = faq.similarity([3, 5, 8])
    assert matrix.shape == (3, 3)
    assert matrix.dtype == np.float32
    exact = faq.vectors[[3, 5, 8]].astype(np.float64)
    exact /= np.linalg.norm(exact, axis=1, keepdims=True)
    np.testing.assert_allclose(matrix, exact @ exact.T, atol=1e-6)
    assert faq.similarity([0], [1, 2], metric="euclidean").max() <= 0


def test_the_percentile_is_the_share_of_random_pairs_below(faq):
    matrix = faq.similarity()
    pairs = matrix[np.triu_indices(13, 1)]
    for score in (float(np.median(pairs)), 0.75, -1.0, 1.0):
        expected = 50 * ((pairs < score).mean() + (pairs <= score).mean())
        assert faq.percentile(score) == pytest.approx(expected, abs=1.5)
    assert faq.percentile(1.0) == 100
    assert faq.percentile(-1.0) == 0


def test_one_row_has_no_random_pairs():
    space = explorer.embed(["alone"], precision="float32")
    assert space.percentile(0.5) is None
    assert space.neighbors().indices.shape == (1, 0)
    assert [hit.row for hit in space.search("anything")] == [0]
    assert space.similar_to(0) == []


def test_a_space_needs_one_sound_vector_for_each_row(faq):
    with pytest.raises(VectorError, match="12 vectors for 13 rows"):
        Space(faq.corpus, faq.index.subset(range(12)))
    broken = faq.vectors.copy()
    broken[4, 7] = np.nan
    with pytest.raises(VectorError):
        Space(faq.corpus, make_index(broken))


def test_vectors_cannot_be_written_to(faq):
    with pytest.raises(ValueError, match="read-only"):
        faq.vectors[0, 0] = 1


def test_rows_are_searched_by_what_the_model_was_trained_for_unless_asked_otherwise(faq):
    vectors = np.array([[3.0, 0.0], [0.6, 0.8], [1.0, 1.0]], dtype=np.float32)
    corpus = explorer.open_corpus(["a", "b", "c"])
    query = np.array([[0.6, 0.8]], dtype=np.float32)
    by_cosine = Space(corpus, make_index(vectors))
    encoder = Encoder(LocalModel(), "dot", {}, similarity="dot", load=lambda: faq.encoder.engine)
    by_dot = Space(corpus, make_index(vectors), encoder)
    assert (by_cosine.similarity_metric, by_dot.similarity_metric) == ("cosine", "dot")
    assert [hit.row for hit in by_cosine.search_vectors(query)[0]] == [1, 2, 0]
    (hits,) = by_dot.search_vectors(query)
    assert [(hit.row, round(hit.score, 5)) for hit in hits] == [(0, 1.8), (2, 1.4), (1, 1.0)]
    assert by_dot.search_vectors(query, metric="cosine") == by_cosine.search_vectors(query)
    assert [hit.row for hit in by_dot.similar_to(1)] == [0, 2]
    assert by_dot.percentile(1.8) == by_dot.percentile(1.8, "dot") != by_dot.percentile(1.8, "cosine")
