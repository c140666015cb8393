"""Spaces and analyses ask of an index what the protocol names, and nothing else."""

import numpy as np
import pytest

import explorer
from explorer.analysis import projection
from explorer.analysis.cluster_fit import worst_fitting
from explorer.analysis.cluster_words import describe
from explorer.analysis.clusters import cluster, sweep
from explorer.analysis.duplicates import find_duplicates
from explorer.analysis.heatmaps import distributions, group_similarity, heatmap
from explorer.analysis.placing import cosines_to_rows, place
from explorer.analysis.projection import pca, project
from explorer.analysis.space import Space
from explorer.analysis.specs import ClusterSpec, MapSpec
from explorer.analysis.trust import trust
from explorer.errors import QueryError
from explorer.tensor import Index, VectorIndex

NAMES = {name for name in vars(VectorIndex) if not name.startswith("_")}


class OtherIndex:
    """Another implementation: it has what the protocol names, and shows no matrix."""

    def __init__(self, index):
        self._index = index

    def __len__(self):
        return len(self._index)

    def __getattr__(self, name):
        if name not in NAMES:
            raise AttributeError(f"{name} is not in the protocol")
        return getattr(self._index, name)

    def subset(self, rows):
        return OtherIndex(self._index.subset(rows))


@pytest.fixture(scope="module")
def spaces():
    """One space on the index in memory, and one of the same rows on another index; neither has an encoder."""
    corpus = explorer.open_corpus([f"some text {row % 30}" for row in range(40)])
    index = Index(np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32))
    return Space(corpus, index), Space(corpus, OtherIndex(index))


ANALYSES = {
    "k-means": lambda space: space.cluster(3).labels,
    "HDBSCAN": lambda space: cluster(space.index, ClusterSpec("hdbscan", min_size=3)).labels,
    "sweep": lambda space: [point.inertia for point in sweep(space.index, [2, 4]).points],
    "words": lambda space: [summary.central for summary in describe(space, space.cluster(3))],
    "fits": lambda space: [fit.row for fit in worst_fitting(space.index, space.cluster(3))],
    "duplicates": lambda space: find_duplicates(space, 0.5).pairs.left,
    "heatmap": lambda space: heatmap(space, range(5), order="similarity").scores,
    "groups": lambda space: group_similarity(space.index, [row % 3 for row in range(40)]).scores,
    "distributions": lambda space: distributions(space.index).nearest,
    "map": lambda space: project(space.index, MapSpec(dims=3, n_neighbors=5)).coordinates,
    "PCA": lambda space: pca(space.index).coordinates,
    "place": lambda space: place(space.index, pca(space.index), space.vectors[:2] + 1),
    "closeness": lambda space: cosines_to_rows(space.index, space.vectors[:2] + 1),
    "trust": lambda space: trust(space.index, pca(space.index)).row_trustworthiness,
    "neighbours": lambda space: space.neighbors(3).indices,
    "similarity": lambda space: space.similarity([1, 2]),
    "row": lambda space: [hit.row for hit in space.similar_to(3)],
    "vectors": lambda space: [hit.row for hit in space.search_vectors(space.vectors[:1], 3)[0]],
    "percentile": lambda space: space.percentile(0.4),
    "subspace": lambda space: space.subspace(np.array([5, 2, 9])).similar_to(1)[0].row,
}


@pytest.mark.slow
@pytest.mark.parametrize("analysis", ANALYSES)
def test_any_index_will_do(spaces, analysis, monkeypatch):
    monkeypatch.setattr(projection, "find_map", lambda _name: None)
    monkeypatch.setattr(projection, "lay_out", lambda _indices, _distances, start, *_: start.copy())
    ours, other = spaces
    np.testing.assert_array_equal(ANALYSES[analysis](other), ANALYSES[analysis](ours))


def test_a_space_without_an_encoder_says_what_it_lacks(spaces):
    space, _ = spaces
    with pytest.raises(QueryError, match="no encoder"):
        space.search("a text")
    with pytest.raises(QueryError, match="not encoded here"):
        _ = space.report
    narrower = space.subspace(np.array([3, 1]))
    with pytest.raises(QueryError, match="no encoder"):
        narrower.search("a text")
    assert narrower.corpus.texts == ["some text 3", "some text 1"]
