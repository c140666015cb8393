"""Whether judging by the queue reaches the verdict of judging everything.

`python -m benchmarks.comparison_statistics` prints it.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

import explorer
from benchmarks.simulated_values import MEASURE, Floats, ndcg, tell
from explorer.analysis.space import make_index
from explorer.comparison.judging.queue import (
    Queue,
    anytime_margin,
    inclusion_probabilities,
    make_queue,
    standing,
)
from explorer.comparison.statistics.differences import Difference


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


@functools.cache
def first_probabilities(count: int, seed: int) -> Floats:
    """The inclusion probabilities of the first queries of a queue of 240 simulated ones, shape (count,)."""
    rankings, _ = simulated(240, 0.8, 0.8, seed)
    queue = make_queue([f"query {at}" for at in range(240)], rankings, seed=seed)
    return inclusion_probabilities(queue, count)


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
        same = float(np.mean([run[place].better == run[0].better for run in runs]))
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
    tell(figures, "looking all the time, interval for this", called / runs)
    tell(figures, "looking all the time, plain interval", plain / runs)


def _looks(queue: Queue, differences: Floats, count: int) -> tuple[bool, bool]:
    weights = 1 / inclusion_probabilities(queue, count)
    values = differences[queue.order[:count]]
    mean = np.average(values, weights=weights)
    error = math.sqrt((weights**2 * (values - mean) ** 2).sum()) / weights.sum()
    each = Difference(MEASURE, 0, 1, mean, 0, 0, 1, 1, 1, count, error, count)
    return bool(abs(mean) > anytime_margin(each, 1)), bool(abs(mean) > 1.96 * error)
