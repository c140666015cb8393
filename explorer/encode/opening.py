"""Opening encoders of every kind."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from explorer.data.corpus import Corpus
from explorer.encode.cache import VectorCache
from explorer.encode.encoder import Encoder
from explorer.encode.engines.embedding_servers import EmbeddingServer
from explorer.encode.engines.hosted import HostedEngine
from explorer.encode.engines.inference_providers import InferenceProviders
from explorer.encode.engines.own_vectors import own_encoder, own_encoder_without_queries
from explorer.encode.engines.services import Secret, Service
from explorer.encode.hosted_prompts import hosted_prompts
from explorer.encode.local_encoder import open_local
from explorer.encode.saved_encoder import SavedEncoder, saved_encoder
from explorer.encode.spec import EncoderSpec, HostedModel, LocalModel, OwnVectors, Tfidf, needs_token
from explorer.errors import (
    EncodeError,
    HubError,
    ModelError,
    NotEnoughMemoryError,
    TrackingError,
    VectorError,
)
from explorer.jobs.memory_limit import require_memory
from explorer.jobs.progress import OnProgress, Progress, ignore_progress

if TYPE_CHECKING:
    from explorer.encode.engines.tfidf import TfidfEngine

_UNAVAILABLE = (ModelError, HubError, TrackingError, EncodeError, VectorError, NotEnoughMemoryError)


def open_encoder(
    spec: EncoderSpec,
    corpus: Corpus,
    cache: VectorCache,
    *,
    token: Secret | None = None,
    on_progress: OnProgress | None = None,
) -> Encoder:
    """Open an encoder: find its model, and everything its vectors depend on.

    Args:
        spec: The encoder that was chosen.
        corpus: The rows to encode: fast precision is checked on them, TF-IDF is fitted on them, and they may
            come with vectors.
        cache: Where findings about precision and hosted models are cached.
        token: For Inference Providers.
        on_progress: Called with the progress; an exception it raises stops the work.

    Raises:
        ModelError: The model cannot be used; see `find_model`.
        HubError: The model cannot be downloaded from the Hub.
        TrackingError: The model is in MLflow and cannot be fetched.
        EncodeError: The server of a hosted model returns no vectors; or, for TF-IDF, no text contains a word.
        NotEnoughMemoryError: Fitting TF-IDF, or the model, does not fit in memory.
        VectorError: The rows have no vectors, or not of the dimensions of the query model.
        SettingError: EXPLORER_DEVICE names a device that does not exist.
    """
    report = on_progress or ignore_progress
    match spec:
        case LocalModel():
            return open_local(spec, corpus.items, cache, report)
        case HostedModel():
            return _open_hosted(spec, cache, token, report, rows=len(corpus))
        case Tfidf():
            report(Progress("Fitting TF-IDF on your rows", total=len(corpus)))
            return _open_tfidf(spec, corpus)
        case OwnVectors(query_model=model):

            def open_queries(maker: LocalModel | HostedModel | Tfidf) -> Encoder:
                return open_encoder(maker, corpus, cache, token=token, on_progress=on_progress)

            saved = saved_encoder(corpus)
            if saved is not None:
                return _open_saved(spec, saved, corpus, open_queries)
            if isinstance(model, Tfidf):
                raise VectorError(
                    "TF-IDF is fitted on the rows: it cannot have made the vectors that came with them.",
                    where=corpus.name,
                    fix="Name the model that made them, or none.",
                )
            if model is None:
                return own_encoder_without_queries(corpus, spec)
            return own_encoder(corpus, spec, open_queries(model))


def service_for(spec: HostedModel, token: Secret | None) -> Service:
    """The service that runs a hosted model.

    Raises:
        ModelNotFoundError: There is no such provider or server, or the model's name is not valid.
    """
    if needs_token(spec):
        return InferenceProviders(spec.model, token, spec.provider)
    return EmbeddingServer(spec.provider, spec.model)


def _open_hosted(
    spec: HostedModel, cache: VectorCache, token: Secret | None, report: OnProgress, *, rows: int
) -> Encoder:
    def on_wait(why: str) -> None:
        report(Progress("Contacting the server", total=rows, note=why))

    engine = HostedEngine(service_for(spec, token), cache, on_wait)
    prompts = hosted_prompts(spec, cache)
    return Encoder(spec, engine.name, engine.identity(), prompts=prompts, load=lambda: engine)


def _open_saved(
    spec: OwnVectors,
    saved: SavedEncoder,
    corpus: Corpus,
    open_queries: Callable[[LocalModel | HostedModel | Tfidf], Encoder],
) -> Encoder:
    """The encoder for the vectors of a saved space: without queries if its model is not here."""
    why = f"{saved.name}, which made the vectors, is not a model that can be opened here."
    try:
        if spec.query_model is not None:
            queries = open_queries(spec.query_model)
            why = saved.difference(queries)
            if not why:
                prompts = saved.prompt, saved.query_prompt
                return own_encoder(corpus, spec, queries, dims=saved.dims, saved=prompts)
    except _UNAVAILABLE as error:
        why = f"{saved.name}, which made the vectors, cannot be opened here: {error.what} {error.fix}".strip()
    return own_encoder_without_queries(corpus, spec, why=why, similarity=saved.similarity)


def _open_tfidf(spec: Tfidf, corpus: Corpus) -> Encoder:
    from explorer.encode.engines.tfidf import TfidfEngine, fitting_bytes

    fitted = _fitted()
    engine = fitted.get(corpus.items_fingerprint)
    if engine is None:
        needed = fitting_bytes(corpus.texts)
        require_memory(needed, f"TF-IDF of {len(corpus):,} rows", "Use fewer rows.")
        engine = TfidfEngine.fit(corpus.texts)
    fitted[corpus.items_fingerprint] = engine
    return Encoder(spec, "TF-IDF", engine.identity(), load=lambda: engine)


@functools.cache
def _fitted() -> WeakValueDictionary[str, TfidfEngine]:
    """TF-IDF of open spaces, by their texts: tens of megabytes, which visitors with the same rows share."""
    return WeakValueDictionary()
