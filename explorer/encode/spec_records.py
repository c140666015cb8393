"""How a file names an encoder: never with permission to run a model's code, nor with a folder's path."""

from __future__ import annotations

from typing import Any, get_args

from explorer.data.records import Record
from explorer.encode.model_names import model_name
from explorer.encode.prompts import Task
from explorer.encode.spec import EncoderSpec, HostedModel, LocalModel, OwnVectors, Precision, Tfidf

_NAME_CHARS = 500
PROMPT_CHARS = 10_000


def encoder_record(spec: EncoderSpec) -> dict[str, Any]:
    """An encoder's spec as a JSON object."""
    match spec:
        case LocalModel():
            own = {"precision": spec.precision, "revision": spec.revision}
            return {"kind": "local"} | _model_record(spec) | own
        case HostedModel():
            return {"kind": "hosted"} | _model_record(spec) | {"provider": spec.provider}
        case Tfidf():
            return {"kind": "tfidf"}
        case OwnVectors():
            queries = spec.query_model
            return {"kind": "own", "queries": None if queries is None else encoder_record(queries)}


def _model_record(spec: LocalModel | HostedModel) -> dict[str, Any]:
    return {
        "model": model_name(spec.model),
        "prompt": spec.prompt,
        "query_prompt": spec.query_prompt,
        "task": spec.task,
    }


def encoder_from(record: Record) -> EncoderSpec:
    """The spec that `encoder_record` wrote. Its model is a name that nobody has checked; see `choose_model`.

    Raises:
        DamagedFileError: It is not one.
    """
    match record.choice("kind", ("local", "hosted", "tfidf", "own")):
        case "tfidf":
            return Tfidf()
        case "own":
            return OwnVectors(record.optional("queries", lambda key: _maker_from(record.record(key))))
        case _:
            return _model_from(record)


def _maker_from(record: Record) -> LocalModel | HostedModel | Tfidf:
    is_tfidf = record.choice("kind", ("local", "hosted", "tfidf")) == "tfidf"
    return Tfidf() if is_tfidf else _model_from(record)


def _model_from(record: Record) -> LocalModel | HostedModel:
    model = record.text("model", _NAME_CHARS)
    prompt = record.optional("prompt", lambda key: record.text(key, PROMPT_CHARS))
    query_prompt = record.optional("query_prompt", lambda key: record.text(key, PROMPT_CHARS))
    task = record.choice("task", get_args(Task))
    if record.choice("kind", ("local", "hosted")) == "hosted":
        return HostedModel(record.text("provider", _NAME_CHARS), model, prompt, query_prompt, task)
    precision = record.choice("precision", get_args(Precision))
    revision = record.optional("revision", lambda key: record.text(key, _NAME_CHARS))
    return LocalModel(model, precision, prompt, query_prompt, revision, task=task)
