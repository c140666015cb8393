from __future__ import annotations

import datetime
import decimal
import io
import json
import random

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.data.corpus_from_table import make_corpus
from explorer.data.formats.parquet import read_parquet
from explorer.data.tables.source_table import MAX_COLUMNS
from explorer.errors import ColumnError, EmptyDataError, TooLargeError, UnreadableFileError
from tests.data.failing import failure, outcome


def _bytes(table: pa.Table, **options) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return file.getvalue()


def _read(table: pa.Table, **options):
    return read_parquet(_bytes(table, **options), "rows.parquet")


def _fails(content: bytes):
    return failure(UnreadableFileError, read_parquet, content, "rows.parquet")


@settings(max_examples=30)
@given(
    st.lists(st.one_of(st.none(), st.text()), min_size=1),
    st.sampled_from(
        [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]
    ),
)
def test_text_of_any_string_type_is_read_exactly_as_string(texts, kind):
    array = pa.array(texts, pa.string()).cast(kind)
    source = _read(pa.table({"text": array}))
    assert source.table.schema.field("text").type == pa.string()
    assert source.table["text"].to_pylist() == texts
    assert source.notes == ()


def test_a_path_is_read_like_bytes(tmp_path):
    table = pa.table({"text": ["a", "b"], "n": [1, 2]})
    path = tmp_path / "rows.parquet"
    path.write_bytes(_bytes(table))
    assert read_parquet(path, path.name).table.equals(table)


def test_plain_types_are_kept():
    columns = {
        "b": [True, None],
        "n": [1, None],
        "x": [1.5, None],
        "d": [datetime.date(2024, 5, 1), None],
        "t": [datetime.datetime(2024, 5, 1, 12), None],
        "m": [decimal.Decimal("1.50"), None],
        "z": pa.nulls(2),
    }
    source = _read(pa.table(columns))
    assert source.table.to_pydict() == {**columns, "z": [None, None]}
    assert source.nested == frozenset()


def test_nested_columns_become_json_text_with_a_note():
    source = _read(
        pa.table(
            {
                "text": ["a", "b"],
                "tags": [["x", "é"], None],
                "meta": [{"k": 1, "when": datetime.date(2024, 5, 1)}, {"k": None, "when": None}],
                "map": pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int64())),
            }
        )
    )
    assert source.table["tags"].to_pylist() == ['["x", "é"]', None]
    assert source.table["meta"].to_pylist() == [
        '{"k": 1, "when": "2024-05-01"}',
        '{"k": null, "when": null}',
    ]
    assert source.table["map"].to_pylist() == ['[["k", 1]]', "[]"]
    assert source.nested == {"tags", "meta", "map"}
    assert source.notes == tuple(
        f'Column "{name}": lists or records, kept as JSON text.' for name in ("tags", "meta", "map")
    )
    error = failure(ColumnError, make_corpus, source, text="tags")
    assert error.what == 'The column holds lists or records, not text: ["x", "é"] in row 1.'
    assert error.where == 'rows.parquet, column "tags"'
    assert error.fix == "Choose one of: text."


def test_columns_of_bytes_are_left_out_with_a_note():
    image = {"bytes": b"\x89PNG", "path": "a.png"}
    source = _read(pa.table({"text": ["a"], "raw": [b"\xff"], "image": [image], "list": [[b"x"]]}))
    assert source.table.column_names == ["text"]
    assert source.notes == tuple(
        f'Column "{name}" is left out: it holds raw bytes, such as images.'
        for name in ("raw", "image", "list")
    )


def test_long_lists_such_as_vectors_are_left_out_with_a_note():
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(np.random.rand(384 * 3), pa.float32()), 384)
    source = _read(pa.table({"text": ["a", "b", "c"], "a.vector": vectors, "pair": [[1, 2]] * 3}))
    assert source.table.column_names == ["text", "pair"]
    assert source.notes[0].startswith('Column "a.vector" is left out: its lists of numbers are too long')


def test_vectors_are_not_even_unpacked(bound):
    bound("EXPLORER_MAX_FILE_MB", 1)
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(np.zeros(2_000 * 768), pa.float32()), 768)
    source = _read(pa.table({"text": ["a b"] * 2_000, "vector": vectors}))
    assert source.table.column_names == ["text"]


def test_long_conversations_are_kept():
    messages = [{"role": "user", "content": "word " * 1_000}]
    source = _read(pa.table({"id": ["a"], "messages": [messages]}))
    assert json.loads(source.table["messages"][0].as_py()) == messages


def test_a_file_of_bytes_alone_says_why_nothing_is_left():
    error = failure(ColumnError, read_parquet, _bytes(pa.table({"raw": [b"x"]})), "rows.parquet")
    assert error.what == "No column can be shown as text."
    assert '"raw" is left out' in error.fix


def test_repeated_column_names_are_changed_with_a_note():
    source = _read(pa.table([pa.array(["x"]), pa.array(["y"]), pa.array([b"z"])], names=["a", "a", "b"]))
    assert source.table.to_pydict() == {"a": ["x"], "a (2)": ["y"]}
    assert any('is called "a (2)"' in note for note in source.notes)


def test_no_rows_and_no_columns_are_said():
    table = pa.table({"text": pa.array([], pa.string()), "tags": pa.array([], pa.list_(pa.string()))})
    error = failure(EmptyDataError, read_parquet, _bytes(table), "rows.parquet")
    assert error.what == "There are columns (text, tags) but no rows."
    assert failure(EmptyDataError, read_parquet, _bytes(pa.table({})), "f").what == "There are no columns."


def test_a_table_without_text_says_what_there_is():
    error = failure(ColumnError, make_corpus, _read(pa.table({"n": [1], "b": [True], "l": [[1]]})))
    assert error.what == (
        "No column holds text. The columns are: n (numbers), b (true/false values), l (lists or records)."
    )
    assert error.where == "rows.parquet"


def test_a_cut_file_is_called_incomplete():
    content = _bytes(pa.table({"text": ["a" * 100] * 100}))
    for end in (5, 100, len(content) - 1):
        error = _fails(content[:end])
        assert error.what == "The Parquet file is incomplete: its end is missing."
        assert error.where == "rows.parquet"
        assert "again" in error.fix


def test_a_file_whose_middle_is_missing_is_called_damaged():
    content = _bytes(pa.table({"text": [f"row {row}" for row in range(1000)]}), compression="none")
    error = _fails(content[:50] + bytes(len(content) - 1000) + content[-950:])
    assert error.what.startswith("The Parquet file is damaged or incomplete (")


def test_a_file_that_never_was_parquet_is_said():
    for content in (b"id,text\n1,a\n", b"x", b"PK\x03\x04"):
        assert _fails(content).what == "This is not a Parquet file, though its name ends in .parquet."
    assert _fails(b"PARE" + b"\0" * 20 + b"PARE").what == "The Parquet file is encrypted."


def test_text_that_is_not_utf_8_is_named_by_its_column():
    broken = pa.StringArray.from_buffers(
        1, pa.py_buffer(np.array([0, 2], np.int32).tobytes()), pa.py_buffer(b"\xff\xfe")
    )
    error = _fails(_bytes(pa.table({"ok": ["a"], "bad": broken})))
    assert error.where == 'rows.parquet, column "bad"'
    assert "not valid UTF-8" in error.what


def test_no_damage_ends_in_anything_but_a_plain_error():
    table = pa.table({"a": pa.array(["x", "é", None] * 20).dictionary_encode(), "b": [[1], None, []] * 20})
    content = _bytes(table)
    chance = random.Random(0)
    refused = 0
    for _ in range(300):
        damaged = bytearray(content)
        for _ in range(chance.randint(1, 3)):
            damaged[chance.randrange(4, len(damaged) - 4)] = chance.randrange(256)
        _, error = outcome(read_parquet, bytes(damaged), "rows.parquet")
        if error:
            assert error.where.startswith("rows.parquet")
            refused += 1
    assert refused > 100


def test_a_file_over_the_bound_on_rows_is_sampled_while_it_is_read(bound):
    bound("EXPLORER_MAX_ROWS", 50)
    content = _bytes(pa.table({"n": range(40_000), "text": [f"t{row}" for row in range(40_000)]}))
    source = read_parquet(content, "rows.parquet", seed=3)
    rows = source.source_rows
    assert source.table.num_rows == 50
    assert source.total_rows == 40_000
    assert (np.diff(rows) > 0).all()
    assert source.table["n"].to_pylist() == (rows - 1).tolist()
    assert rows[-1] > 20_000
    assert source.notes == ("50 of 40,000 rows were read, drawn at random (seed 3).",)
    assert read_parquet(content, "f", seed=3).source_rows.tolist() == rows.tolist()
    assert read_parquet(content, "f", seed=4).source_rows.tolist() != rows.tolist()


def test_a_file_that_unpacks_beyond_the_bound_is_refused(bound):
    bound("EXPLORER_MAX_FILE_MB", 1)
    content = _bytes(pa.table({"text": ["x" * 1000] * 5_000}))
    assert len(content) < 1_000_000
    error = failure(TooLargeError, read_parquet, content, "rows.parquet")
    assert error.what == "Once read, the file takes over 2 MB."
    assert "EXPLORER_MAX_FILE_MB" in error.fix


@pytest.mark.slow
def test_too_many_columns_are_refused():
    content = _bytes(pa.table({f"c{number}": [1] for number in range(MAX_COLUMNS + 1)}))
    assert failure(TooLargeError, read_parquet, content, "rows.parquet").where == "rows.parquet"


@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "zstd", "lz4", "brotli"])
def test_every_usual_compression_is_read(compression):
    assert _read(pa.table({"text": ["a", "b"]}), compression=compression).table.num_rows == 2
