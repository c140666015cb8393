import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_mutual_info_score, v_measure_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler, normalize

import explorer
from explorer.analysis.space import Space, make_index
from explorer.comparison.measures.vectors import kmeans_labels
from explorer.errors import ColumnError, QueryError
from explorer.evaluation.labels import evaluate_labels
from tests.evaluation.conftest import WORDS


def rows_of(count, labels, **columns):
    """A corpus of texts that are no near-copies, with labels."""
    rng = np.random.default_rng(5)
    texts = [" ".join(rng.choice(WORDS, 8, replace=False)) for _ in range(count)]
    return explorer.open_corpus(pd.DataFrame({"text": texts, "kind": labels, **columns}), label="kind")


@pytest.fixture
def space():
    """Ninety random vectors that lean towards their label, without an encoder; every row is its own group."""
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 4, 90)
    vectors = rng.normal(size=(90, 6)) + 1.5 * np.eye(6)[labels]
    corpus = rows_of(90, [f"label {label}" for label in labels], own=list(range(90)))
    return Space(corpus, make_index(vectors.astype(np.float32)))


def test_figures_are_those_of_scikit_learn(space):
    result = evaluate_labels(space, groups="own", k=1, seed=3)
    labels = np.array(space.corpus.labels)
    vectors = normalize(space.vectors.astype(np.float64))
    alone = [
        KNeighborsClassifier(1)
        .fit(np.delete(vectors, row, 0), np.delete(labels, row))
        .predict([vectors[row]])
        for row in range(90)
    ]
    assert result.knn_accuracy.value == pytest.approx(np.mean(np.concatenate(alone) == labels))
    probe = make_pipeline(
        StandardScaler(),
        FunctionTransformer(lambda scaled: scaled / np.sqrt(6)),
        LogisticRegression(max_iter=1_000),
    )
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=3)
    predicted = cross_val_predict(probe, vectors, labels, groups=np.arange(90), cv=folds)
    assert result.probe_accuracy.value == pytest.approx(np.mean(predicted == labels))
    clusters = kmeans_labels(space.index, 4, seed=3, starts=3)
    assert result.ami.value == pytest.approx(adjusted_mutual_info_score(labels, clusters))
    assert result.v_measure.value == pytest.approx(v_measure_score(labels, clusters))
    assert result.knn_accuracy.low < result.knn_accuracy.value < result.knn_accuracy.high
    assert (result.knn_accuracy.n, result.knn_accuracy.independent) == (90, 90)


def test_among_ties_the_nearest_row_decides_and_equal_rows_come_in_their_order():
    vectors = np.repeat(np.eye(3, dtype=np.float32), 4, axis=0) + 0.2
    labels = list("ababccddabcd")
    corpus = rows_of(12, labels, own=list(range(12)))
    result = evaluate_labels(Space(corpus, make_index(vectors)), groups="own", k=2)
    # Of the four equal rows in a block, the two first others vote, and the first of them wins a tie.
    winners = [labels[next(other for other in range(at // 4 * 4, 12) if other != at)] for at in range(12)]
    own = [winner == label for winner, label in zip(winners, labels, strict=True)]
    assert result.knn_accuracy.value == pytest.approx(np.mean(own))


@pytest.mark.slow
def test_figures_are_those_of_a_comparison(words):
    corpus = rows_of(120, np.random.default_rng(0).choice(["x", "y", "z"], 120).tolist())
    space = explorer.embed(corpus, words)
    compared = explorer.compare([space, space.truncate(4)]).scorecard
    compared = compared[compared["contender"] == "words"].set_index("measure")["value"]
    result = explorer.evaluate_labels(corpus, words)
    assert result.encoder == "words"
    for figure in result.figures:
        assert figure.value == compared[figure.measure.name]


def test_the_worst_rows_are_those_whose_neighbours_have_another_label(space):
    result = evaluate_labels(space, groups="own", k=5)
    worst = result.worst(100)
    labels = np.array(space.corpus.labels)
    assert len(worst) == round((1 - result.knn_accuracy.value) * 90)
    assert worst["own_votes"].is_monotonic_increasing
    near = space.neighbors(5).indices
    for line in worst.itertuples():
        votes = labels[near[line.row]].tolist()
        assert line.label == labels[line.row] != line.predicted
        assert line.own_votes == pytest.approx(votes.count(line.label) / 5)
        assert line.predicted_votes == pytest.approx(votes.count(line.predicted) / 5)
        assert line.predicted_votes == max(votes.count(label) for label in votes) / 5
        assert line.text == space.corpus.texts[line.row]
    assert len(result.worst(3)) == 3


@pytest.mark.slow
def test_another_label_column_can_be_named(words, tmp_path):
    kinds = ["x", "y"] * 30
    corpus = rows_of(60, kinds, mood=(["good"] * 3 + ["bad"] * 3) * 10)
    expected = evaluate_labels(explorer.embed(corpus, words), label="mood").knn_accuracy
    corpus.table.to_pandas().to_csv(tmp_path / "rows.csv", index=False)
    assert evaluate_labels(corpus, words, label="mood").knn_accuracy == expected
    assert evaluate_labels(tmp_path / "rows.csv", words, label="mood").knn_accuracy == expected
    assert evaluate_labels(corpus, words).knn_accuracy != expected
    with pytest.raises(ColumnError, match='no column "topic"'):
        evaluate_labels(corpus, words, label="topic")


def test_rows_that_are_left_out_are_noted(words):
    labels = ["x", "y"] * 29 + ["", "alone"]
    result = evaluate_labels(rows_of(60, labels), words)
    assert result.knn_accuracy.n == 58
    assert result.notes[0] == "Rows without a label are left out: 1."
    assert result.notes[1].endswith("near-copies of all others with their label are left out: 1.")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["x"] * 20, "The label column has one value, 'x'."),
        (["x"] * 19 + [""], "The label column has one value, 'x'."),
        ([""] * 20, "holds nothing|The label column is empty"),
    ],
)
def test_labels_that_tell_nothing_apart_are_refused(labels, message):
    corpus = rows_of(20, ["x", "y"] * 10, other=labels)
    with pytest.raises(ColumnError, match=message):
        evaluate_labels(corpus, "tfidf", label="other")


def test_rows_without_labels_are_refused():
    with pytest.raises(ColumnError, match="The rows have no label column"):
        evaluate_labels(["aa be ce", "da de"], "tfidf")
    with pytest.raises(QueryError, match="0 neighbours"):
        evaluate_labels(["aa be ce", "da de"], "tfidf", k=0)
    with pytest.raises(QueryError, match="Fewer than two labels"):
        evaluate_labels({"t": ["aa be ce", "da de"], "kind": ["x", "y"]}, "tfidf", label="kind")
