import numpy as np
import pytest
from scipy.stats import sem, t
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

import explorer
from explorer.analysis.space import Space, make_index
from explorer.classification import learning_curve as module
from explorer.classification.learning_curve import DRAWS, LITTLE, SIZES, LearningCurve, learning_curve
from explorer.errors import ColumnError, JobCancelledError


def made(each=30, noise=0.3, labels=3, seed=0):
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(labels), each)
    vectors = np.eye(8, dtype=np.float32)[codes] + rng.normal(0, noise, (len(codes), 8)).astype(np.float32)
    space = Space(explorer.open_corpus([f"row {row}" for row in range(len(codes))]), make_index(vectors))
    return space, [f"label {code}" for code in codes]


def test_more_examples_are_better_and_sizes_leave_half_to_test():
    space, labels = made(noise=0.6)
    found = learning_curve(space, labels)
    assert found.sizes == (1, 2, 5, 10)
    assert found.accuracies.shape == (4, DRAWS)
    assert found.means[-1] > found.means[0] + 0.1
    assert (found.spread[:, 0] <= found.means).all()
    assert (found.means <= found.spread[:, 1]).all()
    expected = [t.interval(0.95, DRAWS - 1, loc=line.mean(), scale=sem(line)) for line in found.accuracies]
    np.testing.assert_allclose(found.intervals, np.clip(expected, 0, 1))


def test_a_draw_is_trained_on_its_examples_and_counted_on_the_others(monkeypatch):
    space, labels = made(noise=0.6)
    drawn = []
    draw = module._draw
    monkeypatch.setattr(module, "_draw", lambda *given: drawn.append(draw(*given)) or drawn[-1])
    found = learning_curve(space, labels)
    vectors = space.vectors / np.linalg.norm(space.vectors, axis=1, keepdims=True)
    for at in (0, DRAWS, 2 * DRAWS - 1):
        rows = drawn[at]
        size = found.sizes[at // DRAWS]
        assert [labels[row] for row in rows].count("label 1") == size
        model = LogisticRegression(class_weight="balanced", max_iter=1_000)
        if size > 1:
            folds = StratifiedKFold(min(5, size), shuffle=True, random_state=0)
            model = CalibratedClassifierCV(model, method="temperature", cv=folds, ensemble=False)
        model.fit(vectors[rows], np.array(labels)[rows])
        rest = np.setdiff1d(np.arange(len(labels)), rows)
        accuracy = model.score(vectors[rest], np.array(labels)[rest])
        assert found.accuracies[at // DRAWS, at % DRAWS] == pytest.approx(accuracy)


def test_copies_of_an_example_are_not_counted():
    rng = np.random.default_rng(0)
    vectors = np.repeat(rng.normal(size=(16, 32)), 4, axis=0).astype(np.float32)
    space = Space(explorer.open_corpus([f"row {row}" for row in range(64)]), make_index(vectors))
    labels = [f"{label}" for label in np.repeat(rng.permutation(np.repeat([0, 1], 8)), 4)]
    groups = np.repeat(np.arange(16), 4)
    assert learning_curve(space, labels).means[-1] > 0.75
    assert learning_curve(space, labels, groups=groups).means[-1] < 0.65


def test_rare_labels_are_left_out_and_too_few_are_an_error():
    space, labels = made()
    labels[:28] = ["rare"] * 2 + [None] * 26
    found = learning_curve(space, labels)
    assert set(found.left_out) == {"rare", "label 0"}
    assert found.labels == 2
    assert found.sizes == (1, 2, 5, 10)


def test_one_rare_label_gives_what_it_has_and_does_not_end_the_curve():
    space, labels = made()
    labels[:30] = ["label 0"] * 5 + [None] * 25
    found = learning_curve(space, labels)
    assert found.sizes == (1, 2, 5, 10)
    assert found.labels == 3


def test_rows_whose_near_copies_have_another_label_teach_nothing():
    space, labels = made(each=8, labels=2)
    groups = np.arange(16)
    groups[8:12] = groups[:4]  # both labels have these
    found = learning_curve(space, labels, groups=groups)
    assert found.sizes == (1, 2)
    with pytest.raises(ColumnError, match="No labels of 2 have four different rows"):
        learning_curve(space, labels, groups=np.concatenate([np.arange(8), np.arange(8)]))


def test_too_few_labels_are_an_error():
    space, labels = made()
    with pytest.raises(ColumnError, match="1 label of 1 has four different rows"):
        learning_curve(space, ["same"] * len(labels))
    with pytest.raises(ColumnError, match="No labels"):
        learning_curve(space, [f"own {row}" for row in range(len(labels))])


def test_it_can_be_stopped():
    space, labels = made()

    def stop(progress):
        if progress.done == 3:
            raise JobCancelledError("stopped")

    with pytest.raises(JobCancelledError):
        learning_curve(space, labels, on_progress=stop)


def curve(*means):
    """A curve of these means, whose draws differ around them."""
    apart = np.linspace(-0.02, 0.02, DRAWS)
    return LearningCurve(SIZES[: len(means)], np.array(means)[:, None] + apart, 3, ())


@pytest.mark.parametrize(
    ("means", "enough"),
    [
        ((0.3, 0.4, 0.6, 0.7, 0.705, 0.71), 10),  # 5 to 50 are 3.3 doublings, for 11 points
        ((0.7, 0.705, 0.71), 1),
        ((0.7, 0.705, 0.71, 0.76), None),  # flat at first, and then it rises
        ((0.3, 0.4, 0.5), None),
        ((0.5, 0.6, 0.58, 0.59), 2),  # what is lost is no gain
        ((0.5,), None),
    ],
)
def test_enough_is_from_where_each_doubling_gains_less_than_a_point(means, enough):
    assert curve(*means).enough == enough


def test_a_gain_of_a_point_for_each_doubling_is_not_little():
    assert curve(0.5, 0.5 + 1.001 * LITTLE).enough is None
    assert curve(0.5, 0.5 + 0.999 * LITTLE).enough == 1
