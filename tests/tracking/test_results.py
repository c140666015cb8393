"""Comparisons and evaluations in MLflow, and what must not be in it."""

from __future__ import annotations

import json
import math
import shutil

import pytest

import explorer
from explorer.tracking.runs import key
from tests.comparison.comparisons import comparison

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("mlflow")]
PAIRS = [
    ("a dog", "a puppy", 4.5),
    ("a dog", "a tax form", 0.3),
    ("rain", "a storm", 3.1),
    ("tea", "soup", 1.9),
]


@pytest.fixture
def compared():
    return comparison()


def files_of(client, run, tmp_path):
    """The files of a run by their paths."""
    folder = tmp_path / run
    folder.mkdir()
    client.download_artifacts(run, "", str(folder))
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".comparison"
    }


def test_a_comparison_is_a_run_with_figures_and_intervals(compared, mlflow_store):
    from mlflow import MlflowClient

    logged = explorer.log_comparison(compared, "which model")
    run = MlflowClient().get_run(logged.run)
    assert (run.info.run_name, run.info.status) == ("which model", "FINISHED")
    score = next(each for each in compared.scores() if each.measure.name == "k-NN accuracy")
    named = f"k-NN accuracy/{key(compared.names[0])}"
    metrics = run.data.metrics
    assert [metrics[named], metrics[f"{named}/low"], metrics[f"{named}/high"]] == [
        score.value,
        score.low,
        score.high,
    ]
    numbers = sum(not math.isnan(each.value) for each in compared.scores())
    assert sum(not name.endswith(("/low", "/high")) for name in metrics) == numbers
    params = run.data.params
    assert params["fingerprint"] == compared.corpus.fingerprint
    assert params["contender 1/kind"] == "tfidf"
    assert (params["contender 2/first"], params["contender 2/stored_as"]) == ("16", "int8")
    assert params["contender 4/kind"] == "bm25"
    (used,) = run.inputs.dataset_inputs
    assert (used.dataset.name, used.dataset.digest) == ("tickets", compared.corpus.fingerprint)
    columns = json.loads(used.dataset.schema)["mlflow_colspec"]
    assert [(column["name"], column["type"]) for column in columns] == [
        ("id", "long"),
        ("body", "string"),
        ("topic", "string"),
        ("channel", "string"),
    ]


def test_texts_are_logged_only_when_asked_for(compared, mlflow_store, tmp_path):
    from mlflow import MlflowClient

    client, texts = MlflowClient(), compared.corpus.texts
    without = files_of(client, explorer.log_comparison(compared).run, tmp_path)
    assert "plots/k-NN accuracy.svg" in without
    assert all(name in without["plots/k-NN accuracy.svg"] for name in compared.names[2:])
    assert compared.verdict.text.split(",")[0] in without["report.html"]
    assert not [text for text in texts if any(text[:40] in content for content in without.values())]
    run = explorer.log_comparison(compared, texts=True).run
    assert any(text[:40] in files_of(client, run, tmp_path)["report.html"] for text in texts)
    again = explorer.open_comparison(tmp_path / run / "comparison.comparison", compared.corpus)
    assert again.verdict.text == compared.verdict.text


def test_an_evaluation_is_a_run(mlflow_store, tmp_path, prepared):
    from mlflow import MlflowClient

    client, result = MlflowClient(), explorer.evaluate_pairs(PAIRS, str(prepared.tiny_model()))
    run = client.get_run(explorer.log_evaluation(result).run)
    assert run.data.metrics["Spearman"] == result.spearman.value
    assert run.data.params["evaluated on"] == "scored pairs"
    assert run.data.params["model"] == "tiny"
    files = files_of(client, run.info.run_id, tmp_path)
    assert set(files) == {"evaluation.txt", "plots/figures.svg"}
    assert not [first for first, _, _ in PAIRS[:2] if any(first in content for content in files.values())]
    asked = explorer.log_evaluation(result, "with cases", texts=True).run
    assert "a puppy" in files_of(client, asked, tmp_path)["cases.csv"]


def test_nothing_that_is_logged_names_the_machine_or_its_secrets(
    compared, mlflow_store, tiny_model, monkeypatch, tmp_path
):
    home, secret = tmp_path / "home-of-jdoe42", "hf_planted0secret"
    model = home / "models" / "own-model"
    shutil.copytree(tiny_model, model)
    table = home / "rows.csv"
    table.write_text("text,label\n" + "".join(f"text number {n},{n % 2}\n" for n in range(12)))
    for name in ("HOME", "USER", "LOGNAME", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, str(home) if name == "HOME" else "jdoe42")
    for name in ("HF_TOKEN", "EXPLORER_INFERENCE_TOKEN", "MLFLOW_TRACKING_TOKEN", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, secret)
    space = explorer.embed(str(table), str(model), precision="float32")
    logged = explorer.log_encoder(space, "own model")
    explorer.log_comparison(explorer.compare([space, explorer.embed(str(table), "tfidf")]), texts=True)
    explorer.log_evaluation(explorer.evaluate_labels(space, label="label"), texts=True)
    written = b"".join(path.read_bytes() for path in mlflow_store.folder.rglob("*") if path.is_file())
    assert logged.run.encode() in written
    for told in ("jdoe42", secret, str(tmp_path), "mlflow.user", "mlflow.source"):
        assert told.encode() not in written, told


@pytest.mark.parametrize(
    ("name", "given"),
    [("nDCG@10", "nDCG_at_10"), ("two-view MRR, masked", "two-view MRR masked"), ("..", "_"), ("a/b", "a_b")],
)
def test_names_become_names_that_mlflow_takes(name, given):
    assert key(name) == given
    assert key(name, "·") == f"{given}/_"
