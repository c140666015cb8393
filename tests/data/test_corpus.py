from __future__ import annotations

import dataclasses
import datetime
import decimal
import hashlib
import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.data.corpus import text_key
from explorer.data.corpus_from_table import make_corpus
from explorer.data.python import from_arrow, from_columns
from explorer.errors import DataError
from tests.data.failing import failure

COLUMNS = {
    "text": ["one", "two", "two", "four"],
    "label": ["x", None, "y", ""],
    "n": [1, 2, None, 4],
    "x": [1.0, float("inf"), None, -0.5],
    "b": [True, None, False, True],
    "d": [datetime.date(2024, 5, 1), None, None, datetime.date(1969, 1, 1)],
    "t": [datetime.datetime(2024, 5, 1, 12, tzinfo=datetime.UTC), None, None, None],
    "m": [decimal.Decimal("1.50"), None, None, decimal.Decimal("-2.25")],
    "w": [datetime.timedelta(days=1), None, None, datetime.timedelta(0)],
    "z": [None] * 4,
}


def _corpus(columns=COLUMNS, *, text="text", label="label", name="rows"):
    return make_corpus(from_arrow(pa.table(columns), name), text=text, label=label)


def test_a_corpus_answers_for_its_rows():
    corpus = _corpus()
    assert len(corpus) == 4
    assert corpus.texts == ["one", "two", "two", "four"]
    assert corpus.labels == ["x", "", "y", ""]
    assert corpus.metadata == ("n", "x", "b", "d", "t", "m", "w", "z")
    assert corpus.repeated == 1
    assert corpus.row(3) == {name: values[3] for name, values in COLUMNS.items()}
    assert corpus.row(np.int64(0))["text"] == "one"


@pytest.mark.parametrize("row", [-1, 4])
def test_a_row_that_is_not_there_is_refused(row):
    error = failure(DataError, _corpus().row, row)
    assert str(error) == f"rows: There is no row {row}. Rows are 0 to 3."


def test_the_items_of_a_text_corpus_are_its_texts_and_name_themselves():
    corpus = make_corpus(from_columns({"text": ["one", "two\nlines"]}, "notes"), text="text")
    assert corpus.items == corpus.captions == corpus.texts == ["one", "two\nlines"]


def test_item_keys_are_sixteen_bytes_of_blake2b():
    assert text_key("Grüße") == hashlib.blake2b("Grüße".encode(), digest_size=16).digest()
    assert len(text_key("\ud800")) == 16
    assert text_key("\ud800") != text_key("\ud801")
    corpus = _corpus()
    assert corpus.item_keys == [text_key(text) for text in corpus.texts]


@given(st.lists(st.text(), min_size=1, unique=True))
def test_different_texts_have_different_keys(texts):
    assert len({text_key(text) for text in texts}) == len(texts)


def test_a_corpus_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        _corpus().name = "other"


def _changed(name, row, value):
    return COLUMNS | {name: [*COLUMNS[name][:row], value, *COLUMNS[name][row + 1 :]]}


@pytest.mark.parametrize(
    "columns",
    [
        _changed("text", 3, "for"),
        _changed("label", 0, "y"),
        _changed("label", 1, ""),
        _changed("n", 0, 2),
        _changed("n", 2, 0),
        _changed("x", 3, -0.25),
        _changed("b", 2, None),
        _changed("d", 0, datetime.date(2024, 5, 2)),
        _changed("t", 0, datetime.datetime(2024, 5, 1, 13, tzinfo=datetime.UTC)),
        _changed("m", 0, decimal.Decimal("1.51")),
        _changed("w", 3, datetime.timedelta(seconds=1)),
        {name: values[:3] for name, values in COLUMNS.items()},
        {name: [values[1], values[0], *values[2:]] for name, values in COLUMNS.items()},
        {name: COLUMNS[name] for name in sorted(COLUMNS)},
        {name if name != "n" else "m2": values for name, values in COLUMNS.items()},
        {name: values for name, values in COLUMNS.items() if name != "z"},
        COLUMNS | {"n": ["1", "2", None, "4"]},
        COLUMNS | {"label": ["x", None, "", "y"]},
        COLUMNS | {"label": ["", None, "xy", ""]},
    ],
)
def test_the_fingerprint_changes_with_anything_in_the_table(columns):
    assert _corpus(columns).fingerprint != _corpus().fingerprint


def test_the_fingerprint_changes_with_the_choice_of_columns():
    assert len({_corpus(label=label).fingerprint for label in ("label", "n", None)}) == 3
    assert _corpus(text="label", label=None).fingerprint != _corpus(label=None).fingerprint


def test_the_fingerprint_does_not_know_the_corpus_name():
    assert _corpus(name="one").fingerprint == _corpus(name="two").fingerprint
    assert len(_corpus().fingerprint) == 32


@pytest.mark.slow
@settings(max_examples=40)
@given(
    values=st.lists(
        st.tuples(st.text(min_size=1).filter(str.strip), st.none() | st.integers(-9, 9)), min_size=1
    ),
    cuts=st.lists(st.integers(0, 30)),
)
def test_the_fingerprint_does_not_know_how_arrow_split_the_table(values, cuts):
    texts, numbers = map(list, zip(*values, strict=True))
    whole = pa.table({"text": pa.array(texts), "n": pa.array(numbers, pa.int64())})
    edges = sorted({0, len(values), *(cut for cut in cuts if cut < len(values))})
    parts = [whole.slice(start, end - start) for start, end in itertools.pairwise(edges)]
    split = pa.concat_tables(parts)
    # Slices of a longer table have offsets, and bits beyond their ends.
    padded = pa.concat_tables([whole, whole, whole]).combine_chunks().slice(len(values), len(values))
    prints = {_corpus(table, label=None).fingerprint for table in (whole, split, padded)}
    assert len(prints) == 1


def test_the_fingerprint_does_not_know_what_lies_under_a_null():
    mask = np.array([False, True])
    first, second = (
        pa.table({"text": ["a", "b"], "n": pa.array(np.array([1, hidden]), mask=mask)}) for hidden in (2, 3)
    )
    assert _corpus(first, label=None).fingerprint == _corpus(second, label=None).fingerprint
    bytes_under_null = pa.StringArray.from_buffers(
        2,
        pa.py_buffer(np.array([0, 1, 6], np.int32).tobytes()),
        pa.py_buffer(b"xhello"),
        pa.py_buffer(b"\x01"),
    )
    hidden = pa.table({"text": ["a", "b"], "s": bytes_under_null})
    plain = pa.table({"text": ["a", "b"], "s": pa.array(["x", None])})
    assert _corpus(hidden, label=None).fingerprint == _corpus(plain, label=None).fingerprint


def test_the_items_fingerprint_knows_the_items_and_their_order_only():
    base = from_columns({"text": ["a", "b"], "n": [1, 2]}, "rows")
    other = from_columns({"n": ["x", "y"], "gloss": ["a", "b"]}, "others")
    assert (
        make_corpus(base, text="text").items_fingerprint == make_corpus(other, text="gloss").items_fingerprint
    )
    for texts in (["b", "a"], ["a"], ["ab"], ["a", "b", "b"], ["a", "c"]):
        changed = make_corpus(from_columns({"text": texts}, "rows"))
        assert changed.items_fingerprint != make_corpus(base).items_fingerprint
