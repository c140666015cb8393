from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_recall_fscore_support

from explorer.classification.against_labels import against_labels
from explorer.classification.predictions import Predictions
from explorer.errors import ColumnError

NAMES = ("apple", "bread", "cheese")


def predicted(places, confidence=None):
    confidence = np.full(len(places), 0.9) if confidence is None else np.asarray(confidence)
    probabilities = np.repeat(((1 - confidence) / 2)[:, None], 3, axis=1)
    probabilities[np.arange(len(places)), places] = confidence
    return Predictions(NAMES, probabilities.astype(np.float32), several=False, source="made")


rows = st.lists(
    st.tuples(st.sampled_from([*NAMES, "APPLE", "other", None]), st.integers(0, 2)), min_size=1, max_size=40
)


@given(rows)
def test_figures_are_scikit_learns(drawn):
    labels = [label for label, _ in drawn]
    predictions = predicted([place for _, place in drawn])
    known = [label.lower() for label in labels if label]
    if len(set(known)) < 2 or not set(known) & set(NAMES):
        with pytest.raises(ColumnError):
            against_labels(predictions, labels)
        return
    given_names = [NAMES[place] for label, place in drawn if label]
    truth = [label if label in NAMES else "none of these" for label in known]
    found = against_labels(predictions, labels)
    names = [*NAMES, "none of these"]
    np.testing.assert_array_equal(found.confusion, confusion_matrix(truth, given_names, labels=names))
    assert found.accuracy.value == pytest.approx(accuracy_score(truth, given_names))
    precision, recall, f1, support = precision_recall_fscore_support(
        truth, given_names, labels=NAMES, zero_division=np.nan
    )
    for place, figures in enumerate(found.categories):
        assert figures.rows == support[place]
        np.testing.assert_allclose(
            [figures.precision.value, figures.recall.value], [precision[place], recall[place]]
        )
        if figures.rows or figures.precision.value == figures.precision.value:
            assert figures.f1.value == pytest.approx(f1[place])
    present = [name for name in NAMES if name in truth]
    assert found.macro_f1.value == pytest.approx(
        f1_score(truth, given_names, labels=present, average="macro", zero_division=0)
    )


def test_rows_below_the_threshold_are_none_of_these_and_the_cells_hold_rows():
    found = against_labels(
        predicted([0, 1, 2, 0], [0.9, 0.5, 0.9, 0.6]), ["apple", "bread", "apple", "other"], threshold=0.6
    )
    assert found.confusion.tolist() == [[1, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0], [1, 0, 0, 0]]
    assert found.cell(0, 2).tolist() == [2]
    assert found.cell(1, 3).tolist() == [1]
    assert found.accuracy.value == 0.25


def test_a_row_of_another_label_belongs_in_none_of_these():
    predictions = predicted([0, 1, 1, 0], [0.9, 0.9, 0.5, 0.4])
    labels = ["apple", "bread", "other", "another"]
    assert against_labels(predictions, labels).accuracy.value == 0.5
    found = against_labels(predictions, labels, threshold=0.6)
    assert found.accuracy.value == 1
    assert found.confusion.diagonal().tolist() == [1, 1, 0, 2]
    assert [one.f1.value for one in found.categories[:2]] == [1, 1]
    assert found.macro_f1.value == 1


def test_rows_learned_from_and_their_near_copies_are_not_counted():
    predictions = replace(predicted([0, 1, 1, 0]), learned=np.array([True, False, False, False]))
    labels = ["apple", "bread", "apple", "apple"]
    assert against_labels(predictions, labels).rows.tolist() == [1, 2, 3]
    groups = np.array([7, 1, 2, 7])
    assert against_labels(predictions, labels, groups=groups).rows.tolist() == [1, 2]
    with pytest.raises(ColumnError, match="none is left to test"):
        against_labels(replace(predictions, learned=np.ones(4, dtype=bool)), labels)


def test_labels_are_compared_without_capitals_and_outer_spaces():
    found = against_labels(predicted([0, 1]), [" Apple ", "BREAD"])
    assert found.accuracy.value == 1


def test_intervals_hold_the_figure_and_near_copies_widen_them():
    rng = np.random.default_rng(1)
    places = rng.integers(0, 3, 300)
    labels = [NAMES[place] if rng.random() < 0.7 else NAMES[(place + 1) % 3] for place in places]
    alone = against_labels(predicted(places), labels)
    copies = against_labels(predicted(np.repeat(places[:60], 5)), list(np.repeat(labels[:60], 5)),
                            groups=np.repeat(np.arange(60), 5))  # fmt: skip
    for found in (alone, copies):
        for figure in (found.accuracy, found.macro_f1, found.categories[0].f1):
            assert figure.low < figure.value < figure.high
    assert copies.accuracy.high - copies.accuracy.low > 1.7 * (alone.accuracy.high - alone.accuracy.low)
    assert copies.macro_f1.high - copies.macro_f1.low > 1.7 * (alone.macro_f1.high - alone.macro_f1.low)


@pytest.mark.parametrize(("rows", "recall"), [(10, 0.9), (20, 0.9), (30, 0.95), (40, 0.7)])
def test_intervals_hold_what_is_true_about_as_often_as_they_say(rows, recall):
    rng = np.random.default_rng(2)
    held = {"recall": 0, "f1": 0}
    for _ in range(200):
        places = np.where(rng.random(rows) < recall, 0, 1)
        others = np.where(rng.random(3 * rows) < recall, 1, 0)
        labels = ["apple"] * rows + ["bread"] * (3 * rows)
        found = against_labels(predicted(np.concatenate([places, others])), labels).categories[0]
        f1 = 2 * recall / (1 + recall + 3 * (1 - recall))
        for name, true in (("recall", recall), ("f1", f1)):
            figure = getattr(found, name)
            held[name] += figure.low <= true <= figure.high
    assert min(held.values()) >= 182  # of 95 %, fewer come by chance once in 300 times


def test_few_rows_have_no_interval_and_perfect_ones_have_a_wide_one():
    few = against_labels(predicted([0, 1, 0, 1]), ["apple", "bread", "apple", "bread"])
    assert np.isnan([few.accuracy.low, few.macro_f1.low, few.categories[0].recall.low]).all()
    found = against_labels(predicted([0, 1] * 5), ["apple", "bread"] * 5)
    for figure in (found.accuracy, found.macro_f1):
        assert (figure.value, figure.high) == pytest.approx((1, 1))
        assert 0.5 < figure.low < 0.9


def test_labels_of_one_value_and_labels_that_are_no_category_are_named():
    with pytest.raises(ColumnError, match="All rows have the same label, “apple”"):
        against_labels(predicted([0, 1]), ["apple", "apple"])
    with pytest.raises(ColumnError, match="No row has one of the categories") as raised:
        against_labels(predicted([0, 1]), ["x", "y"])
    assert "x, y" in raised.value.fix
