from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.data.corpus_from_table import make_corpus
from explorer.data.formats.files import read_file
from explorer.data.opening import open_corpus
from explorer.data.python import from_arrow, from_data_frame
from explorer.data.vector_columns import ALL, vector_columns
from explorer.data.vector_matrix import vectors_of
from explorer.errors import ColumnError, TooLargeError, VectorError
from tests.data.failing import failure

MATRIX = np.random.default_rng(0).standard_normal((7, 48)).astype(np.float32)
TEXTS = [f"text number {row}" for row in range(7)]


def _parquet(kind: pa.DataType) -> bytes:
    file = io.BytesIO()
    lists = pa.array([[float(x) for x in row] for row in MATRIX], kind)
    pq.write_table(pa.table({"body": TEXTS, "embedding": lists}), file)
    return file.getvalue()


def _csv(cell) -> bytes:
    frame = pd.DataFrame({"body": TEXTS, "embedding": [cell(row) for row in MATRIX]})
    return frame.to_csv(index=False).encode()


def _jsonl(values) -> bytes:
    rows = zip(TEXTS, values, strict=True)
    return "\n".join(json.dumps({"body": text, "embedding": value}) for text, value in rows).encode()


SOURCES = {
    "list.parquet": lambda: _parquet(pa.list_(pa.float32())),
    "doubles.parquet": lambda: _parquet(pa.large_list(pa.float64())),
    "fixed.parquet": lambda: _parquet(pa.list_(pa.float32(), 48)),
    "json.csv": lambda: _csv(lambda row: json.dumps(row.tolist())),
    "rows.jsonl": lambda: _jsonl(MATRIX.tolist()),
}


@pytest.mark.parametrize("name", SOURCES)
def test_lists_of_numbers_are_vectors_whatever_file_holds_them(name):
    source = read_file(SOURCES[name](), name)
    assert vector_columns(source) == ["embedding"]
    vectors = vectors_of(source, "embedding")
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors, MATRIX)
    corpus = make_corpus(source, vectors="embedding")
    assert corpus.text == "body"  # the numbers, thousands of characters a cell, are no text
    np.testing.assert_array_equal(corpus.vectors, MATRIX)


def test_a_cell_as_numpy_writes_it_is_a_vector():
    source = read_file(
        _csv(lambda row: np.array2string(row, threshold=10**6, floatmode="unique")), "rows.csv"
    )
    np.testing.assert_array_equal(vectors_of(source, "embedding"), MATRIX)


def test_frames_and_arrow_tables_bring_vectors():
    frame = pd.DataFrame({"body": TEXTS, "embedding": list(MATRIX)})
    table = pa.table({"body": TEXTS, "embedding": MATRIX.tolist()})
    for source in (from_data_frame(frame, "frame"), from_arrow(table, "table")):
        np.testing.assert_array_equal(vectors_of(source, "embedding"), MATRIX)


def test_vectors_stay_with_their_rows_when_rows_are_left_out_or_drawn(tmp_path):
    matrix = np.arange(1_000, dtype=np.float32)[:, None] * np.ones(40, dtype=np.float32)
    texts = ["" if row % 3 == 0 else f"text {row}" for row in range(1_000)]
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"text": texts, "v": matrix.tolist()}), path, row_group_size=100)
    corpus = open_corpus(path, vectors="v", limit=50, seed=2)
    assert len(corpus) == 50
    assert corpus.texts == [f"text {value:.0f}" for value in corpus.vectors[:, 0]]
    taken = corpus.take(np.array([5, 3]))
    np.testing.assert_array_equal(taken.vectors, corpus.vectors[[5, 3]])


def test_vectors_of_a_file_over_the_bound_on_rows_are_those_of_the_rows_drawn(tmp_path, bound):
    bound("EXPLORER_MAX_ROWS", 20)
    matrix = np.arange(500, dtype=np.float32)[:, None] * np.ones(80, dtype=np.float32)
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"text": [f"text {row}" for row in range(500)], "v": matrix.tolist()}), path)
    corpus = open_corpus(path, vectors="v")
    assert corpus.texts == [f"text {value:.0f}" for value in corpus.vectors[:, 0]]


def test_a_row_without_text_needs_no_vector():
    source = from_arrow(pa.table({"text": ["a b", "", "c d"], "v": [[1.0] * 70, None, [2.0] * 70]}), "table")
    assert make_corpus(source, vectors="v").vectors.shape == (2, 70)
    assert failure(VectorError, vectors_of, source, "v").where == 'table, column "v", row 2'


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        (None, "missing"),
        ([1.0] * 47, "47 dimensions and earlier ones have 48"),
        ([float("nan")] * 48, "NaN"),
        ([1e300] * 48, "too large for float32"),
        ([float("inf")] * 48, "infinity"),
    ],
)
@pytest.mark.parametrize("name", ["rows.parquet", "rows.jsonl"])
def test_a_vector_that_cannot_be_used_is_named_by_its_row(wrong, what, name):
    values = MATRIX.tolist()
    values[4] = wrong
    if name == "rows.jsonl":
        content = _jsonl(values)
    else:
        file = io.BytesIO()
        pq.write_table(pa.table({"body": TEXTS, "embedding": pa.array(values, pa.list_(pa.float64()))}), file)
        content = file.getvalue()
    error = failure(VectorError, vectors_of, read_file(content, name), "embedding")
    assert what in error.what
    assert "row 5" in error.where


def test_a_short_list_of_another_length_is_named_too():
    error = failure(VectorError, vectors_of, read_file(b'a,v\nx y,"[1, 2]"\nz w,"[1]"\n', "r.csv"), "v")
    assert "row 2" in error.where


def test_vectors_are_bounded(bound):
    bound("EXPLORER_MAX_FILE_MB", 1)
    source = from_arrow(pa.table({"text": ["a"] * 1_100, "v": np.zeros((1_100, 1_000), "f4").tolist()}), "t")
    assert "4 MB" in failure(TooLargeError, vectors_of, source, "v").what


def test_a_column_of_texts_holds_no_vectors():
    source = read_file(_csv(lambda row: json.dumps(row.tolist())), "rows.csv")
    assert failure(ColumnError, vectors_of, source, "body").fix == "Choose one of: embedding."
    assert "embedding" in failure(ColumnError, vectors_of, source, "nothing").fix
    failure(ColumnError, vectors_of, source, ALL)


@pytest.mark.parametrize("index", [True, False])
def test_a_table_of_numbers_is_vectors_with_texts_from_elsewhere(tmp_path, index):
    path = tmp_path / "embeddings.csv"
    pd.DataFrame(MATRIX).to_csv(path, index=index)  # as the tutorial writes it, or with the index by mistake
    corpus = open_corpus(path, texts=TEXTS)
    assert corpus.texts == TEXTS
    np.testing.assert_array_equal(corpus.vectors, MATRIX)
    again = open_corpus(path, vectors=ALL, texts=open_corpus(TEXTS))
    assert again.fingerprint == corpus.fingerprint
    words = tmp_path / "texts.txt"
    words.write_text("\n".join(TEXTS))
    assert open_corpus(path, texts=words).fingerprint == corpus.fingerprint
    assert "6 texts" in failure(ColumnError, open_corpus, path, texts=TEXTS[:6]).what


def test_a_file_of_nothing_but_lists_takes_texts_from_elsewhere(tmp_path):
    path = tmp_path / "vectors.parquet"
    pq.write_table(pa.table({"v": MATRIX.tolist()}), path)
    np.testing.assert_array_equal(open_corpus(path, texts=TEXTS).vectors, MATRIX)
    lines = tmp_path / "vectors.jsonl"
    lines.write_text("\n".join(json.dumps({"v": row}) for row in MATRIX.tolist()))
    np.testing.assert_array_equal(open_corpus(lines, texts=TEXTS).vectors, MATRIX)


def test_the_fingerprint_knows_the_vectors_only_where_they_are_used():
    table = pa.table({"text": TEXTS, "v": MATRIX.tolist()})
    other = pa.table({"text": TEXTS, "v": (MATRIX + 1).tolist()})
    assert open_corpus(table).fingerprint == open_corpus(other).fingerprint
    assert open_corpus(table, vectors="v").fingerprint != open_corpus(other, vectors="v").fingerprint
    assert open_corpus(table).vectors is None


@pytest.mark.slow
@settings(max_examples=40)
@given(
    st.integers(1, 60).flatmap(
        lambda dims: st.lists(
            st.lists(
                st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=dims, max_size=dims
            ),
            min_size=1,
            max_size=6,
        )
    ),
    st.sampled_from(["csv", "jsonl", "parquet"]),
)
def test_every_finite_number_is_read_exactly(rows, kind):
    texts = [f"text {row}" for row in range(len(rows))]
    if kind == "csv":
        content = (
            pd.DataFrame({"t": texts, "v": [json.dumps(row) for row in rows]}).to_csv(index=False).encode()
        )
    elif kind == "jsonl":
        content = "\n".join(json.dumps({"t": t, "v": v}) for t, v in zip(texts, rows, strict=True)).encode()
    else:
        file = io.BytesIO()
        pq.write_table(pa.table({"t": texts, "v": pa.array(rows, pa.list_(pa.float32()))}), file)
        content = file.getvalue()
    vectors = vectors_of(read_file(content, f"rows.{kind}"), "v")
    np.testing.assert_array_equal(vectors, np.array(rows, dtype=np.float32))


def test_a_decimal_comma_is_blamed_where_it_stands():
    content = b"d1;d2\n7;0.5\n2;0,5\n3;0.25\n"
    error = failure(VectorError, vectors_of, read_file(content, "v.csv"), ALL)
    assert error.what == "This is not a number: 0,5."
    assert error.where == 'v.csv, column "d2", row 2'
    assert error.fix == "Write numbers with a decimal point and no commas."
