"""The similarity metrics, and their exact values for chosen pairs of rows.

A larger score always means closer:

* `cosine`: x·y / (|x|·|y|), from −1 to 1; 0 where a vector is zero;
* `dot`: x·y;
* `euclidean`: −|x − y|, the negative distance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray

from explorer.errors import QueryError
from explorer.tensor.matrices import as_tensor, blocks, row_norms, row_sums

Metric = Literal["cosine", "dot", "euclidean"]
METRICS: tuple[Metric, ...] = get_args(Metric)


def check_metric(metric: str) -> None:
    """Raise an error for an unknown metric.

    Raises:
        QueryError: It is not one of `METRICS`.
    """
    if metric not in METRICS:
        raise QueryError(f"There is no metric {metric!r}.", fix=f"Choose one of {', '.join(METRICS)}.")


@dataclass(frozen=True, eq=False)
class Rows:
    """Vectors with their lengths.

    Attributes:
        vectors: float32, shape (rows, dims).
        norms: Euclidean lengths, float64, shape (rows,).
    """

    vectors: torch.Tensor
    norms: torch.Tensor

    @classmethod
    def of(cls, matrix: NDArray[np.float32], device: torch.device) -> Rows:
        """Compute the norms of a matrix's rows and move them to a device."""
        return cls(as_tensor(matrix).to(device), torch.from_numpy(row_norms(matrix)).to(device))

    def __len__(self) -> int:
        return len(self.vectors)

    def __getitem__(self, rows: slice | torch.Tensor) -> Rows:
        return Rows(self.vectors[rows], self.norms[rows])


def pair_scores(
    left: Rows, left_rows: torch.Tensor, right: Rows, right_rows: torch.Tensor, metric: Metric
) -> torch.Tensor:
    """Score pairs of rows in float64.

    Products of two float32 are exact in float64 and are added in an order that depends only on `dims`
    (`row_sums`), so a score depends on nothing but the two vectors: identical rows get identical scores,
    bit for bit, and the two vectors can be swapped.

    Args:
        left: The one side.
        left_rows: Its rows, int64, shape (pairs,).
        right: The other side.
        right_rows: Its rows, int64, shape (pairs,).
        metric: Which score.

    Returns:
        float64, shape (pairs,).
    """
    scores = torch.empty(len(left_rows), dtype=torch.float64, device=left_rows.device)
    for start, stop in blocks(len(left_rows), left.vectors.shape[1]):
        a, b = left[left_rows[start:stop]], right[right_rows[start:stop]]
        wide = a.vectors.double()
        if metric == "euclidean":
            scores[start:stop] = row_sums(wide.sub_(b.vectors).square_())
        else:
            scores[start:stop] = row_sums(wide.mul_(b.vectors))
        if metric == "cosine":
            lengths = a.norms * b.norms
            scores[start:stop] /= torch.where(lengths == 0, 1, lengths)
    # Adding to or subtracting from 0 turns −0 into 0.
    return 0 - _square_roots(scores) if metric == "euclidean" else 0 + scores


def _square_roots(values: torch.Tensor) -> torch.Tensor:
    """Correctly rounded square roots.

    On the CPU, torch uses MKL's square root, which can be off in the last bit and would break ties; those of
    numpy and CUDA are rounded as IEEE 754 requires.
    """
    return torch.from_numpy(np.sqrt(values.numpy())) if values.device.type == "cpu" else values.sqrt()
