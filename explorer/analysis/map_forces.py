"""UMAP's forces between two points of a map, as a table by distance: computing powers is slow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# The table goes by the squared distance, with 32 steps for each doubling.
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
