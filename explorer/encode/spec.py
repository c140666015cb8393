"""What a person chooses to encode rows with: one type for each kind of encoder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from explorer.encode.engines.inference_providers import PROVIDERS
from explorer.encode.models import BUNDLED_MODEL
from explorer.encode.prompts import Task
from explorer.errors import VectorError

Precision = Literal["auto", "float32"]
TFIDF = "tfidf"  # what Python and links call the encoder that needs no model


@dataclass(frozen=True)
class LocalModel:
    """A sentence-transformers model that runs on this machine.

    Attributes:
        model: The bundled model's id, a folder, or a Hub id.
        precision: `auto` computes in a short type where that was checked on this machine; `float32` never.
        prompt: Put before each row; None takes what the model's authors put there, see `text_prompts`.
        query_prompt: The same for queries.
        revision: Branch, tag or commit on the Hub.
        trust_remote_code: The model's own code may run: a person confirmed this model at this revision, which
            is a full commit, or a folder in the host's model folder. The host has to allow it as well.
        task: What rows are encoded for; it decides the prompts that are None.
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
    """A model that somebody else runs, to whom the texts are sent.

    Attributes:
        provider: One of `PROVIDERS`, or the name of a server the host listed in EXPLORER_EMBEDDING_SERVERS.
        model: Its Hub id, or the name the server has for it.
        prompt: As of a `LocalModel`, like `query_prompt` and `task`.
        query_prompt: The same.
        task: The same.
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
    """The vectors that the rows brought along.

    Attributes:
        query_model: The model that made them, which encodes queries; None where it is not known.
    """

    query_model: LocalModel | HostedModel | None = None


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
    """The encoder that plain values name, as `explorer.embed` and links have them.

    Args:
        model: As of a `LocalModel`, or of a `HostedModel` with a provider; `tfidf` without one; or nothing,
            with `own_vectors`.
        precision: As of a `LocalModel`; other kinds have none.
        prompt: As of a `LocalModel` or `HostedModel`.
        query_prompt: The same.
        task: The same.
        revision: As of a `LocalModel`; other kinds have none.
        trust_remote_code: The same.
        provider: As of a `HostedModel`; empty for this machine.
        own_vectors: Whether the model is only that of queries.

    Raises:
        VectorError: TF-IDF is named as the model of the rows' own vectors.
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
            "TF-IDF is fitted on rows: it cannot have made the vectors they brought along.",
            fix="Name the model that made them, or none, or encode the rows with TF-IDF instead.",
        )
    return OwnVectors(named)


def hosted_model(spec: EncoderSpec) -> HostedModel | None:
    """The hosted model that rows or queries are sent to; None where all texts stay on this machine."""
    match spec:
        case OwnVectors(query_model=HostedModel() as model):
            return model
        case HostedModel():
            return spec
        case _:
            return None


def needs_token(spec: EncoderSpec) -> bool:
    """Whether requests are made, and charged, with a person's Hugging Face token."""
    model = hosted_model(spec)
    return model is not None and model.provider in PROVIDERS


def without_own_code(spec: EncoderSpec) -> EncoderSpec:
    """The same encoder without leave to run a model's own code."""
    match spec:
        case LocalModel():
            return replace(spec, trust_remote_code=False)
        case OwnVectors(query_model=LocalModel() as model):
            return OwnVectors(replace(model, trust_remote_code=False))
        case _:
            return spec
