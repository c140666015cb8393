"""How many rows of each region of a map contain each word."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.cluster_words import count_words
from explorer.analysis.map_regions import Division

_READ = 300  # rows read of each of the finest regions
_CHARACTERS = 1_000  # read of each text
_BLOCK = 1_000  # texts between two reports of progress


@dataclass(frozen=True, eq=False)
class RegionWords:
    """The words in the regions of one division.

    Attributes:
        region_of: The region of each region of the finest division, int64.
        sizes: Rows of each region, float64.
        counts: Rows with each word, estimated from those that were read, a scipy CSR matrix of float64, shape
            (regions, words), columns sorted.
        read: The same of only the rows that were read, with the same sparsity.
    """

    region_of: NDArray[np.int64]
    sizes: NDArray[np.float64]
    counts: Any
    read: Any


def words_in_regions(
    divisions: Sequence[Division], texts: Sequence[str], on_rows: Callable[[int, int], None]
) -> tuple[list[RegionWords], list[str]]:
    """Count the rows with each word, in the finest regions, of which the coarser ones are sums.

    At most 300 rows of each of the finest regions are read, drawn with seed 0, and the first 1,000
    characters of each.

    Args:
        divisions: Of one map, coarsest first; at least one.
        texts: The text of each row.
        on_rows: Called with the rows read and those to read. An exception it raises stops the work.

    Returns:
        The counts for each division, and the words, alphabetically.
    """
    import scipy.sparse

    finest = divisions[-1].labels
    sizes = np.bincount(finest).astype(np.float64)
    rows = _sample(finest)
    counts, words = count_words(_beginnings(texts, rows, on_rows))
    if not words:
        counts = scipy.sparse.csr_matrix((len(rows), 0))
    read = _sums(finest[rows], len(sizes)) @ (counts > 0).astype(np.float64)
    estimated = scipy.sparse.diags_array(sizes / np.bincount(finest[rows])) @ read
    first = np.unique(finest, return_index=True)[1]
    found = []
    for division in divisions:
        region_of = division.labels[first]
        sums = _sums(region_of, len(division.positions))
        both = [(sums @ matrix).tocsr() for matrix in (estimated, read)]
        for matrix in both:
            matrix.sort_indices()
        found.append(RegionWords(region_of, sums @ sizes, *both))
    return found, words


def _sample(region: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows that are read, ascending: at most so many of each region, at random."""
    shuffled = np.random.default_rng(0).permutation(len(region))
    by_region = shuffled[np.argsort(region[shuffled], kind="stable")]
    sizes = np.bincount(region)
    rank = np.arange(len(region)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.sort(by_region[rank < _READ])


def _beginnings(
    texts: Sequence[str], rows: NDArray[np.int64], on_rows: Callable[[int, int], None]
) -> Iterator[str]:
    for done, row in enumerate(rows):
        if done % _BLOCK == 0:
            on_rows(done, len(rows))
        yield texts[row][:_CHARACTERS]


def _sums(group: NDArray[np.int64], groups: int) -> Any:  # noqa: ANN401 - scipy is not imported for its types
    """A matrix that sums the rows of another by group."""
    import scipy.sparse

    places = (group, np.arange(len(group)))
    return scipy.sparse.csr_matrix((np.ones(len(group)), places), shape=(groups, len(group)))
