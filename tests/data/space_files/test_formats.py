"""Every format gives back the table, bit for bit, and the vectors."""

from __future__ import annotations

import csv
import datetime
import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import safetensors
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st

from explorer.analysis.space import Space, make_index
from explorer.analysis.space_files import WRITERS, saved_corpus
from explorer.data.corpus import Corpus
from explorer.data.formats.files import read_file
from explorer.data.formulas import restore
from explorer.data.space_files.csv import FACTS
from explorer.data.space_files.facts import KEY
from explorer.errors import DataError, TooLargeError
from tests.data.failing import failure
from tests.data.space_files.spaces import packed, small

ODD = [
    "NA",
    "null",
    "",
    " ",
    "a\nb",
    "a\r\nb",
    "a\rb",
    'say "hi"',
    "a,b;c\td",
    "😀",
    "=1+1",
    "'=1",
    "'",
    "''",
]
ODD += ["@x", "+49 30", "-1", "\ufeffmark", "1e5", "007", "true", "نص", "﹣", "{", "[1, 2]"]
TEXTS = st.one_of(st.sampled_from(ODD), st.text(st.characters(codec="utf-8", exclude_characters="\0")))
MOMENTS = st.datetimes(datetime.datetime(1700, 1, 1), datetime.datetime(2200, 1, 1))  # others are text
VALUES = {
    pa.string(): TEXTS,
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.int8(): st.integers(-128, 127),
    pa.float64(): st.floats(),
    pa.float32(): st.floats(width=32),
    pa.bool_(): st.booleans(),
    pa.decimal128(20, 3): st.decimals(-(10**16), 10**16, places=3),
    pa.date32(): MOMENTS.map(datetime.datetime.date),
    pa.time64("us"): st.times(),
    pa.time32("s"): st.times().map(lambda time: time.replace(microsecond=0)),
    pa.timestamp("us"): MOMENTS,
    pa.timestamp("s"): MOMENTS.map(lambda moment: moment.replace(microsecond=0)),
    pa.timestamp("us", "Europe/Berlin"): st.integers(-(10**16), 10**16),
    pa.duration("ms"): st.integers(-(10**12), 10**12),
    pa.null(): st.none(),
}
FLOATS = st.floats(allow_nan=False, allow_infinity=False, width=32)


@st.composite
def spaces(draw):
    """A space of odd columns without an encoder."""
    rows = draw(st.integers(1, 6))
    names = draw(st.lists(TEXTS.map(str.strip).filter(bool), min_size=1, max_size=4, unique=True))
    names = [name[:100] for name in names if name.strip() == name]
    names = list(dict.fromkeys(["text", *names]))
    texts = draw(st.lists(TEXTS, min_size=rows, max_size=rows))
    columns = {"text": pa.array(texts, pa.string())}
    for name in names[1:]:
        kind = draw(st.sampled_from(list(VALUES)))
        cells = st.one_of(st.none(), VALUES[kind])
        columns[name] = pa.array(draw(st.lists(cells, min_size=rows, max_size=rows)), kind)
    numbers = draw(st.lists(st.integers(1, 2**40), min_size=rows, max_size=rows))
    if draw(st.booleans()):
        numbers = range(1, rows + 1)
    dims = draw(st.integers(1, 5))
    vectors = draw(st.lists(FLOATS, min_size=rows * dims, max_size=rows * dims))
    label = draw(st.sampled_from([None, *names[1:]]))
    corpus = Corpus(
        "odd.csv",
        pa.table(columns),
        "text",
        label,
        np.array(numbers, np.int64),
        total_rows=np.int64(max(numbers)),
        empty_rows=2,
        notes=("a note",),
        queries=("asked",),
    )
    return Space(corpus, make_index(np.array(vectors, np.float32).reshape(rows, dims)))


def exactly(column):
    """Values that are equal only where all of them is: 0.0 is not -0.0, and NaN equals itself."""
    if pa.types.is_floating(column.type):
        return list(map(repr, column.to_pylist()))
    if pa.types.is_temporal(column.type):
        wide = pa.int32() if column.type.bit_width == 32 else pa.int64()
        column = column.cast(wide)
    return column.to_pylist()


@pytest.mark.parametrize("ending", WRITERS)
@given(space=spaces())
def test_a_space_comes_back_as_it_was(ending, space):
    before, after = space.corpus, saved_corpus(read_file(packed(space, ending), f"s{ending}"))
    assert after.table.schema == before.table.schema
    for name in before.table.column_names:
        assert exactly(after.table[name]) == exactly(before.table[name]), name
    assert after.vectors.tobytes() == space.vectors.tobytes()
    for field in ("name", "text", "label", "total_rows", "empty_rows", "notes", "queries"):
        assert getattr(after, field) == getattr(before, field)
    assert np.array_equal(after.source_rows, before.source_rows)


@pytest.mark.parametrize("ending", WRITERS)
def test_a_column_may_have_the_name_of_any_part(ending):
    names = ["embedding", "source_row", "0", "row", "embeddings", "table"]
    space = small(**{name: pa.array(["a", None]) for name in names})
    after = saved_corpus(read_file(packed(space, ending), f"s{ending}"))
    assert after.table.equals(space.corpus.table)
    assert np.array_equal(after.vectors, space.vectors)


def test_parquet_is_an_ordinary_table_with_a_column_of_lists_of_one_length():
    space = small(price=pa.array([1, 2]))
    table = pq.read_table(io.BytesIO(packed(space, ".parquet")))
    assert table.schema.field("embedding").type == pa.list_(pa.float32(), 3)
    assert table.select(["text", "price"]).equals(space.corpus.table)
    frame = pd.read_parquet(io.BytesIO(packed(space, ".parquet")))
    assert np.array_equal(np.stack(frame["embedding"]), space.vectors)


@pytest.mark.slow
def test_datasets_reads_parquet_as_it_is(tmp_path):
    datasets = pytest.importorskip("datasets")
    space = small()
    (tmp_path / "s.parquet").write_bytes(packed(space, ".parquet"))
    rows = datasets.load_dataset(
        "parquet", data_files=str(tmp_path / "s.parquet"), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert rows["text"][:] == ["one", "two"]
    assert np.array_equal(np.array(rows["embedding"][:], np.float32), space.vectors)


def test_libraries_open_npz_and_safetensors_without_pickle(tmp_path):
    space = small()
    with np.load(io.BytesIO(packed(space, ".npz")), allow_pickle=False) as arrays:
        assert np.array_equal(arrays["embeddings"], space.vectors)
        assert pq.read_table(io.BytesIO(arrays["table"].tobytes())).equals(space.corpus.table)
    path = tmp_path / "s.safetensors"
    path.write_bytes(packed(space, ".safetensors"))
    assert np.array_equal(safetensors.numpy.load_file(path)["embeddings"], space.vectors)
    with safetensors.safe_open(path, framework="np") as file:
        assert KEY in file.metadata()


def test_no_spreadsheet_runs_a_cell_of_csv():
    formulas = ["=1+1", "+A1", "-A1", "@A1", "\t=1", "\r=1", "＝1"]
    space = small(formulas, **{"=HYPERLINK(1)": pa.array(formulas)})
    rows = list(csv.reader(io.StringIO(packed(space, ".csv").decode("utf-8-sig"), newline="")))
    risky = [cell for row in rows for cell in row if cell[:1] in "=+@\t\r＝＋＠" and cell]
    risky += [cell for row in rows for cell in row if cell.startswith("-") and not cell[1:2].isdigit()]
    assert risky == []
    assert [restore(row[0]) for row in rows[1:]] == formulas
    assert rows[0][-1] == FACTS


def test_pandas_reads_csv_with_a_column_for_each_dimension():
    space = small()
    frame = pd.read_csv(io.BytesIO(packed(space, ".csv")))
    assert list(frame.columns) == ["text", "0", "1", "2", FACTS]
    assert np.allclose(frame[["0", "1", "2"]], space.vectors, atol=1e-6)


def test_what_csv_cannot_hold_is_refused_with_another_way():
    for space, error in (
        (small(dims=2_000), TooLargeError),
        (small(["a\0b", "c"]), DataError),
        (small(**{"a\0b": pa.array(["x", "y"])}), DataError),
        (small(**{FACTS: pa.array(["x", "y"])}), DataError),
    ):
        assert "Parquet" in failure(error, packed, space, ".csv").fix
        assert saved_corpus(read_file(packed(space, ".npz"), "s.npz")).table.equals(space.corpus.table)


@pytest.mark.parametrize("ending", WRITERS)
def test_a_space_above_the_bound_on_rows_is_refused_and_not_sampled(ending, bound):
    content = packed(small(), ending)
    bound("EXPLORER_MAX_ROWS", 1)
    error = failure(TooLargeError, read_file, content, f"s{ending}")
    assert "2 rows" in error.what


def test_parquet_is_written_in_groups_of_rows_that_take_little_memory():
    space = small([f"text {row}" for row in range(3_000)], dims=4_000)
    file = pq.ParquetFile(io.BytesIO(packed(space, ".parquet")))
    sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
    assert sum(sizes) == 3_000
    assert max(sizes) * 4_000 * 4 <= 17_000_000
