import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr, spearmanr
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.evaluation import EmbeddingSimilarityEvaluator

import explorer
from explorer.encode.models import BUNDLED_MODEL, find_model
from explorer.errors import DataError, JobCancelledError, QueryError
from explorer.evaluation.pairs import evaluate_pairs
from tests.evaluation.conftest import WORDS, word_model


def made(count, seed=0):
    """Pairs of a few words with a score from 0 to 5, of which many are equal."""
    rng = np.random.default_rng(seed)
    texts = [" ".join(rng.choice(WORDS, 4, replace=False)) for _ in range(2 * count)]
    return pd.DataFrame(
        {"sentence1": texts[:count], "sentence2": texts[count:], "score": rng.integers(0, 6, count)}
    )


def expected(model, frame):
    """What sentence-transformers gives for the same pairs."""
    columns = (frame["sentence1"].tolist(), frame["sentence2"].tolist(), frame["score"].tolist())
    return EmbeddingSimilarityEvaluator(*columns, write_csv=False)(model)


@pytest.mark.slow
def test_pairs_from_a_csv_have_the_figures_of_sentence_transformers(tmp_path):
    """Done when, of the issue: a published result will be held against it."""
    tickets = explorer.open_corpus("support-tickets").texts
    rng = np.random.default_rng(0)
    first, second = rng.permutation(len(tickets))[:120].reshape(2, 60)
    frame = pd.DataFrame(
        {
            "sentence1": [tickets[row] for row in first],
            "sentence2": [tickets[row] for row in second],
            "score": rng.integers(0, 11, 60) / 10,
        }
    )
    frame.to_csv(tmp_path / "pairs.csv", index=False)
    frame = pd.read_csv(tmp_path / "pairs.csv")
    model = SentenceTransformer(str(find_model(BUNDLED_MODEL).folder), device="cpu")
    figures = expected(model, frame)
    result = explorer.evaluate_pairs(tmp_path / "pairs.csv", BUNDLED_MODEL, precision="float32")
    assert result.spearman.value == pytest.approx(figures["spearman_cosine"], abs=1e-6)
    assert result.pearson.value == pytest.approx(figures["pearson_cosine"], abs=1e-6)
    assert result.dtype == "float32"


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
def test_each_similarity_is_that_of_sentence_transformers(tmp_path, metric):
    model = word_model(similarity_fn_name=metric)
    model.save(str(tmp_path / "model"))
    frame = made(60)
    figures = expected(model, frame)
    result = evaluate_pairs(frame, str(tmp_path / "model"), precision="float32")
    assert result.similarity == metric
    assert result.spearman.value == pytest.approx(figures[f"spearman_{metric}"], abs=1e-6)
    assert result.pearson.value == pytest.approx(figures[f"pearson_{metric}"], abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_with_ties_on_both_sides_the_figures_are_scipys(words, seed):
    frame = made(80, seed)
    turned = frame[["sentence2", "sentence1", "score"]].set_axis(frame.columns, axis=1)
    frame = pd.concat([frame, turned.assign(score=np.random.default_rng(seed).integers(0, 6, 80))])
    result = evaluate_pairs(frame, words)
    assert len(np.unique(result.similarities)) <= 80
    left, right = (word_model().encode(frame[name].tolist()) for name in ("sentence1", "sentence2"))
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    np.testing.assert_allclose(result.similarities, (left * right).sum(axis=1) / lengths, atol=1e-6)
    gold = frame["score"].to_numpy()
    assert result.spearman.value == pytest.approx(spearmanr(gold, result.similarities)[0])
    assert result.pearson.value == pytest.approx(pearsonr(gold, result.similarities)[0])


@pytest.mark.slow
def test_pairs_of_equal_texts_are_ties_which_only_rounding_orders_in_sentence_transformers():
    tickets = explorer.open_corpus("support-tickets").texts[:60]
    frame = pd.DataFrame(
        {
            "sentence1": tickets,
            "sentence2": [*tickets[:30], *tickets[:30]],
            "score": np.random.default_rng(0).integers(0, 6, 60),
        }
    )
    model = SentenceTransformer(str(find_model(BUNDLED_MODEL).folder), device="cpu")
    left, right = (model.encode(frame[name].tolist()) for name in ("sentence1", "sentence2"))
    rounded = np.round(np.asarray(model.similarity_pairwise(left, right), dtype=np.float64), 5)
    result = evaluate_pairs(frame, BUNDLED_MODEL, precision="float32")
    assert result.spearman.value == pytest.approx(spearmanr(frame["score"], rounded)[0], abs=1e-6)
    assert result.pearson.value == pytest.approx(expected(model, frame)["pearson_cosine"], abs=1e-6)


def test_pairs_of_one_text_count_as_one_in_intervals(words):
    frame = made(40)
    alone = evaluate_pairs(frame, words)
    assert (alone.spearman.n, alone.spearman.independent) == (40, 40)
    assert alone.spearman.low < alone.spearman.value < alone.spearman.high
    frame["sentence1"] = [f"aa {WORDS[at // 8]}" for at in range(40)]
    grouped = evaluate_pairs(frame, words)
    assert (grouped.pearson.n, grouped.pearson.independent) == (40, 5)
    assert np.isnan(grouped.pearson.low)


def test_the_worst_pairs_are_those_in_the_wrong_place(words):
    frame = made(40)
    result = evaluate_pairs(frame, words)
    ranks = {
        name: np.array(pd.Series(values).rank() - 1) / 39
        for name, values in (("score", frame["score"]), ("similarity", result.similarities))
    }
    off = ranks["similarity"] - ranks["score"]
    worst = result.worst(7)
    assert worst["off"].abs().is_monotonic_decreasing
    np.testing.assert_allclose(worst["off"], off[worst["pair"]])
    np.testing.assert_allclose(np.sort(np.abs(off))[::-1][:7], worst["off"].abs())
    assert worst["first"].tolist() == [frame["sentence1"][at] for at in worst["pair"]]
    assert len(result.worst(1_000)) == 40


def test_a_space_is_evaluated_with_its_transforms(words):
    frame = made(50)
    space = explorer.embed(["some other text", "red cat"], words)
    whole = evaluate_pairs(frame, words)
    np.testing.assert_array_equal(evaluate_pairs(frame, space).similarities, whole.similarities)
    cut = evaluate_pairs(frame, space.truncate(4))
    assert cut.encoder == f"{whole.encoder} · 4 dims"
    model = SentenceTransformer(words, device="cpu", truncate_dim=4)
    assert cut.spearman.value == pytest.approx(expected(model, frame)["spearman_cosine"], abs=1e-6)
    with pytest.raises(QueryError, match="A space has its encoder, so prompt cannot be given"):
        evaluate_pairs(frame, space, prompt="query: ")


def test_both_texts_of_a_pair_get_the_same_prompt(words):
    frame = made(30)
    model = SentenceTransformer(words, device="cpu")
    result = evaluate_pairs(frame, words, prompt="ba be ")
    frame["sentence1"], frame["sentence2"] = "ba be " + frame["sentence1"], "ba be " + frame["sentence2"]
    assert result.pearson.value == pytest.approx(expected(model, frame)["pearson_cosine"], abs=1e-6)


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([("red cat", "blue cat", 1)], "There is one pair that can be used"),
        ([("red cat", "blue cat", 2.5)] * 3, "All 3 pairs have the score 2.5"),
    ],
)
def test_pairs_without_a_correlation_are_refused(pairs, message):
    with pytest.raises(DataError, match=message):
        evaluate_pairs(pairs, "tfidf")


def test_an_encoder_that_tells_no_pair_from_another_has_no_figure_and_a_note(words):
    result = evaluate_pairs([(word, word, at) for at, word in enumerate(WORDS)], words)
    assert np.isnan(result.spearman.value)
    assert np.isnan(result.pearson.value)
    assert "The encoder gives all pairs the same similarity" in result.text
    assert "Spearman  " in result.text


def test_the_work_reports_progress_and_can_be_stopped(words):
    seen = []
    evaluate_pairs(made(20), words, on_progress=seen.append)
    assert "Encoding" in {progress.phase for progress in seen}

    def stop(progress):
        raise JobCancelledError("stopped")

    with pytest.raises(JobCancelledError):
        evaluate_pairs(made(20, seed=9), words, on_progress=stop)
