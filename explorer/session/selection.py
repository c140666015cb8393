"""Rows that a person picked."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Selection:
    """Rows a person picked; it follows them to every page.

    Attributes:
        rows: Rows of the corpus, from 0, ascending: int64, shape (selected,).
        origin: Where they were picked, in a few words.
    """

    rows: np.ndarray
    origin: str

    def __len__(self) -> int:
        return len(self.rows)

    @functools.cached_property
    def key(self) -> str:
        """Names the rows: equal rows, equal keys."""
        return hashlib.blake2b(self.rows.tobytes(), digest_size=16).hexdigest()
