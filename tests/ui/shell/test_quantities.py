import pytest

from explorer.ui.shell.quantities import readable_number, readable_time


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


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0.00001, "1 ms"),
        (0.0124, "12 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.0 s"),
        (1.31, "1.3 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (200, "3 min 20 s"),
    ],
)
def test_a_short_time_is_in_milliseconds(seconds, written):
    assert readable_time(seconds) == written
