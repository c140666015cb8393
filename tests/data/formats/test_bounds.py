"""Files that would exhaust a server: refused, or read in part, without unpacking or holding them."""

from __future__ import annotations

import io
import json
import tracemalloc

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from explorer.data.formats.files import read_file
from explorer.data.formats.lines import read_lines
from explorer.data.formats.pages import pages, read_footer_bytes, read_groups
from explorer.data.formats.parquet import read_parquet
from explorer.errors import TooLargeError, UnreadableFileError
from explorer.jobs.progress import Progress
from tests.data.failing import failure


def _bytes(table: pa.Table, **options) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return file.getvalue()


def _repeated(rows: int, size: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array(["x" * size]))


def _lists(values: pa.Array, each: int) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array(np.arange(0, len(values) + 1, each, dtype=np.int32)), values)


_POOLS: list[pa.MemoryPool] = []  # kept, since what was allocated from one is given back to it


@pytest.fixture
def arrow_memory():
    """The most that Arrow took since the test began, in MB."""
    before = pa.default_memory_pool()
    counting = pa.proxy_memory_pool(pa.system_memory_pool())
    _POOLS.append(counting)
    pa.set_memory_pool(counting)
    yield lambda: counting.max_memory() / 1e6
    pa.set_memory_pool(before)


@pytest.mark.slow
@pytest.mark.parametrize("schema", [True, False])
@pytest.mark.parametrize("nested", [False, True])
def test_a_dictionary_is_counted_as_what_it_expands_to(schema, nested, arrow_memory, bound):
    bound("EXPLORER_MAX_FILE_MB", 20)
    values = _repeated(100_000, 90_000)  # 9 GB
    table = pa.table({"text": _lists(values, 5) if nested else values})
    content = _bytes(table, store_schema=schema)
    assert len(content) < 100_000
    failure(TooLargeError, read_parquet, content, "rows.parquet")
    assert arrow_memory() < 150


def test_a_dictionary_that_expands_to_little_is_read(bound):
    values = _repeated(300_000, 10)
    source = read_parquet(_bytes(pa.table({"text": values})), "rows.parquet")
    assert set(source.table["text"].to_pylist()) == {"x" * 10}
    assert source.table.num_rows == 200_000


@pytest.mark.slow
def test_texts_beside_a_dictionary_are_read_exactly():
    texts = [f"{row} " + "word " * 30 for row in range(30_000)]  # Arrow gives the dictionary up after 1 MB
    tags = [[text[:40], "same"] for text in texts]
    source = read_parquet(_bytes(pa.table({"text": texts, "tags": tags})), "rows.parquet")
    assert source.table["text"].to_pylist() == texts
    assert [json.loads(cell) for cell in source.table["tags"].to_pylist()] == tags


@pytest.mark.slow
def test_values_that_begin_like_those_before_are_unpacked_a_few_at_a_time(arrow_memory, bound):
    bound("EXPLORER_MAX_FILE_MB", 40)
    content = _bytes(
        pa.table({"text": ["x" * 900_000] * 300}), use_dictionary=False, column_encoding="DELTA_BYTE_ARRAY"
    )
    assert len(content) < 100_000
    written = arrow_memory()
    failure(TooLargeError, read_parquet, content, "rows.parquet")
    assert arrow_memory() <= max(written, 300)


@pytest.mark.slow
def test_a_large_page_is_refused_before_it_is_unpacked(arrow_memory, bound):
    table = pa.table({"text": ["x" * 1_000] * 30_000})
    content = _bytes(table, use_dictionary=False, compression="zstd", data_page_size=1 << 30)
    assert len(content) < 100_000
    bound("EXPLORER_MAX_FILE_MB", 10)
    before = arrow_memory()
    error = failure(TooLargeError, read_parquet, content, "rows.parquet")
    assert error.what == "A column chunk unpacks to over 10 MB."
    assert arrow_memory() == before


@pytest.mark.slow
def test_one_row_of_many_values_is_refused_before_it_is_unpacked(bound):
    bound("EXPLORER_MAX_FILE_MB", 10)
    values = pa.array(np.zeros(20_000_000, np.int8))
    table = pa.table({"text": ["a"], "deep": [[{"n": 1}]]})
    table = table.set_column(
        1, "deep", pa.StructArray.from_arrays([_lists(values, len(values)), pa.array(["t"])], ["n", "t"])
    )
    content = _bytes(table)
    assert len(content) < 100_000
    error = failure(TooLargeError, read_parquet, content, "rows.parquet")
    assert error.what.startswith("A column chunk unpacks to over 10 MB")


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["csv", "txt", "jsonl"])
def test_line_ends_alone_are_no_rows_whatever_their_number(ending):
    tracemalloc.start()
    try:
        with pytest.raises(Exception, match="There is no"):
            read_file(b"\n" * 20_000_000, f"rows.{ending}")
        assert tracemalloc.get_traced_memory()[1] < 150e6
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_rows_of_another_length_are_counted_and_not_kept(bound):
    bound("EXPLORER_MAX_ROWS", 1_000)
    content = b"a,b\n" + b"1\n" * 1_000_000
    tracemalloc.start()
    try:
        error = failure(UnreadableFileError, read_file, content, "rows.csv")
        assert tracemalloc.get_traced_memory()[1] < 150e6
    finally:
        tracemalloc.stop()
    assert error.what.startswith("This row has 1 field and the header has 2.")


def test_of_rows_drawn_the_message_says_so(bound):
    bound("EXPLORER_MAX_ROWS", 1_000)
    error = failure(UnreadableFileError, read_file, b"a,b\n" + b"1\n" * 5_000, "rows.csv")
    assert error.what.endswith("Of the 1,000 rows drawn at random, 1,000 differ from the header.")
    error = failure(UnreadableFileError, read_file, b"a,b\n" + b"1\n" * 500, "rows.csv")
    assert error.what.endswith("500 rows in all differ from the header.")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.csv", b"a," + b"b" * 30_000_000 + b"\n1,2\n"),
        ("rows.jsonl", b'{"a": "1", "' + b"b" * 30_000_000 + b'": 2}\n'),
        ("rows.parquet", _bytes(pa.table({"a": ["1"], "b" * 300: ["2"]}))),
    ],
)
def test_a_name_of_a_column_is_bounded(name, content):
    error = failure(TooLargeError, read_file, content, name)
    assert "up to 200 are read" in error.what
    assert len(str(error)) < 1_000


@pytest.mark.parametrize("kind", [1, 2, 3])
def test_a_page_whose_header_contradicts_its_type_is_damage(kind):
    content = bytearray(_bytes(pa.table({"text": ["x" * 50] * 10}), use_dictionary=False, compression="none"))
    assert content[4:6] == b"\x15\x00"  # the first field, an integer: a page of data
    content[5] = 2 * kind
    error = failure(UnreadableFileError, read_parquet, bytes(content), "rows.parquet")
    assert "has no sizes" in error.what or "contradicts its type" in error.what


def test_a_dictionary_does_not_count_as_values_of_the_column(bound):
    texts = [f"{number} {'x' * 2_000}" for number in range(2_000)]
    content = _bytes(pa.table({"text": texts}), compression="zstd", dictionary_pagesize_limit=1 << 30)
    group = read_groups(read_footer_bytes(io.BytesIO(content), len(content), "a"), "a")[0]
    found = list(pages(io.BytesIO(content), group.chunks[0], "a"))
    assert [page.is_dictionary for page in found][:2] == [True, False]
    assert sum(page.values for page in found if not page.is_dictionary) == 2_000


@pytest.mark.slow
def test_a_key_that_comes_twice_among_many_is_found_at_once(bound):
    bound("EXPLORER_MAX_CELL_CHARS", 10_000_000)
    keys = "".join(f'"k{number}": 1, ' for number in range(200_000))
    content = f'{{"text": {{{keys}"k199999": 2}}}}\n'.encode()  # by comparing all keys this takes minutes
    source = read_file(content, "rows.jsonl")
    assert 'such as "k199999"' in source.notes[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.csv", "n,text\n" + "".join(f'{row},"t,\n{row}"\n\n' for row in range(5_000))),
        ("rows.tsv", "n\ttext\n" + "".join(f'{row}\t"t,\n{row}"\n' for row in range(5_000))),
        ("rows.jsonl", "".join(f'{{"n": "{row}", "text": "t,\\n{row}"}}\n\n' for row in range(5_000))),
        ("rows.json", json.dumps([{"n": str(row), "text": f"t,\n{row}"} for row in range(5_000)])),
    ],
)
def test_a_text_file_over_the_bound_on_rows_is_sampled_while_it_is_read(name, content, bound):
    bound("EXPLORER_MAX_ROWS", 50)
    source = read_file(content.encode(), name, seed=3)
    rows = source.source_rows
    assert source.table.num_rows == len(rows) == 50
    assert source.total_rows == 5_000
    assert (np.diff(rows) > 0).all()
    assert rows[-1] > 2_500
    assert source.table["n"].to_pylist() == [str(row - 1) for row in rows]
    assert source.table["text"].to_pylist() == [f"t,\n{row - 1}" for row in rows]
    assert source.notes[0] == "50 of 5,000 rows were read, drawn at random (seed 3)."
    assert read_file(content.encode(), name, seed=3).source_rows.tolist() == rows.tolist()
    assert read_file(content.encode(), name, seed=4).source_rows.tolist() != rows.tolist()


def test_lines_with_text_are_drawn_where_there_are_too_many(bound):
    bound("EXPLORER_MAX_ROWS", 50)
    lines = [f"line {row}" if row % 3 != 1 else "" for row in range(1, 3_001)]
    for source in (
        read_lines("\n".join(lines), seed=1),
        read_file("\n".join(lines).encode(), "f.txt", seed=1),
    ):
        assert source.table["text"].to_pylist() == [f"line {row}" for row in source.source_rows]
        assert (source.table.num_rows, source.total_rows) == (50, 3_000)
        assert source.notes[0] == "50 of 2,000 lines with text were read, drawn at random (seed 1)."


def test_an_encoding_that_is_no_unicode_is_sampled_too(bound):
    bound("EXPLORER_MAX_ROWS", 20)
    content = "n;текст\n" + "".join(f"{row};Мой заказ не пришёл\n" for row in range(100_000))
    source = read_file(content.encode("cp1251"), "rows.csv")
    assert source.encoding == "cp1251"
    assert set(source.table["текст"].to_pylist()) == {"Мой заказ не пришёл"}
    assert source.table["n"].to_pylist() == [str(row - 1) for row in source.source_rows]


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["csv", "txt", "jsonl", "json"])
def test_a_row_that_never_ends_is_refused(ending):
    start = b'[{"a": "' if ending == "json" else b"a,b\n1,"
    error = failure(TooLargeError, read_file, start + b"x" * 40_000_000 + b"\n", f"rows.{ending}")
    assert error.what == "A row takes more than 32 MB."


@pytest.mark.slow
def test_progress_is_told_and_may_stop_the_reading():
    class StoppedError(Exception):
        pass

    said: list[tuple[int, int]] = []

    def say(progress: Progress) -> None:
        assert progress.unit == "bytes"
        said.append((progress.done, progress.total))
        if len(said) == 4:
            raise StoppedError

    content = b"text\n" + b"some words\n" * 1_000_000
    with pytest.raises(StoppedError):
        read_file(content, "rows.csv", on_progress=say)
    assert all(total == len(content) for _, total in said)
    assert [done for done, _ in said] == sorted(done for done, _ in said)
    said = [(0, 0)] * 5
    read_file(content, "rows.csv", on_progress=say)
    assert said[-1] == (len(content), len(content))
    read_file(_bytes(pa.table({"text": ["a b"] * 100, "n": range(100)})), "f.parquet", on_progress=say)
    assert said[-1][0] == said[-1][1]
