"""Which threshold tells near-duplicates from other close pairs.

Pairs of different texts thin out as their score rises. Near-duplicates are more than that: pairs above a
threshold that the thinning below it does not account for. `expected_pairs` continues the thinning;
`docs/decisions/0035-duplicate-thresholds.md` says what is assumed, and where it fails.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.errors import QueryError

THRESHOLDS = np.arange(50, 101) / 100
"""The thresholds that are estimated: 0.5 to 1 in hundredths, float64, shape (51,)."""
_WINDOW = 100  # pairs below a threshold that tell how fast they thin out: the slope is right to a tenth
_FEWEST = 20  # below this, the slope would be a guess


@dataclass(frozen=True, eq=False)
class ThresholdShares:
    """What is found at each threshold, and how much of it the thinning out of other pairs accounts for.

    Attributes:
        thresholds: Ascending, float64, shape (n,).
        found: Pairs of different texts at or above each, int64, shape (n,).
        expected: How many of them are expected without near-duplicates, float64, shape (n,); NaN where too
            few pairs below the threshold are known.
        texts: The number of different texts.
    """

    thresholds: NDArray[np.float64]
    found: NDArray[np.int64]
    expected: NDArray[np.float64]
    texts: int

    @property
    def shares(self) -> NDArray[np.float64]:
        """Estimated shares of false pairs among those found, 0 to 1; NaN where unknown or none are found."""
        share = np.full(len(self.found), np.nan)
        np.divide(self.expected, self.found, out=share, where=self.found > 0)
        share[share > 1] = 1
        return share

    @property
    def known(self) -> bool:
        """Whether enough pairs are known to estimate the share of false ones at any threshold."""
        return bool(np.isfinite(self.shares).any())

    def place(self, threshold: float) -> int | None:
        """The position of a threshold in `thresholds`; None if it is not one of them."""
        places = np.flatnonzero(self.thresholds == threshold)
        return int(places[0]) if len(places) else None

    def advised(self, share: float) -> float | None:
        """The lowest threshold at which the estimated share of false pairs is small enough.

        A threshold at which there are more pairs than texts is not advised: what stands out there are topics.

        Args:
            share: The largest share of false pairs, above 0 and below 1.

        Returns:
            One of the thresholds, or None: no threshold keeps the share.

        Raises:
            QueryError: The share is out of range.
        """
        if not 0 < share < 1:
            raise QueryError(f"{share} is not a share of pairs.", fix="Choose more than 0 and less than 1.")
        good = np.flatnonzero((self.shares <= share) & (self.found <= self.texts))
        return float(self.thresholds[good[0]]) if len(good) else None


def threshold_shares(
    scores: NDArray[np.float32],
    floor: float,
    texts: int,
    thresholds: NDArray[np.float64] = THRESHOLDS,
) -> ThresholdShares:
    """Estimate for each threshold how many of the pairs above it are false.

    Args:
        scores: All cosines of pairs of different texts at or above `floor`, highest first, float32, shape
            (pairs,).
        floor: The lowest score that was looked for. Thresholds below it are left out.
        texts: The number of different texts.
        thresholds: Ascending.
    """
    kept = thresholds[thresholds.astype(np.float32) >= np.float32(floor)]
    rising = scores[::-1]
    places = np.searchsorted(rising, kept.astype(np.float32), side="left")
    expected = [
        expected_pairs(rising[:place], len(rising) - place, at)
        for place, at in zip(places, kept, strict=True)
    ]
    return ThresholdShares(kept, len(rising) - places, np.array(expected, dtype=np.float64), texts)


def expected_pairs(below: NDArray[np.float32], found: int, threshold: float) -> float:
    """How many pairs the thinning out below a threshold leads one to expect above it.

    The scores nearest below the threshold, `max(100, 2 · found)` of them, are taken as exponentially
    distributed over their range d, as excesses over a high level are in the limit for a light tail (Pickands,
    Statistical inference using extreme order statistics, Annals of Statistics 3, 1975). With x = d / scale
    from the maximum likelihood of the exponential truncated to that range, which solves
    mean / d = 1 / x - 1 / (e^x - 1), the same exponential has n / (e^x - 1) scores above. If the logarithm
    of the tail is concave, as for a normal distribution, this is more than there are.

    Args:
        below: All known scores below the threshold, ascending, float32.
        found: Number of scores at or above it.
        threshold: The threshold.

    Returns:
        0 or more; infinite if scores do not thin out; NaN if fewer than 20 are known.
    """
    window = below[-max(_WINDOW, 2 * found) :].astype(np.float64)
    if len(window) < _FEWEST:
        return float("nan")
    lowest = window[0]
    mean = float((window - lowest).mean() / (threshold - lowest))
    if mean >= 0.5:  # as many in the upper half of the range as in the lower
        return float("inf")
    if mean <= 0:
        return 0.0
    x = _truncated_rate(mean)
    return float(len(window) * np.exp(-x) / -np.expm1(-x))


def _truncated_rate(mean: float) -> float:
    """The rate of the exponential truncated to 0 … 1 that has this mean, which is above 0 and below 0.5."""
    from scipy.optimize import brentq

    def excess(x: float) -> float:
        return float(1 / x - np.exp(-x) / -np.expm1(-x) - mean)

    return float(brentq(excess, 1e-6, 1 / mean)) if excess(1e-6) > 0 else 1e-6
