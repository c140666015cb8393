"""Approximate neighbours: each row is compared with the inverted lists nearest to it, not with all rows.

This is an inverted file index, IVF (Jégou, Douze and Schmid, Product quantization for nearest neighbor
search, 2011, § IV), queried with all of its rows at once:

1. **Lists.** A few iterations of k-means on a sample of the rows give centroids; a row belongs to the list of
   its nearest one. Long lists are split, short ones dissolved.
2. **Number of probes.** The neighbours of a sample of rows are found by exact search. The lists that hold
   them determine how many lists to probe for each row; the share of them found that way is the recall.
3. **Blocks.** For a block of rows and each list, one matrix product scores those of the rows that probe the
   list. The best of a row's scores are scored in float64, which puts them in order.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from explorer.tensor.centred_products import CentredProducts
from explorer.tensor.exact_search import Search
from explorer.tensor.scores import Metric, pair_scores
from explorer.tensor.search_matrix import SearchMatrix

_SAMPLE = 1000  # rows on which recall is measured
_FEWEST = 20_000  # rows; searching fewer exactly takes less time than building lists
_LISTS = 1.0  # times the square root of the rows: more lists waste less work, but make smaller products
_LARGEST = 1.25  # times the mean: the length of the longest list
_TRAINING = 64  # rows per list on which centroids are trained
_ITERATIONS = 4  # more brought no clear gain
_MARGIN = 0.1  # of the allowed misses: a reserve, as the sample may be optimistic and scores are rounded
_SPARE = 3  # extra rows scored in float64, besides k and the row itself, as fast scores are rounded
_STEP = 64  # CPUs set up each new product size, so sizes are multiples of this
_TABLE = (
    0.7  # of the memory: for the scores of a block; the rest is for the products and what is read for them
)
_ROWS = 4096  # rows of a block that is compared with every centroid


class Found(NamedTuple):
    """What `approximate_neighbors` found.

    Attributes:
        indices: int64, shape (rows, k).
        scores: float32, shape (rows, k).
        recall: Share of the nearest rows that were found, measured on the sample.
    """

    indices: NDArray[np.int64]
    scores: NDArray[np.float32]
    recall: float


def approximate_neighbors(
    matrix: SearchMatrix,
    metric: Metric,
    k: int,
    min_recall: float,
    memory_mb: float,
    report: Callable[[int], None],
) -> Found | None:
    """Find most of the k nearest rows of each row, excluding the row itself.

    Args:
        matrix: The rows.
        metric: Which score.
        k: Neighbours wanted of each row.
        min_recall: Share of them that must be found, below 1.
        memory_mb: Memory to use for products, in MB. In addition there are the matrix, the result, about 50
            bytes per row, and blocks of 4,096 rows: about 100 MB for 117,659 rows of 384 dimensions.
        report: Called with the number of finished rows. An exception it raises stops the work.

    Returns:
        The neighbours, nearest first, ties in row order; None if an exact search takes no longer, or is
        needed because float32 cannot hold the scores.
    """
    rows = len(matrix)
    formats = matrix.formats(metric, matrix.rows)
    # A single list must be able to hold all neighbours of its rows.
    count = min(int(_LISTS * math.sqrt(rows)), rows // (4 * (k + 1 + _SPARE)))
    if rows < _FEWEST or count < 2 or formats == [torch.float64]:
        return None
    sample = torch.from_numpy(np.random.default_rng(0).choice(rows, _SAMPLE, replace=False)).to(matrix.device)
    nearest, reached = _exact(matrix, metric, k, sample, memory_mb, lambda: report(0))
    lists = InvertedLists(matrix, metric, k, count, memory_mb, lambda: report(0))
    probes = lists.probes(sample, nearest, min_recall + _MARGIN * (1 - min_recall))
    while True:
        if 2 * probes * lists.width > rows:
            return None
        report(0)
        _, scores = lists.run(sample, probes)
        recall = float((scores >= reached[:, None]).double().mean())
        if recall >= min_recall:
            break
        probes = math.ceil(1.25 * probes)

    indices = np.empty((rows, k), dtype=np.int64)
    found = np.empty((rows, k), dtype=np.float32)
    step = lists.block(probes)
    for start in range(0, rows, step):
        part = lists.order[start : start + step]
        best, scores = lists.run(part, probes)
        places = part.cpu().numpy()
        indices[places], found[places] = best.cpu().numpy(), scores.float().cpu().numpy()
        report(start + len(part))
    return Found(indices, found, recall)


class InvertedLists:
    """The rows of a matrix, grouped in lists of rows close to each other.

    Attributes:
        order: The rows, list by list, int64, shape (rows,).
        width: Length of the longest list. The shortest has more than k rows.
    """

    def __init__(
        self,
        matrix: SearchMatrix,
        metric: Metric,
        k: int,
        count: int,
        memory_mb: float,
        tick: Callable[[], None],
    ) -> None:
        self._matrix, self._metric, self._k = matrix, metric, k
        self._bytes = memory_mb * 2**20
        rows, device = len(matrix), matrix.device
        drawn = np.random.default_rng(1).choice(rows, min(rows, _TRAINING * count), replace=False)
        training = torch.from_numpy(drawn).to(device)
        self._products = CentredProducts(matrix, metric, training[: _TRAINING * 16])
        centroids = self._trained(training, count, tick)
        everywhere = torch.arange(rows, device=device)
        nearest = self._nearest(everywhere, centroids, tick)
        long = torch.bincount(nearest, minlength=count) > k
        if not long.all():
            centroids = centroids[long]
            nearest = self._nearest(everywhere, centroids, tick)

        self.width = math.ceil(_LARGEST * rows / count)
        held = torch.bincount(nearest, minlength=len(centroids))
        pieces = (held + self.width - 1) // self.width
        whole = torch.arange(len(centroids), device=device).repeat_interleave(pieces)
        piece = torch.arange(len(whole), device=device) - (pieces.cumsum(0) - pieces)[whole]
        first, last = (held[whole] * side // pieces[whole] for side in (piece, piece + 1))
        self.order = nearest.argsort(stable=True)
        self._sizes = last - first
        self._starts = self._sizes.cumsum(0) - self._sizes
        self._list_of = torch.empty_like(nearest)
        self._list_of[self.order] = torch.arange(len(whole), device=device).repeat_interleave(self._sizes)
        # Padding, so that the last lists can be read beyond their end.
        self._padded = torch.cat([self.order, self.order[:_STEP]])
        self._centroids = self._products.features(centroids, metric)[whole].T.contiguous()

    def probes(self, sample: torch.Tensor, nearest: torch.Tensor, recall: float) -> int:
        """The number of nearest lists that together hold a given share of the neighbours.

        Args:
            sample: Some rows, int64, shape (sample,).
            nearest: Their neighbours, int64, shape (sample, k).
            recall: The share, 0 to 1.
        """
        scores = (self._products.queries(sample) @ self._centroids).float()
        theirs = scores.gather(1, self._list_of[nearest])
        ahead = torch.searchsorted(
            scores.sort(dim=1).values, theirs
        )  # the neighbour's list comes after these
        needed = (scores.shape[1] - ahead).flatten().sort().values
        return int(needed[max(0, math.ceil(recall * len(needed)) - 1)])

    def block(self, probes: int) -> int:
        """The most rows to pass to `run` at a time."""
        size = self._products.dtype.itemsize
        each = size * (probes * self.width + len(self._sizes) + 2 * self._products.columns) + 40 * probes
        return max(1, int(_TABLE * self._bytes / (each + 64 * (self._k + 1 + _SPARE))))

    def run(self, rows: torch.Tensor, probes: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Find the nearest rows of some rows, searching only their nearest lists.

        Args:
            rows: Rows, int64, shape (rows,).
            probes: Number of lists to search for each row.

        Returns:
            Rows (int64) and scores (float64), best first, ties in row order: shape (rows, k).
        """
        products, width = self._products, self.width
        queries = products.queries(rows)
        wanted = (queries @ self._centroids).topk(probes, dim=1, sorted=False).indices
        in_order, place = wanted.flatten().sort(stable=True)
        ends = torch.searchsorted(in_order, torch.arange(len(self._sizes) + 1, device=place.device)).tolist()
        query = torch.cat([place // probes, place.new_zeros(_STEP)])
        # One entry for each row and each list that it probes.
        table = products.scratch.take("table", (len(place), width), products.dtype).fill_(-torch.inf)
        starts = [*self._starts.tolist(), len(self.order)]
        first = 0
        while first < len(ends) - 1:
            # Several lists are read at once: waking the threads for each takes longer than reading it.
            after = first + 1
            while (
                after < len(ends) - 1
                and starts[after + 1] - starts[first] <= _ROWS
                and ends[after + 1] - ends[first] <= 4 * _ROWS
            ):
                after += 1
            members = products.rows(self._padded[starts[first] : starts[after] + _STEP])
            asking = queries.index_select(0, query[ends[first] : ends[after] + _STEP])
            first_member, first_asking = starts[first], ends[first]
            for each in range(first, after):
                size, asked = starts[each + 1] - starts[each], ends[each + 1] - ends[each]
                if asked == 0:
                    continue
                left = asking[ends[each] - first_asking :][: _stepped(asked)]
                right = members[starts[each] - first_member :][: _stepped(size)]
                scores = (left @ right.T)[:asked, :size]
                table[:, :size].index_copy_(0, place[ends[each] : ends[each + 1]], scores)
            first = after
        kept = min(self._k + 1 + _SPARE, probes * width)
        column = table.view(len(rows), -1).topk(kept, dim=1, sorted=False).indices
        holds, place = wanted.gather(1, column // width), column % width
        return self._rescored(
            rows, self.order[(self._starts[holds] + place) % len(self.order)], place < self._sizes[holds]
        )

    def _rescored(
        self, rows: torch.Tensor, found: torch.Tensor, real: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The k best of the candidate rows and their scores; padding is ignored."""
        found, order = found.sort(dim=1)
        exact = self._matrix.rows
        left = rows.repeat_interleave(found.shape[1])
        scores = pair_scores(exact, left, exact, found.flatten(), self._metric).view(found.shape)
        scores[(found == rows[:, None]) | ~real.gather(1, order)] = -torch.inf
        scores, order = scores.sort(dim=1, descending=True, stable=True)
        return found.gather(1, order[:, : self._k]), scores[:, : self._k]

    def _trained(self, training: torch.Tensor, count: int, tick: Callable[[], None]) -> torch.Tensor:
        """Train centroids on rows in random order, starting from the first rows: shape (count, dims)."""
        products = self._products
        centroids = products.moved(training[:count]).clone()
        numbers = torch.arange(count, device=centroids.device)
        for _ in range(_ITERATIONS):
            sums = torch.zeros_like(centroids)
            held = torch.zeros(count, device=centroids.device)
            for rows in torch.split(training, _ROWS):
                nearest, order = self._nearest(rows, centroids, tick).sort(stable=True)
                starts = torch.searchsorted(nearest, numbers)
                # Unlike `index_add_` on a GPU, this adds in the same order every time.
                sums += torch.nn.functional.embedding_bag(order, products.moved(rows), starts, mode="sum")
                held += torch.bincount(nearest, minlength=count)
            centroids = torch.where(held[:, None] > 0, sums / held[:, None], centroids)
        return centroids

    def _nearest(self, rows: torch.Tensor, centroids: torch.Tensor, tick: Callable[[], None]) -> torch.Tensor:
        """The nearest centroid of each row, int64, shape (rows,)."""
        columns = self._products.features(centroids, "euclidean").T
        nearest = torch.empty_like(rows)
        for start in range(0, len(rows), _ROWS):
            tick()
            part = slice(start, start + _ROWS)
            nearest[part] = (self._products.queries(rows[part]) @ columns).max(1).indices
        return nearest


def _exact(
    matrix: SearchMatrix,
    metric: Metric,
    k: int,
    rows: torch.Tensor,
    memory_mb: float,
    tick: Callable[[], None],
) -> tuple[torch.Tensor, torch.Tensor]:
    """The neighbours of some rows, int64, shape (rows, k), and the scores of the last, shape (rows,)."""
    search = Search(matrix, metric, k, allowed=None, memory_mb=memory_mb, tick=tick)
    parts = [search.run(matrix.rows[part], part) for part in torch.split(rows, search.block)]
    return torch.cat([found for found, _ in parts]), torch.cat([scores[:, -1] for _, scores in parts])


def _stepped(size: int) -> int:
    """The next multiple of `_STEP`."""
    return -(-size // _STEP) * _STEP
