from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.data.corpus_from_table import make_corpus
from explorer.data.files import read_file, read_lines
from explorer.data.kinds import KINDS
from explorer.errors import EmptyDataError, TooLargeError, UnreadableFileError

from .failing import failure, outcome


def test_bytes_and_paths_are_read_alike(tmp_path):
    for ending, content in {
        ".csv": b"text,label\na,b\n",
        ".tsv": b"text\tlabel\na\tb\n",
        ".jsonl": b'{"text": "a", "label": "b"}\n',
        ".ndjson": b'{"text": "a", "label": "b"}\n',
        ".json": b'[{"text": "a", "label": "b"}]',
    }.items():
        path = tmp_path / f"rows{ending}"
        path.write_bytes(content)
        for data in (content, path):
            source = read_file(data, path.name)
            assert source.table.to_pylist() == [{"text": "a", "label": "b"}]
            assert source.name == path.name
            assert source.kind == KINDS[ending]


def test_text_has_a_row_a_line_and_blank_lines_are_empty_rows():
    source = read_file("one\n\n  \r\nzwei; drei, „vier“\r\nlast".encode(), "notes.txt")
    assert source.table.to_pydict() == {"text": ["one", "", "  ", "zwei; drei, „vier“", "last"]}
    corpus = make_corpus(source)
    assert corpus.texts == ["one", "zwei; drei, „vier“", "last"]
    assert corpus.source_rows.tolist() == [1, 4, 5]
    assert corpus.empty_rows == 2
    assert corpus.label is None


LINE = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n")).filter(
    lambda line: not line.startswith("\ufeff")
)


@given(st.lists(LINE, min_size=1).filter(lambda lines: any(line.strip() for line in lines)))
def test_lines_are_read_back_exactly(lines):
    text = "".join(f"{line}\n" for line in lines)
    assert read_lines(text).table["text"].to_pylist() == lines
    assert read_file(text.encode(), "f.txt").table["text"].to_pylist() == lines


def test_many_lines_keep_their_order():
    lines = [f"line {number}" for number in range(20_000)]
    assert read_lines("\n".join(lines)).table["text"].to_pylist() == lines


def test_pasted_lines_take_any_line_ending_and_replace_lone_surrogates():
    assert read_lines("a\r\nb\rc\n").table["text"].to_pylist() == ["a", "b", "c"]
    source = read_lines("half \ud83d")
    assert source.table["text"].to_pylist() == ["half �"]
    assert source.notes == ("Halves of characters (lone surrogates) became �.",)
    assert source.name == "pasted lines"


def test_nothing_pasted_is_said():
    for text in ("", "\n\n", "  \n\t"):
        assert failure(EmptyDataError, read_lines, text).what == "There is no text in it."


@pytest.mark.parametrize("ending", KINDS)
def test_an_empty_file_says_so(ending, tmp_path):
    path = tmp_path / f"rows{ending}"
    path.touch()
    for data in (b"", path):
        error = failure(EmptyDataError, read_file, data, path.name)
        assert str(error) == f"rows{ending}: The file is empty: it has 0 bytes."


@pytest.mark.parametrize("ending", [ending for ending in KINDS if ending != ".parquet"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_of_whitespace_is_empty(ending, codec):
    error = failure(EmptyDataError, read_file, " \n\r\n \t \n".encode(codec), f"rows{ending}")
    assert error.where == f"rows{ending}"


def test_a_file_over_the_bound_is_refused_before_it_is_read(bound, tmp_path, monkeypatch):
    bound("EXPLORER_MAX_FILE_MB", 1)
    path = tmp_path / "rows.csv"
    path.write_bytes(b"text\n" + b"x" * 1_200_000)
    monkeypatch.setattr(type(path), "open", lambda *_: pytest.fail("the file was opened"))
    for data in (path, bytes(1_200_005)):
        error = failure(TooLargeError, read_file, data, "rows.csv")
        assert error.what == "The file is 1.2 MB; files up to 1 MB are read."
        assert error.where == "rows.csv"
        assert "EXPLORER_MAX_FILE_MB" in error.fix


def test_a_file_that_cannot_be_opened_says_why(tmp_path):
    error = failure(UnreadableFileError, read_file, tmp_path / "gone.csv", "gone.csv")
    assert str(error).startswith("gone.csv: The file cannot be opened: No such file or directory.")


def test_contents_that_speak_against_the_name_are_refused(tmp_path):
    path = tmp_path / "photo.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    error = failure(UnreadableFileError, read_file, path, path.name)
    assert str(error).startswith("photo.csv: This is a PNG image, though its name ends in .csv.")


def test_binary_data_named_txt_is_refused_by_its_nul_bytes():
    error = failure(UnreadableFileError, read_file, b"abc\n\x01\x02\x00\x00\x00\x00\x01", "data.txt")
    assert error.where == "data.txt, line 2"


@settings(max_examples=200)
@given(
    st.one_of(st.binary(max_size=80), st.text('ab,;"\n\t[]{}:\\u\0é ', max_size=40).map(str.encode)),
    st.sampled_from(sorted(KINDS)),
)
def test_any_bytes_give_a_table_or_a_plain_error(content, ending):
    source, error = outcome(read_file, content, f"f{ending}")
    if error:
        assert error.what
        assert error.where.startswith(f"f{ending}")
    else:
        assert source.table.num_rows == source.total_rows == len(source.source_rows) > 0
