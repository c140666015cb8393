"""The choice of an encoder: one type for each kind."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from explorer.encode.engines.inference_providers import PROVIDERS
from explorer.encode.models import BUNDLED_MODEL
from explorer.encode.prompts import Task
from explorer.errors import VectorError

Precision = Literal["auto", "float32"]
TFIDF = "tfidf"  # its name in links and in Python


@dataclass(frozen=True)
class LocalModel:
    """A sentence-transformers model that runs on this machine.

    Attributes:
        model: The bundled model's id, a folder, or a Hub id.
        precision: `auto` computes in a faster dtype if the check on this machine passes; `float32` never.
        prompt: Put before each row; None uses the prompt of the model's authors, see `text_prompts`.
        query_prompt: The same for queries.
        revision: Branch, tag or commit on the Hub.
        trust_remote_code: The model's own code may run: a person confirmed this model at this revision, which
            is a full commit hash, or a folder in the host's model folder. The host has to allow it as well.
        task: The purpose of the encoding; it determines the prompts that are None.
    """

    model: str = BUNDLED_MODEL
    precision: Precision = "auto"
    prompt: str | None = None
    query_prompt: str | None = None
    revision: str | None = None
    trust_remote_code: bool = False
    task: Task = "search"


@dataclass(frozen=True)
class HostedModel:
    """A model that a service runs, to which the texts are sent.

    Attributes:
        provider: One of `PROVIDERS`, or the name of a server in EXPLORER_EMBEDDING_SERVERS.
        model: Its Hub id, or its name on the server.
        prompt: See `LocalModel`.
        query_prompt: See `LocalModel`.
        task: See `LocalModel`.
    """

    provider: str
    model: str = BUNDLED_MODEL
    prompt: str | None = None
    query_prompt: str | None = None
    task: Task = "search"


@dataclass(frozen=True)
class Tfidf:
    """TF-IDF, fitted on the rows themselves."""


@dataclass(frozen=True)
class OwnVectors:
    """The vectors that came with the rows.

    Attributes:
        query_model: The model that made them, used for queries; None if it is not known. TF-IDF only where
            they are those of a saved space: it is fitted on the same rows again.
    """

    query_model: LocalModel | HostedModel | Tfidf | None = None


EncoderSpec = LocalModel | HostedModel | Tfidf | OwnVectors


def spec_for(
    model: str = BUNDLED_MODEL,
    *,
    precision: Precision = "auto",
    prompt: str | None = None,
    query_prompt: str | None = None,
    task: Task = "search",
    revision: str | None = None,
    trust_remote_code: bool = False,
    provider: str = "",
    own_vectors: bool = False,
) -> EncoderSpec:
    """The encoder for plain values, as `explorer.embed` and links have them.

    Args:
        model: See `LocalModel`, or `HostedModel` if there is a provider; or `tfidf`. With `own_vectors` it
            may be empty.
        precision: See `LocalModel`; ignored for other kinds.
        prompt: See `LocalModel`.
        query_prompt: See `LocalModel`.
        task: See `LocalModel`.
        revision: See `LocalModel`; ignored for other kinds.
        trust_remote_code: See `LocalModel`; ignored for other kinds.
        provider: See `HostedModel`; empty for this machine.
        own_vectors: Whether the rows come with vectors, so that the model encodes only queries.

    Raises:
        VectorError: The model of the rows' own vectors is TF-IDF.
    """
    named: LocalModel | HostedModel | Tfidf
    if provider:
        named = HostedModel(provider, model, prompt, query_prompt, task)
    elif model == TFIDF:
        named = Tfidf()
    else:
        named = LocalModel(model, precision, prompt, query_prompt, revision, trust_remote_code, task)
    if not own_vectors:
        return named
    if not model:
        return OwnVectors()
    if isinstance(named, Tfidf):
        raise VectorError(
            "TF-IDF is fitted on the rows: it cannot have made the vectors that came with them.",
            fix="Name the model that made them, or none, or encode the rows with TF-IDF instead.",
        )
    return OwnVectors(named)


def hosted_model(spec: EncoderSpec) -> HostedModel | None:
    """The hosted model that rows or queries are sent to; None if all texts stay on this machine."""
    match spec:
        case OwnVectors(query_model=HostedModel() as model):
            return model
        case HostedModel():
            return spec
        case _:
            return None


def encodes_texts(spec: EncoderSpec | None) -> bool:
    """Whether other texts than the rows have vectors: not if the model of the rows' own vectors is not known.

    Args:
        spec: The encoder; None if there is none.
    """
    return spec is not None and spec != OwnVectors()


def needs_token(spec: EncoderSpec) -> bool:
    """Whether requests need, and are charged to, the visitor's Hugging Face token."""
    model = hosted_model(spec)
    return model is not None and model.provider in PROVIDERS


def without_own_code(spec: EncoderSpec) -> EncoderSpec:
    """The same encoder without permission to run a model's own code."""
    match spec:
        case LocalModel():
            return replace(spec, trust_remote_code=False)
        case OwnVectors(query_model=LocalModel() as model):
            return OwnVectors(replace(model, trust_remote_code=False))
        case _:
            return spec
