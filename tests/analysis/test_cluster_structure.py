import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import binomtest

from benchmarks.cluster_structure import CLUSTERED, UNCLUSTERED, blobs, structure_of
from explorer.analysis.cluster_structure import _gap_chance, _intervals, cluster_structure
from explorer.errors import QueryError
from tests.analysis.test_clusters import index_of

METRICS = ["cosine", "euclidean"]


@pytest.mark.slow
@pytest.mark.parametrize(("metric", "shape"), [("cosine", (100, 8)), ("euclidean", (60, 8))])
def test_no_structure_is_called_none_at_least_95_times_in_100(metric, shape):
    kinds = list(UNCLUSTERED)
    said = []
    for seed in range(100):
        draw = UNCLUSTERED[kinds[seed % len(kinds)]]
        said.append(structure_of(draw(np.random.default_rng([99, seed]), *shape), metric).structure)
    assert said.count("none") >= 95


# `python -m benchmarks.cluster_structure` counts how often, over more seeds, sizes and kinds.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("2 equal, 6 apart", "cosine"),
        ("3 equal, 6 apart", "euclidean"),
        ("5 of 60 to 4 %, 8 apart", "cosine"),
        ("8 equal, 8 apart", "euclidean"),
    ],
)
def test_known_clusters_are_found(name, metric):
    shares, apart = CLUSTERED[name]
    found = [
        structure_of(blobs(np.random.default_rng([7, seed]), 600, 8, shares, apart), metric)
        for seed in range(5)
    ]
    assert sum(one.structure in ("weak", "clear") for one in found) >= 4
    assert all(one.groups <= len(shares) for one in found)


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS)
def test_clusters_far_apart_are_clear_and_counted_also_small_ones(metric):
    shares = (0.5, 0.3, 0.1, 0.1)
    vectors = blobs(np.random.default_rng(0), 400, 16, shares, 40)
    found = structure_of(vectors, metric)
    assert (found.structure, found.groups, found.low, found.high) == ("clear", 4, 4, 4)
    assert (found.splits, found.found, found.rows, found.metric) == (10, 10, 400, metric)
    assert found == structure_of(vectors, metric)


@pytest.mark.parametrize("metric", METRICS)
def test_one_cloud_has_no_structure(metric):
    told = []
    rng = np.random.default_rng(0)
    found = cluster_structure(index_of(rng.normal(size=(60, 4))), metric=metric, on_progress=told.append)
    assert (found.structure, found.groups, found.low) == ("none", 1, 1)
    assert [progress.done for progress in told] == list(range(10))


@pytest.mark.slow
def test_rows_around_a_circle_are_one_group_although_they_pile_up_along_any_direction():
    angles = np.random.default_rng(0).uniform(0, 2 * np.pi, 1_000)
    assert structure_of(np.stack([np.cos(angles), np.sin(angles)], axis=1), "cosine").structure == "none"


def test_repeats_make_no_clusters():
    rng = np.random.default_rng(0)
    cloud = rng.normal(size=(100, 8))
    repeated = cloud[rng.integers(0, 20, 2_000)]
    found = structure_of(np.concatenate([cloud, repeated, -0.0 * cloud]), "euclidean")
    assert (found.rows, found.structure) == (101, "none")


@pytest.mark.parametrize("vectors", [np.ones((1, 2)), np.ones((500, 2)), np.zeros((60, 4)), np.eye(39)])
def test_few_distinct_rows_are_unknown(vectors):
    found = structure_of(vectors, "cosine")
    assert (found.structure, found.groups, found.splits) == ("unknown", 1, 0)
    assert found.rows == len(np.unique(vectors, axis=0))


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS)
def test_rows_without_a_spread_in_most_directions(metric):
    line = np.outer(np.linspace(-1, 1, 100), np.ones(5))
    assert structure_of(line, "euclidean").structure == "none"
    assert structure_of(np.eye(60), metric).structure == "none"
    two = np.concatenate([line * 1e-30 + 1, line * 1e-30 - 1])  # two vectors, the rest is rounded away
    assert structure_of(two, metric).structure == "unknown"


def test_structure_has_two_distances_and_can_be_stopped():
    def stop(_progress):
        raise KeyboardInterrupt

    index = index_of(np.random.default_rng(0).normal(size=(50, 2)))
    with pytest.raises(QueryError, match="no metric 'dot'"):
        cluster_structure(index, metric="dot")
    with pytest.raises(KeyboardInterrupt):
        cluster_structure(index, on_progress=stop)


@given(st.integers(0, 10_000))
def test_the_chance_of_a_gap_is_the_larger_of_two_binomial_tails(seed):
    rng = np.random.default_rng(seed)
    one, other = rng.normal(size=30), rng.normal(size=12) + 4
    test = np.concatenate([rng.normal(size=25), rng.normal(size=10) + 4])
    spans = _intervals(one, other)
    assume(spans is not None)
    below, gap, above = spans
    counts = [int(((test >= low) & (test < high)).sum()) for low, high in (below, gap, above)]
    assert below[1] <= gap[0] < gap[1] <= above[0]
    chances = []
    for beside, (low, high) in ((counts[0], below), (counts[2], above)):
        share = (gap[1] - gap[0]) / (gap[1] - gap[0] + high - low)
        total = counts[1] + beside
        chances.append(binomtest(counts[1], total, share, "less").pvalue if total else 1.0)
    assert _gap_chance(one, other, test) == pytest.approx(max(chances))


def test_no_gap_is_seen_in_groups_that_overlap():
    places = np.linspace(0, 1, 50)
    assert _gap_chance(places, places, places) == 1
    assert _gap_chance(places, places + 0.1, places) == 1
    assert _gap_chance(np.zeros(5), np.ones(5), np.zeros(0)) == 1
