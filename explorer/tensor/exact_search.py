"""Exact search: fast scores choose candidates, float64 scores decide, a bound proves nothing is missed.

For each query, in three steps:

1. **Shortlist.** Matrix products give every row a bound that its score cannot exceed (`ScoreBounds`);
   the rows with the highest bounds are kept, slightly more than k (`TopKBuffer`).
2. **Rescore.** Those are scored in float64. If the highest bound outside the shortlist is below the k-th best
   score, no other row can be among the k best, and the result is proved.
3. **Sweep.** Queries that remain have more near ties than the shortlist holds, in practice repeated rows.
   Every row whose bound reaches the k-th best score so far is scored.

dtypes are tried from cheap to expensive: bfloat16 where the CPU has it, then float32, then float64, which is
needed only where float32 cannot distinguish rows, such as far away from the origin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch

from explorer.tensor.score_bounds import ScoreBounds, Scratch
from explorer.tensor.scores import Metric, Rows, pair_scores
from explorer.tensor.search_matrix import SearchMatrix
from explorer.tensor.top_k import GROUP, Candidates, TopKBuffer

_BYTES = 16  # per number of a tile: the product, its conversion, and space to sort
_TILE = 1 << 23  # numbers of a tile on a CPU: larger tiles do not fit into its cache
_QUERIES = 1024  # queries of a block: enough to be compute-bound, few enough to cancel quickly


class Search:
    """The top k rows of a matrix, for one block of queries at a time.

    Args:
        matrix: What is searched.
        metric: Which score.
        k: Rows to find, at most the number of allowed rows.
        allowed: The rows to choose from, int64, ascending; None for all.
        memory_mb: Memory to use besides the matrix and the results, in MB.
        tick: Called after each block of the matrix; an exception it raises ends the search.
    """

    def __init__(
        self,
        matrix: SearchMatrix,
        metric: Metric,
        k: int,
        *,
        allowed: torch.Tensor | None,
        memory_mb: float,
        tick: Callable[[], None],
    ) -> None:
        self.matrix = matrix
        self.metric = metric
        self.k = k
        self.allowed = allowed
        self.total = len(matrix) if allowed is None else len(allowed)
        self.tick = tick
        self._scratch = Scratch(matrix.device)
        self.numbers = max(1, int(memory_mb * 2**20) // _BYTES)
        if matrix.device.type == "cpu":
            self.numbers = min(self.numbers, _TILE)

    @property
    def block(self) -> int:
        """The most queries to pass to `run` at a time."""
        return max(1, min(_QUERIES, self.numbers // (4 * self.k), self.numbers // GROUP))

    def run(self, queries: Rows, own: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
        """Find the best rows of each query.

        Args:
            queries: The queries, on the device of the matrix.
            own: For each query, the row that is the query itself, to leave out, int64, shape (queries,);
                only if all rows are allowed.

        Returns:
            Rows (int64) and scores (float64), best first, ties in row order: shape (queries, k).
        """
        rows = torch.empty((len(queries), self.k), dtype=torch.int64, device=self.matrix.device)
        scores = torch.empty(rows.shape, dtype=torch.float64, device=rows.device)
        left = torch.arange(len(queries), device=rows.device)
        formats = self.matrix.formats(self.metric, queries)
        for dtype in formats:
            part = _QueryBlock(queries[left], None if own is None else own[left])
            rows[left], scores[left], proved = self._shortlist(dtype, part)
            left = left[~proved]
            if len(left) == 0:
                break
            if dtype == torch.bfloat16:
                continue
            part = _QueryBlock(queries[left], None if own is None else own[left])
            swept = self._sweep(dtype, part, scores[left, -1], may_stop=dtype != formats[-1])
            if swept is not None:
                rows[left], scores[left] = swept
                break
        return (rows if self.allowed is None else self.allowed[rows]), scores

    def _shortlist(
        self, dtype: torch.dtype, part: _QueryBlock
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The best rows of a shortlist, their scores, and for which queries they are proved."""
        queries, norms = part.queries, part.queries.norms
        score_bounds = self.matrix.score_bounds(self.metric, dtype)
        sources = score_bounds.queries(queries)
        candidates = self.total - (part.own is not None)
        width = min(self.k + max(16, self.k // 2), candidates)
        best = TopKBuffer(len(queries), width, score_bounds.wide, self.matrix.device)
        for start, stop in self._tiles(self.numbers, len(queries), dtype):
            best.absorb(self._bounds(score_bounds, sources, part, start, stop), start)
            self.tick()
        bounds, rows = best.bounds.double(), best.rows

        # The rows with the k highest bounds give a first k-th score; others that cannot reach it need no
        # scoring.
        chosen = torch.zeros_like(rows, dtype=torch.bool)
        chosen[:, : self.k] = True
        head = self._score(queries, *_entries(rows, chosen))
        floors = score_bounds.floors(head.score.view(-1, self.k).amin(1), norms)
        tail = self._score(queries, *_entries(rows, (bounds >= floors[:, None]) & ~chosen))
        best_rows, scores = self._table(Candidates.join([head, tail]), len(queries))
        proved = bounds[:, -1] < score_bounds.floors(scores[:, -1], norms)
        return best_rows, scores, proved | (width == candidates)

    def _sweep(
        self, dtype: torch.dtype, part: _QueryBlock, reached: torch.Tensor, *, may_stop: bool
    ) -> tuple[torch.Tensor, torch.Tensor] | None:
        """The best rows and their scores, given for each query a score that k rows reach.

        With `may_stop`, it returns None if so many rows reach that score that a finer dtype is faster.
        """
        queries = part.queries
        score_bounds = self.matrix.score_bounds(self.metric, dtype)
        sources = score_bounds.queries(queries)
        floors = _rounded_down(score_bounds.floors(reached, queries.norms), score_bounds.wide)
        # All rows tie for a query of zeros, so only the first of them can be its best.
        blank = (queries.norms == 0) & (self.metric != "euclidean")
        found: list[Candidates] = []
        for start, stop in self._tiles(self.numbers // 4, len(queries), dtype):
            listed = self._bounds(score_bounds, sources, part, start, stop) >= floors
            listed &= self._useful[start:stop, None]
            listed[max(0, self.k + 1 - start) :] &= ~blank
            row, query = listed.nonzero(as_tuple=True)
            if may_stop and len(row) > listed.numel() // 8:
                return None
            found.append(self._score(queries, query, row + start))
            if sum(map(len, found)) > self.numbers // 8:
                found = [Candidates.join(found).best(self.k)]
            self.tick()
        return self._table(Candidates.join(found), len(queries))

    def _tiles(self, numbers: int, queries: int, dtype: torch.dtype) -> Iterator[tuple[int, int]]:
        """Cut the rows into ranges whose products with the queries, and copies if any, fill `numbers`."""
        copied = self.allowed is not None or dtype != torch.float32
        step = numbers // (queries + copied * self.matrix.dims)
        step = max(GROUP, step // GROUP * GROUP)
        for start in range(0, self.total, step):
            yield start, min(start + step, self.total)

    def _bounds(
        self, score_bounds: ScoreBounds, sources: torch.Tensor, part: _QueryBlock, start: int, stop: int
    ) -> torch.Tensor:
        """The bounds of the allowed rows `start` to `stop`: shape (rows, queries)."""
        rows = self._places(start, stop)
        bounds = score_bounds.bounds(self.matrix.rows.vectors[rows], rows, sources, self._scratch)
        if part.own is not None:
            query = ((part.own >= start) & (part.own < stop)).nonzero()[:, 0]
            bounds[part.own[query] - start, query] = -torch.inf
        return bounds

    def _places(self, start: int, stop: int) -> slice | torch.Tensor:
        """The positions of these rows in the matrix, as a slice (which copies nothing) if contiguous."""
        if self.allowed is None:
            return slice(start, stop)
        places = self.allowed[start:stop]
        first, last = int(places[0]), int(places[-1])
        return slice(first, last + 1) if last - first == stop - start - 1 else places

    def _score(self, queries: Rows, query: torch.Tensor, row: torch.Tensor) -> Candidates:
        """Score pairs exactly; row numbers refer to the allowed rows."""
        place = row if self.allowed is None else self.allowed[row]
        return Candidates(query, row, pair_scores(queries, query, self.matrix.rows, place, self.metric))

    def _table(self, pairs: Candidates, queries: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The k best rows and their scores; every query needs at least k pairs."""
        best = pairs.best(self.k)
        return best.row.view(queries, self.k), best.score.view(queries, self.k)

    @cached_property
    def _useful(self) -> torch.Tensor:
        """Which allowed rows can be among the k best: those with at most k equal rows before them.

        One more than k, since the query's own row may be among them.
        """
        first = self.matrix.twins
        if self.allowed is not None:
            first = first[self.allowed.cpu().numpy()]
        order = np.argsort(first, kind="stable")
        starts = np.searchsorted(first[order], first[order])
        useful = np.empty(len(first), dtype=np.bool_)
        useful[order] = np.arange(len(first)) - starts <= self.k
        return torch.from_numpy(useful).to(self.matrix.device)


class _QueryBlock(NamedTuple):
    """Some queries of a block, and the rows that are the queries themselves, to leave out."""

    queries: Rows
    own: torch.Tensor | None


def _entries(rows: torch.Tensor, chosen: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The chosen entries of a table of shape (queries, width), as queries and rows."""
    query, column = chosen.nonzero(as_tuple=True)
    return query, rows[query, column]


def _rounded_down(values: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """The values in another dtype, never rounded up."""
    rounded = values.to(dtype)
    return rounded.nextafter(torch.full_like(rounded, -torch.inf))
