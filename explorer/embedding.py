"""Encoding a corpus into a space, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from explorer.analysis.space import Space, make_index
from explorer.data.corpus import Corpus
from explorer.data.opening import open_corpus
from explorer.encode.cache import vector_cache
from explorer.encode.encoder import Encoder
from explorer.encode.engines.own_vectors import read_own_vectors
from explorer.encode.engines.services import Secret
from explorer.encode.model_names import encoder_name
from explorer.encode.models import BUNDLED_MODEL
from explorer.encode.opening import open_encoder
from explorer.encode.prompts import Task
from explorer.encode.report import EncodeReport
from explorer.encode.run import encode_corpus
from explorer.encode.spec import TFIDF, EncoderSpec, LocalModel, OwnVectors, Precision, needs_token, spec_for
from explorer.errors import EncodeError, ModelChangedError
from explorer.jobs.progress import OnProgress

if TYPE_CHECKING:
    import pandas as pd


def embed(
    corpus: Corpus | str | Path | Sequence[str] | pd.DataFrame,
    model: str = BUNDLED_MODEL,
    *,
    precision: Precision = "auto",
    prompt: str | None = None,
    query_prompt: str | None = None,
    task: Task = "search",
    revision: str | None = None,
    trust_remote_code: bool = False,
    provider: str = "",
    token: str | None = None,
    own_vectors: bool | None = None,
    workers: int = 1,
    on_progress: OnProgress | None = None,
) -> Space:
    """Encode a corpus; texts encoded before come from the cache.

    Args:
        corpus: A corpus, or anything `open_corpus` takes.
        model: The bundled model's id, a folder, a Hub id, or `tfidf`, which needs no model.
        precision: `auto` computes in a reduced-precision dtype if a check on your rows allows it; `float32`
            is exact. Like `revision` and `trust_remote_code`, it applies to models on this machine.
        prompt: The prompt before each row; None for the model's own, if it is known (docs/models.md).
        query_prompt: The prompt before each query; None as for `prompt`.
        task: The task that rows are encoded for: `search`, or `clustering`, which includes maps. Some models
            have different prompts for each (docs/models.md); other models ignore it.
        revision: Branch, tag or commit on the Hub.
        trust_remote_code: Run code from the model's repository. Then `revision` must be a full commit, or the
            model a folder below EXPLORER_MODEL_DIR, and EXPLORER_ALLOW_REMOTE_CODE must be on.
        provider: An Inference Provider, such as `hf-inference`, or the name of a server in
            EXPLORER_EMBEDDING_SERVERS; empty to run the model on this machine.
        token: The token for an Inference Provider; None for HF_TOKEN or the stored login.
        own_vectors: Whether to use the vectors in the rows, and the model (which can then be empty) only for
            queries; None to do so if the corpus has vectors.
        workers: The number of processes on the CPU, each with its own copy of the model and its share of the
            cores, of which there is at least one for each; 1 encodes in this process, on all cores. It
            changes no vectors. On GPUs one process uses all of them, and a note in the report says so.
            docs/guide.md says when it is worth it. Images are encoded in this process.
        on_progress: Called often; an exception it raises stops the work, and encoded texts stay cached.

    Returns:
        The space, with one vector for each row.

    Raises:
        DataError: The corpus cannot be opened.
        ModelError: The model is not available or cannot be used.
        HubError: The model cannot be downloaded from the Hub.
        EncodeError: Encoding failed; or several processes were asked for, and the model does not run on this
            machine.
        NotEnoughMemoryError: The model, as often as there are processes, does not fit in memory.
        VectorError: The rows have no vectors, or the model cannot have made them, as with TF-IDF.
    """
    opened = corpus if isinstance(corpus, Corpus) else open_corpus(corpus)
    own = opened.vectors is not None if own_vectors is None else own_vectors
    spec = spec_for(
        model if provider else named_by_folder(model),
        precision=precision,
        prompt=prompt,
        query_prompt=query_prompt,
        task=task,
        revision=revision,
        trust_remote_code=trust_remote_code,
        provider=provider,
        own_vectors=own,
    )
    check_workers(spec, workers)
    secret = token_for(spec, token)
    encoder = open_spec(opened, spec, token=secret, on_progress=on_progress)
    encoder, vectors, report = encode_with(
        encoder, opened, token=secret, workers=workers, on_progress=on_progress
    )
    if workers > 1 and report.encoded > 1 and (opened.images is not None or not encoder.has_processes):
        why = (
            "they need a CPU with more than one core"
            if opened.images is None
            else "images are encoded in one process"
        )
        note = f"{workers} processes were asked for; 1 was used, as {why}."
        report = replace(report, notes=(*report.notes, note))
    return Space(opened, make_index(vectors), encoder, report)


def local_model(model: str, revision: str | None = None) -> EncoderSpec:
    """The encoder of a model that runs on this machine, by a name as for `embed`."""
    return spec_for(named_by_folder(model), revision=revision)


def open_spec(
    corpus: Corpus, spec: EncoderSpec, *, token: Secret | None = None, on_progress: OnProgress | None = None
) -> Encoder:
    """Open the encoder chosen for a corpus; see `open_encoder`."""
    return open_encoder(spec, corpus, vector_cache(), token=token, on_progress=on_progress)


def encode_with(
    encoder: Encoder,
    corpus: Corpus,
    *,
    token: Secret | None = None,
    workers: int = 1,
    on_progress: OnProgress | None = None,
) -> tuple[Encoder, np.ndarray, EncodeReport]:
    """Encode a corpus with an encoder opened for it; see `embed`.

    Returns:
        The encoder (a new one if the model behind its name has changed); the vectors, float32, shape
        (rows, dims); and the report.
    """
    if isinstance(encoder.spec, OwnVectors):
        return encoder, *read_own_vectors(corpus, encoder)
    try:
        return encoder, *encode_corpus(encoder, corpus, vector_cache(), on_progress, workers=workers)
    except ModelChangedError as change:
        # The new model has its own fingerprint, under which no older vector is cached.
        encoder = open_spec(corpus, encoder.spec, token=token, on_progress=on_progress)
        vectors, report = encode_corpus(encoder, corpus, vector_cache(), on_progress)
        note = f"{change.what} The rows were encoded again."
        return encoder, vectors, replace(report, notes=(note, *report.notes))


def check_workers(spec: EncoderSpec, workers: int) -> None:
    """Refuse several processes for an encoder that is not a model on this machine.

    Args:
        spec: The encoder.
        workers: The number of processes.

    Raises:
        EncodeError: The number is not positive, or more than 1 and not for such a model.
    """
    if not isinstance(workers, int) or workers < 1:
        raise EncodeError(
            f"{workers!r} is not a number of processes.",
            where="workers",
            fix="Give a whole number, at least 1.",
        )
    if workers > 1 and not isinstance(spec, LocalModel):
        raise EncodeError(
            "Only a model that runs on this machine can encode in several processes.",
            where=encoder_name(spec),
            fix="Leave out `workers`.",
        )


def token_for(spec: EncoderSpec, token: str | None) -> Secret | None:
    """The token for an encoder: the one given, else HF_TOKEN or the stored login if the encoder needs it."""
    if needs_token(spec) and token is None:
        from huggingface_hub import get_token

        token = get_token()
    return None if token is None else Secret(token)


def named_by_folder(model: str) -> str:
    """The absolute path of a folder, which takes precedence over a Hub id; any other name unchanged."""
    folder = Path(model).expanduser()
    if model in ("", BUNDLED_MODEL, TFIDF) or not folder.is_dir():
        return model
    return str(folder.resolve())
