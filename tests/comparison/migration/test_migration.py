"""What changes from one contender to another equals the same counted list by list."""

import html
import re
from dataclasses import replace

import numpy as np
import pytest

import explorer
from explorer.analysis.space import Space, make_index
from explorer.comparison.contenders.bm25 import Bm25Contender
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.comparison.files.opening import open_comparison
from explorer.comparison.files.saving import packed
from explorer.comparison.judging.judgements import Judgements
from explorer.comparison.judging.retrieval import NDCG
from explorer.comparison.migration.list_changes import list_changes
from explorer.comparison.migration.migration import Migration
from explorer.comparison.report.migration_report import migration_text
from explorer.comparison.statistics.inference import interval
from explorer.errors import QueryError
from tests.comparison.comparisons import comparison, contenders, corpus, judgements
from tests.comparison.report.test_report import HOSTILE, Tags, hostile

WORDS, SMALL, BM25 = "TF-IDF", "TF-IDF · 16 dims · int8", "BM25"


def sides(made):
    """Those that are compared in most tests: TF-IDF and BM25."""
    return [made.contenders[made.names.index(name)] for name in (WORDS, BM25)]


@pytest.fixture(scope="module")
def many():
    """More queries, each judged on rows of a topic."""
    rng = np.random.default_rng(0)
    asked = [text.split()[at % 7 + 1] + " " + text.split()[at % 5] for at, text in enumerate(corpus().texts)]
    texts = tuple(dict.fromkeys(asked))
    grades = tuple({int(row): 1 for row in rng.choice(48, 3, replace=False)} for _ in texts)
    judged = Judgements(tuple(str(at) for at in range(len(texts))), texts, grades)
    return explorer.compare(list(contenders()), judgements=judged, k=5, seed=3)


@pytest.mark.slow
def test_queries_are_counted_as_searched(many):
    found = many.migration(WORDS, BM25)
    texts = many.judgements.queries
    before, after = (each.search(texts, 10).indices for each in sides(many))
    assert (found.asked.before == before).all()
    assert (found.asked.after == after).all()
    kept = [len({*a} & {*b}) / 10 for a, b in zip(before.tolist(), after.tolist(), strict=True)]
    changed = [a[0] != b[0] for a, b in zip(before.tolist(), after.tolist(), strict=True)]
    table = found.queries.set_index("query")
    assert table["overlap"][list(texts)].tolist() == pytest.approx(kept)
    assert table["first_changed"][list(texts)].tolist() == changed
    summary = found.summary.set_index(["of", "figure"])
    assert summary["value"]["queries", "overlap@10"] == pytest.approx(np.mean(kept))
    assert summary["value"]["queries", "first hit changes"] == pytest.approx(np.mean(changed))
    distribution = found.distribution
    own = distribution[distribution["of"] == "queries"]
    assert own["lists"].tolist() == [sum(round(10 * one) == at for one in kept) for at in range(11)]


def test_ndcg_of_each_query_and_its_difference_are_those_of_the_comparison(many):
    values = next(each for each in many.values if each.measure == NDCG)
    for first, second, sign in ((0, 3, -1), (3, 0, 1)):
        found = many.migration(many.names[first], many.names[second])
        known = next(
            each for each in many.found if each.measure == NDCG and (each.first, each.second) == (0, 3)
        )
        assert found.quality.difference.value == pytest.approx(sign * known.difference)
        ends = sorted((sign * known.low, sign * known.high))
        assert (found.quality.difference.low, found.quality.difference.high) == pytest.approx(ends)
        table = found.queries
        change = values.values[second] - values.values[first]
        assert sorted(table["change"]) == pytest.approx(sorted(change))
        assert table["change"].is_monotonic_increasing
        assert (table["after"] - table["before"]).to_numpy() == pytest.approx(table["change"].to_numpy())
        assert found.quality.worse == (change < -1e-9).sum()
        assert found.quality.better == (change > 1e-9).sum()
        assert f"{found.quality.worse} " in found.text
        assert "nDCG@10 changes by" in found.text


def test_rows_are_counted_by_their_neighbours():
    found = comparison().migration(WORDS, BM25)
    before, after = (each.neighbors(np.arange(48), 10).indices for each in sides(comparison()))
    kept = np.array([len({*a} & {*b}) / 10 for a, b in zip(before.tolist(), after.tolist(), strict=True)])
    table = found.rows
    assert table["overlap"].is_monotonic_increasing
    assert table.sort_values("row")["overlap"].to_numpy() == pytest.approx(kept)
    changed = before[:, 0] != after[:, 0]
    assert (table.sort_values("row")["first_changed"].to_numpy() == changed).all()
    summary = found.summary.set_index(["of", "figure"]).loc[("rows", "first hit changes")]
    ends = interval(changed.astype(float), comparison().groups, 0, 1)
    assert (summary["low"], summary["high"]) == pytest.approx(ends)
    assert summary["n"] == 48
    assert table["text"].tolist() == [corpus().texts[row] for row in table["row"]]


def test_weights_of_queries_count():
    found = comparison().migration(WORDS, BM25)
    weights = 1 / np.array(judgements().inclusion)
    assert found.asked.mean_kept.value == pytest.approx(np.average(found.asked.kept, weights=weights))


@pytest.mark.slow
def test_without_judgements_nothing_is_called_worse():
    made = explorer.compare(list(contenders())[::3], k=5)
    found = made.migration(WORDS, BM25)
    assert found.asked is None
    assert found.queries.empty
    assert "not known without judged queries" in found.text
    assert "worse" not in found.text.replace("better or worse is not known", "")
    text = migration_text(found, "m.md")
    assert "Queries that get" not in text
    assert "does not say that they get worse" in text


def test_equal_lists_change_nothing():
    lists = np.arange(20).reshape(2, 10)
    found = list_changes(np.arange(2), lists, lists, np.arange(2))
    assert (found.mean_kept.value, found.share_changed.value) == (1, 0)
    assert found.distribution().tolist() == [0] * 10 + [2]
    other = list_changes(np.arange(2), lists, lists + 100, np.arange(2))
    assert (other.mean_kept.value, other.share_changed.value) == (0, 1)


def test_queries_that_stay_as_good_are_not_called_chance():
    class Twin(Bm25Contender):
        fingerprint = "another"

    twins = [Bm25Contender(corpus()), Twin(corpus(), "the same")]
    made = explorer.compare(twins, judgements=judgements(), k=5)
    found = made.migration("BM25", "the same")
    assert found.text.endswith("nDCG@10 of every judged query stays the same.")
    assert (found.asked.share_changed.value, found.asked.mean_kept.value) == (0, 1)


def test_no_lists_and_empty_lists_have_no_figures():
    nothing = list_changes(np.arange(0), *np.empty((2, 0, 10), np.int64), np.arange(0))
    assert np.isnan(nothing.mean_kept.value)
    alone = list_changes(np.arange(1), *np.empty((2, 1, 0), np.int64), np.arange(1))
    assert (alone.mean_kept.value, alone.depth) == (1, 0)


def test_one_row_is_said_and_one_neighbour_is_no_list():
    alone = explorer.open_corpus(["a parcel came late"])
    words = explorer.embed(alone, "tfidf")
    moved = explorer.compare([words, Bm25Contender(alone)]).migration("TF-IDF", "BM25")
    assert moved.text == "From TF-IDF to BM25, nothing changes: there is only one row."
    two = explorer.open_corpus(["a parcel came late", "a refund"])
    words = explorer.embed(two, "tfidf")
    moved = explorer.compare([words, Bm25Contender(two)]).migration("TF-IDF", "BM25")
    assert "the nearest row of 0.0 % of 2 rows changes" in moved.text
    assert "stay on average" not in moved.text


def test_unknown_contenders_and_one_alone_are_refused():
    with pytest.raises(QueryError, match="no contender “other”"):
        comparison().migration("other", WORDS)
    with pytest.raises(QueryError, match="from one contender to another"):
        comparison().migration(WORDS, WORDS)


def test_a_comparison_from_a_file_has_the_same_migration(many):
    opened = open_comparison(packed(many), corpus())
    one, other = opened.migration(WORDS, BM25), many.migration(WORDS, BM25)
    assert one.text == other.text
    assert one.queries.equals(other.queries)
    assert migration_text(one, "m.html") == migration_text(other, "m.html")


def test_a_file_with_values_of_other_queries_has_no_quality(many):
    values = tuple(
        replace(each, units=each.units + 7) if each.measure == NDCG else each for each in many.values
    )
    found = replace(many, values=values).migration(WORDS, BM25)
    assert found.quality is None
    assert found.queries.empty
    assert "Queries that get" not in migration_text(found, "m.md")


@pytest.mark.slow
def test_a_contender_that_cannot_be_searched_has_only_rows():
    alone = Space(corpus(), make_index(contenders()[0].vectors))
    made = explorer.compare(
        [SpaceContender(alone, "vectors"), Bm25Contender(corpus())], judgements=judgements(), k=5
    )
    found = made.migration("vectors", "BM25")
    assert (found.asked, found.quality) == (None, None)
    assert "48 rows" in found.text
    assert found.summary["of"].unique().tolist() == ["rows"]


@pytest.mark.parametrize("name", ["m.html", "m.md"])
def test_the_report_has_the_figures_and_the_queries(many, name, tmp_path):
    found = many.migration(WORDS, BM25)
    found.report(tmp_path / name)
    text = html.unescape((tmp_path / name).read_text(encoding="utf-8"))
    plain = re.sub(r"\\(.)", r"\1", text)
    assert found.text in plain
    for value in found.summary["value"]:
        assert f"{abs(value):.3f}" in plain
    worst = found.queries[found.queries["change"] < 0].iloc[:10]
    assert len(worst)
    as_written = '<p dir="auto">{}</p>' if name.endswith("html") else "\n> {}\n"
    places = [plain.index(as_written.format(query)) for query in worst["query"]]
    assert places == sorted(places)
    assert "Queries that get better" in plain
    with pytest.raises(QueryError, match="HTML or Markdown"):
        found.report(tmp_path / "m.pdf")


def test_other_peoples_text_stays_text():
    made = hostile()
    found = made.migration(*made.names)
    page = Tags(migration_text(found, "m.html"))
    assert not {"script", "img", "a", "b"} & set(page.tags)
    assert page.tags.count("h1") == 1
    markdown = migration_text(found, "m.md")
    assert not [line for line in markdown.splitlines() if line.startswith("# heading")]
    assert HOSTILE[0] not in markdown


def test_a_migration_is_one_of_the_comparison():
    assert isinstance(comparison().migration(WORDS, SMALL), Migration)
