"""Vectors as input: any numbers to one float32 matrix; norms and normalisation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from explorer.errors import VectorError

Float64 = TypeVar("Float64", NDArray[np.float64], torch.Tensor)

_CACHED = 1 << 18  # numbers processed at a time, so that intermediate results stay in the CPU's cache


def as_matrix(values: Any, *, what: str = "vectors") -> NDArray[np.float32]:  # noqa: ANN401 - checked here
    """Convert vectors to the form that the tensor core works on.

    A matrix that already has this form is returned as it is, not copied.

    Args:
        values: A numpy array, torch tensor or list of whole or floating point numbers: shape
            (rows, dims), or (dims,) for one vector.
        what: What the vectors are, for the error message.

    Returns:
        float32, C-contiguous, shape (rows, dims); (1, dims) for one vector. There may be no rows.

    Raises:
        VectorError: Not numbers, ragged, not 1- or 2-dimensional, vectors of no dimensions, or a NaN, an
            infinity or a number too large for float32 (the first such row is named).
    """
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu()
        # numpy has no bfloat16; every bfloat16 is a float32.
        values = (values.float() if values.dtype == torch.bfloat16 else values).numpy()
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise VectorError(f"The {what} do not all have the same length.") from error
    if array.dtype.kind not in "fiu":
        raise VectorError(
            f"The {what} are not numbers (their type is {array.dtype}).",
            fix="Every vector is a list of numbers, all of one length.",
        )
    if array.ndim == 1:
        array = array[None, :]
    if array.ndim != 2 or array.shape[1] == 0:
        raise VectorError(f"The {what} have the shape {array.shape}; it must be (rows, dimensions).")
    with np.errstate(over="ignore"):  # too large becomes infinite, which is reported below
        matrix = np.ascontiguousarray(array, dtype=np.float32)
    for start, stop in blocks(len(matrix), matrix.shape[1]):
        bad = ~np.isfinite(matrix[start:stop]).all(axis=1)
        if bad.any():
            row = start + int(bad.argmax())
            raise VectorError(
                f"Row {row} of the {what} holds NaN, an infinity or a number too large for float32.",
                where=f"row {row}",
            )
    return matrix


def normalize(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale every row to Euclidean length 1.

    Norms and quotients are computed in float64, where no square of a float32 overflows or underflows, so
    rows of 1e-45 and of 1e38 are as exact as any other.

    Args:
        matrix: What `as_matrix` takes, shape (rows, dims).

    Returns:
        A new matrix, float32, shape (rows, dims). A row of zeros stays zeros.

    Raises:
        VectorError: As `as_matrix`.
    """
    matrix = as_matrix(matrix)
    lengths = row_norms(matrix)[:, None]
    lengths[lengths == 0] = 1
    unit = np.empty_like(matrix)
    for start, stop in blocks(*matrix.shape):
        unit[start:stop] = matrix[start:stop] / lengths[start:stop]
    return unit


def as_tensor(matrix: NDArray[np.float32]) -> torch.Tensor:
    """A tensor on the same memory, also for a read-only matrix (as from pyarrow or a memory map)."""
    # torch.from_numpy warns about read-only memory; the tensor core never writes to it.
    return torch.utils.dlpack.from_dlpack(matrix)


def row_sums(values: Float64) -> Float64:
    """Sum each row, by adding the second half of the columns to the first until one is left.

    The order of the additions depends only on the number of columns. A library's own reduction or matrix
    product may add in another order for another position, thread count or device, and then two identical
    rows would not tie. The rounding error is that of pairwise summation, smaller than that
    of a running sum: Higham, Accuracy and Stability of Numerical Algorithms (2nd ed., 2002), § 4.2.

    Args:
        values: Shape (rows, columns) with one column or more, numpy or torch; overwritten.

    Returns:
        Shape (rows,).
    """
    width = values.shape[1]
    while width > 1:
        half = (width + 1) // 2
        values[:, : width - half] += values[:, half:width]
        width = half
    return values[:, 0]


def row_norms(matrix: NDArray[np.float32]) -> NDArray[np.float64]:
    """Euclidean length of each row: float32 of shape (rows, dims) to float64 of shape (rows,)."""
    squares = np.empty(len(matrix))
    for start, stop in blocks(*matrix.shape):
        squares[start:stop] = row_sums(np.square(matrix[start:stop], dtype=np.float64))
    return np.sqrt(squares)


def blocks(rows: int, width: int, numbers: int = _CACHED) -> Iterator[tuple[int, int]]:
    """Cut `rows` rows into ranges (start, stop) of about `numbers` numbers, at least one row each."""
    step = max(1, numbers // max(1, width))
    for start in range(0, rows, step):
        yield start, min(rows, start + step)
