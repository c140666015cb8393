import datetime as dt
import math
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from explorer.data.filters.rows import passing
from explorer.data.filters.specs import MAX_FILTERS, Between, Contains, During, OneOf
from explorer.errors import FilterError
from tests.data.filters.made import corpus_of

ALPHABET = "aAbeEéÉ\u0301ßſİıσςΣžŽй가각がか漢🙂 %:;,.*([\\^$ﬁ\n"
NUMBERS = st.none() | st.floats(allow_infinity=True) | st.sampled_from([0.0, -0.0, 1.0, 2.0, math.nan])
ENDS = st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, 1.0, 2.0])
MINUTES = st.datetimes(dt.datetime(1, 1, 2), dt.datetime(9999, 12, 30)).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)
MOMENTS = st.datetimes(dt.datetime(1, 1, 2), dt.datetime(9999, 12, 30))


def rows(corpus, *filters):
    return np.flatnonzero(passing(corpus, filters)).tolist()


def plain(text):
    """A text without case and accents, one character after the other."""
    parts = unicodedata.normalize("NFKD", text)
    lower = "".join(one.lower() for one in parts if not "\u0300" <= one <= "\u036f")
    return lower.replace("ß", "ss").replace("ς", "σ")


def is_in(sought, text):
    """Whether a text is in another, where the next character does not belong to its last one."""
    needle, text = plain(sought), plain(text)
    for start in range(len(text) + 1):
        if text.startswith(needle, start):
            following = text[start + len(needle) : start + len(needle) + 1]
            within = "\u1160" <= following <= "\u11ff" or following in ("\u3099", "\u309a")
            if needle.isascii() or not within:
                return True
    return False


@given(
    texts=st.lists(st.none() | st.text(ALPHABET, max_size=8), min_size=1, max_size=12),
    sought=st.text(ALPHABET, min_size=1, max_size=3).filter(str.strip),
)
@example(texts=["Crème", "creme", "CRÈME", None, "crem"], sought="crème")
@example(texts=["STRASSE", "Straße", "ΣΟΦΌΣ"], sought="straße")
@example(texts=["ΣΟΦΌΣ", "σοφος"], sought="σοφός")
def test_texts_that_contain_a_text_are_those_of_a_plain_search(texts, sought):
    corpus = corpus_of(column=pa.array(texts, pa.string()))
    wanted = [row for row, text in enumerate(texts) if is_in(sought, text or "")]
    assert rows(corpus, Contains("column", sought)) == wanted


def test_a_part_of_a_character_is_not_found_in_it():
    corpus = corpus_of(column=["각", "가", "がか", "が", "一がx", None])
    assert rows(corpus, Contains("column", "가")) == [1]
    assert rows(corpus, Contains("column", "か")) == [2]
    assert rows(corpus, Contains("column", "が")) == [2, 3, 4]


@pytest.mark.parametrize("sought", [".*", "(a+)+$", "[", "\\", "a|b", "%", "$"])
def test_no_character_of_the_text_has_a_special_meaning(sought):
    corpus = corpus_of(column=["aaaaaaaaaaaaaaaaaaaaaaaaaaaaab", f"x{sought}y", "b", None])
    assert rows(corpus, Contains("column", sought)) == [1]


@given(
    values=st.lists(st.none() | st.sampled_from(["a", "A", "b", "", "é", "none"]), min_size=1, max_size=12),
    chosen=st.lists(st.sampled_from(["a", "A", "b", "", "é", "c"]), min_size=1, unique=True),
)
def test_rows_of_a_category_are_those_of_a_plain_search(values, chosen):
    corpus = corpus_of(column=pa.array(values, pa.string()))
    wanted = [row for row, value in enumerate(values) if (value or "") in chosen]
    assert rows(corpus, OneOf("column", tuple(chosen))) == wanted


@pytest.mark.parametrize(
    ("values", "chosen", "wanted"),
    [
        ([True, False, None], ("true",), [0]),
        ([True, False, None], ("",), [2]),
        ([1, 2, None, 2], ("2", ""), [1, 2, 3]),
        ([1.5, math.nan, None], ("",), [1, 2]),
        ([dt.date(2026, 1, 31), None], ("2026-01-31",), [0]),
    ],
)
def test_values_of_other_types_are_compared_as_labels_write_them(values, chosen, wanted):
    corpus = corpus_of(column=values, label="column")
    assert rows(corpus, OneOf("column", chosen)) == wanted
    assert [row for row, label in enumerate(corpus.labels) if label in chosen] == wanted


def between(low, high, missing):
    if low is not None and high is not None and low > high:
        low, high = high, low
    return Between("column", low, high, missing)


@given(
    numbers=st.lists(NUMBERS, min_size=1, max_size=12),
    asked=st.builds(between, ENDS, ENDS, st.booleans()),
)
def test_rows_in_a_range_are_those_of_a_plain_search(numbers, asked):
    def passes(number):
        if number is None or math.isnan(number):
            return asked.missing
        return (asked.low is None or number >= asked.low) and (asked.high is None or number <= asked.high)

    wanted = [row for row, number in enumerate(numbers) if passes(number)]
    assert rows(corpus_of(column=pa.array(numbers, pa.float64())), asked) == wanted
    written = [None if number is None else repr(number) for number in numbers]
    read = rows(corpus_of(column=pa.array(written, pa.string())), asked)
    infinite = [row for row, number in enumerate(numbers) if number is not None and math.isinf(number)]
    assert sorted({*read} - {*infinite}) == sorted({*wanted} - {*infinite})  # as text, it is no number


def test_both_ends_of_a_range_are_in_it_and_integers_and_decimals_are_numbers():
    for kind in (pa.int8(), pa.uint64(), pa.float32(), pa.decimal128(21, 2)):
        corpus = corpus_of(column=pa.array([1, 2, 2, 3, None], pa.int64()).cast(kind))
        assert rows(corpus, Between("column", 2, 3)) == [1, 2, 3]
        assert rows(corpus, Between("column", 2, 2, missing=True)) == [1, 2, 4]
        assert rows(corpus, Between("column", 4)) == []
        assert rows(corpus, Between("column")) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("text", "number"),
    [(" 12 ", 12), ("+3e4", 3e4), ("-.5", -0.5), ("7.", 7), ("1,000", None), ("12 kg", None), ("", None)],
)
def test_numbers_in_text_are_read_where_they_are_plain(text, number):
    corpus = corpus_of(column=[text, "1e999999", "1e9999", "-1e9999", "0x10", "nan"])
    expected = [0] if number is not None else []
    assert rows(corpus, Between("column", number, number)) == expected


def during(first, last, missing):
    if first is not None and last is not None and first > last:
        first, last = last, first
    return During("column", first, last, missing)


@given(
    moments=st.lists(st.none() | MOMENTS | MINUTES, min_size=1, max_size=10),
    asked=st.builds(during, st.none() | MINUTES, st.none() | MINUTES, st.booleans()),
    hours=st.integers(-12, 14),
)
def test_rows_in_a_range_of_time_are_those_of_a_plain_search(moments, asked, hours):
    def passes(moment):
        if moment is None:
            return asked.missing
        if asked.first is not None and moment < asked.first:
            return False
        return asked.last is None or moment < asked.last + dt.timedelta(minutes=1)

    wanted = [row for row, moment in enumerate(moments) if passes(moment)]
    assert rows(corpus_of(column=pa.array(moments, pa.timestamp("us"))), asked) == wanted
    zoned = pa.array(moments, pa.timestamp("us")).cast(pa.timestamp("us", "Asia/Kolkata"))
    assert rows(corpus_of(column=zoned), asked) == wanted  # in UTC
    written = [None if moment is None else moment.isoformat() for moment in moments]
    assert rows(corpus_of(column=pa.array(written, pa.string())), asked) == wanted
    zone = dt.timezone(dt.timedelta(hours=hours))
    elsewhere = [
        None if moment is None else moment.replace(tzinfo=dt.UTC).astimezone(zone).isoformat(" ")
        for moment in moments
    ]
    assert rows(corpus_of(column=pa.array(elsewhere, pa.string())), asked) == wanted


def test_the_last_minute_and_the_last_day_are_whole():
    corpus = corpus_of(
        column=[
            "2026-01-31",
            "2026-01-31 23:59:59.999999",
            "2026-02-01",
            "2026-01-30T23:59Z",
            "2026-02-30",
            "",
        ]
    )
    day = During("column", dt.datetime(2026, 1, 31), dt.datetime(2026, 1, 31, 23, 59))
    assert rows(corpus, day) == [0, 1]
    assert rows(corpus, During("column", missing=False)) == [0, 1, 2, 3]
    assert rows(corpus, During("column", dt.datetime(2026, 2, 1), missing=True)) == [2, 4, 5]
    dates = corpus_of(column=[dt.date(2026, 1, 31), dt.date(2026, 2, 1), None])
    assert rows(dates, day) == [0]


def test_rows_pass_all_filters_and_without_any_all_rows_pass():
    corpus = corpus_of(kind=["a", "b", "a", None], size=[1, 2, 3, 4])
    assert rows(corpus) == [0, 1, 2, 3]
    assert rows(corpus, OneOf("kind", ("a",)), Between("size", 2)) == [2]
    assert rows(corpus, OneOf("kind", ("a",)), Contains("text", "ROW 3")) == []
    assert passing(corpus_of(kind=["a"]), [OneOf("kind", ("b",))]).tolist() == [False]


def test_a_filter_of_a_column_that_is_not_there_is_an_error_with_those_that_are():
    corpus = corpus_of(kind=["a"], size=[1], parts=[[1, 2]], flag=[True])
    with pytest.raises(FilterError, match=r'no column "color".*kind, size, flag, text'):
        passing(corpus, [OneOf("color", ("red",))])
    with pytest.raises(FilterError, match="holds no single values"):
        passing(corpus, [OneOf("parts", ("1",))])
    with pytest.raises(FilterError, match="holds no numbers"):
        passing(corpus, [Between("flag", 1)])
    with pytest.raises(FilterError, match="holds no dates"):
        passing(corpus, [During("size", dt.datetime(2026, 1, 1))])
    with pytest.raises(FilterError, match=f"takes? {MAX_FILTERS} at once"):
        passing(corpus, [OneOf("kind", ("a",))] * (MAX_FILTERS + 1))


@pytest.mark.parametrize(
    "make",
    [
        lambda: OneOf("c", ()),
        lambda: OneOf("c", ("v",) * 201),
        lambda: Between("c", 2, 1),
        lambda: Between("c", math.nan),
        lambda: Between("c", None, math.inf),
        lambda: During("c", dt.datetime(2026, 1, 2), dt.datetime(2026, 1, 1)),
        lambda: During("c", dt.datetime(2026, 1, 2, 0, 0, 1)),
        lambda: During("c", dt.datetime(2026, 1, 2, tzinfo=dt.UTC)),
        lambda: Contains("c", " "),
        lambda: Contains("c", "x" * 201),
    ],
)
def test_a_filter_that_asks_nothing_sensible_is_refused(make):
    with pytest.raises(FilterError):
        make()
