import numpy as np
import pandas as pd
import pytest
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.evaluation import BinaryClassificationEvaluator
from sklearn.metrics import average_precision_score

from explorer.errors import DataError, EmptyDataError, QueryError
from explorer.evaluation.duplicates import evaluate_duplicates
from tests.evaluation.conftest import WORDS


def made(count=80, seed=0, name="is_duplicate"):
    """Pairs of texts; those of duplicates share most of their words, and some other pairs do as well."""
    rng = np.random.default_rng(seed)
    first = [rng.choice(WORDS, 6, replace=False).tolist() for _ in range(count)]
    labels = rng.random(count) < 0.4
    shared = np.where(labels, rng.integers(2, 6, count), rng.integers(0, 4, count))
    second = [
        own[:kept] + rng.choice(WORDS, 6 - kept).tolist() for own, kept in zip(first, shared, strict=True)
    ]
    sides = [[" ".join(words) for words in side] for side in (first, second)]
    return pd.DataFrame({"question1": sides[0], "question2": sides[1], name: labels.astype(int)})


@pytest.mark.parametrize("seed", range(3))
def test_figures_and_threshold_are_those_of_sentence_transformers(words, tmp_path, seed):
    frame = made(seed=seed)
    frame = pd.concat([frame, frame.assign(is_duplicate=1 - frame["is_duplicate"]).head(20)])  # with ties
    frame.to_csv(tmp_path / "pairs.csv", index=False)
    labels = frame["is_duplicate"].tolist()
    evaluator = BinaryClassificationEvaluator(
        frame["question1"].tolist(), frame["question2"].tolist(), labels, write_csv=False
    )
    expected = evaluator(SentenceTransformer(words, device="cpu"))
    result = evaluate_duplicates(tmp_path / "pairs.csv", words, precision="float32")
    assert result.average_precision.value == pytest.approx(expected["cosine_ap"], abs=1e-6)
    assert result.average_precision.value == pytest.approx(
        average_precision_score(labels, result.similarities)
    )
    assert result.best_f1.value == pytest.approx(expected["cosine_f1"], abs=1e-6)
    assert result.at_best_f1.precision == pytest.approx(expected["cosine_precision"], abs=1e-6)
    assert result.at_best_f1.recall == pytest.approx(expected["cosine_recall"], abs=1e-6)
    assert result.at_best_f1.value == pytest.approx(expected["cosine_f1_threshold"], abs=1e-6)
    assert result.average_precision.low < result.average_precision.value < result.average_precision.high
    assert np.isnan(result.best_f1.low)  # chosen on the same pairs


def test_the_threshold_that_was_asked_for_is_told(words):
    frame = made()
    labels = frame["is_duplicate"].to_numpy() == 1
    result = evaluate_duplicates(frame, words, wanted_precision=0.9)
    found = result.at_precision
    above = result.similarities >= found.value
    assert found.precision == labels[above].mean() >= 0.9
    assert found.recall == above[labels].mean()
    assert f"Threshold with a precision of 90.0 % or more: {found.value:.4f}" in str(result)
    assert f"{found.pairs} pairs" in str(result)


def test_a_precision_that_no_threshold_has_is_told(words):
    frame = made()
    frame.loc[len(frame)] = ["aa be", "aa be", 0]  # the pair that is closest is no duplicate
    result = evaluate_duplicates(frame, words, wanted_precision=1)
    assert result.at_precision is None
    assert "No threshold has a precision of 100.0 % or more." in result.text


def test_the_worst_pairs_are_those_furthest_on_the_wrong_side(words):
    frame = made()
    labels = frame["is_duplicate"].to_numpy() == 1
    result = evaluate_duplicates(frame, words)
    scores = result.similarities
    expected = np.array(
        [
            np.mean((scores[~labels] > own) + (scores[~labels] == own) / 2)
            if label
            else np.mean((scores[labels] < own) + (scores[labels] == own) / 2)
            for own, label in zip(scores, labels, strict=True)
        ]
    )
    worst = result.worst(1_000)
    assert worst["misplaced"].is_monotonic_decreasing
    np.testing.assert_allclose(worst["misplaced"], expected[worst["pair"]])
    assert set(worst["pair"]) == set(np.flatnonzero(expected > 0))
    assert (worst["duplicate"] == labels[worst["pair"]]).all()
    assert worst["second"].tolist() == [frame["question2"][at] for at in worst["pair"]]
    assert len(result.worst(2)) == 2


@pytest.mark.parametrize(
    ("pairs", "kind", "message"),
    [
        ([("a b", "c d", 1)] * 4, DataError, "The 4 pairs are all labelled 1."),
        ([("a b", "c d", False)], DataError, "The one pair is labelled 0."),
        ([("a b", "c d", 4.5)], EmptyDataError, 'the label "4.5" is neither 1 nor 0'),
    ],
)
def test_pairs_without_both_labels_are_refused(pairs, kind, message):
    with pytest.raises(kind, match=message):
        evaluate_duplicates(pairs, "tfidf")


@pytest.mark.parametrize("wanted", [0, -1, 1.01, float("nan")])
def test_a_precision_out_of_range_is_refused(wanted):
    with pytest.raises(QueryError, match="A precision of"):
        evaluate_duplicates([("a b", "c d", 1)], "tfidf", wanted_precision=wanted)
