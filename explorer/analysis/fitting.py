"""Fitting transforms to the rows of a space."""

from __future__ import annotations

from typing import Literal

import numpy as np

from explorer.analysis.principal import principal_axes
from explorer.analysis.transforms import ROUNDING, Alignment, Binary, Centring, Int8, Reduction, Truncation
from explorer.errors import QueryError
from explorer.tensor import Metric, VectorIndex
from explorer.tensor.matrices import blocks, row_norms

Precision = Literal["int8", "binary"]

_BLOCK = 1 << 20  # numbers at a time: 8 MB in float64


def truncation(index: VectorIndex, dims: int) -> Truncation:
    """The transform that keeps the first dimensions of an index's vectors.

    Raises:
        QueryError: `dims` is below 1 or above the dimensions of the vectors.
    """
    if not 1 <= dims <= index.dims:
        raise QueryError(
            f"{dims:,} dimensions were asked for; the vectors have {index.dims:,}.",
            fix=f"Choose 1 to {index.dims:,}.",
        )
    return Truncation(dims)


def reduction(index: VectorIndex, dims: int, metric: Metric, fitted_on: str) -> Reduction:
    """The transform to the first principal axes of an index's rows.

    Args:
        index: The rows.
        dims: How many axes.
        metric: With `cosine`, vectors are scaled to length 1 first, so that only directions count.
        fitted_on: The fingerprint of their space.

    Raises:
        QueryError: `dims` is below 1, above the dimensions of the vectors, or not below the number of rows.
    """
    most = min(index.dims, len(index) - 1)
    if not 1 <= dims <= most:
        raise QueryError(
            f"PCA to {dims:,} dimensions was asked for, of {len(index):,} rows of {index.dims:,} dimensions.",
            fix=f"Choose 1 to {most:,}." if most else "It needs two rows or more.",
        )
    axes = principal_axes(index, "cosine" if metric == "cosine" else "euclidean")
    return Reduction(metric == "cosine", axes.mean, axes.directions[:, :dims], fitted_on)


def quantization(index: VectorIndex, precision: Precision, fitted_on: str) -> Int8 | Binary:
    """The transform to lower precision; int8 is calibrated on all rows of an index.

    Raises:
        QueryError: The precision is neither `int8` nor `binary`.
    """
    if precision == "int8":
        vectors = index.take(slice(None))
        return Int8(vectors.min(axis=0), vectors.max(axis=0), fitted_on)
    if precision == "binary":
        return Binary()
    raise QueryError(f"There is no precision {precision!r}.", fix="Choose int8 or binary.")


def alignment(images: VectorIndex, texts: VectorIndex, fitted_on: str) -> Alignment:
    """The transform that takes from images and from texts the mean of their kind."""
    return Alignment(unit_mean(images), unit_mean(texts), fitted_on)


def unit_mean(index: VectorIndex) -> np.ndarray:
    """The mean of an index's rows scaled to length 1, without those of zeros: float64, shape (dims,)."""
    total, rows = _unit_sum(index)
    return total / max(1, rows)


def centring(index: VectorIndex, fitted_on: str) -> Centring:
    """The transform that removes the mean direction of an index's rows."""
    total, _ = _unit_sum(index)
    length = float(np.linalg.norm(total))
    if length <= ROUNDING * len(index):
        return Centring(np.zeros(index.dims), fitted_on)
    return Centring(total / length, fitted_on)


def _unit_sum(index: VectorIndex) -> tuple[np.ndarray, int]:
    """The sum of the rows scaled to length 1, and how many are not zeros."""
    total, count = np.zeros(index.dims), 0
    for start, stop in blocks(len(index), index.dims, _BLOCK):
        rows = index.take(slice(start, stop))
        lengths = row_norms(rows)
        total += (rows[lengths > 0] / lengths[lengths > 0, None]).sum(axis=0)
        count += int((lengths > 0).sum())
    return total, count
