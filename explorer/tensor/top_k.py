"""Keeping the top k of many scores."""

from __future__ import annotations

from dataclasses import dataclass

import torch

GROUP = 16  # rows compared at once: only a group whose highest score is high enough is opened
_MERGED = 1 << 20  # entries merged at once: 12 MB


class TopKBuffer:
    """The highest bounds met so far, for each query.

    Attributes:
        bounds: The bounds, highest first, shape (queries, width); −∞ until `width` rows have been seen.
        rows: Their row numbers, int64, shape (queries, width).
    """

    def __init__(self, queries: int, width: int, dtype: torch.dtype, device: torch.device) -> None:
        self.bounds = torch.full((queries, width), -torch.inf, dtype=dtype, device=device)
        self.rows = torch.zeros((queries, width), dtype=torch.int64, device=device)
        self._bar = self.bounds[:, -1:]  # only bounds above this can still enter

    def absorb(self, bounds: torch.Tensor, first: int) -> None:
        """Add the bounds of a range of rows.

        Args:
            bounds: Shape (rows, queries).
            first: The number of the first row.
        """
        width = self.bounds.shape[1]
        whole = len(bounds) // GROUP * GROUP
        for part, size, start in ((bounds[:whole], GROUP, 0), (bounds[whole:], 1, whole)):
            if len(part) == 0:
                continue
            groups = part.view(-1, size, part.shape[1])
            peaks = groups.amax(1).T
            if first == start == 0 and peaks.shape[1] >= width:
                # At the start everything would enter. As many rows as are kept reach this peak:
                bar = peaks.topk(width).values[:, -1:]
                self._bar = bar.nextafter(torch.full_like(bar, -torch.inf))
            self._enter(groups, peaks, first + start)

    def _enter(self, groups: torch.Tensor, peaks: torch.Tensor, first: int) -> None:
        """Open the groups (groups, size, queries) whose peaks (queries, groups) are high enough."""
        query, group = (self._bar < peaks).nonzero(as_tuple=True)
        if len(query) == 0:
            return
        size, half = groups.shape[1], len(groups) // 2
        if len(query) > max(peaks.numel() // 4, len(peaks)) and half:
            # Too many at once for memory; the first half raises the bar for the second.
            self._enter(groups[:half], peaks[:, :half], first)
            self._enter(groups[half:], peaks[:, half:], first + half * size)
            return
        opened = groups[group, :, query]
        entry, lane = (self._bar[query] < opened).nonzero(as_tuple=True)
        self._merge(query[entry], first + group[entry] * size + lane, opened[entry, lane])

    def _merge(self, query: torch.Tensor, rows: torch.Tensor, bounds: torch.Tensor) -> None:
        """Merge entries that are ordered by query, each of shape (entries,)."""
        slot = _slots(query)
        most = int(slot.max()) + 1
        queries, width = self.bounds.shape
        size = max(1, _MERGED // (width + most))  # each query gets room for `most` new entries
        for first in range(0, queries, size):
            block = slice(first, min(first + size, queries))
            start, end = torch.searchsorted(query, query.new_tensor([block.start, block.stop])).tolist()
            if start == end:
                continue
            entry = (query[start:end] - first, width + slot[start:end])
            shape = (block.stop - first, width + most)
            merged_bounds = self.bounds.new_full(shape, -torch.inf)
            merged_bounds[:, :width] = self.bounds[block]
            merged_bounds[entry] = bounds[start:end]
            merged_rows = self.rows.new_zeros(shape)
            merged_rows[:, :width] = self.rows[block]
            merged_rows[entry] = rows[start:end]
            self.bounds[block], kept = merged_bounds.topk(width)
            self.rows[block] = merged_rows.gather(1, kept)
        self._bar = torch.maximum(self._bar, self.bounds[:, -1:])


@dataclass(frozen=True, eq=False)
class Candidates:
    """Rows that can be among the best of a query, with their scores.

    Attributes:
        query: int64, shape (pairs,).
        row: int64, shape (pairs,).
        score: float64, shape (pairs,).
    """

    query: torch.Tensor
    row: torch.Tensor
    score: torch.Tensor

    @classmethod
    def join(cls, parts: list[Candidates]) -> Candidates:
        """Concatenate one or more sets of candidates."""
        return cls(
            torch.cat([part.query for part in parts]),
            torch.cat([part.row for part in parts]),
            torch.cat([part.score for part in parts]),
        )

    def __len__(self) -> int:
        return len(self.score)

    def best(self, k: int) -> Candidates:
        """The `k` best candidates of each query, sorted by query, then highest score, then lowest row."""
        order = self.row.argsort(stable=True)
        order = order[self.score[order].argsort(descending=True, stable=True)]
        order = order[self.query[order].argsort(stable=True)]
        order = order[_slots(self.query[order]) < k]
        return Candidates(self.query[order], self.row[order], self.score[order])


def _slots(query: torch.Tensor) -> torch.Tensor:
    """Number the entries of each query from 0; `query` must be ascending."""
    counts = torch.bincount(query)
    return torch.arange(len(query), device=query.device) - (counts.cumsum(0) - counts)[query]
