"""The labels that measures can use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.data.corpus import Corpus
from explorer.errors import QueryError


@dataclass(frozen=True, eq=False)
class Labelled:
    """Sampled rows with a label, and the labels of all rows.

    Attributes:
        rows: The sampled rows with a usable label, ascending, int64, shape (units,).
        codes: The label of every row of the corpus, as a number from 0; −1 for none, and for a label whose
            rows are all in one group; int64, shape (rows,).
        names: The labels by number.
        groups: The group of every row, int64, shape (rows,).
        unlabelled: Sampled rows left out because they have no label.
        alone: Sampled rows left out because all rows with their label are in one group.
    """

    rows: NDArray[np.int64]
    codes: NDArray[np.int64]
    names: tuple[str, ...]
    groups: NDArray[np.int64]
    unlabelled: int
    alone: int

    @property
    def row_codes(self) -> NDArray[np.int64]:
        """The label of each of `rows`, int64, shape (units,)."""
        return self.codes[self.rows]

    @property
    def row_groups(self) -> NDArray[np.int64]:
        """The group of each of `rows`, int64, shape (units,)."""
        return self.groups[self.rows]


def labelled(corpus: Corpus, rows: NDArray[np.int64], groups: NDArray[np.int64]) -> Labelled:
    """Take the labels of a corpus for measures.

    Args:
        corpus: The rows, with a label column.
        rows: The sampled rows, ascending.
        groups: The group of every row of the corpus.

    Raises:
        QueryError: There is no label column, or fewer than two labels have rows in two groups or more.
    """
    if corpus.labels is None:
        raise QueryError("The rows have no labels.", where=corpus.name, fix="Choose a label column.")
    names, codes = np.unique(np.array(corpus.labels, dtype=object).astype(str), return_inverse=True)
    pairs = np.unique(np.stack([codes, groups]), axis=1)
    usable = (np.bincount(pairs[0], minlength=len(names)) > 1) & (names != "")
    if usable.sum() < 2:
        raise QueryError(
            "Fewer than two labels have rows that are not near-copies of each other.",
            where=corpus.name,
            fix="Choose another label column, or other groups.",
        )
    numbers = np.where(usable, np.cumsum(usable) - 1, -1)[codes]
    missing = names[codes[rows]] == ""
    kept = numbers[rows] >= 0
    return Labelled(
        rows[kept],
        numbers,
        tuple(str(name) for name in names[usable]),
        groups,
        int(missing.sum()),
        int((~kept & ~missing).sum()),
    )
