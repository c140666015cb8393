from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_mutual_info_score, silhouette_samples, v_measure_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler, normalize

from explorer.comparison.measures.label_measures import (
    cluster_agreement_with_labels,
    knn_accuracy,
    linear_probe,
    silhouette,
)
from explorer.comparison.measures.labelled import labelled
from explorer.comparison.measures.vectors import kmeans_labels
from explorer.errors import QueryError
from tests.comparison.made_contenders import ArrayContender, corpus_of
from tests.tensor import reference


def setting(vectors, labels, groups=None, rows=None, **options):
    """A contender of labelled vectors, and its labels as measures take them."""
    corpus = corpus_of(len(labels), labels=list(labels))
    groups = np.arange(len(labels)) if groups is None else np.asarray(groups)
    rows = np.arange(len(labels)) if rows is None else np.asarray(rows)
    return ArrayContender(corpus, vectors, **options), labelled(corpus, rows, groups)


def voted(scores, row, labels, groups, k):
    """The winner among a row's k nearest labelled rows of other groups, by counting."""
    order = sorted(
        (other for other in range(len(labels)) if other != row), key=lambda other: -scores[row, other]
    )
    near = [labels[other] for other in order if labels[other] and groups[other] != groups[row]][:k]
    votes = Counter(near)
    return max(near, key=lambda label: (votes[label], -near.index(label))) if near else None


@pytest.mark.slow
@given(seed=st.integers(0, 2**32), count=st.integers(6, 25), k=st.sampled_from([1, 2, 4, 10, 40]))
def test_the_most_frequent_label_of_the_nearest_rows_of_other_groups_is_predicted(seed, count, k):
    rng = np.random.default_rng(seed)
    vectors = rng.integers(-2, 3, (count, 2))
    labels = [*"aabb", *rng.choice(["a", "b", "c", ""], count - 4)]
    groups = np.concatenate([[0, 1, 2, 3], rng.integers(0, count, count - 4)])
    contender, usable = setting(vectors, labels, groups)
    found = knn_accuracy([contender], usable, k)
    scores = reference.scores(vectors, vectors, "cosine")
    counted = [usable.names[code] if code >= 0 else "" for code in usable.codes]
    assert found.units.tolist() == [row for row in range(count) if counted[row]]
    for row, value in zip(found.units, found.values[0], strict=True):
        assert value == (voted(scores, row, counted, groups, k) == labels[row])


def test_without_ties_and_groups_it_is_the_accuracy_of_scikit_learn():
    rng = np.random.default_rng(2)
    vectors = rng.normal(size=(80, 6))
    labels = np.array(list("ab"))[(vectors[:, 0] + 0.5 * rng.normal(size=80) > 0).astype(int)]
    contender, usable = setting(vectors, labels)
    found = knn_accuracy([contender], usable, 5)  # of two labels and five votes, one has more
    for row in range(80):
        others = np.delete(np.arange(80), row)
        model = KNeighborsClassifier(5, metric="cosine", algorithm="brute").fit(
            vectors[others], labels[others]
        )
        assert found.values[0, row] == (model.predict(vectors[[row]])[0] == labels[row])


def test_a_row_whose_neighbours_are_all_of_its_group_looks_further():
    vectors = np.r_[np.tile([[1.0, 0.0]], (30, 1)), [[1.0, 0.1], [1.0, 0.2], [0.0, 1.0], [0.1, 1.0]]]
    labels = ["x"] * 30 + ["x", "x", "y", "y"]
    groups = [0] * 30 + [1, 2, 3, 4]
    contender, usable = setting(vectors, labels, groups, rows=[0, 32])
    assert knn_accuracy([contender], usable, 2).values.tolist() == [[1, 1]]
    # The copies of one text cannot vote for each other: of the others, most have another label.
    assert knn_accuracy([contender], usable, 4).values[0, 0] == 1  # two of each: the nearest wins
    alone, usable = setting(vectors, ["x"] * 30 + ["z", "z", "x", "z"], groups, rows=[0])
    assert knn_accuracy([alone], usable, 3).values.tolist() == [[0]]


def test_contenders_without_vectors_have_neighbours_and_nothing_else():
    rng = np.random.default_rng(0)
    vectors, labels = rng.normal(size=(40, 4)), list("ab") * 20
    with_vectors, usable = setting(vectors, labels)
    ranks = ArrayContender(with_vectors.corpus, vectors, ranks_only=True)
    both = [with_vectors, ranks]
    np.testing.assert_array_equal(*knn_accuracy(both, usable, 3).values)
    measured = [linear_probe(both, usable).values, silhouette(both, usable).values]
    measured += [whole.values for whole in cluster_agreement_with_labels(both, usable)]
    for values in measured:
        assert np.isfinite(values[0]).all()
        assert np.isnan(values[1]).all()


def test_the_probe_is_scikit_learns_cross_validation_with_grouped_folds():
    rng = np.random.default_rng(5)
    vectors = rng.normal(size=(150, 6))
    labels = np.array(list("abc"))[np.argmax(vectors[:, :3] + rng.normal(size=(150, 3)), axis=1)]
    groups = rng.integers(0, 60, 150)
    contender, usable = setting(vectors, labels, groups)
    found = linear_probe([contender], usable, seed=3)
    unit = normalize(vectors.astype(np.float32).astype(np.float64)).astype(np.float32).astype(np.float64)
    expected = np.full(150, np.nan)
    for train, test in StratifiedGroupKFold(5, shuffle=True, random_state=3).split(unit, labels, groups):
        assert not {*groups[train]} & {*groups[test]}
        scaler = StandardScaler().fit(unit[train])
        model = LogisticRegression(max_iter=1_000)
        model.fit(scaler.transform(unit[train]) / np.sqrt(6), labels[train])
        expected[test] = model.predict(scaler.transform(unit[test]) / np.sqrt(6)) == labels[test]
    assert (found.values[0] == expected).mean() > 0.99  # coding labels as numbers changes the last bits
    assert 0.5 < found.values.mean() < 0.95


def test_the_probe_leaves_out_labels_with_few_groups_and_copies_do_not_help_it():
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(90, 5))
    labels = np.array(["rare"] * 4 + ["a", "b"] * 43)
    contender, usable = setting(vectors, labels)
    assert linear_probe([contender], usable).units.tolist() == list(range(4, 90))
    # Random labels of groups of ten copies: a probe that saw copies would know them.
    copies = np.repeat(rng.normal(size=(40, 30)), 10, axis=0)
    contender, usable = setting(
        copies, np.repeat(rng.choice(list("ab"), 40), 10), np.repeat(np.arange(40), 10)
    )
    assert linear_probe([contender], usable).values.mean() < 0.75
    contender, usable = setting(copies, np.repeat(rng.choice(list("ab"), 40), 10))
    assert linear_probe([contender], usable).values.mean() > 0.95


def test_the_probe_without_two_frequent_labels_has_no_value():
    contender, usable = setting(np.random.default_rng(0).normal(size=(24, 3)), ["a"] * 20 + ["b"] * 4)
    found = linear_probe([contender], usable)
    assert len(found.units) == 20
    assert np.isnan(found.values).all()


def test_the_silhouette_is_that_of_scikit_learn():
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(40, 4))
    vectors[:3] = 0
    labels = rng.choice(list("abc"), 40)
    contender, usable = setting(vectors, labels, rows=np.arange(0, 40, 2))
    found = silhouette([contender], usable)
    expected = silhouette_samples(vectors[::2], labels[::2], metric="cosine")
    np.testing.assert_allclose(found.values[0], expected, atol=1e-6)


def test_the_silhouette_of_one_label_or_of_single_rows_has_no_value():
    for rows in ([0, 2], [0, 1]):
        contender, usable = setting(np.random.default_rng(0).normal(size=(4, 2)), list("abab"), rows=rows)
        assert np.isnan(silhouette([contender], usable).values).all()


def test_cluster_agreement_is_that_of_scikit_learn_with_as_many_clusters_as_labels():
    rng = np.random.default_rng(6)
    labels = rng.choice(list("abcd"), 100)
    vectors = np.eye(6)[np.unique(labels, return_inverse=True)[1]] + 0.4 * rng.normal(size=(100, 6))
    contender, usable = setting(vectors, labels, rng.integers(0, 50, 100))
    ami, v_measure = cluster_agreement_with_labels([contender], usable, seed=2)
    found = kmeans_labels(contender.space.index, 4, seed=2, starts=3)
    assert ami.values[0] == pytest.approx(adjusted_mutual_info_score(labels, found))
    assert v_measure.values[0] == pytest.approx(v_measure_score(labels, found))
    for whole in (ami, v_measure):
        assert whole.intervals is None
        assert (whole.n, whole.independent) == (100, len(np.unique(usable.row_groups)))


def test_labels_of_one_group_and_missing_labels_are_counted():
    labels = ["a", "a", "", "b", "b", "c", None, "d", "d"]
    groups = [0, 1, 2, 3, 4, 5, 6, 7, 7]
    corpus = corpus_of(9, labels=labels)
    found = labelled(corpus, np.array([0, 2, 3, 5, 6, 7, 8]), np.array(groups))
    assert found.names == ("a", "b")
    assert found.rows.tolist() == [0, 3]
    assert found.codes.tolist() == [0, 0, -1, 1, 1, -1, -1, -1, -1]
    assert (found.unlabelled, found.alone) == (2, 3)


def test_labels_that_cannot_be_compared():
    with pytest.raises(QueryError, match="no labels"):
        labelled(corpus_of(3), np.arange(3), np.arange(3))
    with pytest.raises(QueryError, match="Fewer than two labels"):
        labelled(corpus_of(4, labels=["a", "a", "b", "b"]), np.arange(4), np.array([0, 1, 2, 2]))
