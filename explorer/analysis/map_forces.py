"""UMAP's forces between points of a map, and the compiled loop that moves the points by them.

What is compiled in is all in this file: a change of it is what makes numba compile again.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

_log = logging.getLogger(__name__)
_NEGATIVE_SAMPLES = 5  # random rows that repel a row, for each neighbour that attracts it

# Computing powers is slow, so forces are read from a table by squared distance: 32 steps for each doubling.
STEP_BITS = 23 - 5  # of the 23 fraction bits of a float32
FIRST = int(np.float32(2.0**-30).view(np.int32))
STEPS = (int(np.float32(2.0**14).view(np.int32)) - FIRST) >> STEP_BITS


def force_table(min_distance: float) -> NDArray[np.float32]:
    """Attraction and repulsion by squared distance: factors for the difference of two points.

    On the map, UMAP's curve 1 / (1 + a d^2b) is the strength of an edge of length d, with a and b fitted so
    that it is 1 up to `min_distance` and falls as exp(min_distance − d) beyond. The forces are the gradients
    of its cross-entropy: negative for attraction, positive for repulsion.

    Returns:
        Attraction and repulsion at each step of the table, shape (2, steps + 2).
    """
    from scipy.optimize import curve_fit

    d = np.linspace(0, 3, 300)
    strength = np.where(d < min_distance, 1, np.exp(min_distance - d))
    (a, b), _ = curve_fit(lambda d, a, b: 1 / (1 + a * d ** (2 * b)), d, strength)
    steps = np.arange(STEPS + 2, dtype=np.int32) << np.int32(STEP_BITS)
    square = (steps + np.int32(FIRST)).view(np.float32).astype(np.float64)
    curve = a * square**b + 1
    attraction = -2 * a * b * square ** (b - 1) / curve
    repulsion = 2 * b / ((0.001 + square) * curve)
    return np.stack([attraction, repulsion]).astype(np.float32)


@functools.cache
def compiled_move() -> Callable[..., None]:
    """`move`, compiled: about two seconds of a core at first, then 0.3 s from numba's files on disk.

    Those are beside this module, or in the user's cache folder if that cannot be written to: code, which the
    cache folder of the settings must not hold, as it may be shared.
    """
    import numba

    types = "void(f4[:,::1], f4[:,::1], i4[::1], i4[::1], f4[::1], f4[:,::1], i8, f4, u8, i8, i8)"
    # Without numba's own threads: its default layer ends the process when two Python threads compute at once.
    compile_for = functools.partial(numba.njit, types, nogil=True, fastmath=True)
    compiled: Callable[..., None]
    try:
        compiled = compile_for(cache=True)(move)
    except Exception as error:  # no folder can be written to, the disk is full, or a file is damaged
        _log.warning("the compiled map loop cannot be kept on disk: %s", error)
        compiled = compile_for()(move)
    return compiled


def move(
    points: NDArray[np.float32],
    moved: NDArray[np.float32],
    pointers: NDArray[np.int32],
    neighbors: NDArray[np.int32],
    weights: NDArray[np.float32],
    forces: NDArray[np.float32],
    n: int,
    rate: float,
    key: int,
    first: int,
    last: int,
) -> None:
    """Move the rows from `first` to `last` in epoch n (from 1), by which an edge has ⌊weight · n⌋ samples.

    Negative samples come from a generator seeded by the key of the epoch and the row: splitmix64
    (Steele, Lea and Flood 2014), then the upper half of a linear congruential generator (Knuth's MMIX).
    """
    rows, dims = points.shape
    now, before = np.float32(n), np.float32(n - 1)
    most, part = np.float32(4), np.float32(1 / (1 << STEP_BITS))
    at = np.empty(dims, np.float32)
    step = np.empty(dims, np.float32)
    for row in range(first, last):
        state = np.uint64(key) + np.uint64(row) * np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state = state ^ (state >> np.uint64(31))
        for d in range(dims):
            at[d] = points[row, d]
        for head in range(2):
            for edge in range(pointers[row], pointers[row + 1]):
                if np.floor(now * weights[edge]) == np.floor(before * weights[edge]):
                    continue
                for d in range(dims):
                    step[d] = 0
                for sample in range(1 + head * _NEGATIVE_SAMPLES):
                    other = np.int64(neighbors[edge])
                    if sample:
                        state = state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
                        other = np.int64(((state >> np.uint64(32)) * np.uint64(rows)) >> np.uint64(32))
                    square = np.float32(0)
                    for d in range(dims):
                        square += (at[d] - points[other, d]) ** 2
                    bits = int(np.float32(square).view(np.int32)) - FIRST
                    place = max(0, min(STEPS, bits >> STEP_BITS))
                    kind = min(1, sample)
                    force = forces[kind, place]
                    beyond = np.float32(bits & ((1 << STEP_BITS) - 1)) * part
                    force += beyond * (forces[kind, place + 1] - force)
                    for d in range(dims):
                        step[d] += max(-most, min(most, force * (at[d] - points[other, d])))
                for d in range(dims):
                    at[d] += rate * step[d]
        for d in range(dims):
            moved[row, d] = at[d]
