import numpy as np
import pytest
import scipy.linalg
import scipy.spatial
from hypothesis import given
from hypothesis import strategies as st

from explorer.comparison.agreement.matrix_similarity import procrustes_similarity, standardised, u_centred


def hsic(left, right):
    """The unbiased estimator of Song et al. 2012, equation 5, as it is written."""
    n = len(left)
    k, m = left @ left.T, right @ right.T
    np.fill_diagonal(k, 0)
    np.fill_diagonal(m, 0)
    one = np.ones(n)
    total = (one @ k @ one) * (one @ m @ one) / ((n - 1) * (n - 2))
    return (np.trace(k @ m) + total - 2 / (n - 2) * (one @ k @ m @ one)) / (n * (n - 3))


def feature_space_cka(x, y):
    """Debiased linear CKA in feature space, after Kornblith et al. 2019: another form of the estimator."""
    n = len(x)
    x, y = x - x.mean(0), y - y.mean(0)

    def debiased(a, b):
        rows_a, rows_b = (a * a).sum(1), (b * b).sum(1)
        product = np.linalg.norm(a.T @ b) ** 2
        return product - n / (n - 2) * (rows_a @ rows_b) + rows_a.sum() * rows_b.sum() / ((n - 1) * (n - 2))

    return debiased(x, y) / np.sqrt(debiased(x, x) * debiased(y, y))


def cka(x, y):
    return float(np.vdot(u_centred(x), u_centred(y)))


def matrices(seed, rows=30, dims=(5, 12)):
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(rows, 4))
    return [shared @ rng.normal(size=(4, width)) + 0.5 * rng.normal(size=(rows, width)) + 3 for width in dims]


@given(seed=st.integers(0, 2**32), rows=st.integers(5, 40))
def test_cka_is_the_published_estimator(seed, rows):
    x, y = matrices(seed, rows)
    expected = hsic(x, y) / np.sqrt(hsic(x, x) * hsic(y, y))
    assert cka(x, y) == pytest.approx(expected, abs=1e-9)
    assert cka(x, y) == pytest.approx(feature_space_cka(x, y), abs=1e-9)


@given(seed=st.integers(0, 2**32))
def test_procrustes_is_that_of_scipy(seed):
    x, y = matrices(seed)
    padded = np.pad(x, ((0, 0), (0, y.shape[1] - x.shape[1])))
    found = procrustes_similarity(standardised(x), standardised(y))
    _, _, disparity = scipy.spatial.procrustes(padded, y)
    assert found == pytest.approx(np.sqrt(1 - disparity), abs=1e-9)
    _, scale = scipy.linalg.orthogonal_procrustes(standardised(padded), standardised(y))
    assert found == pytest.approx(scale, abs=1e-12)


def test_rotation_shift_and_scale_make_no_difference():
    x, _ = matrices(1)
    rotation = np.linalg.qr(np.random.default_rng(2).normal(size=(5, 5)))[0]
    moved = 7 * x @ rotation + 2
    assert cka(x, moved) == pytest.approx(1, abs=1e-10)
    assert procrustes_similarity(standardised(x), standardised(moved)) == pytest.approx(1, abs=1e-10)
    stretched = x * np.array([10, 1, 1, 1, 1])
    assert cka(x, stretched) < 0.99


def test_debiased_cka_of_independent_matrices_is_zero_on_average_whatever_their_width():
    rng = np.random.default_rng(0)
    found = [cka(rng.normal(size=(40, 200)), rng.normal(size=(40, 300))) for _ in range(200)]
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    assert abs(np.mean(found)) < 4 * error
    assert error < 0.01


@pytest.mark.parametrize(
    "vectors", [np.ones((10, 3)), np.zeros((10, 3)), np.repeat([[0.1, 0.7, 0.3]], 9, axis=0)]
)
def test_equal_rows_have_no_value(vectors):
    assert np.isnan(u_centred(vectors)).all()
    assert np.isnan(standardised(vectors)).all()
    other = standardised(np.random.default_rng(0).normal(size=(len(vectors), 2)))
    assert np.isnan(procrustes_similarity(standardised(vectors), other))


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_cka_needs_four_rows(rows):
    assert np.isnan(u_centred(np.random.default_rng(0).normal(size=(rows, 3)))).all()
