from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from explorer.data.opening import open_corpus
from explorer.errors import ColumnError, DataError, EmptyDataError, UnknownCorpusError
from tests.data.failing import failure

from .conftest import ROOT


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (["a b", "c d"], "texts"),
        (("a b", "c d"), "texts"),
        ({"text": ["a b", "c d"]}, "columns"),
        (pd.DataFrame({"text": ["a b", "c d"]}), "data frame"),
        (pa.table({"text": ["a b", "c d"]}), "table"),
    ],
)
def test_every_source_gives_the_same_corpus(source, name):
    corpus = open_corpus(source)
    assert corpus.texts == ["a b", "c d"]
    assert corpus.text == "text"
    assert corpus.name == name
    assert corpus.fingerprint == open_corpus(["a b", "c d"]).fingerprint
    assert open_corpus(source, name="mine").name == "mine"


def test_a_file_opens_by_string_and_by_path(tmp_path, monkeypatch):
    path = tmp_path / "rows.csv"
    path.write_text("id,body,kind\n1,a b,x\n2,c d,x\n3,e f,y\n4,g h,y\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for source in (str(path), path, "rows.csv", "~/rows.csv", Path("~/rows.csv")):
        corpus = open_corpus(source)
        assert (corpus.name, corpus.text, corpus.label) == ("rows.csv", "body", "kind")
        assert corpus.sample is None
    chosen = open_corpus(path, text="kind", label=None, limit=2, seed=1, name="mine")
    assert (chosen.text, chosen.label, len(chosen), chosen.name) == ("kind", None, 2, "mine")


def test_the_seed_draws_the_rows_of_a_file_over_the_bound(tmp_path, bound):
    bound("EXPLORER_MAX_ROWS", 50)
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"text": [f"text {row}" for row in range(1_000)]}), path)
    drawn = [open_corpus(path, seed=seed).source_rows.tolist() for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert open_corpus(path).total_rows == 1_000


def test_a_sample_opens_by_its_name():
    corpus = open_corpus("song-moods")
    assert (corpus.name, corpus.sample, corpus.label) == ("song-moods", "song-moods", "mood")
    assert open_corpus("song-moods", name="mine", limit=3, label=None).sample == "song-moods"


def test_a_name_that_is_neither_says_where_it_looked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    error = failure(UnknownCorpusError, open_corpus, "tickets.csv")
    assert error.what == f'There is no file "tickets.csv" in {tmp_path} and no sample of that name.'
    assert "support-tickets, medicare-faq, song-moods" in error.fix
    assert "/no/such" in failure(UnknownCorpusError, open_corpus, Path("/no/such/file.csv")).what


def test_a_folder_without_images_is_no_corpus(tmp_path):
    error = failure(EmptyDataError, open_corpus, tmp_path)
    assert error.what == "There is no image in it. It is empty."
    assert error.where == tmp_path.name


@pytest.mark.parametrize("text", ["word " * 10_000, "nul \0 byte", "", "~nobody-by-that-name/x"])
def test_a_string_that_cannot_be_a_path_is_unknown(text):
    error = failure(UnknownCorpusError, open_corpus, text)
    assert len(str(error)) < 500


@pytest.mark.parametrize("source", [5, None, b"text", {"a"}, iter(["a"])])
def test_what_cannot_be_a_corpus_is_refused(source):
    error = failure(DataError, open_corpus, source)
    assert error.what == f"A corpus cannot be opened from {type(source).__name__}."
    assert "list of texts" in error.fix


def test_texts_that_are_no_strings_are_named_by_position():
    assert failure(ColumnError, open_corpus, ["a", 5]).where == "texts, position 1"
    assert failure(ColumnError, open_corpus, ["a", 5], name="mine").where == "mine, position 1"


@pytest.mark.slow
def test_all_of_a_large_parquet_file_is_opened_and_guessed_right(shared_data):
    path = shared_data / "wordnet.parquet"
    corpus = open_corpus(path)
    assert len(corpus) == len(corpus.texts) == 117_659
    assert (corpus.text, corpus.label) == ("gloss", "lexname")


@pytest.mark.slow
def test_all_of_a_large_csv_file_is_opened_and_guessed_right(tmp_path):
    path = tmp_path / "large.csv"
    with path.open("w") as file:
        file.write("id,text,label\n")
        file.writelines(
            f'{row},"a message, with a comma, number {row}",l{row % 7}\n' for row in range(200_000)
        )
    corpus = open_corpus(path)
    assert len(corpus) == 200_000
    assert (corpus.text, corpus.label) == ("text", "label")


@pytest.mark.slow
def test_opening_imports_neither_torch_nor_streamlit():
    code = (
        "import sys; from explorer.data.opening import open_corpus; open_corpus(['a']);"
        "print([name for name in ('torch', 'streamlit') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
