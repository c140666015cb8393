"""All pairs of rows that are close enough: fast scores rule out, float64 scores decide.

Each block of rows is multiplied with itself and all later rows. The product bounds every score from above
(`ScoreBounds`): a pair whose bound is below the floor of the threshold cannot reach it, and every other pair
is scored in float64. If a dtype leaves many pairs to score, the next finer one is tried first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from explorer.errors import QueryError
from explorer.tensor.score_bounds import ScoreBounds, Scratch
from explorer.tensor.scores import Metric, Rows, check_metric, pair_scores
from explorer.tensor.search_matrix import SearchMatrix

_BYTES = 96  # per number of a tile if all its pairs must be scored: products, positions, scores
_TILE = 1 << 21  # numbers of a tile on a CPU: larger tiles do not fit into its cache
_BLOCK = 1024  # rows of a block: enough to be compute-bound, few enough to cancel quickly
_SPARE = 2  # times the pairs wanted that are kept before they are cut, which sorts all of them
_DEAR = 128  # numbers of a product that cost as much as one float64 score


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of different rows, highest float64 score first; ties by left row, then right row.

    Attributes:
        left: The lower row of each pair, int64, shape (pairs,).
        right: The higher row, int64, shape (pairs,).
        scores: Their scores, larger is closer, float32, shape (pairs,).
        threshold: No other pair has a float64 score at or above it.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    scores: NDArray[np.float32]
    threshold: float

    def __len__(self) -> int:
        return len(self.scores)


def pairs_above(
    matrix: SearchMatrix,
    threshold: float,
    *,
    metric: Metric,
    rows: NDArray[np.bool_] | None,
    limit: int,
    closest: bool,
    memory_mb: float,
    on_progress: Callable[[int, int], None] | None,
) -> Pairs:
    """Find all pairs of rows whose float64 score is at or above a threshold.

    Args:
        matrix: The rows.
        threshold: The lowest score wanted. Through rounding, the cosine of equal rows can be just below 1.
        metric: `cosine`, `dot` or `euclidean`; scores of `euclidean` are negative distances.
        rows: Which rows to pair, one bool per row; None for all.
        limit: The most pairs to return.
        closest: With more pairs than that, whether to return those at or above the lowest threshold that no
            more reach, in place of an error.
        memory_mb: Memory to use besides the matrix and the pairs found, in MB.
        on_progress: Called after every tile with the compared pairs and their total. An exception it raises
            stops the work.

    Returns:
        The pairs, with row numbers in the whole matrix.

    Raises:
        QueryError: There are more than `limit` pairs (raised as soon as that many are found; of the closest,
            once that many have the same score), `limit` is below 1, `threshold` is NaN, `metric` does not
            exist, or `rows` is not such a mask.
    """
    check_metric(metric)
    if math.isnan(threshold):
        raise QueryError("The threshold is not a number.")
    if limit < 1:
        raise QueryError(f"{limit} pairs were asked for.", fix="Ask for 1 or more.")
    places = None if rows is None else _places(rows, len(matrix)).to(matrix.device)
    sieve = _Sieve(matrix, metric, threshold, places, memory_mb)
    found = PairBuffer()
    done, total = 0, sieve.rows * (sieve.rows - 1) // 2
    for part, compared in sieve:
        found.add(part)
        done += compared
        if closest and len(found) > _SPARE * limit:
            sieve.threshold = found.cut(limit)
        elif not closest and len(found) > limit:
            raise QueryError(
                f"More than {limit:,} pairs are at or above the threshold.",
                fix=found.advice(limit * done // total),
            )
        if on_progress is not None:
            on_progress(done, total)
    if len(found) > limit:
        sieve.threshold = found.cut(limit)
    if sieve.threshold > threshold and not len(found):
        raise QueryError(
            f"More than {limit:,} pairs have the same score, {sieve.threshold:.4g}: "
            "their vectors do not tell them apart.",
            fix="Choose another encoder, or fewer rows.",
        )
    return found.in_order(sieve.threshold)


class _ScoredPairs(NamedTuple):
    """Some pairs: int64, int64 and float64, each of shape (pairs,)."""

    left: torch.Tensor
    right: torch.Tensor
    score: torch.Tensor


class PairBuffer:
    """The pairs found so far, in one block of memory.

    One block for each tile would fragment glibc's heap between the tiles' own memory and grow it by hundreds
    of MB.
    """

    def __init__(self) -> None:
        self._count = 0
        self._pairs = np.empty(1 << 12, [("left", np.int64), ("right", np.int64), ("score", np.float64)])

    def __len__(self) -> int:
        return self._count

    def add(self, part: _ScoredPairs) -> None:
        """Add pairs."""
        start, self._count = self._count, self._count + len(part.score)
        if self._count > len(self._pairs):
            grown = np.empty(2 * self._count, self._pairs.dtype)
            grown[:start] = self._pairs[:start]
            self._pairs = grown
        for name, column in part._asdict().items():
            self._pairs[name][start : self._count] = column.cpu().numpy()

    def advice(self, allowed: int) -> str:
        """What to do when there are more than `allowed` pairs."""
        scores = np.sort(self._pairs["score"][: self._count])
        enough = float(scores[-1 - allowed])
        # Rounded up: just below it there would be too many again.
        steps = 100 if abs(enough) <= 1 else 1
        higher = math.ceil(enough * steps) / steps
        if enough == scores[-1] or higher > scores[-1]:
            return "Choose a higher threshold."
        return f"Choose a higher threshold, such as {higher:g}."

    def cut(self, most: int) -> float:
        """Keep the pairs at or above the lowest threshold that at most `most` of them reach; return it."""
        pairs = self._pairs[: self._count]
        below = np.partition(pairs["score"], -1 - most)[-1 - most]
        kept = pairs[pairs["score"] > below]
        self._count = len(kept)
        self._pairs[: self._count] = kept
        return float(np.nextafter(below, np.inf))

    def in_order(self, threshold: float) -> Pairs:
        """All pairs, which reach a threshold, the highest score first."""
        pairs = self._pairs[: self._count]
        pairs = pairs[np.lexsort((pairs["right"], pairs["left"], -pairs["score"]))]
        with np.errstate(over="ignore"):  # a dot product too large for float32 becomes infinite
            scores = pairs["score"].astype(np.float32)
        return Pairs(pairs["left"].copy(), pairs["right"].copy(), scores, threshold)


class _Sieve:
    """Finds, tile by tile, the pairs whose score is at or above a threshold.

    Args:
        matrix: The rows.
        metric: Which score.
        threshold: The lowest score wanted.
        places: The rows to pair, int64, ascending; None for all.
        memory_mb: Memory to use besides the matrix and the pairs, in MB.

    Attributes:
        rows: Number of rows to pair.
        threshold: The lowest score wanted; it can be raised on the way.
    """

    def __init__(
        self,
        matrix: SearchMatrix,
        metric: Metric,
        threshold: float,
        places: torch.Tensor | None,
        memory_mb: float,
    ) -> None:
        self.rows = len(matrix) if places is None else len(places)
        self._matrix = matrix
        self._metric = metric
        self.threshold = threshold
        self._places = places
        self._scratch = Scratch(matrix.device)
        self._numbers = max(1, int(memory_mb * 2**20) // _BYTES)
        if matrix.device.type == "cpu":
            self._numbers = min(self._numbers, _TILE)

    def __iter__(self) -> Iterator[tuple[_ScoredPairs, int]]:
        """Yield the pairs of each tile, and the number of pairs compared."""
        height = min(_BLOCK, max(1, math.isqrt(self._numbers)))
        width = max(1, self._numbers // (height + self._matrix.dims))
        for first in range(0, self.rows - 1, height):
            block = range(first, min(first + height, self.rows))
            questions = self._questions(block)
            for start in range(first, self.rows, width):
                tile = range(start, min(start + width, self.rows))
                left, right = self._listed(questions, tile)
                later = (left + first) < (right + start)
                yield self._kept(left[later] + first, right[later] + start), _ordered(block, tile)

    def _questions(self, block: range) -> list[_Question]:
        """The tests for the rows of a block, one per dtype, cheapest first."""
        queries = self._matrix.rows[self._at(block)]
        return [
            _Question(self._matrix.score_bounds(self._metric, dtype), queries, self.threshold)
            for dtype in self._matrix.formats(self._metric, queries)
        ]

    def _listed(self, questions: list[_Question], tile: range) -> tuple[torch.Tensor, torch.Tensor]:
        """Candidate pairs of the block and the tile, including all that reach the threshold; from 0."""
        rows = self._at(tile)
        vectors = self._matrix.rows.vectors[rows]
        for question in questions:
            listed = question.reached(vectors, rows, self._scratch)
            if int(listed.count_nonzero()) <= listed.numel() // _DEAR:
                break
        right, left = listed.nonzero(as_tuple=True)
        return left, right

    def _kept(self, left: torch.Tensor, right: torch.Tensor) -> _ScoredPairs:
        """The pairs whose exact score reaches the threshold."""
        exact = self._matrix.rows
        if self._places is not None:
            left, right = self._places[left], self._places[right]
        score = pair_scores(exact, left, exact, right, self._metric)
        kept = score >= self.threshold
        return _ScoredPairs(left[kept], right[kept], score[kept])

    def _at(self, rows: range) -> slice | torch.Tensor:
        """The positions of some of the rows to pair in the matrix."""
        part = slice(rows.start, rows.stop)
        return part if self._places is None else self._places[part]


class _Question:
    """Tests in one dtype which rows can reach the threshold with the rows of a block."""

    def __init__(self, score_bounds: ScoreBounds, queries: Rows, threshold: float) -> None:
        self._score_bounds = score_bounds
        self._queries = queries
        self._threshold = threshold

    @cached_property
    def _sources(self) -> torch.Tensor:
        return self._score_bounds.queries(self._queries)

    @cached_property
    def _floors(self) -> torch.Tensor:
        threshold = torch.full_like(self._queries.norms, self._threshold)
        floors = self._score_bounds.floors(threshold, self._queries.norms).to(self._score_bounds.wide)
        return floors.nextafter(torch.full_like(floors, -torch.inf))  # rounding may have raised them

    def reached(self, vectors: torch.Tensor, rows: slice | torch.Tensor, scratch: Scratch) -> torch.Tensor:
        """Whether each of some rows can, with each row of the block: bool, shape (rows, block)."""
        return self._score_bounds.bounds(vectors, rows, self._sources, scratch) >= self._floors


def _places(mask: NDArray[np.bool_], rows: int) -> torch.Tensor:
    """The rows of a mask."""
    mask = np.asarray(mask)
    if mask.dtype != np.bool_ or mask.shape != (rows,):
        raise QueryError(f"The rows are not given as one bool for each of the {rows:,} rows.")
    return torch.from_numpy(np.flatnonzero(mask))


def _ordered(block: range, tile: range) -> int:
    """Pairs i < j with i in the block and j in the tile, which does not start before the block."""
    inside = range(tile.start, min(tile.stop, block.stop))
    return sum(j - block.start for j in inside) + len(block) * (len(tile) - len(inside))
