import numpy as np

import explorer
from explorer.analysis.space import Space, make_index
from explorer.classification.by_examples import classify_by_examples
from explorer.classification.next_to_label import next_to_label

NONE = np.empty(0, dtype=np.int64)


def space_of(vectors):
    vectors = np.asarray(vectors, dtype=np.float32)
    return Space(explorer.open_corpus([f"row {row}" for row in range(len(vectors))]), make_index(vectors))


def test_it_is_doubt_times_density_computed_row_by_row():
    rng = np.random.default_rng(0)
    space = space_of(rng.normal(size=(60, 32)))
    examples = {0: "a", 1: "b", 2: "a", 3: "c"}
    predictions = classify_by_examples(space, examples)
    unit = space.vectors / np.linalg.norm(space.vectors, axis=1, keepdims=True)
    density = ((unit @ unit.T).mean(axis=1) + 1) / 2
    worth = [
        density[row] * (1 - np.diff(np.sort(line)[-2:])[0])
        for row, line in enumerate(predictions.probabilities)
    ]
    expected = sorted(set(range(60)) - set(examples), key=lambda row: -worth[row])[:10]
    assert next_to_label(space, np.array(list(examples)), predictions).tolist() == expected


def test_at_the_start_the_densest_come_first_and_their_repeats_last():
    space = space_of([[1, 0.1], [1, 0.1], [1, 0], [0, 1], [0.3, 1]])
    queue = next_to_label(space, NONE, None)
    assert sorted(queue.tolist()) == [0, 1, 2, 3, 4]
    assert queue[0] in (0, 1, 4)
    assert {int(queue[0]), int(queue[1])} != {0, 1}


def test_rows_that_are_labelled_do_not_come_again_and_all_the_others_do():
    space = space_of(np.eye(5))
    assert next_to_label(space, np.array([1, 3]), None).tolist() == [0, 2, 4]
    assert next_to_label(space, np.arange(5), None).tolist() == []
    assert len(next_to_label(space, NONE, None, count=2)) == 2
