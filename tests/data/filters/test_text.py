import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.data.filters.specs import MAX_FILTERS, Between, Contains, During, OneOf
from explorer.data.filters.text import MAX_CHARS, format_filters, parse_filters
from explorer.errors import FilterError

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
FINITE = st.none() | st.floats(allow_nan=False, allow_infinity=False)
MINUTES = st.none() | st.datetimes().map(lambda moment: moment.replace(second=0, microsecond=0))


def ordered(kind, column, first, last, missing):
    if first is not None and last is not None and first > last:
        first, last = last, first
    return kind(column, first, last, missing)


FILTERS = st.one_of(
    st.builds(OneOf, WORDS, st.lists(WORDS, min_size=1, max_size=4, unique=True).map(tuple)),
    st.builds(Contains, WORDS, WORDS.filter(str.strip)),
    st.builds(ordered, st.just(Between), WORDS, FINITE, FINITE, st.booleans()),
    st.builds(ordered, st.just(During), WORDS, MINUTES, MINUTES, st.booleans()),
)


@given(st.lists(FILTERS, max_size=5, unique_by=lambda one: one.column))
def test_filters_come_back_from_their_text(filters):
    assert parse_filters(format_filters(filters)) == (tuple(filters), ())


def test_the_text_can_be_read():
    filters = [
        OneOf("queue", ("app bugs", "")),
        Between("year", 1990, None),
        During("sent: at", dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 31, 23, 59), missing=True),
        During("seen", dt.datetime(2026, 1, 1, 12, 5)),
        Contains("body", "50 %, or more"),
    ]
    assert format_filters(filters) == (
        "queue:in:app bugs,;year:between:1990,;sent%3A at:during:2026-01-01,2026-01-31,missing;"
        "seen:during:2026-01-01T12.05,;body:contains:50 %25%2C or more"
    )


@pytest.mark.parametrize(
    "part",
    [
        "queue",
        "queue:in",
        "queue:is:a",
        "a:b:c:d",
        "year:between:1",
        "year:between:a,b",
        "year:between:1e999,",
        "year:between:inf,",
        "year:between:2,1",
        "year:between:1,2,3",
        "year:between:" + "9" * 400 + ",",
        "at:during:2026-02-30,",
        "at:during:2026-01-01T12.05.30,",
        "at:during:2026-01-01T25.00,",
        "at:during:yesterday,",
        "body:contains:",
        "body:contains:a,b",
        "body:contains:" + "x" * 201,
        "queue:in:" + ",".join(map(str, range(201))),
    ],
)
def test_what_is_no_filter_is_named_and_the_others_are_used(part):
    found, problems = parse_filters(f"{part};kind:in:a")
    assert found == (OneOf("kind", ("a",)),)
    (problem,) = problems
    assert problem.startswith(f"“{part[:60]}")
    assert len(problem) < 120


def test_too_much_is_refused_and_said():
    many = ";".join(f"c{number}:in:a" for number in range(MAX_FILTERS + 3))
    found, (problem,) = parse_filters(many)
    assert len(found) == MAX_FILTERS
    assert f"{MAX_FILTERS + 3} filters; the first {MAX_FILTERS} are used" in problem
    assert parse_filters("c:in:" + "x" * MAX_CHARS)[0] == ()
    assert parse_filters("c:in:a;c:in:b") == (
        (OneOf("c", ("b",)),),
        ('This link has several filters of the column "c"; the last is used.',),
    )
    with pytest.raises(FilterError, match="long in the link"):
        format_filters([OneOf("c", tuple(f"{number}-{'x' * 50}" for number in range(150)))])


@given(st.text())
def test_any_text_is_read_without_an_error(text):
    found, _ = parse_filters(text)
    assert parse_filters(format_filters(found)) == (found, ())
