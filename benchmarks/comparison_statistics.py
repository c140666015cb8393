"""Whether the statistics of comparisons hold: false alarms, coverage, power, and judging by the queue.

By simulation, and for the queue also on the sample support-tickets (the bundled model against TF-IDF and
against its own first dimensions; the text of a row as the query, the other rows with its label as relevant).
Prints each table.
"""

from __future__ import annotations

import itertools
import math
import time
import warnings

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap

from benchmarks.judging_by_queue import first_probabilities, judging
from benchmarks.results import record
from benchmarks.simulated_values import (
    DIFFERENCES,
    LEVELS,
    MEASURE,
    Draw,
    Floats,
    apart,
    copied,
    group_sizes,
    ndcg,
    share,
    tell,
)
from explorer.comparison.statistics.correlation import correlations
from explorer.comparison.statistics.differences import Difference, needed
from explorer.comparison.statistics.inference import (
    difference_intervals,
    holm,
    intervals,
    paired_tests,
)

COMPARISONS = 1_000
REPEATS = 4  # so that a rate of 5 % is known to ± 0.7 %
COVERED = 20_000  # so that a coverage of 95 % is known to ± 0.3 %
RESAMPLED = 1_000
BLOCK = 100  # samples with the same sizes of groups


def called_different(
    differences: Floats, groups: NDArray[np.int64], seed: int
) -> tuple[Floats, NDArray[np.bool_]]:
    """P-values, and whether each interval excludes zero."""
    ends, _ = difference_intervals(differences, groups, seed=seed)
    return paired_tests(differences, groups, seed=seed), (ends[:, 0] > 0) | (ends[:, 1] < 0)


def _equal(draw: Draw, rng: np.random.Generator, queries: int) -> Floats:
    """Differences of equal contenders, which agree on half of the queries."""
    same = rng.random((COMPARISONS, queries)) < 0.5
    return np.where(same, 0.0, draw(rng, COMPARISONS, queries) - draw(rng, COMPARISONS, queries))


def _alarms(samples: list[tuple[Floats, NDArray[np.int64]]]) -> float:
    """The share of differences called significant, over all samples."""
    found = [called_different(values, groups, seed) for seed, (values, groups) in enumerate(samples)]
    return float(np.mean([(p < 0.05) & excludes for p, excludes in found]))


def false_alarms(figures: dict[str, float | str]) -> None:
    """How often equal contenders are called different."""
    print(f"Equal contenders called different, of {COMPARISONS * REPEATS:,} comparisons:")
    rng = np.random.default_rng(0)
    for name, draw in (("nDCG", ndcg), ("0/1", share(0.7))):
        for queries in (30, 200):
            alone = np.arange(queries)

            every = [_equal(draw, rng, queries) for _ in range(REPEATS)]
            about = f"2 contenders, {name}, {queries} queries"
            tell(figures, about, _alarms([(values, alone) for values in every]))
    for queries in (30, 200):
        sizes = group_sizes(rng, queries, equal=False)
        groups = np.repeat(np.arange(queries), sizes)
        every = [
            copied(ndcg(rng, COMPARISONS, queries) - ndcg(rng, COMPARISONS, queries), sizes, rng, 0.05)
            for _ in range(REPEATS)
        ]
        alone = np.arange(len(groups))
        for what, numbers in (("near-copies", groups), ("near-copies taken for independent", alone)):
            about = f"2 contenders, nDCG, {queries} groups, {what}"
            tell(figures, about, _alarms([(values, numbers) for values in every]))
    pairs = np.array(list(itertools.combinations(range(8), 2)))
    alarms = 0
    for block in range(COMPARISONS // 50):
        values = ndcg(rng, 50 * 8, 100).reshape(50, 8, 100)
        between = (values[:, pairs[:, 0]] - values[:, pairs[:, 1]]).reshape(-1, 100)
        p, excludes = called_different(between, np.arange(100), block)
        both = zip(p.reshape(50, 28), excludes.reshape(50, 28), strict=True)
        alarms += sum(bool(((holm(own) < 0.05) & out).any()) for own, out in both)
    tell(
        figures,
        f"any of 28 pairs of 8 contenders, nDCG, 100 queries, of {COMPARISONS:,}",
        alarms / COMPARISONS,
    )


def coverage(figures: dict[str, float | str]) -> None:
    """How often 95 % intervals hold the true mean; ours, and the alternatives."""
    print(f"\nCoverage of 95 % intervals, {COVERED:,} samples each; of percentiles and BCa {RESAMPLED:,}:")
    print(f"{'':44}{'ours':>8}{'± t':>8}{'percentile':>12}{'BCa':>8}")
    for kind, groups in itertools.product(("units", "groups of 1 to 5", "judged queries"), (30, 100)):
        for name, draw in (LEVELS | DIFFERENCES).items():
            rng = np.random.default_rng(groups)
            truth = draw(np.random.default_rng(1), 1_000, 2_000).mean()
            held: dict[str, list[float]] = {method: [] for method in ("score", "± t", "percentile", "BCa")}
            for block in range(COVERED // BLOCK):
                sizes = group_sizes(rng, groups, equal=kind != "groups of 1 to 5")
                numbers = np.repeat(np.arange(groups), sizes)
                weights = np.ones(len(numbers))
                if kind == "judged queries":
                    weights = 1 / first_probabilities(groups, seed=block % 20)
                values = copied(draw(rng, BLOCK, groups), sizes, rng, 0.0)
                found = {
                    "score": intervals(values, numbers, 0, 1, weights=weights),
                    "± t": difference_intervals(values, numbers, weights=weights, seed=block)[0],
                }
                if block < RESAMPLED // BLOCK:
                    for method in ("percentile", "BCa"):
                        found[method] = _bootstrap(values, numbers, weights, method)
                for method, ends in found.items():
                    held[method].append(_covers(ends, truth))
            share = {method: float(np.mean(shares)) for method, shares in held.items()}
            ours = share["± t" if name in DIFFERENCES else "score"]
            about = f"{name}, {groups} {kind}"
            others = f"{share['± t']:8.1%}{share['percentile']:12.1%}{share['BCa']:8.1%}"
            print(f"{about:44}{ours:8.1%}{others}", flush=True)
            figures[f"coverage, {about}, %"] = 100 * ours


def correlation(figures: dict[str, float | str]) -> None:
    """Coverage and false alarms of correlations: two equal contenders, normal scores, 40 pairs."""
    samples, pairs = 300, 40
    truths = {"Spearman": 6 / math.pi * math.asin(0.7 / 2), "Pearson": 0.7}
    covered = dict.fromkeys(truths, 0)
    alarms = dict.fromkeys(truths, 0)
    rng = np.random.default_rng(8)
    for seed in range(samples):
        gold = rng.normal(size=pairs)
        scores = 0.7 * gold + math.sqrt(1 - 0.7**2) * rng.normal(size=(2, pairs))
        found = correlations(gold, scores, np.arange(pairs), seed=seed)
        for values in found.values:
            if values.intervals is None:
                raise AssertionError("a correlation has no interval")
            low, high = values.intervals[0]
            covered[values.measure.name] += low <= truths[values.measure.name] <= high
        for each in found.differences:
            alarms[each.measure.name] += each.p < 0.05 and (each.low > 0 or each.high < 0)
    print(f"\nCorrelations, {pairs} pairs, {samples} samples:")
    for name in truths:
        print(f"  {name}: coverage {covered[name] / samples:.1%}")
        figures[f"coverage, {name}, {pairs} pairs, %"] = 100 * covered[name] / samples
        tell(figures, f"2 contenders, {name}, {pairs} pairs", alarms[name] / samples)


def power(figures: dict[str, float | str]) -> None:
    """The power at the number of units that `needed` computes."""
    print("\nUnits for 80 % power at 5 %, and the power measured with as many:")
    rng = np.random.default_rng(3)
    for deviation, delta in ((0.2, 0.05), (0.3, 0.1), (0.3, 0.05), (0.3, 0.03), (0.3, 0.02), (0.4, 0.05)):
        known = Difference(MEASURE, 0, 1, delta, 0, 0, 1, 1, 1, 1, deviation, 1)
        units = 1 + (needed(known).more or 0)
        draw = apart(delta, deviation)
        found = _alarms([(draw(rng, 500, units), np.arange(units)) for _ in range(REPEATS)])
        print(f"σ {deviation}, δ {delta}: {units:6,} units, power {found:.1%}", flush=True)
        figures[f"power, σ {deviation}, δ {delta}, {units} units, %"] = 100 * found


def _bootstrap(values: Floats, groups: NDArray[np.int64], weights: Floats, method: str) -> Floats:
    """SciPy's bootstrap of the ratio of group sums to group weights, shape (rows, 2)."""
    starts = np.flatnonzero(np.diff(groups, prepend=-1))
    sums = np.add.reduceat(values * weights, starts, axis=1)
    with warnings.catch_warnings(action="ignore"):  # where all values are equal, BCa has no interval
        found = bootstrap(
            (sums, np.broadcast_to(np.add.reduceat(weights, starts), sums.shape)),
            lambda s, w, axis: s.sum(axis) / w.sum(axis),
            paired=True,
            axis=1,
            n_resamples=1_999,
            batch=20,
            method=method,
            rng=0,
        ).confidence_interval
    return np.stack([found.low, found.high], axis=1)


def _covers(ends: Floats, truth: float) -> float:
    return float(((ends[:, 0] <= truth + 1e-9) & (truth - 1e-9 <= ends[:, 1])).mean())


def main() -> None:
    """Print all tables."""
    figures: dict[str, float | str] = {}
    started = time.perf_counter()
    for part in (false_alarms, coverage, correlation, power, judging):
        part(figures)
    print(f"\n{time.perf_counter() - started:.0f} s")
    record("comparison_statistics", figures)


if __name__ == "__main__":
    main()
