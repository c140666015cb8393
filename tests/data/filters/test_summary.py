import datetime as dt
import math
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.data.filters.summary import summarise
from explorer.data.filters.values import filterable, kind_of, moment
from tests.data.filters.made import corpus_of


@given(st.lists(st.none() | st.sampled_from(["a", "b", "", "B"]), min_size=1))
def test_values_are_counted_frequent_ones_first(values):
    found = summarise(corpus_of(column=pa.array(values, pa.string()), label="column"), "column")
    counted = Counter(value or "" for value in values)
    assert found.kind == "category"
    assert list(found.values) == sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))


@given(st.lists(st.none() | st.floats(allow_subnormal=False), min_size=3))
def test_a_histogram_counts_every_finite_number_once(numbers):
    corpus = corpus_of(column=pa.array([*numbers, 1.0, 2.0, 3.0], pa.float64()))
    found = summarise(corpus, "column")
    finite = [number for number in numbers if number is not None and math.isfinite(number)] + [1.0, 2.0, 3.0]
    assert found.kind == "number"
    assert found.missing == sum(number is None or math.isnan(number) for number in numbers)
    assert int(found.histogram.counts.sum()) == len(finite)
    assert (found.histogram.low, found.histogram.high) == (min(finite), max(finite))
    assert found.histogram.whole == all(number.is_integer() for number in finite)


def test_equal_numbers_and_no_numbers_have_a_histogram_or_none():
    corpus = corpus_of(column=[5, 5, 5], none=pa.array([math.nan, math.nan, None]))
    assert kind_of(corpus, "column") == "category"  # one value
    texts = corpus_of(column=["4", "5", "6", "x" * 3], label=None)
    assert kind_of(texts, "column") == "text"  # a quarter is no number


def test_bins_are_equally_wide():
    found = summarise(corpus_of(column=np.arange(64.0)), "column").histogram
    assert found.counts.tolist() == [2] * 32


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1997", "1981", "2009", "1997"], "number"),
        (["1", "0", "1", "0"], "category"),
        ([True, False, None, True], "category"),
        ([1, 2, 3, 4], "number"),
        ([1.5, None, 3, 4], "number"),
        (["2026-01-01", "2026-01-02", "2026-01-03 10:00", ""], "time"),
        (["2026-01-01T10:00Z", "2026-01-02", "2026-01-03T10:00:00+01:00", None], "time"),
        ([dt.date(2026, 1, day) for day in (1, 2, 3, 4)], "time"),
        ([dt.datetime(2026, 1, day) for day in (1, 2, 3, 4)], "time"),
        (["a", "b", "c", "d"], "text"),
        (["a", "a", "b", "b"], "category"),
        ([f"{value}" for value in "abcabcabc"], "category"),
        ([None] * 4, "category"),
    ],
)
def test_a_column_is_filtered_by_what_it_holds(values, kind):
    column = pa.array(values, pa.string()) if set(values) == {None} else values
    assert kind_of(corpus_of(column=column), "column") == kind


def test_text_is_sought_in_and_labels_are_chosen_unless_they_are_too_many():
    corpus = corpus_of(text=["a", "a", "b", "b"], label="kind", kind=["1", "2", "3", "4"])
    assert (kind_of(corpus, "text"), kind_of(corpus, "kind")) == ("text", "category")
    many = corpus_of(label="kind", kind=[f"k{row}" for row in range(1_001)])
    assert kind_of(many, "kind") == "text"
    few = corpus_of(label="kind", kind=[f"k{row}" for row in range(1_000)])
    assert kind_of(few, "kind") == "category"


def test_lists_records_bytes_and_vectors_are_not_offered():
    corpus = corpus_of(
        label="kind",
        vector=[[1.0, 2.0]],
        record=[{"a": 1}],
        data=[b"png"],
        written=["[0.1, 0.2]"],
        length=pa.array([3], pa.duration("s")),
        kind=["a"],
        size=[1],
    )
    assert filterable(corpus) == ["kind", "size", "text"]


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59.999999", "9999-12-31T23:59-05:00", "0001-01-01"])
def test_the_ends_of_time_are_ends_of_a_histogram(text):
    found = summarise(corpus_of(column=[text, "2026-01-01", "2026-01-02"]), "column").histogram
    ends = moment(int(found.low)), moment(int(found.high))
    assert {end.year for end in ends} == {int(text[:4]), 2026}


def test_times_become_minutes_again():
    found = summarise(corpus_of(column=["1969-12-31T23:59:30", "2026-01-01", "2026-01-02"]), "column")
    assert moment(int(found.histogram.low)) == dt.datetime(1969, 12, 31, 23, 59)
    assert moment(int(found.histogram.high)) == dt.datetime(2026, 1, 2)
