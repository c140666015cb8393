"""How a file names a contender: never with permission to run a model's code, nor with a folder's path."""

from __future__ import annotations

from typing import Any, get_args

from explorer.comparison.contenders.spec import ContenderSpec, StoredPrecision
from explorer.comparison.files.archive import DamagedArchiveError
from explorer.comparison.files.records import Record
from explorer.encode.model_names import model_name
from explorer.encode.prompts import Task
from explorer.encode.spec import EncoderSpec, HostedModel, LocalModel, OwnVectors, Precision, Tfidf
from explorer.errors import ExplorerError

_MOST_DIMS = 1_000_000
_NAME_CHARS = 500
PROMPT_CHARS = 10_000
_BM25 = "bm25"


def spec_record(spec: ContenderSpec) -> dict[str, Any]:
    """A contender's spec as a JSON object."""
    return {
        "encoder": {"kind": _BM25} if spec.encoder is None else _encoder_record(spec.encoder),
        "text": spec.text,
        "first": spec.first,
        "pca": spec.pca,
        "centred": spec.centred,
        "stored_as": spec.stored_as,
        "csls": spec.csls,
    }


def spec_from(record: Record) -> ContenderSpec:
    """The spec that `spec_record` wrote.

    Raises:
        DamagedArchiveError: It is none.
    """
    encoder = record.record("encoder")
    bm25 = encoder.text("kind") == _BM25
    try:
        return ContenderSpec(
            None if bm25 else _encoder_from(encoder),
            text=record.optional("text", record.text),
            first=record.optional("first", lambda key: record.integer(key, 1, _MOST_DIMS)),
            pca=record.optional("pca", lambda key: record.integer(key, 1, _MOST_DIMS)),
            centred=record.flag("centred"),
            stored_as=record.choice("stored_as", get_args(StoredPrecision)),
            csls=record.flag("csls"),
        )
    except ExplorerError as error:
        raise DamagedArchiveError(error.what) from error


def _encoder_record(spec: EncoderSpec) -> dict[str, Any]:
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
            return {"kind": "own", "queries": None if queries is None else _encoder_record(queries)}


def _model_record(spec: LocalModel | HostedModel) -> dict[str, Any]:
    return {
        "model": model_name(spec.model),
        "prompt": spec.prompt,
        "query_prompt": spec.query_prompt,
        "task": spec.task,
    }


def _encoder_from(record: Record) -> EncoderSpec:
    match record.choice("kind", ("local", "hosted", "tfidf", "own")):
        case "tfidf":
            return Tfidf()
        case "own":
            return OwnVectors(record.optional("queries", lambda key: _model_from(record.record(key))))
        case _:
            return _model_from(record)


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
