from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.data.corpus_from_table import make_corpus
from explorer.data.formats.files import read_file
from explorer.data.formats.lines import read_lines
from explorer.errors import EmptyDataError
from tests.data.failing import failure


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


@pytest.mark.slow
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
    assert source.notes == ("Lone surrogates (half characters) were replaced by �.",)
    assert source.name == "pasted lines"


def test_nothing_pasted_is_said():
    for text in ("", "\n\n", "  \n\t"):
        assert failure(EmptyDataError, read_lines, text).what == "There is no text in it."
