import math

import pytest

from explorer.comparison.health.costs import MEASURES
from explorer.comparison.judging.retrieval import NDCG
from explorer.ui.compare.figures_in_words import figure_text, ordinal, p_text, signed


@pytest.mark.parametrize(
    ("measure", "value", "text"),
    [
        (NDCG, 0.41249, "0.412"),
        (NDCG, -0.0004, "0.000"),
        (NDCG, -0.1, "−0.100"),
        (NDCG, math.nan, ""),
        (MEASURES["dims"], 384.0, "384"),
        (MEASURES["parameters"], 22_713_216.0, "22.7 M"),
        (MEASURES["rows_per_second"], 1_603.4, "1,603"),
        (MEASURES["rows_per_second"], 0.7512, "0.751"),
        (MEASURES["lost_share"], 0.0, "0"),
        (MEASURES["prompt_missing"], 1.0, "yes"),
        (MEASURES["prompt_missing"], 0.0, "no"),
        (MEASURES["prompt_missing"], math.nan, ""),
    ],
)
def test_a_figure_is_written_as_its_measure_needs(measure, value, text):
    assert figure_text(measure, value) == text


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
