"""Vectors that come with Explorer: those of the first sample by the bundled model, in float32.

With them a host that has just woken shows its first answer in half the time; see
`docs/decisions/0031-shipped-vectors.md`. `python -m tests.encode.make_shipped_vectors` makes them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_suffix(".npz")


@dataclass(frozen=True)
class _Contents:
    """What the file holds, besides the vectors, which are read when they are copied into a matrix.

    Attributes:
        fingerprint: The encoder.
        dims: Dimensions of its vectors.
        positions: The position of each vector, by the content hash of its text.
    """

    fingerprint: str
    dims: int
    positions: Mapping[bytes, int]


def dims(fingerprint: str) -> int | None:
    """Dimensions of the vectors of an encoder; None if there are none of it."""
    return _contents().dims if fingerprint == _contents().fingerprint else None


def cover(fingerprint: str, keys: Iterable[bytes]) -> bool:
    """Whether there is a vector by an encoder for each content hash of a text."""
    known = _contents()
    return fingerprint == known.fingerprint and all(key in known.positions for key in keys)


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
    positions = _contents().positions
    known = [key for key in rows if key in positions] if fingerprint == _contents().fingerprint else []
    if known:
        into = [rows[key] for key in known]
        out[into] = _vectors()[[positions[key] for key in known]]
        found[into] = True
    return found


@functools.cache
def _contents() -> _Contents:
    with np.load(FILE) as file:
        positions = {key.tobytes(): position for position, key in enumerate(file["keys"])}
        return _Contents(str(file["fingerprint"]), file["vectors"].shape[1], positions)


def _vectors() -> np.ndarray:
    with np.load(FILE) as file:
        vectors: np.ndarray = file["vectors"]
        return vectors
