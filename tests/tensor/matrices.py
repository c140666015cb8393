"""Matrices that make exact search hard, by name."""

import numpy as np
from hypothesis import strategies as st


def _normal(rng, rows, dims):
    return rng.standard_normal((rows, dims))


def _repeated(rng, rows, dims):
    return _normal(rng, max(1, rows // 8), dims)[rng.integers(0, max(1, rows // 8), rows)]


def _one_row(rng, rows, dims):
    return np.repeat(_normal(rng, 1, dims), rows, axis=0)


def _whole(rng, rows, dims):
    """Few different numbers: many rows tie without being equal."""
    return rng.integers(-2, 3, (rows, dims))


def _negative(rng, rows, dims):
    """Every score of two rows of opposite halves is negative."""
    return np.abs(_normal(rng, rows, dims)) * np.where(np.arange(rows) % 2, 1, -1)[:, None]


def _near_ties(rng, rows, dims):
    """Rows one float32 step apart, in one coordinate: their scores differ below float32."""
    matrix = np.repeat(_normal(rng, 1, dims).astype(np.float32), rows, axis=0)
    where = np.arange(rows), rng.integers(0, dims, rows)
    matrix[where] = np.nextafter(matrix[where], rng.choice([-10, 10], rows).astype(np.float32))
    return matrix


def _lengths(rng, rows, dims):
    """Lengths from 10⁻³ to 10³."""
    return _normal(rng, rows, dims) * 10.0 ** rng.uniform(-3, 3, (rows, 1))


def _multiples(rng, rows, dims):
    """Multiples of few directions: equal cosines up to the last bit."""
    return _repeated(rng, rows, dims).astype(np.float32) * rng.integers(1, 9, (rows, 1))


def _far_away(rng, rows, dims):
    """Small differences far from the origin, where a squared distance cancels out."""
    return 1e4 + _normal(rng, rows, dims)


def _zeros(rng, rows, dims):
    """A third of the rows without a direction."""
    return _normal(rng, rows, dims) * (rng.integers(0, 3, (rows, 1)) > 0)


def _extreme(rng, rows, dims):
    """Lengths from the smallest number float32 has to the largest."""
    return _normal(rng, rows, dims) * 10.0 ** rng.uniform(-45, 37, (rows, 1))


def _tiny(rng, rows, dims):
    """Numbers so small that float32 keeps only some of their digits."""
    return _normal(rng, rows, dims) * 1e-41


KINDS = {
    each.__name__.strip("_"): each
    for each in (
        _normal, _repeated, _one_row, _whole, _negative, _near_ties, _lengths, _multiples, _far_away, _zeros,
        _extreme, _tiny,
    )
}  # fmt: skip


def make(kind, seed, rows, dims):
    """A float32 matrix of a kind."""
    return KINDS[kind](np.random.default_rng(seed), rows, dims).astype(np.float32)


@st.composite
def matrices(draw, max_rows=60):
    """Any kind, with 1 to `max_rows` rows and 1 to 24 dimensions."""
    rows, dims = draw(st.integers(1, max_rows)), draw(st.sampled_from([1, 2, 3, 8, 24]))
    return make(draw(st.sampled_from(sorted(KINDS))), draw(st.integers(0, 2**32)), rows, dims)
