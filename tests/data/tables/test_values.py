from __future__ import annotations

import datetime
import decimal
import sys

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.data.tables.python_values import as_strings
from explorer.data.tables.values import as_text, column_of, count, empty_mask, shortened, text_column


@pytest.mark.slow
def test_empty_is_exactly_what_strip_leaves_nothing_of():
    characters = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF]
    mask = empty_mask(pa.chunked_array([pa.array(characters)])).to_pylist()
    assert [character for character, empty in zip(characters, mask, strict=True) if empty] == [
        character for character in characters if not character.strip()
    ]


def test_empty_is_null_nothing_or_only_whitespace_over_several_lines():
    column = pa.chunked_array([[None, "", " \n\t\n "], ["\n a", "a\n", "."]])
    assert empty_mask(column).to_pylist() == [True, True, True, False, False, False]


def test_text_stays_text_and_other_values_become_json():
    assert [as_text(value) for value in (None, "5", 5, 1.5, True, ["é", None], {"a": 1})] == [
        *(None, "5", "5", "1.5", "true"),
        *('["é", null]', '{"a": 1}'),
    ]
    assert as_text(datetime.date(2024, 5, 1)) == '"2024-05-01"'
    assert as_text({(1, 2): "key that JSON does not know"}) == "{(1, 2): 'key that JSON does not know'}"


def test_lone_surrogates_become_the_replacement_character():
    data, remarks = text_column(["fine", "half \ud83d", None, "\udc00\udc00"])
    assert data.to_pylist() == ["fine", "half �", None, "��"]
    assert remarks == ("lone surrogates (half characters) were replaced by � in 2 values",)


@pytest.mark.slow
@given(st.lists(st.one_of(st.none(), st.text())))
def test_text_that_arrow_can_hold_is_held_exactly(values):
    data, remarks = text_column(values)
    assert data.to_pylist() == values
    assert data.type == pa.string()
    assert remarks == ()


def test_values_of_one_kind_keep_their_type():
    assert column_of([1, None, 3])[0].type == pa.int64()
    assert column_of([1, 2.5])[0].type == pa.float64()
    assert column_of([True, None])[0].type == pa.bool_()
    assert column_of([None, "a"])[0].type == pa.string()


def test_values_of_several_kinds_become_text_with_a_remark():
    for values, texts in [
        (["a", 5, None, True], ["a", "5", None, "true"]),
        ([5, "a"], ["5", "a"]),
        ([2**70, 1], [str(2**70), "1"]),
        ([2**60 + 1, 0.5], [str(2**60 + 1), "0.5"]),
        ([True, 1], ["true", "1"]),
        (["a", "\ud800", 1], ["a", "�", "1"]),
    ]:
        data, remarks = column_of(values)
        assert data.to_pylist() == texts
        assert "kept as text" in remarks[0]


def test_labels_are_written_as_a_person_would():
    def strings(values, kind=None):
        return as_strings(pa.chunked_array([pa.array(values, kind)]))

    assert strings([1.0, None, 3.0, float("nan")]) == ["1", "", "3", ""]
    assert strings([0.1, 2.0], pa.float32()) == ["0.1", "2"]
    assert strings([1, None]) == ["1", ""]
    assert strings([True, False, None]) == ["true", "false", ""]
    assert strings([" a ", None]) == [" a ", ""]
    assert strings([datetime.date(2024, 5, 1)]) == ["2024-05-01"]
    assert strings([decimal.Decimal("1.50")]) == ["1.50"]


def test_counts_read_as_words():
    assert [count(number, "row") for number in (0, 1, 1200)] == ["0 rows", "1 row", "1,200 rows"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("as it is", "as it is"),
        ("one\n  line\t", "one line"),
        ("12345678", "12345678"),
        ("123456789", "12345678…"),
        ("a word that is cut", "a word t…"),
        ("1234567 9", "1234567…"),  # no space before the ellipsis
        ("word" + 100 * " " + "more", "word…"),
    ],
)
def test_a_text_is_cut_on_one_line(text, shown):
    assert shortened(text, 8) == shown
