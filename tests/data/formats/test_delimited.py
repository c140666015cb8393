from __future__ import annotations

import csv
import io
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.data.formats.delimited import read_delimited
from explorer.data.tables.source_table import MAX_COLUMNS
from explorer.errors import EmptyDataError, TooLargeError, UnreadableFileError
from tests.data.failing import failure


def _read(text: str, *, kind: str = "csv", codec: str = "utf-8"):
    return read_delimited(text.encode(codec), f"rows.{kind}", kind=kind)


def _columns(text: str, **options) -> dict[str, list[str]]:
    return _read(text, **options).table.to_pydict()


def _fails(text: str, *, kind: str = "csv"):
    return failure(UnreadableFileError, _read, text, kind=kind)


# NUL is no text, and a lone surrogate cannot be written to a file.
CELL = st.text(
    st.one_of(
        st.characters(codec="utf-8", exclude_characters="\0"),
        st.sampled_from('",;\t|\n\r \ufeff\u2028\x1c\x85שא🙂é'),
    )
)
ROWS = st.lists(st.tuples(CELL, CELL, CELL), min_size=1)


@given(
    rows=ROWS,
    terminator=st.sampled_from(["\r\n", "\n"]),
    codec=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_the_csv_module_writes_is_read_back_exactly(rows, terminator, codec):
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator=terminator, quoting=csv.QUOTE_ALL).writerows(
        [("id", "text", "more"), *rows]
    )
    source = read_delimited(file.getvalue().encode(codec), "rows.csv", kind="csv")
    assert source.table.column_names == ["id", "text", "more"]
    assert list(zip(*source.table.to_pydict().values(), strict=True)) == rows


@given(rows=ROWS)
def test_minimal_quoting_is_read_back_exactly(rows):
    file = io.StringIO(newline="")
    csv.writer(file).writerows([("id", "text", "more"), *rows])
    columns = read_delimited(file.getvalue().encode(), "rows.csv", kind="csv").table.to_pydict()
    assert list(zip(*columns.values(), strict=True)) == rows


@given(texts=st.lists(CELL, min_size=1))
def test_a_single_column_is_read_back_exactly(texts):
    file = io.StringIO(newline="")
    csv.writer(file).writerows([["text"], *([text] for text in texts)])
    assert read_delimited(file.getvalue().encode(), "rows.csv", kind="csv").table.to_pydict() == {
        "text": texts
    }


def test_every_value_stays_the_text_it_is():
    values = ["NA", "null", "None", "NaN", "", "007", "1e5", " x ", "true", "2024-01-01", "1,5"]
    columns = _columns("text,n\n" + "".join(f'"{value}",{row}\n' for row, value in enumerate(values)))
    assert columns["text"] == values


def test_quoted_line_breaks_and_right_to_left_text_belong_to_the_value():
    columns = _columns('a,b\n"one\ntwo\r\nthree","שלום, עולם"\nx,"say ""hi"""\n')
    assert columns == {"a": ["one\ntwo\r\nthree", "x"], "b": ["שלום, עולם", 'say "hi"']}


def test_any_line_ending_ends_a_row_and_the_last_one_may_lack():
    for ending in ("\n", "\r\n", "\r"):
        assert _columns(ending.join(["a,b", "1,2", "3,4"])) == {"a": ["1", "3"], "b": ["2", "4"]}


def test_blank_lines_are_no_rows():
    assert _columns("\n\na,b\n\n1,2\n   \n3,4\n\n") == {"a": ["1", "3"], "b": ["2", "4"]}


@pytest.mark.parametrize(
    ("delimiter", "called"), [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")]
)
def test_the_delimiter_is_found_and_noted(delimiter, called):
    rows = [["id", "text", "price"], ["1", "Hallo, Welt, hier", "3,5"], ["2", "a, b", "4,0"]]
    source = _read("\n".join(delimiter.join(row) for row in rows))
    assert list(zip(*source.table.to_pydict().values(), strict=True)) == [tuple(row) for row in rows[1:]]
    assert source.notes == (f"Columns are separated by {called}.",)


def test_commas_win_where_they_are_the_consistent_ones():
    source = _read("a|b,c;d\n1|2|3,4\n5,6;7;8\n")
    assert source.table.column_names == ["a|b", "c;d"]
    assert source.notes == ()


def test_a_header_split_more_often_does_not_win_over_consistent_rows():
    source = _read("id,notes; kind; more\n1,plain\n2,more plain\n")
    assert source.table.column_names == ["id", "notes; kind; more"]


@pytest.mark.slow
def test_the_delimiter_is_found_in_a_file_longer_than_the_sample():
    row = 'x;"a, b\n, c"\n'
    columns = _columns("id;text\n" + row * 20_000)
    assert len(columns["text"]) == 20_000
    assert set(columns["text"]) == {"a, b\n, c"}


def test_many_rows_keep_their_order():
    columns = _columns("n,text\n" + "".join(f"{row},t{row}\n" for row in range(20_001)))
    assert columns["n"] == [str(row) for row in range(20_001)]


def test_repeated_and_missing_column_names_are_changed_with_a_note():
    source = _read("a, a ,,b\n1,2,3,4\n")
    assert source.table.column_names == ["a", "a (2)", "column 3", "b"]
    assert any('"a (2)"' in note for note in source.notes)
    assert any('"column 3"' in note for note in source.notes)


def test_a_row_of_another_length_is_named_by_its_line():
    error = _fails('a,b\n1,2\n"x\ny",3\n1,2,3\n4\n5,6\n')
    assert error.where == "rows.csv, line 5"
    assert error.what == "This row has 3 fields and the header has 2. 2 rows in all differ from the header."
    assert "quotes" in error.fix


def test_one_short_row_is_named_alone():
    error = _fails("a,b,c\n1,2,3\n1,2\n")
    assert error.where == "rows.csv, line 3"
    assert error.what == "This row has 2 fields and the header has 3."


def test_unquoted_commas_under_a_single_header_lead_to_the_text_format():
    assert ".txt" in _fails("text\nHello, world\n").fix


def test_a_quote_never_closed_is_named_by_the_line_it_opened_on():
    error = _fails('a,b\n1,2\n"x\ny","fine ""quoted""\n","open\n7,8\n9,10\n')
    assert error.where == "rows.csv, line 5"
    assert error.what == "A quote is opened here and never closed."
    assert _fails('a,b\n"open,2\n3,4\n').where == "rows.csv, line 2"
    assert _fails('a,"b\n1,2\n').where == "rows.csv, line 1"
    assert _fails('a,b\r1,2\r3,"open\r').where == "rows.csv, line 3"


def test_the_open_quote_is_found_in_a_long_text():
    text = 'a,b\n1,"' + 'said ""x"" again\n' * 200_000
    assert _fails(text).where == "rows.csv, line 2"


def test_text_after_a_closing_quote_is_named_by_its_line():
    error = _fails('a,b\n1,2\n"x" y,3\n')
    assert error.where == "rows.csv, line 3"
    assert error.what == "There is text after a closing quote."


def test_a_nul_byte_is_named_by_its_line():
    error = _fails("a,b\n1,2\n3,\0\n")
    assert error.where == "rows.csv, line 3"
    assert "NUL" in error.what


@pytest.mark.parametrize("text", ["", "\n\n", "   \n \t \n"])
def test_a_file_with_nothing_in_it_says_so(text):
    assert failure(EmptyDataError, _read, text).what == "There is nothing in the file."


def test_a_header_alone_has_no_rows():
    error = failure(EmptyDataError, _read, "id,text\n")
    assert str(error) == "rows.csv: There are columns (id, text) but no rows."


def test_a_cell_of_ten_megabytes_is_named_with_its_size():
    error = failure(TooLargeError, _read, "id,text\n1,short\n2," + "x" * 10_000_000 + "\n")
    assert error.where == 'rows.csv, row 2, column "text"'
    assert error.what == "A cell holds 10,000,000 characters; up to 1,000,000 are read."


def test_a_cell_longer_than_the_csv_modules_own_limit_is_read():
    text = "x" * (csv.field_size_limit() + 1)
    assert _columns(f"id,text\n1,{text}\n")["text"] == [text]


@pytest.mark.slow
def test_the_csv_modules_limit_is_left_as_it_was_even_by_several_threads():
    before = csv.field_size_limit()
    rows = "id,text\n" + "1," + "x" * 200_000 + "\n"
    failures = []

    def read() -> None:
        try:
            for _ in range(20):
                _read(rows)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert csv.field_size_limit() == before
    _fails("a,b\n1\n")
    assert csv.field_size_limit() == before


def test_too_many_columns_are_refused_before_their_rows_are_read():
    header = ",".join(f"c{number}" for number in range(MAX_COLUMNS + 1))
    assert failure(TooLargeError, _read, f"{header}\nnot,as,many\n").where == "rows.csv"


def test_tsv_is_separated_by_tabs_whatever_else_it_holds():
    source = _read("id\ttext, more\n1\ta, b; c|d\n", kind="tsv")
    assert source.table.to_pydict() == {"id": ["1"], "text, more": ["a, b; c|d"]}
    assert source.notes == ()


def test_tsv_with_quotes_is_read_like_csv():
    assert _columns('id\ttext\n1\t"a\tb\nc"\n', kind="tsv")["text"] == ["a\tb\nc"]


def test_tsv_written_without_quoting_keeps_its_quotes_with_a_note():
    source = _read('id\ttext\n1\t"Hello" she said\n2\t"open\n', kind="tsv")
    assert source.table["text"].to_pylist() == ['"Hello" she said', '"open']
    assert source.notes == ("Quotes are read as plain characters, because they do not enclose values.",)


def test_tsv_that_fits_neither_way_keeps_the_first_error():
    error = _fails('id\ttext\n1\t"open\n2\n', kind="tsv")
    assert error.what == "A quote is opened here and never closed."


def test_other_encodings_are_read_with_a_note():
    source = read_delimited("id,text\n1,Größe\n".encode("cp1252"), "rows.csv", kind="csv")
    assert source.table["text"].to_pylist() == ["Größe"]
    assert "Windows-1252" in source.notes[0]
    assert _columns("id,text\n1,Größe\n", codec="utf-16-le")["text"] == ["Größe"]
