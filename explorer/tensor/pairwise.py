"""Scores of all pairs of two sets of rows, or of each row with its partner, and random samples of pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from explorer.errors import VectorError
from explorer.tensor.device import exact_device
from explorer.tensor.matrices import as_matrix
from explorer.tensor.scores import Metric, Rows, check_metric, pair_scores

_BYTES = 48  # per number of a block: float64 scores, what they are computed from, and pairs to do again
# A difference this small beside its terms has lost 20 of float64's 53 binary digits; float32 has 24.
_CANCELLED = 2.0**-20


def pairwise(
    a: Any,  # noqa: ANN401 - as_matrix checks it
    b: Any = None,  # noqa: ANN401
    metric: Metric = "cosine",
    *,
    memory_mb: float = 256,
    device: torch.device | None = None,
) -> NDArray[np.float32]:
    """Score every row of one matrix with every row of another.

    Computed in float64, so the only error is rounding to float32. A squared distance is |x|² + |y|² − 2x·y,
    or, where this cancels out, the sum of the squared differences.

    Args:
        a: Anything `as_matrix` takes, shape (rows_a, dims).
        b: The other vectors, shape (rows_b, dims); `a` itself by default.
        metric: `cosine`, `dot` or `euclidean`; scores of `euclidean` are negative distances.
        memory_mb: Memory to use besides the matrices and the result, in MB.
        device: Where to compute; the CPU by default, and instead of MPS, which has no float64.

    Returns:
        Scores, larger is closer, float32, shape (rows_a, rows_b).

    Raises:
        QueryError: `metric` does not exist.
        VectorError: As `as_matrix`, or the two have different dimensions.
    """
    check_metric(metric)
    left = as_matrix(a)
    right = left if b is None else as_matrix(b)
    _check_dims(left, right)
    rows = Rows.of(left, exact_device(device))
    columns = rows if b is None else Rows.of(right, exact_device(device))
    return all_scores(rows, columns, metric, memory_mb)


def paired(
    a: Any,  # noqa: ANN401 - as_matrix checks it
    b: Any,  # noqa: ANN401
    metric: Metric = "cosine",
) -> NDArray[np.float32]:
    """Score each row of one matrix with the row of another that has the same number.

    Computed in float64 and rounded, so pairs of the same vectors have the same score, bit for bit.

    Args:
        a: Anything `as_matrix` takes, shape (rows, dims).
        b: The other vectors, of the same shape.
        metric: As for `pairwise`.

    Returns:
        Scores, larger is closer, float32, shape (rows,).

    Raises:
        QueryError: `metric` does not exist.
        VectorError: As `as_matrix`, or the two have different shapes.
    """
    check_metric(metric)
    left, right = as_matrix(a), as_matrix(b)
    _check_dims(left, right)
    if len(left) != len(right):
        raise VectorError(f"There are {len(left)} vectors on one side and {len(right)} on the other.")
    sides = [Rows.of(side, exact_device(None)) for side in (left, right)]
    each = torch.arange(len(left), device=sides[0].vectors.device)
    return pair_scores(sides[0], each, sides[1], each, metric).float().cpu().numpy()


def _check_dims(left: NDArray[np.float32], right: NDArray[np.float32]) -> None:
    if left.shape[1] != right.shape[1]:
        raise VectorError(f"One set of vectors has {left.shape[1]} dimensions, the other {right.shape[1]}.")


def all_scores(rows: Rows, columns: Rows, metric: Metric, memory_mb: float) -> NDArray[np.float32]:
    """The same as `pairwise`, for rows whose norms are known."""
    scores = np.empty((len(rows), len(columns)), dtype=np.float32)
    side = _side(int(memory_mb * 2**20) // _BYTES, rows.vectors.shape[1])
    for top in range(0, len(rows), side):
        for start in range(0, len(columns), side):
            block = _block(rows[top : top + side], columns[start : start + side], metric)
            scores[top : top + side, start : start + side] = block.float().cpu().numpy()
    return scores


def _side(numbers: int, dims: int) -> int:
    """Rows s of the square block with s² scores and 2·s·dims coordinates in `numbers` numbers."""
    return max(1, int((dims * dims + numbers) ** 0.5) - dims)


def _block(rows: Rows, columns: Rows, metric: Metric) -> torch.Tensor:
    products = rows.vectors.double() @ columns.vectors.double().T
    if metric == "dot":
        return products
    if metric == "cosine":
        lengths = rows.norms[:, None] * columns.norms
        return products / torch.where(lengths == 0, 1, lengths)
    size = rows.norms[:, None].square() + columns.norms.square()
    squares = size - 2 * products
    row, column = (squares <= _CANCELLED * size).nonzero(as_tuple=True)
    scores = 0 - squares.clamp_(min=0).sqrt_()
    scores[row, column] = pair_scores(rows, row, columns, column, metric)
    return scores


def random_pairs(rows: int, pairs: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw distinct pairs (i, j) of rows with i < j; all pairs if there are no more.

    Args:
        rows: Number of rows.
        pairs: Number of pairs.
        seed: The same seed gives the same pairs.

    Returns:
        The rows i and the rows j, int64, both of shape (pairs,).
    """
    total = rows * (rows - 1) // 2
    if total <= pairs:
        return pairs_at(np.arange(total))
    return pairs_at(np.random.default_rng(seed).choice(total, pairs, replace=False, shuffle=False))


def pairs_at(place: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Turn places in the list (0, 1), (0, 2), (1, 2), (0, 3), … into the pairs (i, j) with i < j.

    Pair (i, j) stands at j(j − 1)/2 + i, so j is the largest number with j(j − 1)/2 ≤ place.
    """
    j = ((1 + np.sqrt(1 + 8 * place.astype(np.float64))) / 2).astype(np.int64)
    j -= j * (j - 1) // 2 > place  # rounded up to the next; never down, as (2j − 1)² has the root 2j − 1
    return place - j * (j - 1) // 2, j
