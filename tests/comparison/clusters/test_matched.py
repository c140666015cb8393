import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

import explorer
from explorer.analysis.cluster_words import describe
from explorer.analysis.clusters import cluster
from explorer.analysis.specs import ClusterSpec
from explorer.comparison.clusters.matched import matched_clusters
from explorer.errors import JobCancelledError, QueryError
from tests.comparison.comparisons import comparison
from tests.comparison.made_contenders import ArrayContender, contender_of


def blobs(order, seed=0):
    """Rows around four directions, ten for each, told apart by the seed."""
    rng = np.random.default_rng(seed)
    return contender_of(
        np.eye(6)[np.repeat(order, 10)] + rng.normal(scale=0.05, size=(40, 6)), name=str(seed)
    )


def test_the_same_groups_get_the_same_numbers_in_every_contender():
    found = matched_clusters([blobs([0, 1, 2, 3]), blobs([3, 5, 0, 2], seed=1)], 4)
    np.testing.assert_array_equal(found.labels[0], found.labels[1])
    assert found.agreement.value[0, 1] == 1
    assert found.agreement.chance[0, 1] == pytest.approx(0, abs=0.05)
    assert not found.labels.flags.writeable


def test_clusters_of_the_first_are_those_of_the_clusters_page_and_agreement_is_of_all_rows():
    rng = np.random.default_rng(3)
    first, second = (contender_of(rng.normal(size=(80, 8)), name=str(one)) for one in range(2))
    found = matched_clusters([first, second], 5, seed=2)
    alone = cluster(first.space.index, ClusterSpec(k=5, seed=2)).labels
    np.testing.assert_array_equal(found.labels[0], alone)
    other = cluster(second.space.index, ClusterSpec(k=5, seed=2)).labels
    assert found.agreement.value[0, 1] == pytest.approx(adjusted_rand_score(alone, other))
    assert found.agreement.rows == 80


def test_clusters_are_named_by_the_words_that_name_them_on_the_clusters_page():
    topics = ["invoice", "parcel", "phone", "battery"] * 10
    texts = [f"there is the {word} and {word}s {row}" for row, word in enumerate(topics)]
    made = ArrayContender(explorer.open_corpus(texts), np.eye(4)[np.arange(40) % 4])
    found = matched_clusters([made], 4)
    summaries = describe(made.space, cluster(made.space.index, ClusterSpec(k=4)))
    assert found.name_words[0] == {one.label: one.name_words for one in summaries}
    for row in range(4):
        assert found.name_words[0][found.labels[0, row]] == (topics[row],)


def test_duplicates_and_a_single_row_have_fewer_clusters():
    equal = contender_of(np.ones((6, 3)), name="equal")
    apart = contender_of(np.eye(6), name="apart")
    found = matched_clusters([equal, apart], 3)
    assert found.labels[0].tolist() == [0] * 6
    assert len(np.unique(found.labels[1])) == 3
    one = matched_clusters([contender_of(np.ones((1, 3)))], 8)
    assert one.labels.tolist() == [[0]]


@pytest.mark.slow
def test_each_cluster_has_its_distinctive_words():
    made = comparison()
    found = matched_clusters(made.contenders[:2], 3)
    for own, words in zip(found.labels, found.words, strict=True):
        assert set(words) == set(np.unique(own).tolist())
    told = " ".join(word for some in found.words[0].values() for word in some)
    assert "refund" in told
    assert "password" in told


def test_contenders_without_vectors_and_no_clusters_are_refused():
    made = contender_of(np.eye(4), ranks_only=True)
    with pytest.raises(QueryError, match="no vectors"):
        matched_clusters([made], 2)
    with pytest.raises(QueryError, match="0 clusters"):
        matched_clusters([contender_of(np.eye(4))], 0)


def test_it_can_be_stopped_and_says_how_far_it_is():
    seen = []

    def stop_late(progress):
        seen.append(progress.fraction)
        if len(seen) > 3:
            raise JobCancelledError("stop")

    with pytest.raises(JobCancelledError):
        matched_clusters([blobs([0, 1, 2, 3]), blobs([0, 1, 2, 3], seed=1)], 4, on_progress=stop_late)
    assert all(0 <= each <= 1 for each in seen)


@pytest.mark.slow
def test_clusters_and_flows_of_a_comparison_are_tables():
    made = comparison()
    table = made.clusters(3)
    with_vectors = [each.name for each in made.contenders if each.space is not None]
    assert table.columns.tolist() == ["row", *with_vectors]
    assert table["row"].tolist() == list(range(48))
    first, second = with_vectors
    flowing = made.flows(first, second, 3)
    assert flowing["rows"].sum() == 48
    counts = table.groupby([first, second]).size()
    for line in flowing.itertuples():
        assert counts.loc[(line.first, line.second)] == line.rows
    with pytest.raises(QueryError, match="no contender with vectors called 'hubs'"):
        made.flows(first, "hubs", 3)
