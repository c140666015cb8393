"""Simulated values of contenders, as measures of comparisons give them, and rates found with them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.measure import Measure

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int, int], Floats]
"""Draws values: takes the generator, and the numbers of rows and of units of the result."""

MEASURE = Measure("nDCG@10", "judgements", True, "")


def ndcg(rng: np.random.Generator, rows: int, units: int) -> Floats:
    """Like nDCG: a quarter zeros, a quarter ones, the rest between."""
    kind, values = rng.random((rows, units)), rng.beta(2, 1.5, (rows, units))
    return np.where(kind < 0.25, 0.0, np.where(kind > 0.75, 1.0, values))


def rare(rng: np.random.Generator, rows: int, units: int) -> Floats:
    """Like the reciprocal rank of hard queries: mostly zeros."""
    return np.where(rng.random((rows, units)) < 0.7, 0.0, rng.beta(1, 2, (rows, units)))


def high(rng: np.random.Generator, rows: int, units: int) -> Floats:
    """Like the recall of easy queries: mostly ones."""
    return np.where(rng.random((rows, units)) < 0.6, 1.0, rng.beta(5, 1, (rows, units)))


def share(probability: float) -> Draw:
    """Like accuracy: 0 or 1."""
    return lambda rng, rows, units: (rng.random((rows, units)) < probability).astype(float)


def apart(mean: float, deviation: float) -> Draw:
    """Like differences of nDCG: three fifths are zero, the others on both sides."""
    rest = math.sqrt((deviation**2 + mean**2) / 0.4 - (mean / 0.4) ** 2)

    def draw(rng: np.random.Generator, rows: int, units: int) -> Floats:
        values = rng.normal(mean / 0.4, rest, (rows, units))
        return np.where(rng.random((rows, units)) < 0.6, 0.0, values)

    return draw


def wins(rng: np.random.Generator, rows: int, units: int) -> Floats:
    """Like differences of accuracy: −1, 0 or 1."""
    return rng.choice([-1.0, 0.0, 1.0], (rows, units), p=[0.08, 0.77, 0.15])


LEVELS: dict[str, Draw] = {
    "nDCG": ndcg,
    "mostly 0": rare,
    "mostly 1": high,
    "0/1, mean 0.5": share(0.5),
    "0/1, mean 0.8": share(0.8),
    "0/1, mean 0.95": share(0.95),
}
DIFFERENCES: dict[str, Draw] = {"nDCG, difference": apart(0.05, 0.3), "0/1, difference": wins}


def group_sizes(rng: np.random.Generator, groups: int, *, equal: bool) -> NDArray[np.int64]:
    """Sizes of groups of near-copies: all 1, or a fifth of them 2 to 5."""
    return np.where(equal | (rng.random(groups) < 0.8), 1, rng.integers(2, 6, groups))


def copied(values: Floats, sizes: NDArray[np.int64], rng: np.random.Generator, noise: float) -> Floats:
    """Units from values of groups: near-copies have nearly the same value."""
    units = np.repeat(values, sizes, axis=1)
    return units + noise * rng.normal(size=units.shape) * np.repeat(sizes > 1, sizes)


def tell(figures: dict[str, float | str], about: str, found: float) -> None:
    """Print and keep how often contenders were called different.

    Args:
        figures: What is recorded.
        about: Which contenders.
        found: The share, 0 to 1.
    """
    print(f"  {about}: {found:.1%}", flush=True)
    figures[f"called different, {about}, %"] = 100 * found
