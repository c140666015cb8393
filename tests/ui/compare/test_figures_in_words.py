import math

from explorer.ui.compare.figures_in_words import ordinal, p_text, signed


def test_signs_p_values_and_ranks_in_words():
    assert [signed(value, 2) for value in (0.123, -0.123, 0.001, -0.001)] == [
        "+0.12",
        "−0.12",
        "0.00",
        "0.00",
    ]
    assert [p_text(p) for p in (0.0123, 0.0001, 1.0, math.nan)] == [
        "p = 0.012",
        "p < 0.001",
        "p = 1.000",
        "p unknown",
    ]
    assert [ordinal(n) for n in range(1, 9)] == ["1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th"]
