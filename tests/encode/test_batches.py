import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from explorer.encode.batches import plan_batches

LENGTHS = st.lists(st.integers(0, 600), max_size=200).map(lambda values: np.array(values, dtype=np.int32))


@given(LENGTHS, st.integers(1, 4096))
def test_every_text_is_in_one_batch_and_no_batch_is_over_budget(lengths, budget):
    batches = plan_batches(lengths, budget)
    assert sorted(np.concatenate([*batches, []]).astype(int)) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or lengths[batch].max() * len(batch) <= budget


@given(LENGTHS, st.integers(1, 4096), st.data())
def test_a_run_stopped_between_batches_goes_on_with_the_same_batches(lengths, budget, data):
    batches = plan_batches(lengths, budget)
    done = data.draw(st.integers(0, len(batches)))
    remaining = np.sort(np.concatenate([*batches[done:], []])).astype(int)
    again = [remaining[batch] for batch in plan_batches(lengths[remaining], budget)]
    assert [batch.tolist() for batch in again] == [batch.tolist() for batch in batches[done:]]


def test_longest_come_first_and_equal_ones_keep_their_order():
    assert [batch.tolist() for batch in plan_batches(np.array([3, 9, 3, 9]), 18)] == [[1, 3], [0, 2]]
