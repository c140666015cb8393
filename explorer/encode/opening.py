"""From the encoder that a person chose to one that is open and has its fingerprint, whatever its kind."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.data.corpus import Corpus
from explorer.encode.cache import VectorCache
from explorer.encode.encoder import Encoder
from explorer.encode.engines.embedding_servers import EmbeddingServer
from explorer.encode.engines.hosted import HostedEngine
from explorer.encode.engines.inference_providers import InferenceProviders
from explorer.encode.engines.own_vectors import own_encoder
from explorer.encode.engines.services import Secret, Service
from explorer.encode.hosted_prompts import hosted_prompts
from explorer.encode.local_encoder import open_local
from explorer.encode.spec import EncoderSpec, HostedModel, LocalModel, OwnVectors, Tfidf, needs_token
from explorer.jobs.progress import OnProgress, Progress, untold


def open_encoder(
    spec: EncoderSpec,
    corpus: Corpus,
    cache: VectorCache,
    *,
    token: Secret | None = None,
    on_progress: OnProgress | None = None,
) -> Encoder:
    """Find what was chosen, settle what its vectors depend on, and give it its fingerprint.

    Args:
        spec: What was chosen.
        corpus: The rows it is going to encode: fast precision is checked on them, TF-IDF is fitted on them,
            and they may have vectors of their own.
        cache: Where is kept what is known of precision and of hosted models.
        token: For an Inference Provider.
        on_progress: Told what is done and waited for; an exception it raises stops the work.

    Raises:
        ModelError: The model cannot be had; see `find_model`.
        HubError: The model is on the Hub, which does not give it.
        EncodeError: The model is hosted and its server gives nothing; or no text has a word, for TF-IDF.
        VectorError: The rows' own vectors are missing, or not those of the model of queries.
        SettingError: EXPLORER_DEVICE names a device that is not there.
    """
    say = on_progress or untold
    match spec:
        case LocalModel():
            return open_local(spec, corpus.texts, cache, say)
        case HostedModel():
            return _open_hosted(spec, cache, token, say, rows=len(corpus))
        case Tfidf():
            say(Progress("Fitting TF-IDF on your rows", total=len(corpus)))
            return _open_tfidf(spec, corpus.texts)
        case OwnVectors(query_model=LocalModel() | HostedModel() as model):
            queries = open_encoder(model, corpus, cache, token=token, on_progress=on_progress)
            return own_encoder(corpus, spec, queries)
        case OwnVectors():
            return own_encoder(corpus, spec, None)


def service_for(spec: HostedModel, token: Secret | None) -> Service:
    """Who runs a hosted model.

    Raises:
        ModelNotFoundError: There is no such provider or server, or no such name of a model.
    """
    if needs_token(spec):
        return InferenceProviders(spec.model, token, spec.provider)
    return EmbeddingServer(spec.provider, spec.model)


def _open_hosted(
    spec: HostedModel, cache: VectorCache, token: Secret | None, say: OnProgress, *, rows: int
) -> Encoder:
    def waiting(why: str) -> None:
        say(Progress("Asking the server", total=rows, note=why))

    engine = HostedEngine(service_for(spec, token), cache, waiting)
    prompts = hosted_prompts(spec, cache)
    return Encoder(spec, engine.name, engine.identity(), prompts=prompts, load=lambda: engine)


def _open_tfidf(spec: Tfidf, texts: Sequence[str]) -> Encoder:
    from explorer.encode.engines.tfidf import TfidfEngine

    engine = TfidfEngine.fit(texts)
    return Encoder(spec, "TF-IDF", engine.identity(), load=lambda: engine)
