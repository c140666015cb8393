"""Nearest rows: what contenders share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from explorer.errors import QueryError
from explorer.jobs.progress import OnProgress
from explorer.tensor import TopK

T = TypeVar("T")


class Once(Generic[T]):
    """What a contender needs before its first ranking, made when it is first asked for. Thread-safe.

    Args:
        make: Makes it. If it raises an exception, the next caller tries again.
    """

    def __init__(self, make: Callable[[OnProgress | None], T]) -> None:
        self._make = make
        self._made: list[T] = []
        self._lock = threading.Lock()

    def get(self, on_progress: OnProgress | None = None) -> T:
        """What was made; the first caller makes it and the others wait."""
        with self._lock:
            if not self._made:
                self._made.append(self._make(on_progress))
            return self._made[0]


def check_k(k: int) -> None:
    """Raise an error for a number of rows below 1.

    Raises:
        QueryError: It is below 1.
    """
    if k < 1:
        raise QueryError(f"{k} rows were asked for.", fix="Ask for 1 or more.")


def check_rows(rows: NDArray[np.int64], total: int) -> None:
    """Raise an error for row numbers that do not exist.

    Raises:
        QueryError: A number is below 0, or not below `total`.
    """
    if len(rows) and not (rows.min() >= 0 and rows.max() < total):
        raise QueryError(f"A row does not exist; rows go from 0 to {total - 1}.")


def no_hits(rows: int, k: int) -> TopK:
    """The answer to no queries, with the width of any other."""
    width = min(k, rows)
    return TopK(np.empty((0, width), dtype=np.int64), np.empty((0, width), dtype=np.float32))


def without_own(found: TopK, rows: NDArray[np.int64]) -> TopK:
    """Leave each row out of its own neighbours.

    Args:
        found: The best rows of each row in `rows`, one more than are wanted.
        rows: The rows, int64, shape (rows,).

    Returns:
        One row fewer for each: not the row itself or, where so many equal rows precede it that it was not
        found, not the last.
    """
    left_out = found.indices == rows[:, None]
    left_out[~left_out.any(axis=1), -1] = True
    shape = (len(rows), found.indices.shape[1] - 1)
    return TopK(found.indices[~left_out].reshape(shape), found.scores[~left_out].reshape(shape))


def best_of(scores: NDArray[np.float64], k: int) -> NDArray[np.int64]:
    """The positions of the k highest scores, highest first, ties in order of position.

    Args:
        scores: Shape (rows,).
        k: How many, 0 to the number of rows.
    """
    if k == 0:
        return np.empty(0, dtype=np.int64)
    least = np.partition(scores, len(scores) - k)[len(scores) - k]
    candidates = np.flatnonzero(scores >= least)
    return candidates[np.argsort(-scores[candidates], kind="stable")[:k]]
