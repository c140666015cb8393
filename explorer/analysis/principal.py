"""The principal axes of vectors (PCA: Pearson 1901)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from explorer.analysis.specs import Distance
from explorer.tensor import VectorIndex
from explorer.tensor.matrices import as_tensor, blocks, row_norms

_FLAT = float(np.finfo(np.float32).eps) ** 2  # a variance this small relative to the squares is rounding
_BLOCK = 1 << 22  # numbers in float64 at a time: 32 MB


@dataclass(frozen=True, eq=False)
class PrincipalAxes:
    """The principal axes of the rows of an index, largest variance first.

    Attributes:
        mean: The mean of the rows, float64, shape (dims,).
        directions: The axes as columns of length 1, each with its largest entry positive; zeros for axes
            along which the rows do not differ; float64, shape (dims, dims).
        shares: The share of the total variance along each axis, float64, shape (dims,).
    """

    mean: NDArray[np.float64]
    directions: NDArray[np.float64]
    shares: NDArray[np.float64]


def principal_axes(index: VectorIndex, metric: Distance) -> PrincipalAxes:
    """The principal axes of the rows of an index.

    The covariance is summed in float64, block by block, and its eigenvectors are exact: no seed is needed.

    Args:
        index: The rows.
        metric: `cosine` scales the rows to length 1 first; `euclidean` uses them as they are.
    """
    parts = list(blocks(len(index), index.dims, _BLOCK))
    mean = torch.stack([scaled_rows(index, *rows, metric).sum(dim=0) for rows in parts]).sum(dim=0)
    mean = mean / len(index)
    covariance = torch.zeros(index.dims, index.dims, dtype=torch.float64)
    for rows in parts:
        centred = scaled_rows(index, *rows, metric).sub_(mean)
        covariance += centred.T @ centred
    total = float(covariance.trace())
    squares = total + len(index) * float(mean.square().sum())
    variances, directions = torch.linalg.eigh(covariance)
    variances, directions = variances.flip(0), directions.flip(1)
    largest = directions.gather(0, directions.abs().argmax(dim=0, keepdim=True))
    seen = variances > _FLAT * squares
    directions = directions * torch.where(largest < 0, -1, 1) * seen
    shares = torch.where(seen, variances / (total if total > 0 else 1), 0)
    return PrincipalAxes(mean.numpy(), directions.numpy(), shares.numpy())


def scaled_rows(index: VectorIndex, start: int, stop: int, metric: Distance) -> torch.Tensor:
    """A copy of rows `start` to `stop` in float64, for `cosine` scaled to length 1: shape (rows, dims)."""
    taken = index.take(slice(start, stop))
    rows = as_tensor(taken).to(torch.float64, copy=True)
    if metric == "euclidean":
        return rows
    length = torch.from_numpy(row_norms(taken))[:, None]
    return rows.div_(torch.where(length == 0, 1, length))
