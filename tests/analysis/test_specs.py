from dataclasses import FrozenInstanceError

import pytest

from explorer.analysis.specs import ClusterSpec, MapSpec
from explorer.errors import QueryError


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": "k-medoids"},
        {"metric": "dot"},
        {"k": 0},
        {"starts": 0},
        {"seed": -1},
        {"method": "hdbscan", "min_size": 1},
        {"method": "hdbscan", "min_samples": 0},
    ],
)
def test_clusters_that_cannot_be_made_cannot_be_specified(wrong):
    with pytest.raises(QueryError):
        ClusterSpec(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": "t-sne"},
        {"metric": "dot"},
        {"dims": 0},
        {"method": "pca", "dims": 0},
        {"n_neighbors": 1},
        {"min_dist": -0.1},
        {"min_dist": 2},
        {"seed": -1},
        {"seed": 2**32},
        {"metric": "manhattan"},
        {"method": "pca", "metric": "correlation"},
        {"method": "umap-learn", "metric": "dot"},
    ],
)
def test_maps_that_cannot_be_made_cannot_be_specified(wrong):
    with pytest.raises(QueryError):
        MapSpec(**wrong)


def test_what_a_method_does_not_read_makes_no_difference():
    assert ClusterSpec(k=4, min_size=3, min_samples=7) == ClusterSpec(k=4)
    assert ClusterSpec("hdbscan", k=4, seed=3, starts=2) == ClusterSpec("hdbscan")
    assert ClusterSpec("hdbscan", min_size=6) == ClusterSpec("hdbscan", min_size=6, min_samples=6)
    assert MapSpec("pca", n_neighbors=0, min_dist=7, seed=-3) == MapSpec("pca")
    assert MapSpec("umap", densmap=True, supervised=True) == MapSpec("umap")
    assert hash(MapSpec("pca", seed=1)) == hash(MapSpec("pca", seed=2))


@pytest.mark.parametrize("other", [{"k": 9}, {"seed": 1}, {"starts": 2}, {"metric": "euclidean"}])
def test_what_a_method_reads_makes_a_difference(other):
    assert ClusterSpec(**other) != ClusterSpec()


@pytest.mark.parametrize(
    "other", [{"densmap": True}, {"supervised": True}, {"metric": "chebyshev"}, {"seed": 1}]
)
def test_what_umap_learn_reads_makes_a_difference(other):
    assert MapSpec("umap-learn", **other) != MapSpec("umap-learn")


def test_a_spec_does_not_change():
    with pytest.raises(FrozenInstanceError):
        MapSpec().seed = 1
