import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.numbers import number_from, ordinal, percent, readable_number, threshold_text
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


@pytest.mark.parametrize(
    ("share", "written"),
    [
        (0.0, "0.0 %"),
        (39 / 624, "6.3 %"),  # 6.25 exactly, which tables in a browser round up
        (0.0225, "2.3 %"),
        (0.0224, "2.2 %"),
        (0.0001, "< 0.1 %"),
        (0.0005, "0.1 %"),
        (0.3637, "36.4 %"),
        (0.9949, "99.5 %"),
        (0.99949, "99.9 %"),
        (0.9995, "> 99.9 %"),
        (1.0, "100.0 %"),
    ],
)
def test_a_share_is_a_percentage_and_a_part_is_never_none_or_all(share, written):
    assert percent(share) == written


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (12, "12th"),
        (13, "13th"),
        (21, "21st"),
        (100, "100th"),
        (112, "112th"),
        (1_003, "1,003rd"),
    ],
)
def test_a_place_is_written_as_people_say_it(number, written):
    assert ordinal(number) == written


def test_a_threshold_has_two_decimals_or_more_if_it_has_more():
    assert [threshold_text(one) for one in (0.9, 1.0, 0.29, 0.9995)] == ["0.90", "1.00", "0.29", "0.9995"]
    assert threshold_text(0.9999945759773254) == "0.9999946"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (0.012345, "0.0123"),
        (7.5, "7.5"),
        (999.6, "1,000"),
        (1_000, "1,000"),
        (1_990, "1,990"),
        (-12_345.6, "-12,346"),
        (1e14, "100,000,000,000,000"),
        (1.5e300, "1.5e+300"),
    ],
)
def test_a_number_has_three_digits_or_all_before_the_point(value, written):
    assert readable_number(value) == written
