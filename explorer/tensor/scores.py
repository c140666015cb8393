"""The similarities, and their exact value for chosen pairs of rows.

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
    """Refuse a metric that does not exist.

    Raises:
        QueryError: It is none of `METRICS`.
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
        """Measure the rows of a matrix and bring them to a device."""
        return cls(as_tensor(matrix).to(device), torch.from_numpy(row_norms(matrix)).to(device))

    def __len__(self) -> int:
        return len(self.vectors)

    def __getitem__(self, rows: slice | torch.Tensor) -> Rows:
        return Rows(self.vectors[rows], self.norms[rows])


def pair_scores(
    left: Rows, left_rows: torch.Tensor, right: Rows, right_rows: torch.Tensor, metric: Metric
) -> torch.Tensor:
    """Score pairs of rows in float64.

    The products of two float32 are exact in float64 and are added in an order that depends on `dims`
    alone (`row_sums`), so a score depends on nothing but the two vectors: identical rows get
    identical scores, bit for bit, and the two vectors can be swapped.

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
    # Subtracted from or added to 0, what is zero is 0 and not −0.
    return 0 - _square_roots(scores) if metric == "euclidean" else 0 + scores


def _square_roots(values: torch.Tensor) -> torch.Tensor:
    """The roots, rounded correctly.

    On the processor torch takes MKL's root, which may be off in the last bit, and so would tell apart
    what ties; numpy's and CUDA's are rounded as IEEE 754 asks.
    """
    return torch.from_numpy(np.sqrt(values.numpy())) if values.device.type == "cpu" else values.sqrt()
