import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ir_measures.providers.compat_provider import rbo as truncated_rbo

from explorer.comparison.agreement.list_overlap import jaccard, overlap, rank_biased_overlap


@st.composite
def two_lists(draw):
    """Two rankings of the same length, from few items, so that they share some."""
    k = draw(st.integers(1, 12))
    items = st.permutations(range(15))
    return draw(items)[:k], draw(items)[:k]


def extrapolated(first, second, p):
    """Equation 30 of Webber, Moffat and Zobel as it is written, for lists of the same length."""
    k = len(first)
    overlaps = [len({*first[:d]} & {*second[:d]}) for d in range(1, k + 1)]
    terms = sum(overlap / d * p**d for d, overlap in enumerate(overlaps, start=1))
    return overlaps[-1] / k * p**k + (1 - p) / p * terms


@given(lists=two_lists(), p=st.sampled_from([0.5, 0.8, 0.9, 0.98]))
def test_they_are_those_of_the_published_formulas(lists, p):
    first, second = (np.array([each]) for each in lists)
    common = len({*lists[0]} & {*lists[1]})
    assert jaccard(first, second)[0] == pytest.approx(common / len({*lists[0], *lists[1]}), abs=1e-15)
    found = rank_biased_overlap(first, second, p)[0]
    assert found == pytest.approx(extrapolated(*lists, p), abs=1e-12)
    # ir-measures has the truncated sum, divided by its weights; the rest is extrapolated.
    k = len(lists[0])
    head = truncated_rbo(*lists, p, k)
    assert found == pytest.approx((1 - p**k) * head + p**k * common / k, abs=1e-12)


def test_equal_lists_have_exactly_one_and_disjoint_ones_exactly_zero():
    lists = np.array([np.random.default_rng(seed).permutation(50)[:10] for seed in range(20)])
    assert (rank_biased_overlap(lists, lists, 0.9) == 1).all()
    assert (jaccard(lists, lists) == 1).all()
    assert (rank_biased_overlap(lists, lists + 100, 0.9) == 0).all()
    assert (jaccard(lists, lists + 100) == 0).all()


def test_first_ranks_weigh_more():
    best = np.array([[0, 1, 2, 3]])
    assert rank_biased_overlap(best, np.array([[0, 1, 9, 8]]), 0.5) > rank_biased_overlap(
        best, np.array([[9, 8, 2, 3]]), 0.5
    )


def test_empty_lists_agree():
    nothing = np.empty((3, 0), np.int64)
    assert jaccard(nothing, nothing).tolist() == [1, 1, 1]
    assert rank_biased_overlap(nothing, nothing, 0.9).tolist() == [1, 1, 1]


@given(lists=two_lists())
def test_overlap_is_the_share_of_entries_in_both(lists):
    first, second = (np.array([each]) for each in lists)
    assert overlap(first, second)[0] == len({*lists[0]} & {*lists[1]}) / len(lists[0])
    assert overlap(np.empty((2, 0), np.int64), np.empty((2, 0), np.int64)).tolist() == [1, 1]
