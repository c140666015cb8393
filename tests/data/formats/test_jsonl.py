from __future__ import annotations

import json
import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.data.formats.jsonl import read_json
from explorer.data.tables.source_table import MAX_COLUMNS
from explorer.errors import EmptyDataError, TooLargeError, UnreadableFileError
from tests.data.failing import failure, outcome


def _read(text: str, kind: str = "jsonl"):
    return read_json(text.encode(), f"rows.{kind}", kind=kind)


def _fails(text: str, kind: str = "jsonl"):
    return failure(UnreadableFileError, _read, text, kind)


TEXTS = st.lists(st.text(), min_size=1)


@pytest.mark.slow
@given(texts=TEXTS, ascii_only=st.booleans(), array=st.booleans())
def test_what_the_json_module_writes_is_read_back_exactly(texts, ascii_only, array):
    rows = [{"id": number, "text": text} for number, text in enumerate(texts)]
    if array:
        content = json.dumps(rows, ensure_ascii=ascii_only, indent=1)
    else:
        content = "".join(json.dumps(row, ensure_ascii=ascii_only) + "\n" for row in rows)
    source = _read(content)
    assert source.table.to_pylist() == rows
    assert source.notes == ()


@pytest.mark.slow
@given(texts=TEXTS, codec=st.sampled_from(["utf-8-sig", "utf-16", "utf-32"]))
def test_marked_encodings_are_honoured(texts, codec):
    content = "\n".join(json.dumps({"text": text}, ensure_ascii=False) for text in texts)
    assert read_json(content.encode(codec), "f.jsonl", kind="jsonl").table["text"].to_pylist() == texts


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.slow
@given(st.lists(st.dictionaries(st.text(min_size=1, max_size=3), JSON, min_size=1, max_size=4), min_size=1))
def test_any_objects_become_a_table_of_as_many_rows(rows):
    source = _read("\n".join(json.dumps(row) for row in rows))
    assert source.table.num_rows == len(rows)
    assert source.table.num_columns == len({key for row in rows for key in row})


def test_types_are_kept():
    source = _read('{"t": "007", "n": 1, "x": 1.5, "b": true, "z": null}\n{"t": "NA", "n": null, "x": 2}\n')
    assert source.table.to_pydict() == {
        "t": ["007", "NA"],
        "n": [1, None],
        "x": [1.5, 2.0],
        "b": [True, None],
        "z": [None, None],
    }
    assert source.table.schema.field("n").type == pa.int64()


def test_blank_lines_are_passed_over_and_lines_still_counted():
    source = _read('\n{"a": "x"}\r\n   \n\n{"a": "y"}\r\n')
    assert source.table["a"].to_pylist() == ["x", "y"]
    assert source.source_rows.tolist() == [1, 2]
    assert _fails('\n{"a": "x"}\n\n{"a": \n').where == "rows.jsonl, line 4"


def test_only_a_line_feed_ends_a_line():
    source = _read('{"a":\r"x\u2028y\x85z"}\n{"a": "\x0b"}'.replace("\x0b", "\\u000b"))
    assert source.table["a"].to_pylist() == ["x\u2028y\x85z", "\x0b"]


def test_a_broken_line_says_where_and_what():
    error = _fails('{"a": "x"}\n{"a": "y", }\n')
    assert error.where == "rows.jsonl, line 2"
    assert error.what.startswith("This is not valid JSON: ")
    assert "at character 12" in error.what
    assert _fails('{"a": "x').what == "This is not valid JSON: unterminated string starting at character 7."
    assert "invalid control character at character 8" in _fails('{"a": "\t"}').what


def test_a_line_that_goes_on_after_its_object_is_broken():
    assert "extra data" in _fails('{"a": 1}{"a": 2}\n').what


@pytest.mark.parametrize(
    ("line", "said"),
    [("5", "a number"), ('"x"', "text"), ("true", "true or false"), ("null", "null"), ("1.5", "a number")],
)
def test_a_line_that_is_no_object_says_what_it_is(line, said):
    error = _fails('{"a": 1}\n' + line)
    assert error.where == "rows.jsonl, line 2"
    assert error.what == f"This is {said}, not an object."
    assert "keys" in error.fix


def test_keys_that_some_rows_lack_are_null_and_noted():
    source = _read('{"a": "1"}\n{"a": "2", "b": "x"}\n{"b": "y"}\n{"a": "4"}\n')
    assert source.table.to_pydict() == {"a": ["1", "2", None, "4"], "b": [None, "x", "y", None]}
    assert source.notes == ('Keys that some rows lack are empty there: "a" in 1 row, "b" in 2 rows.',)


def test_an_explicit_null_is_not_a_missing_key():
    assert _read('{"a": "1"}\n{"a": null}\n').notes == ()


def test_values_of_several_kinds_become_text_with_a_note():
    source = _read('{"a": "x"}\n{"a": 5}\n{"a": false}\n{"a": null}\n')
    assert source.table["a"].to_pylist() == ["x", "5", "false", None]
    assert source.notes == ('Column "a": values of several kinds, or numbers beyond 64 bits, kept as text.',)
    assert source.nested == frozenset()


def test_lists_and_records_become_json_text_with_a_note():
    source = _read('{"a": ["é", 1], "b": "x"}\n{"a": {"k": null}, "b": "y"}\n{"a": "plain", "b": "z"}\n')
    assert source.table["a"].to_pylist() == ['["é", 1]', '{"k": null}', "plain"]
    assert source.notes == ('Column "a": lists or records, kept as JSON text.',)
    assert source.nested == {"a"}


def test_a_key_that_comes_twice_keeps_its_last_value_with_a_note():
    source = _read('{"a": "first", "b": 1, "a": "last"}\n')
    assert source.table["a"].to_pylist() == ["last"]
    assert source.notes == ('Some objects have a key twice, such as "a"; the last value counts.',)


def test_no_number_is_too_strange():
    huge = "9" * 5000
    source = _read(f'{{"n": NaN, "i": -Infinity, "h": {2**70}, "d": {huge}, "e": 1e999}}\n')
    row = source.table.to_pylist()[0]
    assert math.isnan(row["n"])
    assert (row["i"], row["e"]) == (-math.inf, math.inf)
    assert (row["h"], row["d"]) == (str(2**70), huge)


def test_lone_surrogates_are_replaced_with_a_note():
    source = _read('{"a": "x \\ud800 y", "\\udfff": ["\\ud83d"]}\n')
    assert source.table.to_pydict() == {"a": ["x � y"], "�": ['["�"]']}
    assert 'Column "a": lone surrogates (half characters) were replaced by � in 1 value.' in source.notes
    assert _read('{"a": "\\ud83d\\ude42"}').table["a"].to_pylist() == ["🙂"]


def test_an_empty_key_gets_a_name():
    assert _read('{"": "x"}').table.column_names == ["column 1"]


@pytest.mark.parametrize("depth", [900, 5_000, 200_000])
def test_deep_nesting_is_read_or_refused_but_never_fatal(depth):
    content = '{"a": ' + "[" * depth + "]" * depth + "}"
    source, error = outcome(_read, content)
    if error:
        assert error.what == "The JSON is nested too deeply to be read."
        assert error.where == "rows.jsonl, line 1"
    else:
        assert source.table["a"].to_pylist() == ["[" * depth + "]" * depth]


def test_an_array_of_objects_is_read_under_either_ending():
    for kind in ("json", "jsonl"):
        source = _read(' [ {"a": "x"} ,\n\n{"a": "y"}\n] \n', kind)
        assert source.table["a"].to_pylist() == ["x", "y"]


def test_objects_a_line_are_read_under_either_ending():
    assert _read('{"a": "x"}\n{"a": "y"}', "json").table["a"].to_pylist() == ["x", "y"]


def test_a_broken_array_names_the_item_and_the_line():
    error = _fails('[\n{"a": "x"},\n{"a": }\n]', "json")
    assert error.where == "rows.json, item 2 (line 3)"
    assert "expecting value" in error.what
    assert _fails('[{"a": "x"}\n{"a": "y"}]', "json").where == "rows.json, item 2 (line 2)"
    assert _fails('[{"a": "x"},\n', "json").where == "rows.json, item 2 (line 2)"
    assert _fails('[{"a": "x"}', "json").where == "rows.json, item 2 (line 1)"
    assert _fails("[", "json").where == "rows.json, item 1 (line 1)"


def test_an_array_of_something_else_says_so():
    error = _fails('[{"a": 1}, ["x"]]', "json")
    assert error.where == "rows.json, item 2"
    assert error.what == "This is a list, not an object."


def test_text_after_the_array_is_an_error():
    error = _fails('[{"a": 1}]\n[{"a": 2}]', "json")
    assert error.where == "rows.json, line 2"
    assert error.what == "More text follows after the end of the array."


def test_one_object_over_many_lines_is_not_rows():
    error = _fails('\n{\n"texts": ["a", "b"]\n}\n', "json")
    assert error.what == "The file holds one JSON object, not rows."
    assert "[{...}, {...}]" in error.fix


@pytest.mark.parametrize("text", ["", "  \n\t\r\n ", "[]", "[ \n ]"])
def test_nothing_in_the_file_is_said(text):
    assert failure(EmptyDataError, _read, text).what == "There is nothing in the file."


def test_objects_without_keys_are_no_table():
    assert failure(EmptyDataError, _read, "{}\n{}\n").what == "There are no columns."


def test_ever_new_keys_are_refused_before_they_fill_the_memory():
    content = "\n".join(f'{{"k{number}": 1}}' for number in range(MAX_COLUMNS + 1))
    assert failure(TooLargeError, _read, content).where == "rows.jsonl"


@pytest.mark.slow
def test_few_bytes_a_row_cannot_make_an_enormous_table():
    content = "".join(f'{{"k{number % MAX_COLUMNS}": 1}}\n' for number in range(25_001))
    error = failure(TooLargeError, _read, content)
    assert error.what == "25,001 rows with 2,000 different keys make too large a table."


def test_a_cell_over_the_bound_is_named(bound):
    bound("EXPLORER_MAX_CELL_CHARS", 3)
    error = failure(TooLargeError, _read, '{"a": "abc"}\n{"a": "abcd"}\n')
    assert error.where == 'rows.jsonl, row 2, column "a"'


@pytest.mark.slow
def test_a_column_has_one_type_over_all_batches():
    pad = "x" * 900  # some thousand rows make a batch
    rows = [{"text": pad, "n": row, "x": row} for row in range(9_000)]
    rows[2_000:6_000] = [{"text": pad} for _ in range(4_000)]
    rows += [{"text": pad, "n": None, "x": 0.5}, {"text": pad, "s": "late"}]
    source = _read("\n".join(map(json.dumps, rows)))
    assert source.table.schema.types == [pa.string(), pa.int64(), pa.float64(), pa.string()]
    for key in ("n", "x", "s"):
        assert source.table[key].to_pylist() == [row.get(key) for row in rows]


def test_values_of_several_kinds_in_different_batches_become_text():
    pad = "x" * 900
    rows = [{"text": pad, "a": row, "b": 2**60 + 1, "c": 1} for row in range(6_000)]
    rows += [{"text": pad, "a": "word", "b": 0.5, "c": [True]}]
    source = _read("\n".join(map(json.dumps, rows)))
    assert source.table["a"].to_pylist() == [*map(str, range(6_000)), "word"]
    assert set(source.table["b"].to_pylist()) == {str(2**60 + 1), "0.5"}
    assert source.table["c"].to_pylist() == [*["1"] * 6_000, "[true]"]
    assert source.nested == {"c"}
