import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.data.formulas import neutralise, restore

STARTS = "=+-@\t\r\n＝＋－＠"
NUMBER_CHARS = set("+-.,eE0123456789")
# Texts of the characters that matter, and any others.
TEXTS = st.one_of(st.text(alphabet=f"'\"1a.{STARTS}", max_size=8), st.text())


@given(TEXTS)
def test_what_is_neutralised_comes_back(text):
    assert restore(neutralise(text)) == text


@given(TEXTS)
def test_no_neutral_text_begins_as_a_formula_unless_it_is_a_number(text):
    neutral = neutralise(text)
    assert neutral[:1] not in set(STARTS) or (set(neutral) <= NUMBER_CHARS and "0" <= max(neutral) <= "e")
    assert neutral in (text, f"'{text}")


@given(TEXTS)
def test_without_quotation_marks_around_texts_none_begins_with_one_either(text):
    neutral = neutralise(text, quoted=False)
    assert restore(neutral, quoted=False) == text
    assert neutral[:1] != '"'
    assert neutral == (f"'{text}" if text.lstrip("'")[:1] == '"' else neutralise(text))


@pytest.mark.parametrize(
    "text", ["", "a=1", "-5", "+3.25", "-5,3", "-1e-5", "+.5", "'tis", "''", "1-1", " =1"]
)
def test_numbers_and_texts_that_are_no_formulas_stay(text):
    assert neutralise(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+49 30 1234",
        "-1+1",
        "--1",
        "@SUM(A1)",
        "\t=1",
        "\r\n",
        "- a list",
        "'=1",
        "''@a",
        "＝1",
        "-٣",
        "-",
    ],
)
def test_formulas_and_what_looks_neutral_already_get_an_apostrophe(text):
    assert neutralise(text) == f"'{text}"
