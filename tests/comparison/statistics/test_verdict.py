import numpy as np
import pytest

from explorer.comparison.measure import Measure, WholeValues
from explorer.comparison.statistics.differences import differences
from explorer.comparison.statistics.verdict import verdict
from tests.comparison.statistics.test_differences import LOSS, NDCG, difference, unit_values

ACCURACY = Measure("k-NN accuracy", "labels", True, "")
VIEWS = Measure("two-view MRR", "proxy", True, "")
OVERLAP = Measure("view overlap", "proxy", True, "")


def means(*values, measure=NDCG, n=400):
    return unit_values(np.repeat(np.array(values)[:, None], n, axis=1), measure=measure)


def said(names, values, found):
    return verdict(names, [values], found)


def test_a_better_contender_is_named_with_its_figures():
    result = said(["MiniLM", "bge-base"], means(0.5, 0.54), [difference(0, 1, -0.06, -0.02, 0.001, n=400)])
    assert result.text == (
        "bge-base finds more than MiniLM on these rows: "
        "+0.04 nDCG@10, 95 % interval 0.02 to 0.06, 400 queries."
    )
    assert result.best == ("bge-base",)
    assert result.needed is None
    assert result.basis is NDCG


def test_a_tie_says_how_many_more_queries_would_show_it():
    found = [difference(0, 1, -0.01, 0.03, 0.4, n=400, error=0.0041)]
    result = said(["A", "B"], means(0.51, 0.5), found)
    assert result.text == (
        "Cannot tell A and B apart on these rows: +0.01 nDCG@10, 95 % interval −0.01 to 0.03. "
        "Judging about 130 more queries would show a difference of this size."
    )
    assert result.best == ("A", "B")
    assert result.needed == 128


def test_a_tiny_difference_says_what_would_have_shown():
    found = [difference(0, 1, -0.0003, 0.0005, 0.9, n=400, error=0.0002)]
    result = said(["A", "A · int8"], means(0.5001, 0.5), found)
    assert "apart on these rows: +0.0001 nDCG@10, 95 % interval −0.0003 to 0.0005." in result.text
    assert result.text.endswith("A difference of 0.00056 or more would probably have shown.")
    assert result.needed is None  # 12,000 more queries are no advice
    found = [difference(0, 1, -0.02, 0.0204, 0.9, n=400, error=0.01)]
    result = said(["A", "A · int8"], means(0.5002, 0.5), found)
    assert result.text.endswith("A difference of 0.028 or more would probably have shown.")
    assert result.needed is None


def test_identical_contenders_are_a_tie():
    same = np.random.default_rng(0).random(50)
    values = unit_values([same, same])
    result = said(["A", "B"], values, differences([values]))
    assert (
        result.text == "Cannot tell A and B apart on these rows: +0.00 nDCG@10, 95 % interval 0.00 to 0.00."
    )
    assert result.best == ("A", "B")
    assert result.needed is None


def test_several_contenders_with_one_winner():
    found = [
        difference(0, 1, 0.02, 0.06, 0.001, n=400),
        difference(0, 2, 0.08, 0.12, 0.001, n=400),
        difference(1, 2, 0.05, 0.07, 0.001, n=400),
    ]
    result = said(["A", "B", "C"], means(0.6, 0.56, 0.5), found)
    assert result.text == (
        "A finds more than the other 2 on these rows: +0.04 nDCG@10, 95 % interval 0.02 to 0.06 "
        "against B, the next, 400 queries."
    )
    assert result.best == ("A",)


def test_two_of_three_share_the_first_rank():
    found = [
        difference(0, 1, -0.01, 0.02, 0.5),
        difference(0, 2, 0.08, 0.12, 0.001),
        difference(1, 2, 0.05, 0.07, 0.001),
    ]
    result = said(["A", "B", "C"], means(0.6, 0.595, 0.5), found)
    assert result.text.startswith("Cannot tell A and B apart on these rows: +0.01 nDCG@10")
    assert "Both find more than C." in result.text
    assert result.best == ("A", "B")


def test_a_tie_shows_the_difference_of_those_that_are_tied():
    found = [  # the second best is clearly worse, the third best is too noisy to tell
        difference(0, 1, 0.01, 0.03, 0.001),
        difference(0, 2, -0.2, 0.26, 0.7),
        difference(1, 2, -0.2, 0.22, 0.8),
    ]
    result = said(["A", "B", "C"], means(0.6, 0.58, 0.57), found)
    assert result.text.startswith(
        "Cannot tell A and C apart on these rows: +0.03 nDCG@10, 95 % interval −0.20"
    )
    assert "B ranks lower." in result.text
    assert result.best == ("A", "C")


def test_ranks_that_are_not_transitive_are_not_overstated():
    found = [  # B is better than C, A is not
        difference(0, 1, -0.01, 0.02, 0.5),
        difference(0, 2, -0.01, 0.12, 0.09),
        difference(1, 2, 0.05, 0.07, 0.001),
    ]
    result = said(["A", "B", "C"], means(0.6, 0.595, 0.53), found)
    assert result.best == ("A", "B")
    assert "C ranks lower." in result.text
    assert "find more" not in result.text
    found = [  # A is better than C, C than B; A and B cannot be told apart
        difference(0, 1, -0.01, 0.22, 0.09),
        difference(0, 2, 0.01, 0.12, 0.001),
        difference(1, 2, -0.07, -0.02, 0.001),
    ]
    result = said(["A", "B", "C"], means(0.6, 0.5, 0.53), found)
    assert result.text == "A finds more than C on these rows, but cannot be told apart from B."
    assert result.best == ("A",)


def test_lower_values_can_win():
    result = said(
        ["A", "B"], means(0.5, 0.4, measure=LOSS), [difference(0, 1, 0.05, 0.15, 0.001, measure=LOSS)]
    )
    assert result.best == ("B",)
    assert result.text.startswith(
        "B fits the labels better than A on these rows: −0.10 loss, 95 % interval −0.15"
    )


def test_judgements_decide_before_labels_and_labels_before_proxies():
    names = ["A", "B"]
    views, labels, judged = means(0, 1, measure=VIEWS), means(1, 0, measure=ACCURACY), means(0, 1)
    found = [
        difference(0, 1, -1.1, -0.9, 0.001, measure=VIEWS),
        difference(0, 1, 0.9, 1.1, 0.001, measure=ACCURACY),
        difference(0, 1, -1.1, -0.9, 0.001),
    ]
    assert verdict(names, [views, labels, judged], found).basis is NDCG
    assert verdict(names, [views, labels], found).basis is ACCURACY
    by_proxy = verdict(names, [views], found)
    assert by_proxy.basis is VIEWS
    assert by_proxy.text.startswith("By a proxy only, without labels or judgements: B looks better than A")


def test_proxies_that_contradict_each_other_say_nothing():
    both = [means(0, 1, measure=VIEWS), means(1, 0, measure=OVERLAP)]
    found = [
        difference(0, 1, -1.1, -0.9, 0.001, measure=VIEWS),
        difference(0, 1, 0.9, 1.1, 0.001, measure=OVERLAP),
    ]
    result = verdict(["A", "B"], both, found)
    assert result.text.startswith("The proxies disagree about which contender is better")
    assert result.best == ("A", "B")
    assert "better than" not in result.text


def test_one_proxy_alone_does_not_decide_if_another_sees_no_difference():
    both = [means(0, 1, measure=VIEWS), means(1, 1, measure=OVERLAP)]
    found = [
        difference(0, 1, -1.1, -0.9, 0.001, measure=VIEWS),
        difference(0, 1, -0.1, 0.1, 0.9, measure=OVERLAP),
    ]
    result = verdict(["A", "B"], both, found)
    assert result.best == ("A", "B")
    assert "Cannot tell A and B apart" in result.text or "Cannot tell B and A apart" in result.text
    assert "0.00 view overlap, 95 % interval −0.10 to 0.10" in result.text


def test_without_any_measure_nothing_is_said():
    cost = WholeValues(Measure("bytes a vector", "cost", False, ""), np.array([1.0, 2.0]))
    result = verdict(["A", "B"], [cost], [])
    assert result.basis is None
    assert result.best == ("A", "B")


def test_a_contender_without_the_measure_is_not_in_the_verdict():
    values = means(0.5, np.nan, 0.4)
    result = said(["A", "BM25", "C"], values, [difference(0, 2, 0.08, 0.12, 0.001)])
    assert result.text.startswith("A finds more than C on these rows")
    assert result.best == ("A",)


def test_one_query_has_no_interval():
    values = unit_values([[1.0], [0.0]])
    result = said(["A", "B"], values, differences([values]))
    assert "too few units for an interval" in result.text
    assert result.best == ("A", "B")


@pytest.mark.parametrize("contenders", [2, 5, 8])
def test_better_is_never_said_of_an_interval_with_zero(contenders):
    rng = np.random.default_rng(contenders)
    for _ in range(5):
        base = rng.random(40)
        values = unit_values(
            base + rng.normal(0, 0.1, (contenders, 40)) + rng.normal(0, 0.04, (contenders, 1))
        )
        found = differences([values])
        names = [f"model {at}" for at in range(contenders)]
        result = said(names, values, found)
        if len(result.best) == 1 and "finds more than" in result.text:
            leader = names.index(result.best[0])
            won = [each for each in found if each.better == leader]
            assert won
            assert all(each.low > 0 or each.high < 0 for each in won)
            if "cannot" not in result.text:
                assert len(won) == contenders - 1
        else:
            assert "finds more" not in result.text
