import math

import pytest

from explorer.comparison.health.costs import MEASURES
from explorer.comparison.judging.retrieval import NDCG
from explorer.comparison.measures.label_measures import KNN_ACCURACY
from explorer.comparison.numbers import evidence, figure, interval, number, probability, units
from explorer.comparison.statistics.correlation import SPEARMAN


@pytest.mark.parametrize(
    ("measure", "value", "text"),
    [
        (NDCG, 0.41249, "0.412"),
        (NDCG, -0.0004, "0.000"),
        (NDCG, -0.1, "−0.100"),
        (NDCG, math.nan, "–"),
        (MEASURES["dims"], 384.0, "384"),
        (MEASURES["parameters"], 22_713_216.0, "22.7 M"),
        (MEASURES["bytes_per_vector"], 1_536.0, "1,536"),
        (MEASURES["rows_per_second"], 1_603.4, "1,603"),
        (MEASURES["rows_per_second"], 42.36, "42"),
        (MEASURES["rows_per_second"], 9.198, "9.2"),
        (MEASURES["rows_per_second"], 9.97, "10"),
        (MEASURES["rows_per_second"], 0.0473, "0.047"),
        (MEASURES["lost_share"], 0.0123, "1.2 %"),
        (MEASURES["lost_share"], 0.0, "0.0 %"),
        (MEASURES["prompt_missing"], 1.0, "yes"),
        (MEASURES["prompt_missing"], 0.0, "no"),
        (MEASURES["prompt_missing"], math.nan, "–"),
    ],
)
def test_a_figure_is_written_as_its_measure_needs(measure, value, text):
    assert figure(measure, value) == text


def test_a_figure_of_a_finding_is_a_share_a_count_or_a_number():
    assert evidence("share of rows", 0.0789) == "7.9 %"
    assert evidence("rows", 5_000) == "5,000"
    assert evidence("correlation of mean similarity and length", -0.7123) == "−0.712"
    assert evidence("mean cosine of two rows", 1.0) == "1"


def test_intervals_and_p_values():
    assert interval(-0.01, 0.02) == "−0.010 to 0.020"
    assert interval(math.nan, 0.02) == ""
    assert [probability(p) for p in (0.0123, 0.0001, math.nan)] == ["0.012", "< 0.001", "–"]
    assert [number(value, 2, plus=True) for value in (0.123, -0.123, 0.001)] == ["+0.12", "−0.12", "0.00"]
    assert interval(math.nan, math.nan, too_few=True) == "–"


def test_units_are_counted_with_their_independent_groups_where_these_are_fewer():
    assert units(NDCG, 36, 36) == "36 queries"
    assert units(NDCG, 1, 1) == "1 query"
    assert units(SPEARMAN, 1_000, 1) == "1,000 pairs, of which 1 is independent"
    assert units(KNN_ACCURACY, 624, 588) == "624 rows, of which 588 are independent"
    assert units(KNN_ACCURACY, 30) == "30 rows"


def test_a_sample_of_rows_is_told_as_one():
    assert units(KNN_ACCURACY, 2_000, of=117_659) == "2,000 of 117,659 rows"
    assert units(KNN_ACCURACY, 1, 1, of=13) == "1 of 13 rows"
    assert units(KNN_ACCURACY, 13, of=13) == "13 rows"
    assert units(NDCG, 36, of=624) == "36 queries"
