"""How often the intervals of average precision hold the value of many pairs, by simulation.

Duplicates score higher than other pairs by a number of standard deviations. Prints the coverage, in how many
samples there is an interval, and how much larger average precision and best F1 of few pairs are on average.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from benchmarks.results import record
from explorer.comparison.scores import measured_intervals
from explorer.evaluation.thresholds import Cuts

SAMPLES = 300  # so that a coverage of 95 % is known to ± 2.5 %
MANY = 200_000


def drawn(
    rng: np.random.Generator, pairs: int, share: float, apart: float, copies: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64]]:
    """Scores, labels and groups of pairs; those of a group of up to `copies` share half of their score."""
    sizes = rng.integers(1, copies + 1, pairs)
    groups = np.repeat(np.arange(pairs), sizes)
    labels = rng.random(len(groups)) < share
    shared = rng.normal(size=pairs)[groups] if copies > 1 else rng.normal(size=len(groups))
    scores = (rng.normal(size=len(groups)) + shared) / np.sqrt(2) + apart * labels
    return scores, labels, groups


def main() -> None:
    """Print and record the figures."""
    rng = np.random.default_rng(0)
    figures: dict[str, float | str] = {}
    for share in (0.5, 0.1):
        for apart in (1.0, 2.0, 4.0):
            for pairs, copies in ((60, 1), (200, 1), (1_000, 1), (200, 3)):
                about = f"share {share}, {apart:g} σ apart, {pairs} groups of up to {copies}"
                scores, labels, groups = drawn(rng, MANY, share, apart, copies)
                true = float(average_precision_score(labels, scores))
                best_f1 = Cuts(scores, labels, groups).at_best_f1().f1
                ends, values = np.empty((SAMPLES, 2)), np.empty((SAMPLES, 2))
                for seed in range(SAMPLES):
                    cuts = Cuts(*drawn(rng, pairs, share, apart, copies))
                    found = cuts.average_precision(seed)
                    ends[seed] = measured_intervals(found)[0]
                    values[seed] = found.values[0], cuts.at_best_f1().f1
                known = ends[~np.isnan(ends[:, 0])]
                covered = float(np.mean((known[:, 0] <= true) & (true <= known[:, 1])))
                larger, larger_f1 = values.mean(0) - (true, best_f1)
                figures[f"{about}, covered, share"] = covered
                figures[f"{about}, average precision larger by"] = float(larger)
                figures[f"{about}, best F1 larger by"] = float(larger_f1)
                print(
                    f"{about:46} covered {100 * covered:5.1f} % of {len(known)}; mean of average precision "
                    f"{true:.3f} larger by {larger:+.3f}, of best F1 {best_f1:.3f} by {larger_f1:+.3f}"
                )
    record("evaluation_intervals", figures)


if __name__ == "__main__":
    main()
