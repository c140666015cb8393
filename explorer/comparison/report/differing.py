"""The rows on whose neighbours contenders agree least, with the neighbours in two of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from explorer.comparison.results import Results
from explorer.data.tables.values import shortened

ROWS, NEIGHBORS = 10, 5
_TEXT_CHARS, _NEIGHBOR_CHARS = 240, 120


@dataclass(frozen=True)
class Neighbor:
    """A neighbour of a row.

    Attributes:
        row: Its number, from 1.
        text: The beginning of its text.
        shared: Whether the other contender has it among the same number of neighbours.
    """

    row: str
    text: str
    shared: bool


@dataclass(frozen=True)
class DifferingRow:
    """A row, and its neighbours in the two contenders that agree least about it.

    Attributes:
        row: Its number, from 1.
        text: The beginning of its text.
        label: Its label; empty if it has none.
        agreement: The mean Jaccard index of its neighbours over all pairs of contenders.
        lists: The name of each of the two contenders, with the nearest rows there.
    """

    row: str
    text: str
    label: str
    agreement: str
    lists: tuple[tuple[str, tuple[Neighbor, ...]], ...]


def differing_rows(results: Results) -> tuple[DifferingRow, ...]:
    """The rows that differ most, least agreement first."""
    least = results.row_agreement
    return tuple(
        _row(results, row, value)
        for row, value in zip(least.rows[:ROWS].tolist(), least.values, strict=False)
    )


def _row(results: Results, row: int, agreement: float) -> DifferingRow:
    corpus, place = results.corpus, int(np.searchsorted(results.sample, row))
    near = results.neighbors[:, place, : results.k]
    pairs = list(combinations(range(len(near)), 2))
    common = [len(np.intersect1d(near[first], near[second])) for first, second in pairs]
    first, second = pairs[int(np.argmin(common))]

    def listed(own: int, other: int) -> tuple[str, tuple[Neighbor, ...]]:
        shared = set(near[other].tolist())
        found = tuple(
            Neighbor(f"{each + 1:,}", shortened(corpus.captions[each], _NEIGHBOR_CHARS), each in shared)
            for each in near[own].tolist()[:NEIGHBORS]
        )
        return results.names[own], found

    return DifferingRow(
        f"{row + 1:,}",
        shortened(corpus.captions[row], _TEXT_CHARS),
        "" if corpus.labels is None else corpus.labels[row],
        f"{agreement:.2f}",
        (listed(first, second), listed(second, first)),
    )
