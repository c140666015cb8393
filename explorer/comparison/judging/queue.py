"""Judge next: a blind queue of the queries that tell contenders apart, drawn with known probabilities."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.judging.judgements import Judgements
from explorer.comparison.judging.retrieval import DEPTH, retrieval
from explorer.comparison.measure import UnitValues
from explorer.comparison.statistics.differences import LEVEL, Difference, differences
from explorer.errors import QueryError

_FLOOR = 0.05  # of the largest possible size, so that no query has a huge weight
FEWEST = 30  # queries before anything is enough: intervals hold from here
_TUNED_FOR = 100  # queries at which the stopping rule is sharpest

Answers = Mapping[str, Mapping[int, int | None]]
"""What a person answered: for each query text, the grade of each row; None for a skipped one."""


@dataclass(frozen=True)
class Item:
    """A row to judge for a query. It does not say which contender found it.

    Attributes:
        query: The position of the query.
        row: The row, from 0.
    """

    query: int
    row: int


@dataclass(frozen=True, eq=False)
class Queue:
    """The order in which queries are judged.

    The first queries of it, however many, are a random sample in which a query that tells more about the
    contenders is likelier.

    Attributes:
        queries: The texts of all queries.
        rankings: The first hits of the contenders, int64, shape (contenders, queries, depth).
        sizes: How much each query tells: chances are proportional to it; float64, shape (queries,).
        order: The queries in the order of judging, int64, shape (queries,).
        priorities: Random number / size of each query, which gives the order; float64, shape (queries,).
        pools: The rows to judge for each query, of all contenders, shuffled.
    """

    queries: tuple[str, ...]
    rankings: NDArray[np.int64]
    sizes: NDArray[np.float64]
    order: NDArray[np.int64]
    priorities: NDArray[np.float64]
    pools: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, eq=False)
class Standing:
    """What the judgements so far say.

    Attributes:
        values: nDCG@10 by the judged queries, weighted by 1 / inclusion probability.
        differences: The differences of all pairs of contenders.
        queries: The number of queries whose pool is judged.
        enough: Whether to stop: the two best contenders differ, or differ by so little that it does not
            matter. One can look after each answer: this is wrong in at most about 5 % of queues.
        margin: The half-width of the interval behind `enough`.
    """

    values: UnitValues
    differences: tuple[Difference, ...]
    queries: int
    enough: bool
    margin: float


def make_queue(queries: Sequence[str], rankings: NDArray[np.int64], *, seed: int = 0) -> Queue:
    """Order queries for judging by sequential Poisson sampling with permanent random numbers.

    Ohlsson, Sequential Poisson sampling, Journal of Official Statistics 14 (1998): the order of u / size, u
    uniform in (0, 1]. u depends only on the query and the seed, so queries or contenders that are added later
    change the order little. The size of a query is the standard deviation of the difference in DCG that two
    contenders would show on it if rows were relevant by chance, divided by √(rows to judge), the optimal
    allocation for unequal costs: Cochran, Sampling Techniques (1977), 5.5.

    Args:
        queries: The query texts.
        rankings: The hits of `search_all`, the first ten or all rows. A contender without hits has no part
            in pools and sizes.
        seed: The seed of the random numbers and of the shuffling.

    Raises:
        QueryError: Fewer than two contenders have hits.
    """
    top = rankings[:, :, :DEPTH]
    searched = top[(top != -1).any(axis=(1, 2))]
    if len(searched) < 2:
        raise QueryError(
            "Fewer than two contenders can be searched by text, so there is nothing to judge between.",
            fix="Add a contender with an encoder for queries, such as BM25.",
        )
    pools = [np.unique(searched[:, at]) for at in range(len(queries))]
    sizes = np.array([_size(searched[:, at], pool) for at, pool in enumerate(pools)])
    priorities = np.array([_random_number(query, seed) for query in queries]) / sizes
    shuffled = (np.random.default_rng([seed, at]).permutation(pool).tolist() for at, pool in enumerate(pools))
    order = np.argsort(priorities, kind="stable")
    return Queue(tuple(queries), top, sizes, order, priorities, tuple(map(tuple, shuffled)))


def next_item(queue: Queue, answers: Answers) -> Item | None:
    """The next row to judge; None if every pool is judged."""
    return next((Item(int(at), row) for at in queue.order for row in _open(queue, answers, int(at))), None)


def missing(queue: Queue, answers: Answers) -> tuple[Item, ...]:
    """Rows that are still to be judged for queries with some answers.

    After a contender was added, these are its hits that nobody judged: until then the queries do not count,
    since unjudged hits would make the new contender look worse than it is.
    """
    begun = (int(at) for at in queue.order if answers.get(queue.queries[at]))
    return tuple(Item(at, row) for at in begun for row in _open(queue, answers, at))


def judged(queue: Queue, answers: Answers) -> Judgements:
    """The answers for the first queries of the queue whose pools are judged, with inclusion probabilities.

    Queries later in the queue do not count until all before them are judged.
    """
    count = _complete(queue, answers)
    first = queue.order[:count]
    texts = [queue.queries[at] for at in first]
    return Judgements(
        tuple(str(at + 1) for at in first),
        tuple(texts),
        tuple({row: grade for row, grade in answers[text].items() if grade is not None} for text in texts),
        tuple(inclusion_probabilities(queue, count).tolist()),
        tuple(tuple(row for row, grade in answers[text].items() if grade is None) for text in texts),
    )


def inclusion_probabilities(queue: Queue, count: int) -> NDArray[np.float64]:
    """The probabilities with which the first `count` queries of the queue were chosen, shape (count,).

    min(1, size × τ), where τ is the priority of the next query: given the random numbers of all other
    queries, a query is among the first if its own number is below size × τ, so that sums weighted by
    1 / probability are unbiased. Duffield, Lund and Thorup, Priority sampling for estimation of arbitrary
    subset sums, Journal of the ACM 54 (2007).
    """
    if count >= len(queue.order):
        return np.ones(count)
    threshold = queue.priorities[queue.order[count]]
    return np.asarray(np.minimum(1.0, queue.sizes[queue.order[:count]] * threshold))


def standing(queue: Queue, answers: Answers, *, within: float = 0.02, seed: int = 0) -> Standing | None:
    """What the judgements so far say, and whether they are enough.

    The interval behind `enough` holds at all times, so looking at it after each answer does no harm: the
    asymptotic confidence sequence of Waudby-Smith et al. (2103.06476, theorem 2.2), for each pair of
    contenders at 5 % divided by their number.

    Args:
        queue: The queue.
        answers: The answers so far.
        within: A difference in nDCG@10 that does not matter.
        seed: The seed of resamples and permutations.

    Returns:
        None before a relevant row was found.
    """
    found = judged(queue, answers)
    if not any(grade > 0 for grades in found.grades for grade in grades.values()):
        return None
    first = queue.order[: len(found.queries)]
    values = retrieval(queue.rankings[:, first], found).values[0]
    each = differences([values], seed=seed)
    leading = leading_difference(values, each)
    margin = anytime_margin(leading, len(each))
    stop = leading.n >= FEWEST and (abs(leading.difference) > margin or margin < within)
    return Standing(values, each, len(found.queries), stop, margin)


def leading_difference(values: UnitValues, found: Sequence[Difference]) -> Difference:
    """The difference of the two contenders with the highest values.

    Args:
        values: The values of all contenders.
        found: The differences of all pairs of contenders.
    """
    means = np.average(values.values, axis=1, weights=values.weights)
    leaders = set(np.argsort(-means, kind="stable")[:2].tolist())
    return next(difference for difference in found if {difference.first, difference.second} == leaders)


def anytime_margin(difference: Difference, pairs: int) -> float:
    """Half the width of the interval of a difference that holds at every number of queries; see `standing`.

    Args:
        difference: The difference, with its standard error and number of queries.
        pairs: The number of pairs of contenders.
    """
    level, n = LEVEL / pairs, difference.n
    # ρ², which makes the interval narrowest at this number of queries.
    rho = (-2 * math.log(level) + math.log(1 - 2 * math.log(level))) / _TUNED_FOR
    spread = difference.error * math.sqrt(n)
    return spread * math.sqrt(2 * (n * rho + 1) / (n**2 * rho) * math.log(math.sqrt(n * rho + 1) / level))


def _size(top: NDArray[np.int64], pool: NDArray[np.int64]) -> float:
    """How much one query tells about contenders whose hits are `top`, shape (contenders, depth)."""
    discounts = 1 / np.log2(np.arange(2, top.shape[1] + 2))
    gains = np.zeros((len(top), len(pool)))
    for own, rows in zip(gains, top, strict=True):
        own[np.searchsorted(pool, rows)] = discounts
    # The mean square of the difference of two contenders is twice the variance among all.
    spread = math.sqrt(2 * gains.var(axis=0, ddof=1).sum())
    largest = math.sqrt(2 * (discounts**2).sum())
    return max(spread, _FLOOR * largest) / math.sqrt(len(pool))


def _random_number(query: str, seed: int) -> float:
    """Uniform in (0, 1], always the same for a query and a seed."""
    text = f"{seed}\n{query}".encode("utf-8", "surrogatepass")
    return (int.from_bytes(hashlib.blake2b(text, digest_size=6).digest()) + 1) / 2**48


def _open(queue: Queue, answers: Answers, query: int) -> list[int]:
    known = answers.get(queue.queries[query], {})
    return [row for row in queue.pools[query] if row not in known]


def _complete(queue: Queue, answers: Answers) -> int:
    """How many of the first queries have no row left to judge."""
    for place, at in enumerate(queue.order):
        if _open(queue, answers, int(at)):
            return place
    return len(queue.order)
