"""An encoder in MLflow encodes alike here, by MLflow's pyfunc and by sentence-transformers."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import numpy as np
import pytest

import explorer
from explorer.encode.models import find_model
from explorer.encode.spec import HostedModel, LocalModel
from explorer.errors import QueryError, TrackingError, UnsafeModelError
from explorer.tracking.encoders import EXAMPLE, check_local
from tests.prepared import TINY_PROMPTS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("mlflow")]


@pytest.fixture(scope="module")
def logged(mlflow_server):
    """The bundled model, logged once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", mlflow_server.url)
        return explorer.log_encoder(name="medicare faq")


def test_the_signature_is_a_list_of_strings_and_a_tensor_of_384(logged, mlflow_store):
    import mlflow

    signature = mlflow.models.get_model_info(logged.model).signature
    assert [column.type.name for column in signature.inputs] == ["string"]
    (output,) = signature.outputs.inputs
    assert output.shape == (-1, 384)
    assert output.type == np.float32
    assert mlflow.pyfunc.load_model(logged.model).input_example == EXAMPLE


def test_pyfunc_is_native_is_encode(logged, mlflow_store, published):
    import mlflow

    here = explorer.embed(published["texts"], precision="float32").vectors
    native = mlflow.sentence_transformers.load_model(logged.model).encode(published["texts"])
    pyfunc = mlflow.pyfunc.load_model(logged.model).predict(published["texts"])
    assert here.shape == (13, 384)
    np.testing.assert_array_equal(pyfunc, native)
    np.testing.assert_allclose(native, here, atol=1e-6)


def test_a_logged_model_is_a_model_by_each_of_its_names(logged, mlflow_store, published):
    from mlflow import MlflowClient

    wanted = published["published"]
    client = MlflowClient()
    (output,) = client.get_run(logged.run).outputs.model_outputs
    space = explorer.embed(published["texts"], logged.model, precision="float32")
    hits = space.search(wanted["query"], k=5)
    assert [hit.row for hit in hits] == [hit["corpus_id"] for hit in wanted["hits"]]
    assert [hit.score for hit in hits] == pytest.approx([hit["score"] for hit in wanted["hits"]], abs=1e-5)
    assert space.encoder.name == logged.model
    for name in (f"models:/{output.model_id}", f"runs:/{logged.run}/encoder"):
        files = find_model(name)
        assert (files.name, files.origin) == (name, "mlflow")
        assert files.revision == find_model(logged.model).revision


def test_the_run_says_which_model_it_was(logged, mlflow_store):
    from mlflow import MlflowClient

    run = MlflowClient().get_run(logged.run)
    assert run.info.status == "FINISHED"
    assert run.data.params["model"] == "sentence-transformers/all-MiniLM-L6-v2"
    assert run.data.params["dimensions"] == "384"
    assert run.data.params["revision"].startswith("sha256:")


def test_prompts_go_along(tiny_model, mlflow_store):
    import mlflow

    space = explorer.embed(["one text", "another"], str(tiny_model), precision="float32")
    logged = explorer.log_encoder(space, "tiny")
    native = mlflow.sentence_transformers.load_model(logged.model)
    assert {name: native.prompts[name] for name in TINY_PROMPTS} == TINY_PROMPTS
    rows = mlflow.pyfunc.load_model(logged.model).predict(space.corpus.texts)
    np.testing.assert_allclose(rows, space.vectors, atol=1e-6)
    np.testing.assert_allclose(
        native.encode_query(["asked"])[0], space.encode_queries(["asked"])[0], atol=1e-6
    )
    again = explorer.embed(space.corpus, logged.model, precision="float32")
    assert (again.encoder.prompt, again.query_prompt) == (TINY_PROMPTS["document"], TINY_PROMPTS["query"])
    np.testing.assert_allclose(again.vectors, space.vectors, atol=1e-6)


def test_a_prompt_that_was_chosen_goes_along(tiny_model, mlflow_store):
    space = explorer.embed(["one text"], str(tiny_model), precision="float32", prompt="")
    again = explorer.embed(["one text"], explorer.log_encoder(space, "no prompt").model, precision="float32")
    np.testing.assert_allclose(again.vectors, space.vectors, atol=1e-6)


def test_the_same_name_again_is_its_next_version(tiny_model, mlflow_store):
    versions = [explorer.log_encoder(str(tiny_model), "twice").model for _ in range(2)]
    assert versions == ["models:/twice/1", "models:/twice/2"]


def test_a_model_of_others_gets_no_version(tiny_model, mlflow_store):
    from mlflow import MlflowClient

    MlflowClient().create_registered_model("in production")
    with pytest.raises(TrackingError, match="Explorer did not log"):
        explorer.log_encoder(str(tiny_model), "in production")
    assert not MlflowClient().search_model_versions("name = 'in production'")


def test_pins_are_those_of_this_machine(logged, mlflow_store):
    import mlflow

    pinned = Path(mlflow.pyfunc.get_model_dependencies(logged.model)).read_text().split()
    assert f"sentence-transformers=={importlib.metadata.version('sentence-transformers')}" in pinned


@pytest.mark.parametrize("name", ["a/b", "a:b", "it's", " ", "a" * 101, "two\nlines"])
def test_a_name_that_mlflow_does_not_take_is_refused_before_anything_is_sent(name, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(QueryError, match="not a name"):
        explorer.log_encoder(name=name)


def test_what_is_no_model_of_this_machine_cannot_be_logged():
    faq = explorer.embed("medicare-faq", "tfidf")
    for space in (faq, faq.truncate(5)):
        with pytest.raises(QueryError):
            explorer.log_encoder(space)
    with pytest.raises(QueryError, match="runs on this machine"):
        check_local(HostedModel("hf-inference"))
    with pytest.raises(UnsafeModelError, match="code of its own"):
        check_local(LocalModel("owner/model", trust_remote_code=True))
