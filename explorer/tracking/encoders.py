"""An encoder logged to MLflow: its weights, its prompts and its signature, with nothing of its rows."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.analysis.space import Space
from explorer.embedding import local_model
from explorer.encode.engines.loading import load_model
from explorer.encode.engines.model_memory import opening_bytes
from explorer.encode.local_encoder import prompts_of
from explorer.encode.models import BUNDLED_MODEL, ModelFiles, find_model
from explorer.encode.prompts import TextPrompts
from explorer.encode.spec import EncoderSpec, LocalModel
from explorer.errors import QueryError, TrackingError, UnsafeModelError
from explorer.jobs.memory_limit import require_memory
from explorer.jobs.progress import OnProgress, Progress
from explorer.mlflow_store.connection import connected
from explorer.mlflow_store.models import TAG
from explorer.tracking.runs import Logged, Run, check_name, open_run, usual_name

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXAMPLE = ["How can I reset my password?", "Where is my parcel?"]
"""The input example: no row of anybody."""
_IN_RUN = "encoder"
_REQUIREMENTS = ("sentence-transformers", "transformers", "torch")


def log_encoder(
    encoder: Space | str = BUNDLED_MODEL,
    name: str = "",
    *,
    revision: str | None = None,
    on_progress: OnProgress | None = None,
) -> Logged:
    """Log a sentence-transformers model to MLflow, and register it as the next version of a name.

    It is logged in float32, with the signature inferred from an example: a list of strings, and a tensor with
    a vector for each. The prompts of the encoder are in its files, so that `encode_query` and
    `encode_document` of sentence-transformers use them; the one for rows is the default, so that MLflow's
    pyfunc gives the vectors of rows. No row is logged, and no name or folder of this machine.

    Args:
        encoder: A space, whose encoder is logged, or a model as for `explorer.embed`.
        name: The name it is registered under; empty for that of the model. If Explorer logged an encoder
            under it before, this is the next version.
        revision: Branch, tag or commit on the Hub, if a model is given.
        on_progress: Called often; an exception it raises stops the work.

    Returns:
        What was logged; its `model` is a name for `explorer.embed`.

    Raises:
        QueryError: It is no model of this machine, the space changes its vectors, or the name is not valid.
        UnsafeModelError: The model needs code of its own.
        ModelError: The model cannot be opened.
        HubError: The model cannot be downloaded from the Hub.
        TrackingError: MLflow is not installed, does not answer or refuses, or the name is taken; see
            `explorer.mlflow_store.connection.connected`.
    """
    spec = _spec_of(encoder) if isinstance(encoder, Space) else local_model(encoder, revision)
    return log_spec(spec, name, on_progress=on_progress)


def log_spec(spec: EncoderSpec | None, name: str = "", *, on_progress: OnProgress | None = None) -> Logged:
    """Log the model of an encoder by its spec; see `log_encoder`."""
    model = check_local(spec)
    if name:
        check_name(name)
    files = find_model(model.model, revision=model.revision, on_progress=on_progress)
    called = name or _usual_name(files)
    with connected(called) as client:
        _check_free(client, called)
    prompts = prompts_of(model, files)
    with open_run(called, {"explorer.kind": "encoder"}, on_progress) as run:
        run.report(Progress("Loading the model"))
        loaded = _loaded(files, prompts)
        vectors = np.asarray(loaded.encode(EXAMPLE))
        run.log_params(_params(model, files, prompts, vectors.shape[1]))
        run.report(Progress("Sending the model"))
        address = _log(run, loaded, vectors)
        run.report(Progress("Registering the model"))
        version = _register(run, called, address)
    return Logged(run.id, called, f"models:/{called}/{version}")


def check_local(spec: EncoderSpec | None) -> LocalModel:
    """The spec of a model that can be logged.

    Raises:
        QueryError: It does not run on this machine.
        UnsafeModelError: It needs code of its own.
    """
    if not isinstance(spec, LocalModel):
        raise QueryError(
            "Only a sentence-transformers model that runs on this machine can be logged.",
            fix="Log the comparison or the evaluation instead.",
        )
    if spec.trust_remote_code:
        raise UnsafeModelError(
            "The model needs code of its own, which is not logged: whoever loads it would run it.",
            fix="Choose a model of a standard architecture.",
        )
    return spec


def _spec_of(space: Space) -> EncoderSpec | None:
    if space.transforms:
        changed = ", ".join(step.name for step in space.transforms)
        raise QueryError(
            f"The vectors of this space are changed after they are encoded ({changed}).",
            fix="Log the space before these changes.",
        )
    return space.spec


def _usual_name(files: ModelFiles) -> str:
    """The name of a model without its owner, or without the version of a registered one."""
    parts = files.name.split("/")
    return usual_name(parts[1] if files.origin == "mlflow" else parts[-1])


def _check_free(client: MlflowClient, name: str) -> None:
    """Refuse a name that others gave to a model of theirs: a new version might be put to use at once."""
    found = client.search_registered_models(filter_string=f"name = '{name}'")
    if any(TAG not in each.tags for each in found):
        raise TrackingError(
            "There is a model by that name in MLflow that Explorer did not log.",
            where=name,
            fix="Choose another name.",
        )


def _loaded(files: ModelFiles, prompts: TextPrompts) -> Any:  # noqa: ANN401 - a SentenceTransformer
    import torch

    require_memory(2 * opening_bytes(files, "float32"), f"Logging {files.name}", "Log a smaller model.")
    model = load_model(files, torch.device("cpu"), torch.float32)
    model.prompts = {**model.prompts, "query": prompts.query, "document": prompts.document}
    model.default_prompt_name = "document" if prompts.document else None
    for module in model.modules():
        # MLflow logs it as the source, and it is the folder of the model on this machine.
        if hasattr(module, "name_or_path"):
            module.name_or_path = files.name
    return model


def _params(model: LocalModel, files: ModelFiles, prompts: TextPrompts, dims: int) -> dict[str, object]:
    return {
        "model": files.name,
        "revision": files.revision,
        "precision": "float32",
        "prompt": prompts.document,
        "query prompt": prompts.query,
        "task": model.task,
        "dimensions": dims,
        "max length": files.max_length,
        "similarity": files.facts.similarity or "cosine",
    }


def _log(run: Run, model: Any, vectors: np.ndarray) -> str:  # noqa: ANN401 - a SentenceTransformer
    """Log a model into a run; return its address."""
    import mlflow

    # Made here, so that MLflow adds no tags with the user and the script to it.
    experiment = run.client.get_run(run.id).info.experiment_id
    made = run.client.create_logged_model(experiment, name=_IN_RUN, source_run_id=run.id)
    mlflow.sentence_transformers.log_model(
        model,
        name=_IN_RUN,
        signature=mlflow.models.infer_signature(EXAMPLE, vectors),
        input_example=EXAMPLE,
        pip_requirements=[f"{package}=={_version(package)}" for package in _REQUIREMENTS],
        model_id=made.model_id,
        run_id=run.id,
        create_model_card=False,
    )
    return f"models:/{made.model_id}"


def _register(run: Run, name: str, address: str) -> str:
    """Register a logged model under a name; return its version."""
    client = run.client
    if not client.search_registered_models(filter_string=f"name = '{name}'"):
        client.create_registered_model(name, tags={TAG: "yes"})
    _, _, model_id = address.rpartition("/")
    made = client.create_model_version(name, address, run_id=run.id, model_id=model_id)
    return str(made.version)


def _version(package: str) -> str:
    return importlib.metadata.version(package).partition("+")[0]
