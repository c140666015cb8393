import numpy as np
import pytest

import explorer
from explorer.analysis.space import Space, make_index
from explorer.comparison.contenders.csls import CslsContender
from explorer.errors import JobCancelledError, QueryError

K = 10


def cosines(queries, rows):
    wide = []
    for side in (queries, rows):
        side = np.asarray(side, dtype=np.float64)
        lengths = np.linalg.norm(side, axis=1, keepdims=True)
        wide.append(np.divide(side, lengths, out=np.zeros_like(side), where=lengths > 0))
    return wide[0] @ wide[1].T


def mean_of_best(table):
    best = -np.sort(-table, axis=1)[:, :K]
    return best.mean(axis=1) if best.shape[1] else np.zeros(len(table))


def formula(queries, rows, *, own=False):
    """CSLS in float64 (Conneau et al. 2018): r of rows over the other rows, r of queries over all rows."""
    table, among = cosines(queries, rows), cosines(rows, rows)
    others = np.array([np.delete(line, row) for row, line in enumerate(among)]).reshape(len(rows), -1)
    of_rows = mean_of_best(others)
    of_queries = of_rows if own else mean_of_best(table)
    return 2 * table - of_queries[:, None] - of_rows


def agrees(found, expected, k):
    """Whether found rows are those with the highest scores, up to the rounding of float32."""
    best = -np.sort(-expected, axis=1)[:, :k]
    np.testing.assert_allclose(found.scores, best, atol=2e-6)
    np.testing.assert_allclose(np.take_along_axis(expected, found.indices, 1), best, atol=2e-6)
    for line in found.indices:
        assert len(set(line.tolist())) == len(line)


@pytest.fixture
def contender(space):
    return CslsContender(space, "corrected")


def test_neighbours_are_those_of_the_formula(contender, vectors):
    expected = formula(vectors, vectors, own=True)
    rows = np.array([3, 23, 30, 0, 3])
    np.fill_diagonal(expected, -np.inf)
    for k in (1, 6, 59, 80):
        found = contender.neighbors(rows, k)
        agrees(found, expected[rows], min(k, 59))
        assert not (found.indices == rows[:, None]).any()


def test_equal_rows_tie_in_row_order(contender):
    found = contender.neighbors(np.array([40]), 59).indices[0].tolist()
    for row in range(4):
        assert found.index(row) < found.index(row + 20)
        assert abs(found.index(row) - found.index(row + 20)) == 1


def test_hits_and_scores_of_texts_are_those_of_the_formula(texts):
    space = explorer.embed(texts, precision="float32")
    contender = CslsContender(space, "corrected")
    queries = ["where is my refund", "the cat", "help"]
    encoded = space.encode_queries(queries)
    agrees(contender.search(queries, 8), formula(encoded, space.vectors), 8)
    documents = texts[5:12]
    expected = formula(encoded, space.place_documents(space.encoder.encode_documents(documents)))
    np.testing.assert_allclose(contender.score_texts(queries, documents), expected, atol=1e-5)
    one = contender.score_texts(queries, documents[:1])
    np.testing.assert_allclose(
        one, formula(encoded, space.place_documents(space.encoder.encode_documents(documents[:1]))), atol=1e-5
    )
    assert contender.score_texts([], documents).shape == (0, 7)
    assert contender.search([], 3).indices.shape == (0, 3)


def test_it_has_fewer_hubs_than_cosine():
    from scipy.stats import skew

    rng = np.random.default_rng(0)
    made = rng.normal(size=(400, 12)) * np.exp(0.6 * rng.normal(size=(400, 1))) + 0.7 * rng.normal(size=12)
    corpus = explorer.open_corpus([f"row {row}" for row in range(400)])
    space = Space(corpus, make_index(made.astype(np.float32)))
    found = CslsContender(space, "corrected").neighbors(np.arange(400), K).indices
    counts = [np.bincount(one.ravel(), minlength=400) for one in (found, space.neighbors(K).indices)]
    assert skew(counts[0]) < 0.5 * skew(counts[1])


def test_one_row_has_no_neighbours(vectors):
    alone = CslsContender(Space(explorer.open_corpus(["alone"]), make_index(vectors[:1])), "corrected")
    assert alone.neighbors(np.array([0]), 3).indices.shape == (1, 0)


def test_what_cannot_be_asked(contender):
    for call in (
        lambda: contender.search(["a cat"], 3),  # no encoder
        lambda: contender.score_texts(["a"], ["b"]),
        lambda: contender.neighbors(np.array([0]), 0),
        lambda: contender.neighbors(np.array([60]), 3),
    ):
        with pytest.raises(QueryError):
            call()


def test_it_can_be_stopped_and_asked_again(contender):
    def stop(_progress):
        raise JobCancelledError("Stopped.")

    with pytest.raises(JobCancelledError):
        contender.neighbors(np.array([0]), 3, on_progress=stop)
    assert contender.neighbors(np.array([0]), 3).indices.shape == (1, 3)


def test_a_subset_corrects_for_its_own_hubs(contender, vectors):
    rows = np.array([4, 9, 2, 50, 17, 33])
    expected = formula(vectors[rows], vectors[rows], own=True)
    np.fill_diagonal(expected, -np.inf)
    agrees(contender.subset(rows).neighbors(np.arange(6), 3), expected, 3)
    assert contender.subset(rows).fingerprint != contender.fingerprint
    assert contender.space is None
