from __future__ import annotations

import datetime
import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.data.columns import text_columns
from explorer.data.corpus_from_table import make_corpus
from explorer.data.formats.parquet import read_parquet
from explorer.data.python import from_arrow
from explorer.data.tables.python_values import as_strings, cells, texts
from explorer.errors import ExplorerError
from explorer.share.export import csv_file, parquet_file, rows_table

UNITS = st.sampled_from(["s", "ms", "us", "ns"])
ZONES = st.sampled_from([None, "UTC", "Europe/Berlin", "+05:30", "Foo/Bar", "+99:99", "é", "../etc"])
FLAT = st.one_of(
    st.sampled_from(
        [
            *(pa.int8(), pa.uint64(), pa.float16(), pa.float32(), pa.float64(), pa.bool_(), pa.null()),
            *(pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.binary(2)),
            *(pa.date32(), pa.date64(), pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns")),
            *(pa.decimal32(5, 1), pa.decimal128(38, -3), pa.decimal256(70, 2), pa.month_day_nano_interval()),
            *(pa.uuid(), pa.json_(), pa.bool8()),
        ]
    ),
    st.builds(pa.timestamp, UNITS, ZONES),
    st.builds(pa.duration, UNITS),
)
NAMES = st.lists(st.sampled_from(["a", "b", "", "é"]), min_size=1, max_size=3)


def _records(kinds: list[pa.DataType], names: list[str]) -> pa.DataType:
    return pa.struct(list(zip(names, kinds, strict=False)))


TYPES = st.recursive(
    FLAT,
    lambda inner: st.one_of(
        st.builds(pa.list_, inner),
        st.builds(pa.large_list, inner),
        st.builds(lambda kind: pa.list_(kind, 2), inner),
        st.builds(lambda kind: pa.map_(pa.string(), kind), inner),
        st.builds(_records, st.lists(inner, min_size=3, max_size=3), NAMES),
        st.builds(
            lambda kind: pa.dictionary(pa.int32(), kind),
            st.sampled_from([pa.string(), pa.date32(), pa.duration("s")]),
        ),
    ),
    max_leaves=4,
)


def _array(data, kind: pa.DataType, rows: int) -> pa.Array:
    """Values of a type from bytes that were drawn, whatever they mean."""
    if isinstance(kind, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(kind, _array(data, kind.storage_type, rows))
    if pa.types.is_dictionary(kind):
        places = data.draw(st.lists(st.none() | st.integers(0, 1), min_size=rows, max_size=rows))
        return pa.DictionaryArray.from_arrays(pa.array(places, pa.int32()), _array(data, kind.value_type, 2))
    if pa.types.is_struct(kind):
        fields = [kind.field(place) for place in range(kind.num_fields)]
        return pa.StructArray.from_arrays(
            [_array(data, field.type, rows) for field in fields], fields=fields, mask=_mask(data, rows)
        )
    if pa.types.is_map(kind):
        items = _array(data, kind.item_type, rows)
        return pa.MapArray.from_arrays(list(range(rows + 1)), pa.array(["k"] * rows), items)
    if pa.types.is_fixed_size_list(kind):
        return pa.FixedSizeListArray.from_arrays(
            _array(data, kind.value_type, 2 * rows), 2, mask=_mask(data, rows)
        )
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        make = pa.ListArray if pa.types.is_list(kind) else pa.LargeListArray
        return make.from_arrays(list(range(0, 2 * rows + 1, 2)), _array(data, kind.value_type, 2 * rows))
    if pa.types.is_null(kind):
        return pa.nulls(rows)
    if pa.types.is_boolean(kind):
        drawn = data.draw(st.lists(st.none() | st.booleans(), min_size=rows, max_size=rows))
        return pa.array(drawn, pa.bool_())  # of nulls alone pyarrow would make another type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        drawn = data.draw(st.lists(st.none() | st.text(max_size=4), min_size=rows, max_size=rows))
        return pa.array(drawn, pa.string()).cast(kind)
    if pa.types.is_binary(kind):
        return pa.array(data.draw(st.lists(st.binary(max_size=3), min_size=rows, max_size=rows)), kind)
    size = kind.bit_width // 8
    values = data.draw(st.binary(min_size=size * rows, max_size=size * rows))
    mask = np.packbits(~_mask(data, rows).to_numpy(zero_copy_only=False), bitorder="little")
    return pa.Array.from_buffers(kind, rows, [pa.py_buffer(mask.tobytes()), pa.py_buffer(values)])


def _mask(data, rows: int) -> pa.Array:
    return pa.array(data.draw(st.lists(st.booleans(), min_size=rows, max_size=rows)), pa.bool_())


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(TYPES, st.data())
def test_any_cell_of_any_type_becomes_a_value_and_text(kind, data):
    array = _array(data, kind, 3)
    for part in (array, array.slice(1), array.slice(1, 1), array.slice(3)):
        assert len(cells(part)) == len(texts(part)) == len(part)
        for text, there in zip(texts(part), part.is_valid().to_pylist(), strict=True):
            assert text is None or isinstance(text, str)
            assert there or text is None


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(TYPES, st.data())
def test_a_column_of_any_type_can_be_read_shown_and_taken_away(kind, data):
    array = _array(data, kind, 3)
    table = pa.table({"text": ["one word", "two words", "three words"], "column": array})
    try:
        source = from_arrow(table, "t")
    except ExplorerError:
        return
    text_columns(source)
    for label in ("column", None):
        try:
            corpus = make_corpus(source, text="text", label=label)
        except ExplorerError:
            continue
        assert len(corpus.fingerprint) == 32
        assert all(isinstance(value, str) for value in corpus.labels or ())
        for row in range(3):
            {name: str(value) for name, value in corpus.row(row).items()}
        taken = rows_table(corpus, [2, 0], {"rank": [1, 2]})
        csv_file(taken)
        csv_file(taken, exact=True)
        parquet_file(taken)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(TYPES, st.data())
def test_a_parquet_file_with_a_column_of_any_type_is_read(kind, data):
    file = io.BytesIO()
    table = pa.table({"text": ["one word", "two words", "three words"], "column": _array(data, kind, 3)})
    try:
        pq.write_table(table, file)
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        return  # Parquet does not have the type
    try:
        source = read_parquet(file.getvalue(), "rows.parquet")
    except ExplorerError:
        return
    assert source.table["text"].to_pylist() == table["text"].to_pylist()


def _of(kind: pa.DataType, *numbers: int | None) -> pa.ChunkedArray:
    storage = pa.int32() if kind.bit_width == 32 else pa.int64()
    return pa.chunked_array([pa.array(numbers, storage).view(kind)])


@pytest.mark.parametrize(
    ("kind", "number", "text"),
    [
        (pa.timestamp("s"), 2**62, "146138514283-06-19T07:45:04"),
        (pa.timestamp("s", "UTC"), 2**62, "146138514283-06-19T07:45:04Z"),
        (pa.date32(), 2**30, "2941775-04-07"),
        (pa.date32(), -(2**31), "-5877641-06-23"),
        (pa.duration("s"), 2**62, "4611686018427387904 s"),
        (pa.time32("s"), 1_000_000, "1000000 s"),
        (pa.time32("s"), -5, "-5 s"),
        (pa.time64("us"), 2**60, "1152921504606846976 µs"),
        (pa.time64("ns"), 1, "00:00:00.000000001"),
    ],
)
def test_what_python_cannot_hold_is_kept_as_text(kind, number, text):
    source = from_arrow(pa.table({"text": ["a b", "c d"], "column": _of(kind, number, None)}), "t")
    assert source.table["column"].to_pylist() == [text, None]
    assert source.notes == (
        'Column "column": dates, times or durations outside the usual range, kept as text.',
    )


def test_times_of_an_unknown_zone_are_kept_as_times():
    column = _of(pa.timestamp("s", "Foo/Bar"), 0, None)
    source = from_arrow(pa.table({"text": ["a b", "c d"], "column": column}), "t")
    assert source.table["column"].to_pylist() == [datetime.datetime(1970, 1, 1), None]
    assert source.notes == ('Column "column": its time zone is unknown, so its times are in UTC.',)


def test_lists_of_a_fixed_size_of_an_extension_type_become_text():
    values = pa.ExtensionArray.from_storage(pa.json_(), pa.array(list("123456")))
    lists = pa.FixedSizeListArray.from_arrays(values, 2, mask=pa.array([True, False, False]))
    assert texts(lists) == [None, '["3", "4"]', '["5", "6"]']
    assert texts(lists.slice(1)) == ['["3", "4"]', '["5", "6"]']


def test_two_fields_of_one_name_are_both_kept():
    records = pa.StructArray.from_arrays([pa.array([1, 2]), pa.array(["x", None])], names=["a", "a"])
    source = from_arrow(pa.table({"text": ["a b", "c d"], "column": records}), "t")
    assert [json.loads(cell) for cell in source.table["column"].to_pylist()] == [
        {"a": 1, "a (2)": "x"},
        {"a": 2, "a (2)": None},
    ]


def test_half_floats_are_numbers():
    column = pa.array(np.array([1.5, np.nan], np.float16))
    source = from_arrow(pa.table({"text": ["a b", "c d"], "column": column}), "t")
    assert as_strings(source.table["column"]) == ["1.5", ""]
