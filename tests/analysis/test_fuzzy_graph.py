import numpy as np
import pytest
from scipy.sparse import csr_array

from explorer.analysis.fuzzy_graph import fuzzy_graph
from tests.analysis.nearest import neighbors_of


@pytest.mark.slow
@pytest.mark.xdist_group("umap-learn")
def test_the_graph_is_umap_learns():
    from umap.umap_ import fuzzy_simplicial_set

    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(500, 5))
    vectors[10:60:10] = vectors[9:59:10]
    vectors[100:130] = vectors[99]  # more equal rows than neighbours
    indices, distances = neighbors_of(vectors)
    expected, *_ = fuzzy_simplicial_set(
        vectors,
        15,
        np.random.RandomState(0),
        "precomputed",
        knn_indices=indices.astype(np.int32),
        knn_dists=distances.astype(np.float32),
    )
    pointers, neighbors, weights = fuzzy_graph(indices, distances, 500)
    made = csr_array((weights, neighbors, pointers), shape=(500, 500)).toarray()
    expected = expected.toarray() / expected.max()
    np.testing.assert_allclose(made, np.where(expected < 1 / 500, 0, expected), atol=1e-4)
    assert (made == made.T).all()
