from dataclasses import replace

import numpy as np
import pytest

from explorer.comparison.contenders.failure import Failure
from explorer.comparison.measure import Measure, WholeValues
from explorer.comparison.measures.two_view import MASKED_MEASURES
from explorer.comparison.numbers import units
from explorer.comparison.statistics.differences import differences
from explorer.comparison.statistics.verdict import verdict
from explorer.errors import ExplorerError
from tests.comparison.statistics.test_differences import LOSS, NDCG, difference, unit_values

ACCURACY = Measure("k-NN accuracy", "labels", True, "")
VIEWS = Measure("two-view MRR", "proxy", True, "")
OVERLAP = Measure("view overlap", "proxy", True, "")
OVERLAP_MASKED = MASKED_MEASURES[1]
SPEARMAN = Measure("Spearman", "pairs", True, "")


def means(*values, measure=NDCG, n=400):
    return unit_values(np.repeat(np.array(values)[:, None], n, axis=1), measure=measure)


def said(names, values, found):
    return verdict(names, [values], found)


def test_a_better_contender_is_named_with_its_figures():
    result = said(["MiniLM", "bge-base"], means(0.5, 0.54), [difference(0, 1, -0.06, -0.02, 0.001, n=400)])
    assert result.text == (
        "bge-base finds more than MiniLM on these rows. The difference is "
        "+0.04 nDCG@10, 95 % interval 0.02 to 0.06. Measured on 400 queries."
    )
    assert result.best == ("bge-base",)
    assert result.needed is None
    assert result.basis is NDCG


def test_a_tie_says_how_many_more_queries_would_show_it():
    found = [difference(0, 1, -0.01, 0.03, 0.4, n=400, error=0.0041)]
    result = said(["A", "B"], means(0.51, 0.5), found)
    assert result.text == (
        "Cannot tell A and B apart on these rows. The difference is +0.01 nDCG@10, 95 % interval −0.01 to "
        "0.03. Measured on 400 queries. Judging about 130 more queries would probably show a difference of "
        "this size."
    )
    assert result.best == ("A", "B")
    assert result.needed == 128


def test_a_tiny_difference_says_what_would_have_shown():
    found = [difference(0, 1, -0.0003, 0.0005, 0.9, n=400, error=0.0002)]
    result = said(["A", "A · int8"], means(0.5001, 0.5), found)
    assert (
        "apart on these rows. The difference is +0.0001 nDCG@10, 95 % interval −0.0003 to 0.0005."
        in result.text
    )
    assert result.text.endswith(
        "These 400 queries would probably have shown a difference of 0.00056 or more."
    )
    assert result.needed is None  # 12,000 more queries are no advice
    found = [difference(0, 1, -0.02, 0.0204, 0.9, n=400, error=0.01)]
    result = said(["A", "A · int8"], means(0.5002, 0.5), found)
    assert result.text.endswith("These 400 queries would probably have shown a difference of 0.028 or more.")
    assert result.needed is None


@pytest.mark.parametrize(
    ("measure", "n", "error", "text"),
    [
        (NDCG, 30, 0.01, "Judging about 210 more queries would probably show a difference of this size."),
        (NDCG, 30, 0.08, "These 30 queries would probably have shown a difference of 0.22 or more."),
        (NDCG, 400, 0.01, "These 400 queries would probably have shown a difference of 0.028 or more."),
        (SPEARMAN, 200, 0.005, "About 200 more scored pairs would probably show a difference of this size."),
        (
            ACCURACY,
            624,
            0.005,
            "About 610 more rows with labels would probably show a difference of this size.",
        ),
        (ACCURACY, 624, 0.0115, "These 624 rows would probably have shown a difference of 0.032 or more."),
        (VIEWS, 300, 0.005, "These 300 rows would probably have shown a difference of 0.014 or more."),
    ],
)
def test_a_tie_asks_for_more_only_where_somebody_could_give_it(measure, n, error, text):
    found = [difference(0, 1, -0.01, 0.03, 0.4, measure=measure, n=n, error=error)]
    result = said(["A", "B"], means(0.51, 0.5, measure=measure, n=n), found)
    measured = f"Measured on {units(measure, n)}."
    assert result.text.endswith(f"+0.01 {measure.name}, 95 % interval −0.01 to 0.03. {measured} {text}")
    assert (result.needed is None) == text.startswith("These")


def test_identical_contenders_are_a_tie():
    same = np.random.default_rng(0).random(50)
    values = unit_values([same, same])
    result = said(["A", "B"], values, differences([values]))
    assert result.text == (
        "Cannot tell A and B apart on these rows. The difference is 0.00 nDCG@10, the same in all units. "
        "Measured on 50 queries."
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
        "A finds more than the other 2 on these rows. The difference is +0.04 nDCG@10, 95 % interval 0.02 to "
        "0.06, against B, the next. Measured on 400 queries."
    )
    assert result.best == ("A",)


def test_two_of_three_share_the_first_rank():
    found = [
        difference(0, 1, -0.01, 0.02, 0.5),
        difference(0, 2, 0.08, 0.12, 0.001),
        difference(1, 2, 0.05, 0.07, 0.001),
    ]
    result = said(["A", "B", "C"], means(0.6, 0.595, 0.5), found)
    assert result.text.startswith("Cannot tell A and B apart on these rows. The difference is +0.01 nDCG@10")
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
        "Cannot tell A and C apart on these rows. The difference is +0.03 nDCG@10, 95 % interval −0.20"
    )
    assert "B ranks lower." in result.text
    assert result.best == ("A", "C")


def test_what_would_have_shown_holds_for_the_least_known_of_those_that_are_tied():
    found = [  # the second is nearly the first
        difference(0, 1, -0.001, 0.003, 0.4, n=400, error=0.0001),
        difference(0, 2, -0.01, 0.09, 0.14, n=400, error=0.03),
        difference(1, 2, -0.01, 0.09, 0.14, n=400, error=0.03),
    ]
    text = said(["A", "A · int8", "B"], means(0.6, 0.599, 0.56), found).text
    assert "95 % interval −0.001 to 0.003, for A against A · int8." in text
    assert text.endswith("have shown a difference of 0.084 or more between any two of them.")


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
    assert result.headline == "A finds more than C on these rows, but cannot be told apart from B."
    assert result.best == ("A",)


def test_lower_values_can_win():
    result = said(
        ["A", "B"], means(0.5, 0.4, measure=LOSS), [difference(0, 1, 0.05, 0.15, 0.001, measure=LOSS)]
    )
    assert result.best == ("B",)
    assert result.text.startswith(
        "B fits the labels better than A on these rows. The difference is −0.10 loss, 95 % interval −0.15"
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
    assert by_proxy.text.startswith("By a proxy only: B looks better than A")


def test_measures_of_the_same_kind_that_say_the_opposite_are_named():
    probe = Measure("linear probe", "labels", True, "")
    values = [means(0.5, 0.4, 0.6, measure=ACCURACY), means(0.5, 0.6, 0.4, measure=probe)]
    found = [
        difference(0, 1, 0.05, 0.15, 0.001, measure=ACCURACY),
        difference(0, 2, -0.2, 0.1, 0.4, measure=ACCURACY),
        difference(1, 2, -0.3, -0.1, 0.001, measure=ACCURACY),
        difference(0, 1, -0.15, -0.05, 0.001, measure=probe),
        difference(0, 2, -0.1, 0.2, 0.4, measure=probe),
        difference(1, 2, -0.1, 0.3, 0.4, measure=probe),
    ]
    told = verdict(["A", "B", "C"], values, found)
    assert told.best == ("A", "C")
    assert told.text.endswith(" By linear probe, B is better than A.")
    found[-1] = difference(1, 2, 0.1, 0.3, 0.001, measure=probe)
    assert verdict(["A", "B", "C"], values, found).text.endswith(
        " By linear probe, 2 pairs of them are the other way round."
    )
    assert "linear probe" not in verdict(["A", "B", "C"], values[:1], found[:3]).text


def test_proxies_that_contradict_each_other_say_nothing():
    both = [means(0, 1, measure=VIEWS), means(1, 0, measure=OVERLAP)]
    found = [
        difference(0, 1, -1.1, -0.9, 0.001, measure=VIEWS),
        difference(0, 1, 0.9, 1.1, 0.001, measure=OVERLAP),
    ]
    result = verdict(["A", "B"], both, found)
    assert result.text == (
        "The proxies “two-view MRR” and “view overlap” disagree about which contender is better. "
        "Judge some queries, or choose a column of labels."
    )
    assert result.best == ("A", "B")
    assert result.basis is None
    assert "better than" not in result.text


def test_one_proxy_alone_does_not_decide_if_another_sees_no_difference():
    both = [means(0, 1, measure=VIEWS), means(1, 1, measure=OVERLAP)]
    found = [
        difference(0, 1, -1.1, -0.9, 0.001, measure=VIEWS),
        difference(0, 1, -0.1, 0.1, 0.9, measure=OVERLAP),
    ]
    result = verdict(["A", "B"], both, found)
    assert result.best == ("A", "B")
    assert result.text.startswith(
        "By proxies only: cannot tell A and B apart on these rows. The difference is 0.00 view overlap, 95 % "
        "interval −0.10 to 0.10."
    )
    assert result.basis is OVERLAP


def test_a_tie_by_proxies_is_told_by_the_one_that_sees_no_difference_best_first():
    both = [means(0.5, 0.9, 0.1, measure=VIEWS), means(0.52, 0.51, 0.1, measure=OVERLAP)]
    found = [
        difference(0, 1, -0.5, -0.3, 0.001, measure=VIEWS),
        difference(0, 1, -0.02, 0.04, 0.6, measure=OVERLAP),
        *(difference(at, 2, 0.2, 0.6, 0.001, measure=one) for at in (0, 1) for one in (VIEWS, OVERLAP)),
    ]
    result = verdict(["A", "B", "C", "TF-IDF"], [with_none(each) for each in both], found)
    assert result.text == (
        "By proxies only: cannot tell A and B apart on these rows. The difference is +0.01 view overlap, "
        "95 % interval −0.02 to 0.04. Both look better than C. Measured on 100 rows. "
        "These 100 rows would probably have shown a difference of 0.028 or more. "
        "TF-IDF is left out: it does not have this measure."
    )
    assert result.basis == OVERLAP
    assert result.needed is None


def with_none(values):
    """The same with one more contender, which does not have the measure."""
    return replace(values, values=np.vstack([values.values, np.full(values.values.shape[1], np.nan)]))


def test_eight_contenders_are_told_in_one_sentence():
    names = [f"model {at}" for at in range(8)]
    values = means(*(0.6 - at / 100 for at in range(8)))
    pairs = [(first, second) for first in range(8) for second in range(first + 1, 8)]
    same = [difference(*pair, -0.03, 0.05, 0.5, error=0.02, n=400, family=28) for pair in pairs]
    assert said(names, values, same).text == (
        "Cannot tell the 8 contenders apart on these rows. The difference is +0.01 nDCG@10, 95 % interval "
        "−0.03 to 0.05, for model 0 against model 1. Measured on 400 queries. These 400 queries would "
        "probably have shown a difference of 0.079 or more between any two of them."
    )
    won = [replace(each, low=0.005, high=0.015, p_holm=0.001) if each.first == 0 else each for each in same]
    assert said(names, values, won).text == (
        "model 0 finds more than the other 7 on these rows. The difference is +0.010 nDCG@10, 95 % interval "
        "0.005 to 0.015, against model 1, the next. Measured on 400 queries."
    )


def test_without_any_measure_nothing_is_said():
    cost = WholeValues(Measure("bytes a vector", "cost", False, ""), np.array([1.0, 2.0]))
    result = verdict(["A", "B"], [cost], [])
    assert result.basis is None
    assert result.best == ("A", "B")


def test_a_contender_without_the_measure_is_not_in_the_verdict():
    values = means(0.5, np.nan, 0.4)
    result = said(["A", "BM25", "C"], values, [difference(0, 2, 0.08, 0.12, 0.001)])
    assert result.text == (
        "A finds more than C on these rows. The difference is +0.10 nDCG@10, 95 % interval 0.08 to 0.12. "
        "Measured on 100 queries. "
        "BM25 is left out: it does not have this measure."
    )
    assert result.best == ("A",)


def test_few_units_are_said_to_be_few():
    found = [difference(0, 1, 0.02, 0.06, 0.001, n=29)]
    few = " These are few: intervals hold from about 30 queries."
    assert said(["A", "B"], means(0.54, 0.5, n=29), found).text.endswith(f"29 queries.{few}")
    assert few not in said(["A", "B"], means(0.54, 0.5, n=30), [replace(found[0], n=30, independent=30)]).text


def test_units_that_are_not_independent_are_told_and_few_of_them_are_few():
    found = [replace(difference(0, 1, 0.02, 0.06, 0.001, n=40), independent=29)]
    text = said(["A", "B"], means(0.54, 0.5, n=40), found).text
    assert "Measured on 40 queries, of which 29 are independent: equal queries count once." in text
    assert "These are few" in text


def test_a_sample_is_said_to_be_one_and_which_rows_count_once():
    found = [replace(difference(0, 1, 0.02, 0.06, 0.001, n=2_000), measure=ACCURACY, independent=1_989)]
    values = means(0.54, 0.5, n=2_000, measure=ACCURACY)
    text = verdict(["A", "B"], [values], found, rows=117_659).text
    some = "Measured on 2,000 of 117,659 rows, of which 1,989 are independent"
    assert text.endswith(f"{some}: near-copies count once.")
    text = verdict(["A", "B"], [values], found, rows=117_659, grouped_by="document").text
    assert text.endswith(f"{some}: rows of one “document” count once.")
    assert "Measured on 2,000 rows, of which" in verdict(["A", "B"], [values], found, rows=2_000).text


def test_the_headline_is_short_and_the_figures_are_in_the_details():
    result = said(["A", "B"], means(0.54, 0.5), [difference(0, 1, 0.02, 0.06, 0.001, n=400)])
    assert result.headline == "A finds more than B on these rows."
    assert result.details == (
        "The difference is +0.04 nDCG@10, 95 % interval 0.02 to 0.06. Measured on 400 queries."
    )


@pytest.mark.parametrize(
    ("n", "rows", "left_out"), [(12, 13, True), (1_000, 5_000, False), (990, 5_000, True)]
)
def test_rows_without_two_views_are_said_to_be_left_out(n, rows, left_out):
    found = [difference(0, 1, -0.01, 0.03, 0.4, measure=VIEWS, n=n)]
    told = verdict(["A", "B"], [means(0.51, 0.5, measure=VIEWS, n=n)], found, rows=rows).text
    assert f"Measured on {n:,} of {rows:,} rows{':' if left_out else '.'}" in told
    assert ("rows without two views are left out." in told) == left_out


@pytest.mark.parametrize("significant", [True, False])
def test_contenders_that_are_no_better_than_chance_share_no_first_rank(significant):
    rng = np.random.default_rng(0)
    low, high = (0.02, 0.2) if significant else (-0.1, 0.2)
    found = [difference(0, 1, low, high, 0.001 if significant else 0.5, measure=VIEWS, n=40)]
    values = unit_values(np.clip(rng.normal([[0.25], [0.15]], 0.2, (2, 40)), 0, 1), measure=VIEWS)
    known = replace(VIEWS, chance=0.26)
    found = [replace(each, measure=known) for each in found]
    result = verdict(["A", "B"], [replace(values, measure=known)], found)
    assert result.headline == "By a proxy only: no contender is shown to be better than chance on these rows."
    assert result.details.startswith("Chance gives 0.26 two-view MRR. ")
    assert result.best == ("A", "B")
    clear = replace(VIEWS, chance=0.01)
    found = [replace(each, measure=clear) for each in found]
    result = verdict(["A", "B"], [replace(values, measure=clear)], found)
    assert "chance" not in result.text
    assert result.best == (("A",) if significant else ("A", "B"))


def test_a_headline_of_labels_that_do_no_better_than_chance_begins_like_a_sentence():
    known = replace(ACCURACY, chance=0.6)
    found = [difference(0, 1, -0.1, 0.2, 0.5, measure=known, n=40)]
    result = verdict(["A", "B"], [means(0.5, 0.45, measure=known, n=40)], found)
    assert result.headline == "No contender is shown to be better than chance on these rows."


def test_a_measure_has_a_name_that_reads_well_in_a_sentence():
    found = [replace(difference(0, 1, 0.02, 0.06, 0.001, n=400), measure=OVERLAP_MASKED)]
    text = said(["A", "B"], means(0.54, 0.5, n=400, measure=OVERLAP_MASKED), found).text
    assert "+0.04 masked view overlap, 95 % interval 0.02 to 0.06. Measured on 400 rows." in text
    assert OVERLAP_MASKED.name == "view overlap, masked"  # as in files of results


def test_a_measure_whose_scale_differs_between_contenders_decides_nothing():
    scale = replace(ACCURACY, name="silhouette", comparable=False)
    values = unit_values([[0.9, 0.8] * 10, [0.1, 0.2] * 10])
    for measure, decides in ((ACCURACY, True), (scale, False)):
        own = replace(values, measure=measure)
        found = differences([own])
        assert bool(found) == decides
        assert (verdict(["A", "B"], [own], found).basis is measure) == decides
        forced = [replace(difference(0, 1, 0.6, 0.8, 0.001, n=20), measure=measure)]
        assert (verdict(["A", "B"], [own], forced).basis is measure) == decides


def test_a_contender_that_failed_is_not_one_that_lacks_the_measure():
    values = means(0.54, 0.5, np.nan, np.nan)
    found = [difference(0, 1, 0.02, 0.06, 0.001, n=400)]
    failed = [Failure(2, "judgements", ExplorerError("It failed.")), Failure(3, "pairs", ExplorerError(""))]
    text = verdict(["A", "B", "C", "D"], [values], found, failed).text
    assert "D is left out: it does not have this measure." in text
    assert "C is left out: it failed when it was measured." in text


def test_a_few_judged_queries_do_not_silence_the_labels():
    rng = np.random.default_rng(0)
    judged = unit_values(rng.random((2, 5)))
    labels = unit_values(rng.random((2, 200)) + np.array([[0.4], [0.0]]), measure=ACCURACY)
    found = (*differences([judged]), *differences([labels]))
    result = verdict(["A", "B"], [judged, labels], found)
    assert result.basis is ACCURACY
    assert result.best == ("A",)
    assert result.text.endswith("Measured on 200 rows. 5 queries with judgements are too few to count.")
    pairs = [replace(each, measure=SPEARMAN) for each in differences([judged])]
    text = verdict(["A", "B"], [replace(judged, measure=SPEARMAN), labels], [*pairs, *found[1:]]).text
    assert text.endswith("5 pairs with scores are too few to count.")


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
