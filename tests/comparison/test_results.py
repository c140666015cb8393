"""The tables of a comparison that other tests do not read."""

from itertools import combinations

import numpy as np
import pytest

import explorer
from explorer.comparison.files.opening import open_comparison
from explorer.comparison.files.saving import packed
from explorer.errors import QueryError
from tests.comparison.comparisons import comparison, contenders, corpus, judgements

TEXTS = ["refund", "late parcel", "code"]


def overlaps(texts, k):
    hits = [contender.search(texts, k).indices.tolist() for contender in comparison().contenders]
    return {
        text: np.mean([len({*a[at]} & {*b[at]}) / k for a, b in combinations(hits, 2)])
        for at, text in enumerate(texts)
    }


def test_judged_queries_are_ordered_by_agreement_without_searching():
    expected = overlaps(judgements().queries, 5)
    for made in (comparison(), open_comparison(packed(comparison()), corpus())):
        table = made.queries()
        assert table["agreement"].is_monotonic_increasing
        assert dict(zip(table["query"], table["agreement"], strict=True)) == pytest.approx(expected)


def test_other_queries_are_searched():
    table = comparison().queries(TEXTS)
    assert dict(zip(table["query"], table["agreement"], strict=True)) == pytest.approx(overlaps(TEXTS, 5))
    assert table["first_hits"].between(1, 4).all()


@pytest.mark.parametrize("k", [1, 2, 5, 8, 10])
def test_neighbours_can_be_compared_with_another_k(k):
    fresh = explorer.compare(list(contenders()), k=k, seed=3).agreement("jaccard")
    for made in (comparison(), open_comparison(packed(comparison()), corpus())):
        found = made.agreement("jaccard", k)
        np.testing.assert_allclose(found.value, fresh.value)
        np.testing.assert_allclose(found.chance, fresh.chance)
        np.testing.assert_allclose(found.calibrated, fresh.calibrated)


@pytest.mark.parametrize(("measure", "k"), [("jaccard", 0), ("jaccard", 11), ("rbo", 4), ("none", 5)])
def test_agreement_that_cannot_be_had_says_why(measure, k):
    with pytest.raises(QueryError):
        comparison().agreement(measure, k)


def test_without_queries_and_vectors_it_says_so():
    plain = explorer.compare(list(contenders())[::3], k=3)
    with pytest.raises(QueryError, match="There are no queries"):
        plain.queries()
    with pytest.raises(QueryError, match="There are no queries"):
        plain.queries([])
    with pytest.raises(QueryError, match="Fewer than two contenders can be searched"):
        open_comparison(packed(plain), corpus()).queries(TEXTS)
