from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from explorer.encode.engines.generations import Generations

NAME = {"service": "test", "model": "m"}
OLD = np.array([1, 2, 3, 4], np.float32)
NEW = np.array([4, 3, 2, 1], np.float32)


@pytest.fixture
def generations(cache):
    return Generations(cache, NAME)


def test_the_first_one_seen_is_current_and_kept_for_whoever_opens_the_cache_next(generations, cache):
    assert generations.current() is None
    first = generations.seen(OLD)
    kept = Generations(cache, NAME).current()
    assert (kept.name, kept.since, kept.dims) == (first.name, first.since, 4)
    np.testing.assert_array_equal(kept.canary, OLD)
    assert Generations(cache, {**NAME, "model": "another"}).current() is None


def test_rounding_is_no_other_model_and_another_direction_or_dimension_is(generations):
    first = generations.seen(OLD)
    assert generations.seen(OLD * np.float32(1.0003) + np.float32(1e-3)).name == first.name
    assert generations.seen(NEW).name != first.name
    assert generations.seen(np.ones(9, np.float32)).name not in (first.name, generations.seen(NEW).name)


def test_a_model_that_comes_back_is_known_again(generations):
    first, second = generations.seen(OLD), generations.seen(NEW)
    assert generations.seen(OLD).name == first.name
    assert generations.current().name == first.name
    generations.leave(second)  # not current: whoever noticed is behind
    assert generations.current().name == first.name
    generations.leave(first)
    assert generations.current() is None
    assert generations.seen(NEW).name == second.name


def test_a_model_of_zeros_is_the_same_as_itself(generations):
    zeros = np.zeros(4, np.float32)
    assert generations.seen(zeros).gives(zeros)
    assert not generations.seen(zeros).gives(OLD)


def test_only_the_last_few_are_kept(generations):
    first = generations.seen(np.eye(12, dtype=np.float32)[0])
    for other in np.eye(12, dtype=np.float32)[1:]:
        generations.seen(other)
    assert generations.seen(np.eye(12, dtype=np.float32)[11]).name == generations.current().name
    assert generations.seen(first.canary).since > first.since


def test_generations_seen_at_once_are_all_kept(generations, cache):
    canaries = np.eye(8, dtype=np.float32)
    with ThreadPoolExecutor(8) as threads:
        seen = list(threads.map(lambda canary: Generations(cache, NAME).seen(canary), canaries))
    assert [generations.seen(canary).since for canary in canaries] == [one.since for one in seen]
