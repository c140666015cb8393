import itertools

import numpy as np
import pytest

from explorer.comparison.judging.judgements import Judgements
from explorer.comparison.judging.queue import (
    Item,
    inclusion_probabilities,
    judged,
    make_queue,
    missing,
    next_item,
    standing,
)
from explorer.comparison.judging.retrieval import retrieval
from explorer.errors import QueryError

ROWS = 40


def rankings_of(queries, contenders=2, *, seed=0, shuffled=4, rows=ROWS):
    """Contenders whose first ten differ on the second half of the queries."""
    rng = np.random.default_rng(seed)
    found = np.empty((contenders, queries, 10), dtype=np.int64)
    for at in range(queries):
        found[:, at] = rng.permutation(rows)[:10]
        if at >= queries / 2:
            for own in found[:, at]:
                own[-shuffled:] = rng.permutation(np.setdiff1d(np.arange(rows), own[:-shuffled]))[:shuffled]
    return found


def names(count):
    return [f"query {at}" for at in range(count)]


def answer(queue, queries, grade=lambda query, row: int(row % 3 == 0)):
    return {queue.queries[at]: {row: grade(at, row) for row in queue.pools[at]} for at in queries}


def test_pools_hold_the_first_ten_of_every_contender_in_a_blind_order():
    rankings = rankings_of(20)
    queue = make_queue(names(20), rankings)
    for at, pool in enumerate(queue.pools):
        assert sorted(pool) == np.unique(rankings[:, at]).tolist()
    firsts = [pool[0] == rankings[0, at, 0] for at, pool in enumerate(queue.pools)]
    assert sum(firsts) < 10  # not the order of any contender
    assert list(Item.__dataclass_fields__) == ["query", "row"]


def test_queries_on_which_contenders_differ_are_likelier():
    queue = make_queue(names(20), rankings_of(20))
    assert queue.sizes[:10].max() < queue.sizes[10:].min()
    assert queue.sizes.min() > 0


def test_the_size_is_the_spread_of_dcg_of_rows_relevant_by_chance():
    rankings = rankings_of(2, contenders=3, seed=5)
    queue = make_queue(names(2), rankings)
    rng = np.random.default_rng(0)
    relevant = rng.random((40_000, ROWS)) < 0.5
    discounts = 1 / np.log2(np.arange(2, 12))
    dcg = np.stack([(relevant[:, own] * discounts).sum(1) for own in rankings[:, 1]])
    apart = [dcg[one] - dcg[other] for one, other in itertools.combinations(range(3), 2)]
    spread = np.sqrt(np.mean([values.var() for values in apart]) / 0.25)  # of relevance: 0.5 · 0.5
    assert queue.sizes[1] * np.sqrt(len(queue.pools[1])) == pytest.approx(spread, rel=0.02)


def test_the_order_is_that_of_random_number_over_size():
    queue = make_queue(names(50), rankings_of(50), seed=3)
    assert (np.diff(queue.priorities[queue.order]) >= 0).all()
    numbers = queue.priorities * queue.sizes
    assert ((numbers > 0) & (numbers <= 1)).all()
    assert abs(numbers.mean() - 0.5) < 0.15


def test_random_numbers_belong_to_the_query_and_the_seed():
    rankings = rankings_of(50)
    queue = make_queue(names(50), rankings, seed=3)
    backwards = make_queue(names(50)[::-1], rankings[:, ::-1], seed=3)
    np.testing.assert_allclose(backwards.priorities[::-1], queue.priorities)
    assert make_queue(names(50), rankings, seed=3).pools == queue.pools
    assert (make_queue(names(50), rankings, seed=4).order != queue.order).any()


@pytest.mark.slow
def test_sums_weighted_by_inclusion_probabilities_are_unbiased():
    rng = np.random.default_rng(1)
    values = rng.random(12)
    rankings = rankings_of(12)
    runs = 1_500
    weights = np.zeros((runs, 12))
    for seed in range(runs):
        queue = make_queue(names(12), rankings, seed=seed)
        weights[seed, queue.order[:6]] = 1 / inclusion_probabilities(queue, 6)
    sums = weights @ values
    assert sums.mean() == pytest.approx(values.sum(), abs=4 * sums.std() / np.sqrt(runs))
    errors = weights.std(0) / np.sqrt(runs)
    assert (np.abs(weights.mean(0) - 1) < 4 * errors).all()
    included = (weights > 0).mean(0)
    assert included[6:].min() > 2 * included[:6].max()


def test_all_queries_are_certain_when_all_are_judged():
    queue = make_queue(names(6), rankings_of(6))
    assert inclusion_probabilities(queue, 6).tolist() == [1] * 6
    assert (inclusion_probabilities(queue, 5) <= 1).all()
    assert len(inclusion_probabilities(queue, 0)) == 0


def test_judging_goes_through_the_queue_until_all_is_judged():
    queue = make_queue(names(4), rankings_of(4))
    answers: dict = {}
    seen = []
    while item := next_item(queue, answers):
        seen.append(item)
        answers.setdefault(queue.queries[item.query], {})[item.row] = 1
    assert [item.query for item in seen] == [at for at in queue.order for _ in queue.pools[at]]
    assert [item.row for item in seen] == [row for at in queue.order for row in queue.pools[at]]
    assert len(set(seen)) == len(seen)


def test_a_query_counts_when_its_pool_is_judged_and_all_before_it():
    queue = make_queue(names(6), rankings_of(6))
    first, second, third = queue.order[:3].tolist()
    answers = answer(queue, [first, third])
    assert judged(queue, answers).queries == (queue.queries[first],)
    answers[queue.queries[second]] = dict.fromkeys(queue.pools[second][1:], 0)
    assert len(judged(queue, answers).queries) == 1
    answers[queue.queries[second]][queue.pools[second][0]] = None  # skipped
    found = judged(queue, answers)
    assert found.queries == tuple(queue.queries[at] for at in (first, second, third))
    assert found.inclusion == tuple(inclusion_probabilities(queue, 3))
    assert queue.pools[second][0] not in found.grades[1]
    assert found.skipped == ((), (queue.pools[second][0],), ())
    assert judged(queue, {}) == Judgements((), (), (), ())


def test_hits_of_a_new_contender_are_asked_for():
    rankings = rankings_of(6, contenders=3)
    old = make_queue(names(6), rankings[:2])
    answers = answer(old, range(6))
    assert missing(old, answers) == ()
    assert next_item(old, answers) is None
    new = make_queue(names(6), rankings)
    asked = missing(new, answers)
    assert {(item.query, item.row) for item in asked} == {
        (at, row) for at in range(6) for row in set(rankings[2, at].tolist()) - set(old.pools[at])
    }
    assert asked
    assert len(judged(new, answers).queries) < 6


def test_judgements_have_every_answer():
    queue = make_queue(names(6), rankings_of(6))
    answers = answer(queue, range(6))
    made = judged(queue, answers)
    assert dict(zip(made.queries, made.grades, strict=True)) == answers


def relevance(share_a, share_b, queries, seed):
    """Two contenders over separate rows, relevant with their own probability at each place."""
    rng = np.random.default_rng(seed)
    rankings = np.tile(np.arange(20).reshape(2, 1, 10), (1, queries, 1))
    grades = np.concatenate(
        [rng.random((queries, 10)) < share_a, rng.random((queries, 10)) < share_b], axis=1
    ).astype(int)
    return rankings, lambda query, row: int(grades[query, row])


def test_a_clear_difference_is_enough():
    rankings, grade = relevance(0.8, 0.2, 60, 0)
    queue = make_queue(names(60), rankings)
    found = standing(queue, answer(queue, queue.order[:40].tolist(), grade))
    assert found.queries == 40
    assert found.enough
    assert found.differences[0].better == 0
    few = standing(queue, answer(queue, queue.order[:20].tolist(), grade))
    assert not few.enough  # fewer than 30


def test_equal_contenders_are_enough_only_once_the_interval_is_narrow():
    rankings, grade = relevance(0.5, 0.5, 400, 1)
    queue = make_queue(names(400), rankings)
    early = standing(queue, answer(queue, queue.order[:40].tolist(), grade))
    assert not early.enough
    late = standing(queue, answer(queue, range(400), grade), within=0.1)
    assert late.enough
    assert late.margin < 0.1
    assert late.differences[0].better is None


def test_the_margin_is_the_published_boundary():
    rankings, grade = relevance(0.5, 0.5, 100, 1)
    queue = make_queue(names(100), rankings)
    found = standing(queue, answer(queue, range(100), grade))
    t, alpha = 100, 0.05
    rho = np.sqrt((-2 * np.log(alpha) + np.log(-2 * np.log(alpha) + 1)) / 100)
    boundary = np.sqrt(2 * (t * rho**2 + 1) / (t**2 * rho**2) * np.log(np.sqrt(t * rho**2 + 1) / alpha))
    sigma = found.differences[0].error * np.sqrt(t)
    assert found.differences[0].n == 100
    assert found.margin == pytest.approx(sigma * boundary)


def test_skipped_rows_are_left_out_of_every_list():
    rankings = np.array([[[0, 1, 2]], [[1, 2, 0]]])
    queue = make_queue(["query"], rankings)
    found = standing(queue, {"query": {0: None, 1: 1, 2: 0}})
    assert found.values.values.tolist() == [[1.0], [1.0]]
    counted = standing(queue, {"query": {0: 0, 1: 1, 2: 0}})
    assert counted.values.values[0, 0] == pytest.approx(1 / np.log2(3))


def test_the_comparison_and_the_queue_say_the_same_of_the_same_answers():
    rng = np.random.default_rng(1)
    queue = make_queue(names(12), rankings_of(12, contenders=3))
    answers = answer(queue, range(12), lambda query, row: rng.choice([0, 1, 2, None]))
    found = judged(queue, answers)
    assert found.skips > 10
    deeper = np.full((3, 12, 15), -1)
    for own, ten in zip(deeper.reshape(-1, 15), queue.rankings.reshape(-1, 10), strict=True):
        own[:] = np.concatenate([ten, rng.permutation(np.setdiff1d(np.arange(ROWS), ten))[:5]])
    again = retrieval(deeper[:, queue.order], found, k=15)
    state = standing(queue, answers)
    np.testing.assert_array_equal(again.values[0].values, state.values.values)
    np.testing.assert_array_equal(again.values[0].weights, state.values.weights)


def test_nothing_is_said_before_a_relevant_row():
    queue = make_queue(names(3), rankings_of(3))
    assert standing(queue, {}) is None
    assert standing(queue, answer(queue, range(3), lambda query, row: 0)) is None


def test_a_contender_that_cannot_be_searched_has_no_part_in_the_queue():
    rankings = rankings_of(20)
    unsearched = np.full_like(rankings[:1], -1)
    queue = make_queue(names(20), np.concatenate([unsearched, rankings]))
    without = make_queue(names(20), rankings)
    assert queue.pools == without.pools
    assert queue.order.tolist() == without.order.tolist()
    state = standing(queue, answer(queue, range(20)))
    assert np.isnan(state.values.values[0]).all()
    assert {(each.first, each.second) for each in state.differences} == {(1, 2)}


def test_one_contender_that_can_be_searched_is_not_enough():
    rankings = rankings_of(3)
    rankings[0] = -1
    with pytest.raises(QueryError, match="Fewer than two contenders"):
        make_queue(names(3), rankings)
