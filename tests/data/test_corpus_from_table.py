from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.data.corpus_from_table import make_corpus
from explorer.data.formats.files import read_file
from explorer.data.python import from_arrow, from_columns, from_texts
from explorer.errors import ColumnError, DataError, EmptyDataError
from tests.data.failing import failure


def _source(rows: int):
    return from_columns({"n": list(range(rows)), "text": [f"text {row}" for row in range(rows)]}, "rows")


def test_rows_without_text_are_left_out_and_counted():
    source = read_file(b'id,text\n1,a\n2,\n3,"  \n "\n4,b\n', "rows.csv")
    corpus = make_corpus(source)
    assert corpus.texts == ["a", "b"]
    assert corpus.table["id"].to_pylist() == ["1", "4"]
    assert corpus.source_rows.tolist() == [1, 4]
    assert corpus.source_rows.dtype == np.int64
    assert (len(corpus), corpus.total_rows, corpus.empty_rows) == (2, 4, 2)
    assert corpus.name == "rows.csv"


def test_columns_are_guessed_and_choices_win():
    source = read_file(
        b"text,other,label,kind\none text,a b,x,k\ntwo texts,c d,x,k\nthree,e f,y,m\nfour,g h,y,m\n", "f.csv"
    )
    guessed = make_corpus(source)
    assert (guessed.text, guessed.label, guessed.metadata) == ("text", "label", ("other", "kind"))
    chosen = make_corpus(source, text="other", label="kind")
    assert (chosen.text, chosen.label, chosen.metadata) == ("other", "kind", ("text", "label"))
    assert chosen.texts == ["a b", "c d", "e f", "g h"]
    assert chosen.labels == ["k", "k", "m", "m"]
    none = make_corpus(source, label=None)
    assert none.label is None
    assert none.labels is None
    assert none.metadata == ("other", "label", "kind")


def test_a_text_column_chosen_all_empty_is_refused():
    source = read_file(b"text,other\n,some words\n,more words\n", "rows.csv")
    error = failure(ColumnError, make_corpus, source, text="text")
    assert error.what == "The column holds nothing, every cell is empty, not text."
    assert error.fix == "Choose one of: other."
    failure(EmptyDataError, make_corpus, from_texts(["", None], "texts"))


@pytest.mark.slow
@settings(max_examples=50)
@given(rows=st.integers(1, 60), limit=st.integers(1, 80), seed=st.integers(0, 2**32))
def test_a_sample_is_seeded_in_order_and_without_replacement(rows, limit, seed):
    source = _source(rows)
    corpus = make_corpus(source, limit=limit, seed=seed)
    assert len(corpus) == min(rows, limit)
    assert (np.diff(corpus.source_rows) > 0).all()
    assert corpus.table["n"].to_pylist() == (corpus.source_rows - 1).tolist()
    again = make_corpus(source, limit=limit, seed=seed)
    assert again.source_rows.tolist() == corpus.source_rows.tolist()
    assert corpus.total_rows == rows


def test_another_seed_draws_other_rows_and_a_note_says_so():
    first, second = (make_corpus(_source(1000), limit=100, seed=seed) for seed in (0, 1))
    assert first.source_rows.tolist() != second.source_rows.tolist()
    assert first.notes == ("100 rows of 1,000 with text, drawn at random (seed 0).",)
    assert make_corpus(_source(100), limit=100).notes == ()


def test_a_sample_is_drawn_from_the_rows_with_text():
    source = from_texts(["", None, "a", " ", "b", "c"], "texts")
    corpus = make_corpus(source, limit=2)
    assert len(corpus) == 2
    assert set(corpus.texts) < {"a", "b", "c"}
    assert (corpus.total_rows, corpus.empty_rows) == (6, 3)


@pytest.mark.slow
def test_every_row_has_the_same_chance():
    hits = np.zeros(20)
    for seed in range(400):
        hits[make_corpus(_source(20), limit=5, seed=seed).source_rows - 1] += 1
    assert (hits > 60).all()
    assert (hits < 140).all()


def test_the_hosts_bound_on_rows_holds_whatever_the_limit(bound):
    bound("EXPLORER_MAX_ROWS", 10)
    for limit in (None, 50):
        corpus = make_corpus(_source(100), limit=limit)
        assert len(corpus) == 10
        assert corpus.total_rows == 100
        assert "10 rows of 100" in corpus.notes[-1]
    assert len(make_corpus(_source(100), limit=5)) == 5


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_is_refused(limit):
    error = failure(DataError, make_corpus, _source(3), limit=limit)
    assert error.what == f"The limit on rows is {limit}."


def test_notes_of_reading_come_along():
    source = read_file("id;text\n1;Größe\n".encode("cp1252"), "rows.csv")
    assert make_corpus(source).notes == source.notes
    assert len(source.notes) == 2


def test_the_text_column_is_of_type_string():
    source = from_arrow(pa.table({"text": pa.array(["a", "b"], pa.large_string())}), "rows")
    assert make_corpus(source).table.schema.field("text").type == pa.string()
