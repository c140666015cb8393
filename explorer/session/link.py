"""A session as the address bar names it, and the session that an address opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from explorer.data.corpus import Corpus
from explorer.data.hub_link import PREFIX, HubRows
from explorer.data.samples import SAMPLES, open_sample
from explorer.encode.model_names import choose_model, model_name
from explorer.encode.models import BUNDLED_MODEL
from explorer.encode.spec import EncoderSpec
from explorer.errors import ExplorerError, ModelNotFoundError
from explorer.session.arriving import Arriving
from explorer.session.remembered import remembered
from explorer.session.session import Session

MAX_PROMPT_CHARS = 500
_MAX_PROVIDER_CHARS = 64
_CORPUS = "corpus"
# What a link says of the encoder; neither a token nor leave to run a model's code is ever in it.
_ENCODER = ("model", "precision", "prompt", "query_prompt", "revision", "provider", "vectors")
PARAMETERS = (_CORPUS, *_ENCODER)
_OWN = "own"


def parameters_of(session: Session) -> dict[str, str]:
    """The parameters of the link to what a session has open; defaults are left out."""
    spec, plain = session.encoder, EncoderSpec()
    parameters = {_CORPUS: corpus_parameter(session.corpus)}
    if spec.model != plain.model:
        parameters["model"] = model_name(spec.model)
    if spec.precision != plain.precision:
        parameters["precision"] = spec.precision
    if spec.prompt is not None:
        parameters["prompt"] = spec.prompt
    if spec.query_prompt is not None:
        parameters["query_prompt"] = spec.query_prompt
    if spec.revision is not None:
        parameters["revision"] = spec.revision
    if spec.provider:
        parameters["provider"] = spec.provider
    if spec.own_vectors:
        parameters["vectors"] = _OWN
    return parameters


def corpus_parameter(corpus: Corpus) -> str:
    """How a link names a corpus: a sample's name, rows of the Hub, or the beginning of a fingerprint."""
    rows = HubRows.of(corpus)
    return corpus.sample or (rows.link if rows else "") or corpus.fingerprint[:12]


def open_link(parameters: Mapping[str, str], visitor: str) -> Session:
    """The session that a link opens: the one this browser had on those rows, or a new one.

    What the link names and cannot be had is said in the session's notice.

    Args:
        parameters: Of the link.
        visitor: Names the browser.
    """
    asked = parameters.get(_CORPUS, "")
    session = remembered().find(visitor, asked) if asked else None
    came_back = session is not None
    if session is None:
        session = _new_session(asked, visitor)
    try:
        spec = _spec_of(parameters)
    except ExplorerError as error:
        session.notice = str(error)
        return session
    unusable = spec is not None and spec.own_vectors and session.corpus.vectors is None
    if spec is not None and (session.arriving is not None or not unusable):
        # This browser's own encoder may have leave to run code, which no link can give.
        own = [session.encoder, *session.encoders]
        spec = next((one for one in own if replace(one, trust_remote_code=False) == spec), spec)
        if spec not in session.encoders:
            # A fresh tab has nothing yet: what the link names replaces the default.
            session.encoders = [*session.encoders, spec] if came_back else [spec]
        session.active = session.encoders.index(spec)
    if session.arriving is not None:
        session.arriving.encoder = session.encoder
    return session


def _new_session(asked: str, visitor: str) -> Session:
    corpus = open_sample(asked if asked in SAMPLES else next(iter(SAMPLES)))
    session = Session(visitor, corpus, [EncoderSpec()])
    if asked.startswith(PREFIX):
        try:
            session.arriving = Arriving(HubRows.from_link(asked), visitor, session.encoder)
        except ExplorerError as error:
            session.notice = str(error)
    elif asked and asked not in SAMPLES:
        session.notice = "This link leads to rows that only the browser they were opened in can show."
    return session


def _spec_of(parameters: Mapping[str, str]) -> EncoderSpec | None:
    """The encoder that a link names; None where it names none.

    Raises:
        ModelNotFoundError: It names a model or a server that there cannot be.
    """
    if not set(_ENCODER) & set(parameters):
        return None
    provider, own = parameters.get("provider", ""), parameters.get("vectors") == _OWN
    model = parameters.get("model", BUNDLED_MODEL)
    if len(provider) > _MAX_PROVIDER_CHARS:
        raise ModelNotFoundError("The link names no server.")
    return EncoderSpec(
        # A model elsewhere is no folder here, and the model of the rows' own vectors need not be known.
        model=model if provider or (own and not model) else choose_model(model),
        precision="float32" if parameters.get("precision") == "float32" else "auto",
        prompt=_cut(parameters.get("prompt")),
        query_prompt=_cut(parameters.get("query_prompt")),
        revision=parameters.get("revision"),
        provider=provider,
        own_vectors=own,
    )


def _cut(prompt: str | None) -> str | None:
    return None if prompt is None else prompt[:MAX_PROMPT_CHARS]
