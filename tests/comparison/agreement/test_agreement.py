import numpy as np
import pytest
from scipy.stats import hypergeom
from sklearn.metrics import adjusted_rand_score

from explorer.comparison.agreement.agreement import (
    DEPTH,
    cka_agreement,
    cluster_agreement,
    neighbor_agreement,
    procrustes_agreement,
    rank_agreement,
)
from explorer.comparison.agreement.list_overlap import jaccard, rank_biased_overlap
from explorer.comparison.agreement.matrix_similarity import procrustes_similarity, standardised
from explorer.comparison.measures.neighbors import NeighborLists, neighbor_lists
from explorer.comparison.measures.vectors import kmeans_labels
from explorer.errors import JobCancelledError, QueryError
from tests.comparison.agreement.test_matrix_similarity import cka, matrices
from tests.comparison.made_contenders import contender_of

ROWS = np.arange(5, 65)


def measured(contenders, k=5, rows=ROWS, seed=0):
    """Every kind of agreement of some contenders, by name."""
    lists = neighbor_lists(contenders, rows, DEPTH * k)
    return {
        "jaccard": neighbor_agreement(lists, k, seed=seed),
        "rbo": rank_agreement(lists, k, seed=seed),
        "cka": cka_agreement(contenders, rows, seed=seed),
        "procrustes": procrustes_agreement(contenders, rows, seed=seed),
        "clusters": cluster_agreement(contenders, rows, 4, seed=seed),
    }


def rotated(vectors, seed=1):
    width = vectors.shape[1]
    return vectors @ np.linalg.qr(np.random.default_rng(seed).normal(size=(width, width)))[0]


@pytest.fixture(scope="module")
def independent():
    rng = np.random.default_rng(8)
    return [contender_of(rng.normal(size=(70, dims))) for dims in (6, 20, 64)]


@pytest.fixture(scope="module")
def of_independent(independent):
    return measured(independent)


@pytest.mark.parametrize("name", ["jaccard", "rbo", "cka", "procrustes", "clusters"])
def test_independent_spaces_agree_by_chance(of_independent, name):
    found = of_independent[name]
    for first, second in ((0, 1), (0, 2), (1, 2)):
        away = abs(found.value[first, second] - found.chance[first, second])
        assert away < 4 * found.spread[first, second]
        assert found.calibrated[first, second] < 0.1
    for matrix in (found.value, found.chance, found.spread, found.calibrated):
        np.testing.assert_array_equal(matrix, matrix.T)
    assert np.diag(found.value).tolist() == np.diag(found.calibrated).tolist() == [1, 1, 1]
    assert np.isnan(np.diag(found.chance)).all()
    assert found.rows == len(ROWS)


def test_chance_is_what_theory_says(of_independent):
    # Two random lists of 5 of 69 rows have 25 / 69 in common on average.
    shared = np.arange(6)
    expected = float(hypergeom(69, 5, 5).pmf(shared) @ (shared / (10 - shared)))
    np.testing.assert_allclose(of_independent["jaccard"].chance[0, 1], expected, atol=0.003)
    # Unbiased HSIC and the adjusted Rand index are 0 on average; Procrustes similarity grows with the width.
    for name in ("cka", "clusters"):
        error = of_independent[name].spread / np.sqrt(50)
        assert (abs(of_independent[name].chance) < 5 * error)[~np.eye(3, dtype=bool)].all()
    procrustes = of_independent["procrustes"].chance
    assert 0.2 < procrustes[0, 1] < procrustes[1, 2] < 1


@pytest.fixture(scope="module")
def of_moved():
    """A space, the same scaled, and the same rotated."""
    vectors = matrices(3, rows=70)[1]
    return measured([contender_of(vectors), contender_of(4 * vectors), contender_of(rotated(vectors))])


@pytest.mark.parametrize("name", ["jaccard", "rbo", "cka", "procrustes", "clusters"])
def test_the_same_space_rotated_and_scaled_agrees_perfectly(of_moved, name):
    found = of_moved[name]
    assert found.value[0, 1] == pytest.approx(1, abs=1e-6)
    assert found.calibrated[0, 1] == pytest.approx(1, abs=1e-6)
    # Rotation can change the last bits, and so ties and the course of k-means.
    assert found.value[0, 2] > (0.9 if name == "clusters" else 0.999)


def test_identical_spaces_have_exactly_one_in_measures_of_neighbours_and_clusters():
    vectors = np.random.default_rng(0).integers(-2, 3, (70, 3))
    vectors[10:20] = 0
    found = measured([contender_of(vectors), contender_of(vectors)])
    for name in ("jaccard", "rbo", "clusters"):
        assert found[name].value[0, 1] == found[name].calibrated[0, 1] == 1


def test_values_are_the_means_of_the_measures():
    first, second = (contender_of(each) for each in matrices(5, rows=70))
    found = measured([first, second], k=4)
    lists = neighbor_lists([first, second], ROWS, 12).indices
    assert found["jaccard"].value[0, 1] == pytest.approx(jaccard(*lists[:, :, :4]).mean())
    assert found["rbo"].value[0, 1] == pytest.approx(rank_biased_overlap(*lists, 0.75).mean())
    unit = [each.vectors / np.linalg.norm(each.vectors, axis=1, keepdims=True) for each in (first, second)]
    unit = [each[ROWS].astype(np.float64) for each in unit]
    assert found["cka"].value[0, 1] == pytest.approx(cka(*unit), abs=1e-6)
    similarity = procrustes_similarity(*map(standardised, unit))
    assert found["procrustes"].value[0, 1] == pytest.approx(similarity, abs=1e-6)
    clusters = [kmeans_labels(each.space.index.subset(ROWS), 4, seed=0, starts=3) for each in (first, second)]
    assert found["clusters"].value[0, 1] == pytest.approx(adjusted_rand_score(*clusters))


@pytest.fixture(scope="module")
def of_related():
    return measured([contender_of(each) for each in matrices(6, rows=70)])


@pytest.mark.parametrize("name", ["jaccard", "rbo", "cka", "procrustes", "clusters"])
def test_related_spaces_agree_more_than_by_chance_and_values_are_calibrated_by_the_null(of_related, name):
    found = of_related[name]
    value, chance, calibrated = (each[0, 1] for each in (found.value, found.chance, found.calibrated))
    assert chance + 3 * found.spread[0, 1] < value < 1
    assert 0 < calibrated < value
    # The 95 % quantile that the calibration implies lies above the mean of the null, within its reach.
    high = (value - calibrated) / (1 - calibrated)
    assert chance < high < chance + 4 * found.spread[0, 1]


def test_permuted_lists_are_those_of_a_space_with_permuted_rows():
    """Where all rows are compared, the null is a contender whose vectors were given to other rows."""
    rng = np.random.default_rng(9)
    first, second = (contender_of(rng.normal(size=(30, 4))) for _ in range(2))
    rows = np.arange(30)
    found = neighbor_agreement(neighbor_lists([first, second], rows, 3), 3)
    null = []
    for _ in range(100):
        moved = contender_of(second.vectors[rng.permutation(30)])
        null.append(jaccard(*neighbor_lists([first, moved], rows, 3).indices).mean())
    assert found.chance[0, 1] == pytest.approx(np.mean(null), abs=4 * np.std(null) / np.sqrt(50))
    assert found.spread[0, 1] == pytest.approx(np.std(null), rel=0.4)


def test_contenders_without_vectors_have_neighbours_only():
    vectors = np.random.default_rng(0).normal(size=(70, 4))
    found = measured([contender_of(vectors), contender_of(vectors, ranks_only=True)])
    assert found["jaccard"].value[0, 1] == found["rbo"].value[0, 1] == 1
    for name in ("cka", "procrustes", "clusters"):
        matrix = found[name].value
        assert matrix[0, 0] == 1
        assert np.isnan(matrix[0, 1])
        assert np.isnan(matrix[1, 1])


def test_equal_rows_have_no_geometry():
    found = measured(
        [contender_of(np.ones((70, 3))), contender_of(np.random.default_rng(0).normal(size=(70, 3)))]
    )
    for name in ("cka", "procrustes"):
        assert np.isnan(found[name].value[0]).all()


def test_lists_of_all_other_rows_are_not_calibrated():
    contenders = [contender_of(np.random.default_rng(seed).normal(size=(8, 3))) for seed in range(2)]
    found = neighbor_agreement(neighbor_lists(contenders, np.arange(8), 10), 10)
    assert found.value[0, 1] == found.chance[0, 1] == 1
    assert np.isnan(found.calibrated[0, 1])


def test_one_row():
    lone = [contender_of([[1.0, 2.0]]), contender_of([[1.0, 2.0]])]
    found = measured(lone, rows=np.array([0]))
    assert found["jaccard"].value[0, 1] == 1
    assert np.isnan(found["cka"].value).all()


@pytest.mark.slow
def test_the_same_seed_gives_the_same_null():
    contenders = [contender_of(each) for each in matrices(7, rows=70)]
    first, again, other = (measured(contenders, seed=seed) for seed in (3, 3, 4))
    for name, found in first.items():
        np.testing.assert_array_equal(found.chance, again[name].chance)
        np.testing.assert_array_equal(found.calibrated, again[name].calibrated)
        assert found.chance[0, 1] != other[name].chance[0, 1]


def test_numbers_that_make_no_sense_and_cancelling():
    lists = NeighborLists(np.arange(3), np.tile(np.arange(3), (2, 3, 1)), 5)
    with pytest.raises(QueryError, match="0 neighbours"):
        neighbor_agreement(lists, 0)
    with pytest.raises(QueryError, match="Ask for 2 or more"):
        rank_agreement(lists, 1)

    def stop(_progress):
        raise JobCancelledError("stop")

    with pytest.raises(JobCancelledError):
        neighbor_agreement(lists, 2, on_progress=stop)
