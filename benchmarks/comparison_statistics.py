"""Whether the statistics of comparisons hold: false alarms, coverage, power, and judging by the queue.

By simulation, and for the queue also on the sample support-tickets (the bundled model against TF-IDF and
against its own first dimensions; the text of a row as the query, the other rows with its label as relevant).
Prints each table.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

import explorer
from benchmarks.results import record
from explorer.analysis.space import make_index
from explorer.comparison.judging.queue import (
    Queue,
    anytime_margin,
    inclusion_probabilities,
    make_queue,
    standing,
)
from explorer.comparison.measure import Measure
from explorer.comparison.statistics.correlation import correlations
from explorer.comparison.statistics.differences import Difference, needed
from explorer.comparison.statistics.inference import (
    difference_intervals,
    holm,
    intervals,
    paired_tests,
    resamples,
)

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int, int], Floats]
MEASURE = Measure("nDCG@10", "judgements", True, "")
COMPARISONS = 1_000
REPEATS = 4  # so that a rate of 5 % is known to ± 0.7 %
COVERED = 2_000


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
}
DIFFERENCES: dict[str, Draw] = {"nDCG, difference": apart(0.05, 0.3), "0/1, difference": wins}


def group_sizes(rng: np.random.Generator, groups: int, *, equal: bool) -> NDArray[np.int64]:
    """Sizes of groups of near-copies: all 1, or a fifth of them 2 to 5."""
    return np.where(equal | (rng.random(groups) < 0.8), 1, rng.integers(2, 6, groups))


def copied(values: Floats, sizes: NDArray[np.int64], rng: np.random.Generator, noise: float) -> Floats:
    """Units from values of groups: near-copies have nearly the same value."""
    units = np.repeat(values, sizes, axis=1)
    return units + noise * rng.normal(size=units.shape) * np.repeat(sizes > 1, sizes)


def called_different(differences: Floats, groups: NDArray[np.int64], seed: int) -> tuple[Floats, Floats]:
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
            _tell(figures, about, _alarms([(values, alone) for values in every]))
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
            _tell(figures, about, _alarms([(values, numbers) for values in every]))
    pairs = np.array(list(itertools.combinations(range(8), 2)))
    alarms = 0
    for block in range(COMPARISONS // 50):
        values = ndcg(rng, 50 * 8, 100).reshape(50, 8, 100)
        between = (values[:, pairs[:, 0]] - values[:, pairs[:, 1]]).reshape(-1, 100)
        p, excludes = (part.reshape(50, 28) for part in called_different(between, np.arange(100), block))
        alarms += sum(((holm(own) < 0.05) & out).any() for own, out in zip(p, excludes, strict=True))
    _tell(
        figures,
        f"any of 28 pairs of 8 contenders, nDCG, 100 queries, of {COMPARISONS:,}",
        alarms / COMPARISONS,
    )


def coverage(figures: dict[str, float | str]) -> None:
    """How often 95 % intervals hold the true mean; ours, and the alternatives."""
    print(f"\nCoverage of 95 % intervals, {COVERED:,} samples each:")
    print(f"{'':44}{'ours':>8}{'percentile':>12}{'BCa':>8}{'± t':>8}")
    for equal, groups in itertools.product((True, False), (30, 100)):
        for name, draw in (LEVELS | DIFFERENCES).items():
            rng = np.random.default_rng(groups)
            truth = draw(np.random.default_rng(1), 1_000, 2_000).mean()
            hits = np.zeros(3)
            for part in range(5):
                sizes = group_sizes(rng, groups, equal=equal)
                numbers = np.repeat(np.arange(groups), sizes)
                values = copied(draw(rng, COVERED // 5, groups), sizes, rng, 0.0)
                each = (
                    _percentile(values, sizes, numbers, part),
                    intervals(values, numbers, seed=part),
                    difference_intervals(values, numbers, seed=part)[0],
                )
                hits += [_covers(ends, truth) for ends in each]
            percentile, bca, student = hits / 5
            ours = student if name in DIFFERENCES else bca
            about = f"{name}, {groups} {'units' if equal else 'groups of 1 to 5'}"
            print(f"{about:44}{ours:8.1%}{percentile:12.1%}{bca:8.1%}{student:8.1%}", flush=True)
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
        _tell(figures, f"2 contenders, {name}, {pairs} pairs", alarms[name] / samples)


def power(figures: dict[str, float | str]) -> None:
    """The power at the number of units that `needed` computes."""
    print("\nUnits for 80 % power at 5 %, and the power measured with as many:")
    rng = np.random.default_rng(3)
    for deviation, delta in ((0.2, 0.05), (0.3, 0.1), (0.3, 0.05), (0.3, 0.03), (0.3, 0.02), (0.4, 0.05)):
        known = Difference(MEASURE, 0, 1, delta, 0, 0, 1, 1, 1, 1, deviation)
        units = 1 + (needed(known).more or 0)
        draw = apart(delta, deviation)
        found = _alarms([(draw(rng, 500, units), np.arange(units)) for _ in range(REPEATS)])
        print(f"σ {deviation}, δ {delta}: {units:6,} units, power {found:.1%}", flush=True)
        figures[f"power, σ {deviation}, δ {delta}, {units} units, %"] = 100 * found


def judging(figures: dict[str, float | str]) -> None:
    """Judging by the queue against judging everything."""
    print("\nJudging a third by the queue, against judging all:")
    for name, first, second in (
        ("equal", 0.8, 0.8),
        ("a little apart", 0.55, 0.8),
        ("far apart", 0.1, 0.8),
        ("one nearly a copy of the other", 0.0, 0.03),
    ):
        runs = [_thirds(*simulated(240, first, second, seed), seed) for seed in range(30)]
        _report(figures, f"simulated, {name}", runs)
    _stopping(figures)
    _judge_tickets(figures)


def simulated(
    queries: int, first: float, second: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rankings of two contenders over 60 rows that see relevance with their own noise, and the grades."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(queries, 60))
    shared = truth + 0.5 * rng.normal(size=truth.shape)
    hard = rng.uniform(0.2, 2.5, (queries, 1))  # on easy queries both find the same
    rankings = [
        np.argsort(-(shared + noise * hard * rng.normal(size=truth.shape)), axis=1)[:, :10]
        for noise in (first, second)
    ]
    return np.stack(rankings), (truth > 1.3).astype(np.int64)


def _judge_tickets(figures: dict[str, float | str]) -> None:
    corpus = explorer.open_corpus("support-tickets")
    model, words = explorer.embed(corpus), explorer.embed(corpus, "tfidf")
    labels = np.array(corpus.labels)
    grades = (labels[:, None] == labels).astype(np.int64)
    first = model.neighbors(10).indices
    for name, second in (
        ("TF-IDF", words.neighbors(10).indices),
        ("its first 64 dimensions", make_index(model.vectors[:, :64]).neighbors(10).indices),
    ):
        rankings = np.stack([first, second])
        runs = [_thirds(rankings, grades, seed) for seed in range(20)]
        _report(figures, f"support-tickets, model against {name}", runs)


def _thirds(rankings: NDArray[np.int64], grades: NDArray[np.int64], seed: int) -> tuple[Difference, ...]:
    """The difference by all judgements, by a third from the queue, and by a third in random order."""
    names = [f"query {at}" for at in range(len(grades))]
    queue = make_queue(names, rankings, seed=seed)
    costs = np.array([len(pool) for pool in queue.pools])
    alike = np.ones(len(names))
    numbers = queue.priorities * queue.sizes
    random = Queue(queue.queries, rankings, alike, np.argsort(numbers), numbers, queue.pools)
    found = []
    for each, budget in ((queue, costs.sum()), (queue, costs.sum() / 3), (random, costs.sum() / 3)):
        count = int((np.cumsum(costs[each.order]) <= budget).sum())
        answers = {
            names[at]: {row: int(grades[at, row]) for row in each.pools[at]} for at in each.order[:count]
        }
        stands = standing(each, answers, seed=seed)
        if stands is None:
            raise AssertionError("no relevant row was judged")
        found.append(stands.differences[0])
    return tuple(found)


def _report(figures: dict[str, float | str], about: str, runs: list[tuple[Difference, ...]]) -> None:
    every = np.array([[each.difference for each in run] for run in runs])
    print(f"{about}: difference by all {every[:, 0].mean():+.4f}")
    for place, how in ((1, "queue"), (2, "random order")):
        errors = every[:, place] - every[:, 0]
        same = np.mean([run[place].better == run[0].better for run in runs])
        wrong = np.mean([run[place].better not in (run[0].better, None) for run in runs])
        bias, spread = errors.mean(), errors.std(ddof=1)
        print(
            f"  a third by {how}: same verdict {same:.0%}, a winner that judging all does not give "
            f"{wrong:.0%}, "
            f"bias {bias:+.4f} ± {2 * spread / math.sqrt(len(runs)):.4f}, spread {spread:.4f}",
            flush=True,
        )
        figures[f"{about}, {how}, same verdict, %"] = 100 * same
        figures[f"{about}, {how}, bias"] = bias
        figures[f"{about}, {how}, spread"] = spread


def _stopping(figures: dict[str, float | str]) -> None:
    """How often looking after every query calls equal contenders different."""
    called, plain, runs = 0, 0, 200
    rng = np.random.default_rng(5)
    for seed in range(runs):
        values = ndcg(rng, 2, 300)
        one = np.where(rng.random(300) < 0.5, 0.0, values[0] - values[1])
        rankings = np.stack([np.arange(10), np.arange(10, 20)])[:, None].repeat(300, 1)
        queue = make_queue([f"query {at}" for at in range(300)], rankings, seed=seed)
        ever = [_looks(queue, one, count) for count in range(30, 301, 3)]
        called += any(looks[0] for looks in ever)
        plain += any(looks[1] for looks in ever)
    _tell(figures, "looking all the time, interval for this", called / runs)
    _tell(figures, "looking all the time, plain interval", plain / runs)


def _looks(queue: Queue, differences: Floats, count: int) -> tuple[bool, bool]:
    weights = 1 / inclusion_probabilities(queue, count)
    values = differences[queue.order[:count]]
    mean = np.average(values, weights=weights)
    error = math.sqrt((weights**2 * (values - mean) ** 2).sum()) / weights.sum()
    each = Difference(MEASURE, 0, 1, mean, 0, 0, 1, 1, 1, count, error)
    return abs(mean) > anytime_margin(each, 1), abs(mean) > 1.96 * error


def _percentile(values: Floats, sizes: NDArray[np.int64], groups: NDArray[np.int64], seed: int) -> Floats:
    sums = np.add.reduceat(values, np.searchsorted(groups, np.arange(len(sizes))), axis=1)
    drawn = [counts @ sums.T / (counts @ sizes)[:, None] for counts in resamples(len(sizes), 1_999, seed)]
    return np.quantile(np.concatenate(drawn), [0.025, 0.975], axis=0).T


def _covers(ends: Floats, truth: float) -> float:
    return float(((ends[:, 0] <= truth + 1e-9) & (truth - 1e-9 <= ends[:, 1])).mean())


def _tell(figures: dict[str, float | str], about: str, found: float) -> None:
    print(f"  {about}: {found:.1%}", flush=True)
    figures[f"called different, {about}, %"] = 100 * found


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
