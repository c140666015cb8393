from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import explorer
from explorer.comparison.measure import Measure, UnitValues
from explorer.comparison.measures.segments import (
    SegmentDifference,
    Segments,
    computed_columns,
    segment_columns,
    segment_differences,
    segments,
)
from explorer.comparison.statistics.inference import difference_interval, holm, paired_test
from explorer.errors import ColumnError
from tests.comparison.made_contenders import corpus_of

MEASURE = Measure("accuracy", "labels", True, "The share that is right.")


@pytest.fixture
def corpus():
    count = 90
    table = pd.DataFrame(
        {
            "body": ["x" * (1 + row) for row in range(count)],
            "label": ["a", "b", None] * (count // 3),
            "language": ["en", "de"] * (count // 2),
            "price": [float(row % 45) for row in range(count)],
            "stars": [str(1 + row % 10) for row in range(count)],
            "key": [f"row {row}" for row in range(count)],
            "same": ["one"] * count,
        }
    )
    return explorer.open_corpus(table, text="body", label="label")


def test_columns_that_can_divide_rows(corpus):
    assert segment_columns(corpus) == ("label", "length", "language", "price", "stars")


def test_few_values_are_segments(corpus):
    by_label = segments(corpus, "label")
    assert by_label.names == ("a", "b")
    assert by_label.codes[:6].tolist() == [0, 1, -1, 0, 1, -1]
    assert segments(corpus, "stars").names == tuple(str(number) for number in range(1, 11))
    assert segments(corpus, "language").codes[:3].tolist() == [1, 0, 1]


def test_lengths_and_numbers_are_divided_into_thirds(corpus):
    by_length = segments(corpus, "length")
    assert by_length.names == ("up to 30", "up to 60", "above 60")
    np.testing.assert_array_equal(by_length.codes, np.repeat([0, 1, 2], 30))
    by_price = segments(corpus, "price")
    assert np.bincount(by_price.codes).tolist() == [30, 30, 30]
    assert by_price.names == ("up to 14", "up to 29", "above 29")


def test_scripts_are_offered_where_two_of_them_have_enough_rows():
    few = [f"row {row}" for row in range(40)] + [f"строка {row}" for row in range(19)]
    assert "script of the text" not in segment_columns(explorer.open_corpus([*few, "12", "我的"]))
    rows = explorer.open_corpus([*few, "ещё строка", "12", "我的"])
    assert segment_columns(rows) == ("length", "script of the text")
    found = segments(rows, "script of the text")
    assert found.names == ("Cyrillic", "Han", "Latin")
    assert found.codes.tolist() == [2] * 40 + [0] * 20 + [-1, 1]


def test_numbers_with_gaps_and_ties():
    values = ["", *(str(n) for n in range(40)), *["0"] * 60]
    table = pd.DataFrame({"body": [f"text {row}" for row in range(len(values))], "n": values})
    found = segments(explorer.open_corpus(table, text="body", label=None), "n")
    assert found.codes[0] == -1
    assert found.names == ("up to 0", "up to 6", "above 6")
    assert np.bincount(found.codes[1:]).tolist() == [61, 6, 33]


@pytest.mark.parametrize("label", ["length", "script of the text", "length (computed)"])
def test_a_column_has_its_own_name_and_a_computed_one_another(label):
    values = {"body": [f"row {at}" + "х" * (at % 7) for at in range(120)], label: ["a", "b"] * 60}
    if label != "length":
        values["length"] = ["c", "d"] * 60
    rows = explorer.open_corpus(pd.DataFrame(values), text="body", label=label)
    columns = segment_columns(rows)
    assert len(set(columns)) == len(columns)
    assert columns[0] == label
    assert segments(rows, label).names == ("a", "b")
    length, script = computed_columns(rows)
    assert {length, script} <= set(columns)
    assert not {length, script} & set(values)
    np.testing.assert_array_equal(
        segments(rows, length).codes, segments(explorer.open_corpus(values["body"]), "length").codes
    )
    assert segments(rows, script).names == ("Cyrillic", "Latin")


@pytest.mark.parametrize(
    ("numbers", "names"),
    [
        ([5.0] * 70 + list(range(6, 36)), ("up to 5", "above 5")),
        ([*range(20), *[50.0] * 40, *range(60, 100)], ("up to 50", "up to 66", "above 66")),
        (list(range(1_000_000, 1_000_100)), ("up to 1000033", "up to 1000066", "above 1000066")),
        ([1.5 + at / 4e7 for at in range(100)], ("up to 1.500001", "up to 1.500002", "above 1.500002")),
    ],
)
def test_thirds_have_different_names(numbers, names):
    table = pd.DataFrame({"body": [f"text {at}" for at in range(len(numbers))], "n": numbers})
    found = segments(explorer.open_corpus(table, text="body", label=None), "n")
    assert found.names == names
    assert set(found.codes) <= set(range(len(names)))


def test_columns_that_cannot(corpus):
    with pytest.raises(ColumnError, match="has 90 values"):
        segments(corpus, "key")
    with pytest.raises(ColumnError, match="no column 'nothing'"):
        segments(corpus, "nothing")


def test_differences_in_each_segment(corpus):
    rng = np.random.default_rng(0)
    units = np.sort(rng.choice(90, 70, replace=False))
    values = rng.random((3, 70))
    weights = rng.random(70)
    unit_values = UnitValues(MEASURE, values, units, rng.integers(0, 40, 70), weights)
    divided = segments(corpus, "label")
    found = segment_differences(unit_values, 2, 0, divided, seed=3)
    assert [each.segment for each in found] == ["a", "b"]
    for code, each in enumerate(found):
        inside = divided.codes[units] == code
        difference = (values[2] - values[0])[inside]
        assert each.n == inside.sum()
        assert each.difference == pytest.approx(np.average(difference, weights=weights[inside]))
        sides = values[2][inside], values[0][inside], unit_values.groups[inside]
        assert (each.low, each.high) == difference_interval(*sides, weights=weights[inside], seed=3)
        assert each.p == paired_test(*sides, weights=weights[inside], seed=3)
    np.testing.assert_array_equal([each.p_holm for each in found], holm(np.array([each.p for each in found])))


def test_segments_of_few_groups_are_shown_but_not_tested():
    corpus = corpus_of(12, labels=["a"] * 6 + ["b"] * 6)
    units, groups = np.arange(12), np.array([*range(6), 6, 7, 8, 9, 10, 10])
    values = np.array([[1.0] * 12, [0.0, 0.5] * 6])
    one = segment_differences(UnitValues(MEASURE, values, units, groups), 0, 1, segments(corpus, "label"))
    assert [(each.segment, each.n) for each in one] == [("a", 6), ("b", 6)]
    assert one[0].p == one[0].p_holm < 0.05  # a family of one
    assert np.isnan([one[1].p, one[1].p_holm, one[1].low]).all()
    assert one[1].difference == 0.75


def test_an_interval_stays_within_what_is_possible():
    values = np.array([[1.0] * 6, [0.0, 0, 0, 0, 0, 1]])
    every = Segments("all", ("all",), np.zeros(6, np.int64))
    free = UnitValues(MEASURE, values, np.arange(6), np.arange(6))
    (wide,) = segment_differences(free, 0, 1, every)
    bounded = replace(free, measure=replace(MEASURE, least=0, most=1))
    (clipped,) = segment_differences(bounded, 0, 1, every)
    assert wide.high > 1
    assert clipped == replace(wide, high=1.0)


def test_no_units_and_no_values_have_no_differences(corpus):
    units = np.array([0, 1, 3, 4, 6])
    values = np.array([[1.0, 0, 1, 0, 1], [0.0, 0, 0, 0.5, 0]])
    nothing = segment_differences(
        UnitValues(MEASURE, values[:, :0], units[:0], units[:0]), 0, 1, segments(corpus, "label"),
    )  # fmt: skip
    assert nothing == ()
    missing = UnitValues(MEASURE, np.full((2, 5), np.nan), units, units)
    assert all(np.isnan(each.p) for each in segment_differences(missing, 0, 1, segments(corpus, "label")))


@pytest.mark.parametrize(
    ("mean", "p", "reach", "winner"),
    [(0.2, 0.001, 0.05, 0), (-0.3, 0.001, 0.05, 1), (0.1, 0.2, 0.05, None), (0.1, 0.001, 0.4, None),
     (0.5, np.nan, np.nan, None)],
)  # fmt: skip
def test_a_segment_is_won_where_p_is_low_and_the_interval_excludes_zero(mean, p, reach, winner):
    found = SegmentDifference("s", mean, mean - reach, mean + reach, p, p, 40)
    assert found.better(MEASURE) == winner
    assert found.better(Measure("error", "labels", False, "")) == (None if winner is None else 1 - winner)
