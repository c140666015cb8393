"""The tables of a comparison that other tests do not read."""

import re
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

import explorer
from explorer.comparison.files.opening import open_comparison
from explorer.comparison.files.saving import packed
from explorer.comparison.statistics.differences import differences
from explorer.errors import EncodeError, QueryError
from tests.comparison.comparisons import comparison, contenders, corpus, judgements
from tests.comparison.test_compare import DOWN, Failing

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


def test_queries_are_searched_without_a_contender_that_fails_as_long_as_two_are_left():
    made = comparison()
    name = made.names[1]
    fewer = replace(made, contenders=(made.contenders[0], *made.contenders[2:]))
    failing = replace(made, contenders=(made.contenders[0], Failing(DOWN, name), *made.contenders[2:]))
    with pytest.warns(UserWarning, match=f"{re.escape(name)} failed and is left out. .*did not answer"):
        table = failing.queries(TEXTS)
    assert table.equals(fewer.queries(TEXTS))
    alone = replace(made, contenders=(made.contenders[0], Failing(DOWN)))
    with pytest.raises(EncodeError, match="did not answer"):
        alone.queries(TEXTS)


@pytest.mark.slow
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


@pytest.mark.slow
def test_without_queries_and_vectors_it_says_so():
    plain = explorer.compare(list(contenders())[::3], k=3)
    with pytest.raises(QueryError, match="There are no queries"):
        plain.queries()
    with pytest.raises(QueryError, match="There are no queries"):
        plain.queries([])
    with pytest.raises(QueryError, match="Fewer than two contenders can be searched"):
        open_comparison(packed(plain), corpus()).queries(TEXTS)


def test_the_scorecard_counts_units_and_groups_only_where_there_is_a_value():
    card = comparison().scorecard.set_index(["measure", "contender"])
    values, scores = comparison().values, comparison().scores()
    assert card["n"].isna().equals(card["value"].isna())
    assert card["independent"].isna().equals(card["value"].isna())
    assert card.loc[("linear probe", "BM25"), "value"] != card.loc[("linear probe", "BM25"), "value"]
    accuracy = next(each for each in values if each.measure.name == "k-NN accuracy")
    own = card.loc["k-NN accuracy"]
    assert set(own["n"]) == {48}
    assert set(own["independent"]) == {len(np.unique(accuracy.groups))}
    judged = [score for score in scores if score.measure.kind == "judgements"]
    assert all(score.too_few and np.isnan(score.low) for score in judged)  # of three queries
    rest = [score for score in scores if score.measure.kind in ("labels", "cost")]
    assert not any(score.too_few for score in rest)


def test_silhouette_is_shown_and_neither_ranked_nor_tested():
    for made in (comparison(), open_comparison(packed(comparison()), corpus())):
        card = made.scorecard[made.scorecard["measure"] == "silhouette"]
        assert card["value"].notna().sum() == 2
        assert card["low"].notna().sum() == 2
        assert card["rank"].isna().all()
        assert "silhouette" not in set(made.differences["measure"])


def test_differences_of_an_older_file_by_a_measure_that_is_no_longer_ranked_are_left_out():
    made = comparison()
    silhouette = next(each for each in made.values if each.measure.name == "silhouette")
    ranked = replace(silhouette.measure, comparable=True)
    old = replace(
        made,
        values=tuple(replace(each, measure=ranked) if each is silhouette else each for each in made.values),
        found=(*made.found, *differences([replace(silhouette, measure=ranked)])),
    )
    assert "silhouette" in set(old.differences["measure"])
    opened = open_comparison(packed(old), corpus())
    assert opened.differences.equals(made.differences)
    assert opened.scorecard.equals(made.scorecard)


def test_no_interval_is_outside_what_is_possible():
    for score in comparison().scores():
        if not np.isnan(score.low):
            assert score.measure.least <= score.low <= score.high <= score.measure.most
