"""Fast upper bounds of scores, and what they prove about the exact scores."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from explorer.tensor.scores import Metric, Rows


class Scratch:
    """Memory reused from block to block: allocating it anew costs as much as the computation in it."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._held: dict[tuple[str, torch.dtype], torch.Tensor] = {}

    def take(self, name: str, shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
        """An uninitialised tensor, whose memory the next call with the same name and dtype reuses."""
        size = math.prod(shape)
        held = self._held.get((name, dtype))
        if held is None or len(held) < size:
            held = self._held[name, dtype] = torch.empty(size, dtype=dtype, device=self._device)
        return held[:size].view(shape)


@dataclass(frozen=True, eq=False)
class ScoreBounds:
    """Upper bounds on the scores of one matrix, by matrix products in one dtype.

    With q the query and x the row, q' = q/|q|, and E the `dot_error` of the dtype, each metric is
    brought to the form `product · scale(x) + offset(x)`, a bound on a quantity that ranks the rows of
    one query as its scores do:

    | metric | bounded | product | scale | offset |
    | --- | --- | --- | --- | --- |
    | cosine | score − E | q'·x | 1 / |x| | 0 |
    | dot | score / |q| | q'·x | 1 | E·|x| |
    | euclidean | (1 − E)·|q|² − score² | 2q·x | 1 | (E − 1)·|x|² |

    Euclidean: −|q − x|² = 2q·x − |q|² − |x|², where the product is off by at most 2E·|q|·|x|, and
    that is at most E·(|q|² + |x|²); so the bound also holds where the terms nearly cancel out.

    `floors` converts an exact score to the same quantity. A row whose bound is below the floor of a
    score has a lower score. The exactness of the search rests on this alone.

    Attributes:
        metric: Which score.
        dtype: dtype of the products.
        error: E.
        scale: shape (rows, 1), or None for 1.
        offset: shape (rows, 1), or None for 0.
    """

    metric: Metric
    dtype: torch.dtype
    error: float
    scale: torch.Tensor | None
    offset: torch.Tensor | None

    @classmethod
    def of(cls, rows: Rows, metric: Metric, dtype: torch.dtype, error: float) -> ScoreBounds:
        """Prepare the bounds of some rows; `error` is the `dot_error` of the dtype."""
        norms = rows.norms[:, None]
        scale = offset = None
        if metric == "cosine":
            # A row of zeros scores 0 with everything: its scale does not matter as long as it is finite.
            scale = torch.where(norms == 0, 0, 1 / norms)
        elif metric == "dot":
            offset = error * norms
        else:
            offset = (error - 1) * norms.square()
        wide = torch.float64 if dtype == torch.float64 else torch.float32

        def narrowed(column: torch.Tensor | None) -> torch.Tensor | None:
            return None if column is None else column.to(wide)

        return cls(metric, dtype, error, narrowed(scale), narrowed(offset))

    @property
    def wide(self) -> torch.dtype:
        """The dtype of the bounds: float64 for float64 products, else float32."""
        return torch.float64 if self.dtype == torch.float64 else torch.float32

    def queries(self, queries: Rows) -> torch.Tensor:
        """The queries in the form that `bounds` takes: shape (queries, dims)."""
        if self.metric == "euclidean":
            return (2 * queries.vectors.to(self.wide)).to(self.dtype)
        lengths = torch.where(queries.norms == 0, 1, queries.norms)
        return (queries.vectors / lengths[:, None]).to(self.dtype)

    def bounds(
        self, vectors: torch.Tensor, rows: slice | torch.Tensor, queries: torch.Tensor, scratch: Scratch
    ) -> torch.Tensor:
        """Upper bounds for the scores of some rows with every query.

        Args:
            vectors: Those rows of the matrix, float32, shape (rows, dims).
            rows: Their positions in the matrix.
            queries: The result of `self.queries`.
            scratch: Memory for the result and intermediate values.

        Returns:
            float32 (float64 for float64 products), shape (rows, queries); valid until the next call.
        """
        if self.dtype != torch.float32:
            vectors = scratch.take("vectors", vectors.shape, self.dtype).copy_(vectors)
        # BLAS handles a product with one column by a routine that reads the matrix three times slower.
        columns = queries.repeat(2, 1) if len(queries) == 1 else queries
        bounds = scratch.take("products", (len(vectors), len(columns)), self.dtype)
        torch.mm(vectors, columns.T, out=bounds)
        if self.dtype != self.wide or len(queries) == 1:
            narrow = bounds[:, : len(queries)]
            bounds = scratch.take("bounds", narrow.shape, self.wide).copy_(narrow)
        if self.scale is not None:
            bounds *= self.scale[rows]
        if self.offset is not None:
            bounds += self.offset[rows]
        return bounds

    def floors(self, scores: torch.Tensor, norms: torch.Tensor) -> torch.Tensor:
        """The least bound of a row that scores `scores` or more.

        Args:
            scores: Exact scores, one per query, float64, shape (queries,).
            norms: Lengths of the queries, float64, shape (queries,).

        Returns:
            float64, shape (queries,).
        """
        if self.metric == "cosine":
            return scores - self.error
        if self.metric == "dot":
            return scores / torch.where(norms == 0, 1, norms)
        return (1 - self.error) * norms.square() - scores.square()
