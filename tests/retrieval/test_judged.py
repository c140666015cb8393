import math

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from explorer.comparison.judging.judgements import Judgements
from explorer.errors import DataError
from explorer.retrieval.judged import judged_changes

BEFORE = np.array([9, 4, 7, 1, 0, 2, 3, 5, 6, 8, 10, 11])


def test_figures_are_those_of_both_rankings():
    grades = {7: 3, 2: 1, 11: 2}
    after = np.array([7, 11, 9, 4, 1, 0, 2, 3, 5, 6, 8, 10])
    found = {
        each.name: (each.before, each.after)
        for each in judged_changes(Judgements(("q",), ("a",), (grades,)), BEFORE, after)
    }
    for place, order in enumerate((BEFORE, after)):
        truth = [[grades.get(row, 0) for row in order]]
        expected = ndcg_score(truth, [-np.arange(len(order))], k=10)
        assert found["nDCG@10"][place] == pytest.approx(expected, abs=1e-6)
    assert found["reciprocal rank"] == pytest.approx((1 / 3, 1))


def test_skipped_rows_are_left_out_and_few_rows_are_enough():
    judgements = Judgements(("q",), ("a",), ({4: 1},), skipped=((9,),))
    (ndcg, first) = judged_changes(judgements, BEFORE[:3], np.array([7, 4, 9]))
    assert (first.before, first.after) == (1, 0.5)
    assert ndcg.after == pytest.approx(1 / math.log2(3))


def test_without_a_relevant_row_there_is_no_figure():
    with pytest.raises(DataError):
        judged_changes(Judgements(("q",), ("a",), ({4: 0},)), BEFORE, BEFORE)
