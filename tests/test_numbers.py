import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.numbers import number_from
from tests.written_numbers import TEXTS


@given(TEXTS, st.integers(0, 5), st.integers(5, 10**12))
def test_a_number_is_one_in_range_or_none(text, low, high):
    number = number_from(text, low, high)
    assert number is None or (low <= number <= high and text.lstrip("0") == str(number).lstrip("0"))


@given(st.integers(0, 10**12))
def test_every_number_is_read(number):
    assert number_from(str(number), 0, 10**12) == number


@pytest.mark.parametrize(
    "text", ["9" * 5_000, "", "+1", "-1", "1.0", "1e3", "٣", "²", " 1", "1_000", "0x1", "1\n"]
)
def test_what_is_no_number_is_none(text):
    assert number_from(text, 0, 10**9) is None
