import dataclasses

import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn import metrics

import explorer
from explorer.analysis.cluster_fit import agreement, centroid_distances, label_table, worst_fitting
from explorer.analysis.cluster_words import (
    Word,
    class_tfidf,
    describe,
    distinctive_words,
    divergence,
    words_of,
)
from explorer.analysis.clusters import (
    NOISE,
    Clustering,
    cluster,
    largest_first,
    sweep,
)
from explorer.analysis.space import Space, make_index
from explorer.analysis.specs import ClusterSpec
from explorer.data.opening import open_corpus
from explorer.errors import QueryError
from explorer.tensor import normalize

METRICS = ["cosine", "euclidean"]
QUEUES = {
    "billing": [
        "the invoice is wrong",
        "an invoice and a refund",
        "refund of the second invoice",
        "the refund",
    ],
    "login": ["the password is lost", "a password and a login", "login with the new password", "the login"],
    "delivery": [
        "the parcel is late",
        "a parcel and a courier",
        "courier of the second parcel",
        "the courier",
    ],
}


def space_of(vectors, texts=None, labels=None):
    texts = texts or [f"row {row}" for row in range(len(vectors))]
    if labels is None:
        corpus = explorer.open_corpus(texts)
    else:
        import pandas as pd

        frame = pd.DataFrame({"body": texts, "queue": labels})
        corpus = explorer.open_corpus(frame, text="body", label="queue")
    return Space(corpus, make_index(np.asarray(vectors, np.float32)))


def index_of(vectors):
    return make_index(np.asarray(vectors, np.float32))


def blobs(rows=200, dims=8, centers=4, seed=0, spread=0.5):
    rng = np.random.default_rng(seed)
    group = np.arange(rows) % centers
    return (3 * rng.normal(size=(centers, dims))[group] + spread * rng.normal(size=(rows, dims))).astype(
        np.float32
    )


@pytest.fixture
def tickets():
    """Twelve rows of three queues, one row of which has no label; clusters are the queues."""
    texts = [text for queue in QUEUES.values() for text in queue]
    labels = [queue for queue, texts in QUEUES.items() for _ in texts]
    labels[5] = ""
    rng = np.random.default_rng(0)
    return space_of(np.repeat(np.eye(3), 4, axis=0) + 0.1 * rng.random((12, 3)), texts, labels)


@pytest.mark.parametrize("metric", METRICS)
def test_the_clusters_of_a_space(metric):
    index, spec = index_of(blobs()), ClusterSpec(k=4, metric=metric, seed=3, starts=3)
    found = cluster(index, spec)
    assert (found.k, found.metric, found.seed, found.method) == (4, metric, 3, "k-means")
    assert agreement([str(row % 4) for row in range(200)], found).ari == 1
    np.testing.assert_array_equal(found.labels, cluster(index, spec).labels)
    assert sorted(np.concatenate([found.rows(label) for label in range(4)]).tolist()) == list(range(200))
    with pytest.raises(QueryError, match="only 200 distinct"):
        cluster(index, ClusterSpec(k=201))


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS)
def test_density_finds_the_clusters_and_the_noise(metric):
    vectors = blobs()
    vectors[:3] = -20 * np.eye(8)[:3] * (1 if metric == "euclidean" else -1)
    found = cluster(index_of(vectors), ClusterSpec("hdbscan", min_size=10, metric=metric))
    assert (found.k, found.method, found.seed, found.reduced_to) == (4, "hdbscan", None, None)
    kept = found.labels != NOISE
    assert not kept[:3].any()
    assert kept.sum() > 150
    assert metrics.adjusted_rand_score(np.arange(200)[kept] % 4, found.labels[kept]) == 1
    rows = normalize(vectors) if metric == "cosine" else vectors
    means = np.stack([rows[found.rows(label)].mean(0) for label in range(4)])
    means = normalize(means) if metric == "cosine" else means
    np.testing.assert_allclose(found.centroids, means, atol=1e-5)
    assert found.inertia == pytest.approx(np.square(rows - means[found.labels])[kept].sum(), rel=1e-4)


@pytest.mark.slow
def test_density_of_many_long_rows_is_taken_after_pca():
    found = cluster(index_of(blobs(2100, 60, spread=0.2)), ClusterSpec("hdbscan", min_size=50))
    assert found.reduced_to == 50
    assert found.centroids.shape == (4, 60)


@pytest.mark.parametrize("vectors", [np.ones((1, 2)), np.ones((4, 2)), np.eye(5)])
def test_too_few_rows_are_all_noise(vectors):
    space = space_of(vectors)
    found = cluster(space.index, ClusterSpec("hdbscan"))
    assert found.labels.tolist() == [NOISE] * len(vectors)
    assert found.centroids.shape == (0, vectors.shape[1])
    assert (found.k, found.inertia) == (0, 0)
    assert describe(space, found) == ()
    assert worst_fitting(space.index, found) == ()


@pytest.mark.slow
def test_density_of_equal_rows():
    found = cluster(index_of(np.ones((20, 3))), ClusterSpec("hdbscan", min_size=5))
    assert len(found.labels) == 20


@pytest.mark.parametrize("metric", METRICS)
def test_silhouettes_are_those_of_scikit_learn(metric):
    vectors = blobs(300, spread=1)
    vectors[10:20] = vectors[0]
    index, told = index_of(vectors), []
    found = sweep(
        index,
        [6, 2, 4, 4],
        metric=metric,
        seed=5,
        sample=100,
        on_progress=told.append,
    )
    assert [point.k for point in found.points] == [2, 4, 6]
    assert len(set(found.sample.tolist())) == 100
    for point in found.points:
        same = cluster(index, ClusterSpec(k=point.k, metric=metric, seed=5))
        assert point.inertia == same.inertia
        expected = metrics.silhouette_score(vectors[found.sample], same.labels[found.sample], metric=metric)
        assert point.silhouette == pytest.approx(expected, abs=1e-5)
        resamples = []
        for run in range(5):
            drawn = np.sort(np.random.default_rng([5, run]).integers(100, size=100))
            again = index.subset(found.sample[drawn]).kmeans(point.k, metric=metric, seed=5 + run).labels
            _, once = np.unique(drawn, return_index=True)
            own = same.labels[found.sample[drawn[once]]]
            resamples.append(metrics.adjusted_rand_score(own, again[once]))
        assert point.stability == pytest.approx(np.mean(resamples))
    assert found.best_k == found.suggested_k == max(found.points, key=lambda point: point.silhouette).k == 4
    steps = [progress.done for progress in told]
    assert steps == sorted(steps)
    assert (told[-1].done, told[-1].total, told[-1].phase) == (3000, 3000, "Trying k")


def test_a_sweep_goes_further_while_the_silhouette_rises_and_recommends_no_end_of_its_range():
    index = index_of(blobs(300, centers=12, spread=0.2))
    found = sweep(index, [2, 4, 6], further=[12, 8, 10, 20, 16])
    assert [point.k for point in found.points] == [2, 4, 6, 8, 10, 12, 16]
    assert found.best_k == found.suggested_k == 12
    at_the_end = sweep(index, [2, 4, 6], further=[3, 6, 8])
    assert [point.k for point in at_the_end.points] == [2, 4, 6, 8]
    assert (at_the_end.best_k, at_the_end.suggested_k) == (8, None)
    at_the_start = sweep(index, [12, 16, 20], further=[24])
    assert [point.k for point in at_the_start.points] == [12, 16, 20]
    assert (at_the_start.best_k, at_the_start.suggested_k) == (12, None)


@pytest.mark.parametrize(
    ("labels", "k", "expected", "order"),
    [
        ([0, 1, 1, 2], 3, [1, 0, 0, 2], [1, 0, 2]),
        ([NOISE, 2, 1, NOISE, 2], 3, [NOISE, 0, 1, NOISE, 0], [2, 1, 0]),
        ([NOISE, NOISE], 0, [NOISE, NOISE], []),
        ([1, 1], 2, [0, 0], [1, 0]),  # k-means leaves a cluster empty where products cannot tell rows apart
    ],
)
def test_clusters_are_numbered_by_size(labels, k, expected, order):
    found, old = largest_first(np.array(labels), k)
    assert (found.tolist(), old.tolist()) == (expected, order)


@pytest.mark.parametrize("metric", METRICS)
def test_the_largest_cluster_is_the_first(metric):
    vectors = np.repeat(np.eye(3, dtype=np.float32), [2, 7, 4], axis=0)
    found = cluster(index_of(vectors), ClusterSpec(k=3, metric=metric))
    assert found.labels.tolist() == [2] * 2 + [0] * 7 + [1] * 4
    np.testing.assert_allclose(found.centroids, np.eye(3)[[1, 2, 0]], atol=1e-6)


def test_a_sweep_says_where_there_is_no_silhouette():
    found = sweep(index_of(np.eye(3)), [1, 3])
    assert [point.silhouette for point in found.points] == [None, None]
    assert found.suggested_k is None
    assert found.sample.tolist() == [0, 1, 2]
    with pytest.raises(QueryError):
        sweep(index_of(np.eye(3)), [])


def test_a_sweep_can_be_stopped():
    def stop(_progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(index_of(blobs()), range(2, 5), on_progress=stop)


@pytest.mark.slow
@settings(max_examples=30)
@given(pairs=st.lists(st.tuples(st.sampled_from(["", "a", "b", "c"]), st.integers(-1, 3)), min_size=1))
def test_agreement_is_that_of_scikit_learn(pairs):
    labels, found = [label for label, _ in pairs], np.array([number for _, number in pairs])
    clustering = Clustering(found, np.eye(4, dtype=np.float32), 0.0, "cosine", 4, 0, "k-means")
    kept = [(label, number) for label, number in pairs if label]
    if not kept:
        with pytest.raises(QueryError, match="No row has a label"):
            agreement(labels, clustering)
        return
    truth, numbers = zip(*kept, strict=True)
    result = agreement(labels, clustering)
    assert result.rows == len(kept)
    assert result.ari == pytest.approx(metrics.adjusted_rand_score(truth, numbers))
    assert result.ami == pytest.approx(metrics.adjusted_mutual_info_score(truth, numbers))
    assert result.v_measure == pytest.approx(metrics.v_measure_score(truth, numbers))


def test_agreement_needs_a_label_for_each_row():
    with pytest.raises(QueryError, match="2 labels for 3 rows"):
        agreement(["a", "b"], cluster(index_of(np.eye(3)), ClusterSpec(k=2)))


@pytest.mark.parametrize("metric", METRICS)
def test_rows_that_fit_worst(metric):
    vectors = blobs(spread=1.5)
    index = index_of(vectors)
    found = cluster(index, ClusterSpec(k=4, metric=metric))
    table = metrics.pairwise_distances(
        vectors.astype(np.float64), found.centroids.astype(np.float64), metric=metric
    )
    own = table[np.arange(200), found.labels]
    table[np.arange(200), found.labels] = np.inf
    margin = (table.min(1) - own) / np.maximum(own, table.min(1))
    worst = worst_fitting(index, found, 7)
    assert [fit.row for fit in worst] == np.argsort(margin)[:7].tolist()
    np.testing.assert_allclose([fit.margin for fit in worst], np.sort(margin)[:7], atol=1e-4)
    for fit in worst:
        assert fit.label == found.labels[fit.row]
        assert fit.next_label == table[fit.row].argmin()
    assert len(worst_fitting(index, found, 999)) == 200
    assert worst_fitting(index, cluster(index, ClusterSpec(k=1))) == ()


def test_noise_fits_nowhere():
    vectors = np.eye(3, dtype=np.float32)
    found = Clustering(np.array([0, -1, 1]), vectors[[0, 2]], 0.0, "euclidean", 2, None, "hdbscan")
    own, other, which = centroid_distances(index_of(vectors), found)
    np.testing.assert_allclose(own, [0, np.nan, 0])
    np.testing.assert_allclose(other, [2**0.5] * 3, rtol=1e-6)
    assert which.tolist() == [1, 0, 0]
    assert [fit.row for fit in worst_fitting(index_of(vectors), found)] == [0, 2]


def test_clusters_are_described(tickets):
    found = tickets.cluster(3, starts=3)
    summaries = {summary.labels[0].label: summary for summary in describe(tickets, found)}
    assert set(summaries) == set(QUEUES)
    assert {word.text for word in summaries["billing"].words[:2]} == {"invoice", "refund"}
    assert {word.text for word in summaries["login"].words[:2]} == {"password", "login"}
    assert {word.text for word in summaries["delivery"].words[:2]} == {"parcel", "courier"}
    assert [word.rows for word in summaries["delivery"].words[:2]] == [3, 3]
    login = summaries["login"]
    assert [(share.label, share.rows, share.share) for share in login.labels] == [
        ("login", 3, 0.75),
        ("", 1, 0.25),
    ]
    assert (login.size, login.share) == (4, pytest.approx(1 / 3))
    unit = normalize(tickets.vectors)
    distances = 1 - unit @ found.centroids[login.label]
    rows = found.rows(login.label)
    assert login.spread == pytest.approx(distances[rows].mean(), abs=1e-6)
    assert list(login.central) == rows[np.argsort(distances[rows])][:5].tolist()
    inside = (unit[rows] @ unit[rows].T)[np.triu_indices(4, 1)]
    outside = unit[rows] @ np.delete(unit, rows, axis=0).T
    assert login.alike == (outside < np.median(inside)).mean() == 1
    assert not login.mixed
    assert summaries["billing"].name_words[:2] == ("invoice", "refund")


def test_a_cluster_of_rows_no_more_alike_than_others_is_mixed():
    rng = np.random.default_rng(0)
    tight = 0.05 * rng.normal(size=(60, 16)) + np.eye(16)[0]
    scattered = rng.normal(size=(60, 16))
    space = space_of(np.concatenate([tight, scattered]))
    labels = np.repeat([0, 1], 60)
    centroids = np.stack([tight.mean(0), scattered.mean(0)]).astype(np.float32)
    summaries = describe(space, Clustering(labels, centroids, 0.0, "cosine", 2, 0, "k-means"))
    together, apart = summaries
    assert (together.mixed, apart.mixed) == (False, True)
    assert together.alike > 0.8 > apart.alike
    unit = normalize(space.vectors)
    inside = (unit[60:] @ unit[60:].T)[np.triu_indices(60, 1)]
    assert apart.alike == pytest.approx((unit[60:] @ unit[:60].T < np.median(inside)).mean(), abs=1e-3)


def test_groups_put_together_at_random_are_mixed_and_of_two_groups_far_apart_none_is():
    space = space_of(np.random.default_rng(0).normal(size=(900, 8)))
    labels = np.random.default_rng(1).integers(0, 3, 900)
    centroids = np.stack([space.vectors[labels == label].mean(0) for label in range(3)])
    found = Clustering(labels, centroids, 0.0, "euclidean", 3, 0, "k-means")
    for summary in describe(space, found):
        assert summary.mixed
        assert summary.alike == pytest.approx(0.5, abs=0.05)
    two = space_of(blobs(centers=2, spread=0.1))
    assert [summary.alike for summary in describe(two, two.cluster(2, metric="euclidean"))] == [1, 1]


def test_names_have_frequent_words_first_in_one_form_and_no_function_words():
    texts = ["the invoice of may", "the invoices", *["zanzibar " * 60] * 2, *["the invoice"] * 29]
    texts += ["the parcel", "a parcel and the courier", "courier", "parcel"] * 8
    space = space_of(np.repeat(np.eye(2), [33, 32], axis=0), texts)
    names = [summary.name_words for summary in describe(space, space.cluster(2))]
    assert names == [("invoice", "zanzibar"), ("parcel", "courier")]
    assert describe(space, space.cluster(2))[0].words[0].text == "zanzibar"  # of the highest weight


def test_central_rows_repeat_no_text():
    texts = ["one", "One ", "two", "one", "three", "TWO"]
    (summary,) = describe(space_of(np.ones((6, 2)), texts), space_of(np.ones((6, 2)), texts).cluster(1))
    assert summary.central == (0, 2, 4)


def test_labels_are_counted_in_each_cluster():
    found = Clustering(
        np.array([0, 0, 1, NOISE, 1, 0]), np.eye(2, dtype=np.float32), 0.0, "cosine", 2, None, "hdbscan"
    )
    table = label_table(["b", "a", "b", "b", "", "a"], found)
    assert (table.labels, table.clusters) == (("b", "a"), (0, 1, NOISE))
    assert table.rows.tolist() == [[1, 1, 1], [2, 0, 0]]
    whole = Clustering(np.zeros(2, dtype=np.int64), found.centroids[:1], 0.0, "cosine", 1, 0, "k-means")
    assert label_table(["", "x"], whole).rows.tolist() == [[1]]


@pytest.mark.parametrize("vectors", [np.ones((1, 2)), np.ones((3, 2))])
def test_one_cluster_is_described_by_its_own_words(vectors):
    space = space_of(vectors, ["good words"] * len(vectors))
    (summary,) = describe(space, space.cluster(1))
    assert [word.text for word in summary.words] == ["good", "words"]
    assert summary.labels == ()
    assert summary.central == (0,)  # the others repeat its text
    assert (summary.alike, summary.mixed) == (None, False)
    assert summary.spread == pytest.approx(0, abs=1e-6)


@given(st.integers(0, 2**32 - 1))
def test_class_tfidf_is_the_published_formula(seed):
    counts = np.random.default_rng(seed).integers(0, 3, (4, 9))
    counts[0] += 1  # every word is somewhere
    expected = np.zeros(counts.shape)
    average = int(np.mean([counts[c].sum() for c in range(4)]))
    for c in range(4):
        for x in range(9):
            if counts[c, x]:
                expected[c, x] = counts[c, x] / counts[c].sum() * np.log(1 + average / counts[:, x].sum())
    np.testing.assert_allclose(class_tfidf(sparse.csr_matrix(counts)).toarray(), expected)


def test_words_of_noise_count_but_are_not_told():
    texts = ["red apple", "red cherry", "blue sky"]
    told = distinctive_words(texts, np.array([0, 1, NOISE]), 1)
    assert {label: [word.text for word in words] for label, words in told.items()} == {
        0: ["apple"],
        1: ["cherry"],
    }
    assert told[0][0].weight == pytest.approx(0.5 * np.log(1 + 2 / 1))


def test_a_word_of_a_single_row_tells_nothing_in_a_long_table():
    texts = ["salt water", "sweet wine"] * 60
    texts[0] += " unicorn"
    told = distinctive_words(texts, np.arange(120) % 2)
    assert {word.text for word in told[0]} == {"salt", "water"}


def test_texts_without_words_have_none_to_tell():
    assert distinctive_words(["1 2 3", "?!"], np.array([0, 1])) == {0: (), 1: ()}
    assert distinctive_words(["1 2 3", "two words"], np.array([0, 1]))[0] == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It's the “Red” car—No. 5!", ["it's", "the", "red", "car", "no"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("Größe, ÉTÉ; e\u0301te\u0301", ["größe", "été", "été"]),
        ("Привет_мир c3po 42 <b>bold</b>", ["привет", "мир", "c3po", "bold"]),
        ("", []),
    ],
)
def test_words_of_any_language(text, words):
    assert words_of(text) == words


def test_a_word_tells_by_its_part_of_the_divergence_of_the_cluster_from_the_rest():
    inside, outside = np.array([6 / 10, 4 / 10]), np.array([3 / 20, 17 / 20])  # with the word, and without
    word = Word("metal", 1.0, 6, 2)
    assert divergence(word, 10, 19) == pytest.approx(scipy.special.rel_entr(inside, outside)[0])


def test_a_name_begins_with_what_tells_a_cluster_rather_than_with_what_is_frequent_everywhere():
    tools = [f"{thing} used for {n}" for thing in ("hammer steel", "chisel iron") for n in range(9)]
    others = [f"{'used' if n % 4 == 0 else 'seen'} river near town {n}" for n in range(60)]
    texts = [*tools, *others]
    space = explorer.embed(open_corpus(texts), "tfidf")
    labels = np.array([0] * len(tools) + [1] * len(others))
    summary = describe(space, dataclasses.replace(space.cluster(2), labels=labels))[0]
    used = next(word for word in summary.words if word.text == "used")
    assert (used.rows, used.elsewhere) == (18, 15)
    assert summary.name_words[0] != "used"
