"""The rows that a person selected."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Selection:
    """The rows a person selected; the selection is shared by all pages.

    Attributes:
        rows: Rows of the corpus, from 0, ascending: int64, shape (selected,).
        origin: Where they were selected, in a few words.
    """

    rows: np.ndarray
    origin: str

    def __len__(self) -> int:
        return len(self.rows)

    @functools.cached_property
    def key(self) -> str:
        """Identifies the rows: equal rows, equal keys."""
        return hashlib.blake2b(self.rows.tobytes(), digest_size=16).hexdigest()
