import pytest

from explorer.ui.shell.quantities import readable_time


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
