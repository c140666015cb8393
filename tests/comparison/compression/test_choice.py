import numpy as np
import pytest

from explorer.comparison.compression.choice import choose
from explorer.comparison.compression.compressed import Compression
from explorer.comparison.compression.measured import SweptMeasure
from explorer.comparison.compression.sweep import neighbor_recall
from explorer.comparison.judging.retrieval import NDCG

FORMS = (
    Compression("all", 384, "float32"),
    Compression("all", 384, "int8"),
    Compression("first", 192, "int8"),
    Compression("pca", 192, "int8"),
    Compression("all", 384, "binary"),
)


def measured(measure, values, low=None, change_low=None):
    values = np.array(values, float)
    low = values if low is None else np.array(low, float)
    change = values - values[0]
    change_low = change if change_low is None else np.array(change_low, float)
    return SweptMeasure(measure, values, low, values, change, change_low, change, 40, 40)


def recall(values, low=None):
    return measured(neighbor_recall(10), values, low)


def test_without_quality_the_smallest_that_keeps_enough_neighbours_is_chosen():
    found = choose(FORMS, recall([1, 0.99, 0.97, 0.96, 0.6]), ())
    assert found.place == 2  # as small as the next one, and better
    assert found.text == (
        "The first 192 dimensions in int8 keep 97.0 % of the nearest rows, in 1/8 of the memory (192 bytes a "
        "vector instead of 1,536)."
    )
    assert "at least 95.0 %" in found.rule


def test_it_is_the_low_end_of_the_interval_that_counts():
    found = choose(FORMS, recall([1, 0.99, 0.97, 0.96, 0.6], [1, 0.98, 0.94, 0.955, 0.5]), ())
    assert found.place == 3
    assert found.text.startswith("PCA to 192 dimensions in int8 keeps 96.0 % of the nearest rows")


def test_quality_decides_where_it_can_tell():
    quality = measured(NDCG, [0.5, 0.5, 0.52, 0.5, 0.45], change_low=[0, -0.001, -0.019, -0.03, -0.1])
    found = choose(FORMS, recall([1, 0.99, 0.7, 0.7, 0.6]), [quality])
    assert found.place == 2
    assert "lose at most 0.019 nDCG@10 and keep 70.0 % of the nearest rows" in found.text
    assert "at most 0.02 less nDCG@10" in found.rule
    better = measured(NDCG, [0.5, 0.6, 0.6, 0.6, 0.7], change_low=[0, 0, 0, 0, 0.01])
    assert "lose no nDCG@10" in choose(FORMS, recall([1, 0.99, 0.7, 0.7, 0.6]), [better]).text


def test_with_too_few_queries_neighbours_decide_and_it_is_said():
    quality = measured(NDCG, [0.5, 0.5, 0.5, 0.5, 0.5], change_low=[0, -0.1, -0.1, -0.1, -0.2])
    found = choose(FORMS, recall([1, 0.99, 0.9, 0.9, 0.6]), [quality])
    assert found.place == 1
    assert "nDCG@10 cannot tell: from 40 queries" in found.rule
    unknown = measured(NDCG, [0.5] * 5, change_low=[np.nan] * 5)
    assert choose(FORMS, recall([1, 0.99, 0.9, 0.9, 0.6]), [unknown]).place == 1


def test_where_nothing_smaller_is_good_it_is_the_full_vectors():
    found = choose(FORMS, recall([1, 0.9, 0.9, 0.9, 0.6]), ())
    assert found.place == 0
    told = (
        "No smaller form can be shown to keep 95.0 % of the nearest rows: the full vectors have 1,536 bytes"
    )
    assert found.text == f"{told} each."


@pytest.mark.parametrize(("dims", "part"), [(192, "1/2 of"), (256, "66.7 % of"), (96, "1/4 of")])
def test_the_memory_is_a_whole_part_or_a_percentage(dims, part):
    forms = (FORMS[0], Compression("first", dims, "float32"))
    assert part in choose(forms, recall([1, 1]), ()).text
