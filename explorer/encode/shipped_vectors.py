"""Vectors that come with Explorer: those of the first sample by the bundled model, in float32.

With them a host that has just woken shows its first answer in half the time; see
`docs/decisions/0031-shipped-vectors.md`. `python -m tests.encode.make_shipped_vectors` makes them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_suffix(".npz")


def dims(fingerprint: str) -> int | None:
    """Dimensions of the vectors of an encoder; None if there are none of it."""
    return _vectors().shape[1] if fingerprint == _fingerprint() else None


def cover(fingerprint: str, keys: Iterable[bytes]) -> bool:
    """Whether there is a vector by an encoder for each content hash of a text."""
    return fingerprint == _fingerprint() and all(key in _positions() for key in keys)


def read_into(out: np.ndarray, fingerprint: str, rows: Mapping[bytes, int]) -> np.ndarray:
    """Fill in the vectors there are, as `VectorCache.read_into` does.

    Args:
        out: float32, shape (rows, dims).
        fingerprint: The encoder.
        rows: The row of `out` for each content hash of a text.

    Returns:
        bool, shape (len(out),): which rows of `out` were filled.
    """
    found = np.zeros(len(out), dtype=bool)
    if fingerprint == _fingerprint():
        positions = _positions()
        known = {key: row for key, row in rows.items() if key in positions}
        into = list(known.values())
        out[into] = _vectors()[[positions[key] for key in known]]
        found[into] = True
    return found


@functools.cache
def _fingerprint() -> str:
    with np.load(FILE) as file:
        return str(file["fingerprint"])


@functools.cache
def _positions() -> dict[bytes, int]:
    with np.load(FILE) as file:
        return {key.tobytes(): position for position, key in enumerate(file["keys"])}


def _vectors() -> np.ndarray:
    # Not kept: it is read once for a corpus, whose matrix then has a copy.
    with np.load(FILE) as file:
        vectors: np.ndarray = file["vectors"]
        return vectors
