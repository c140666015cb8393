"""From the chosen encoders to the spaces that pages show.

An encoder is first opened in the background, which gives its fingerprint. Encoding jobs, and vectors shared
with other visitors, are keyed by that fingerprint and the texts. Nothing else is shared: each session makes
its own spaces from its own rows. Each encoder has its own jobs, so one that fails does not affect the others.
"""

from __future__ import annotations

import functools
import weakref
from typing import TYPE_CHECKING, NamedTuple

from explorer.data.corpus import Corpus
from explorer.data.tables.values import count
from explorer.encode.engines.services import Secret
from explorer.encode.model_names import encoder_name
from explorer.encode.spec import EncoderSpec, HostedModel, LocalModel, OwnVectors, Tfidf, hosted_model
from explorer.jobs.outcome import Done, Outcome, outcome_of
from explorer.jobs.progress import OnProgress, Progress
from explorer.jobs.registry import Job, Lane, registry
from explorer.session.session import Session
from explorer.session.space_jobs import Encoded, Opened
from explorer.warm_up import wait_until_warm

if TYPE_CHECKING:
    from explorer.analysis.space import Space
    from explorer.encode.encoder import Encoder
    from explorer.tensor import Index


@functools.cache
def shared_indexes() -> weakref.WeakValueDictionary[tuple[str, str], Index]:
    """Vectors of open spaces, by the fingerprints of the encoder and the texts.

    Visitors with the same rows share one matrix.
    """
    return weakref.WeakValueDictionary()


def space_outcome(session: Session, spec: EncoderSpec) -> Outcome[Space] | None:
    """The current outcome of an encoder's space; None if it was not asked for."""
    if spec in session.spaces:
        return Done(session.spaces[spec])
    if spec not in session.jobs:
        return None
    opened = outcome_of(session.jobs[spec], session.visitor)
    if not isinstance(opened, Done):
        return opened
    encoder, rows = opened.result.encoder, opened.result.rows
    found = outcome_of(rows, session.visitor) if isinstance(rows, Job) else Done(rows)
    if not isinstance(found, Done):
        return found
    from explorer.analysis.saved_transforms import saved_transforms
    from explorer.analysis.space import Space

    encoded = found.result
    # Where visitors share the encoded rows, each keeps their own query prompt.
    own = encoder.fingerprint == encoded.encoder.fingerprint
    transforms = saved_transforms(session.corpus) if isinstance(spec, OwnVectors) else ()
    space = Space(
        session.corpus, encoded.index, encoder if own else encoded.encoder, encoded.report, transforms
    )
    session.spaces[spec] = space
    return Done(space)


def ask_for_space(session: Session, spec: EncoderSpec, token: Secret | None) -> Job[Opened]:
    """Start opening an encoder and encoding the session's rows with it.

    Args:
        session: The session with the rows.
        spec: The encoder.
        token: For an Inference Provider.

    Returns:
        The job that opens the encoder.
    """
    corpus, visitor, workers = session.corpus, session.visitor, session.workers

    def work(on_progress: OnProgress) -> Opened:
        wait_until_warm()
        from explorer.embedding import open_spec

        encoder = open_spec(corpus, spec, token=token, on_progress=on_progress)
        on_progress(Progress("Opening the encoder"))  # ends a job that was left, before it begins another
        found = _found(encoder, corpus)
        return Opened(encoder, found or _encode(encoder, corpus, visitor, token, workers))

    job = session.jobs[spec] = registry().submit(
        object(),
        f"Opening {encoder_name(spec)}",
        work,
        lane=lanes_for(spec).opening,
        visitor=visitor,
        shared=False,  # the model behind a name may have changed since it was last opened
    )
    return job


def _found(encoder: Encoder, corpus: Corpus) -> Encoded | None:
    """The vectors of another open space, or those that the rows brought along."""
    from explorer.analysis.space import make_index
    from explorer.encode.engines.own_vectors import read_own_vectors
    from explorer.encode.report import report_of_kept

    index = shared_indexes().get((encoder.fingerprint, corpus.items_fingerprint))
    if isinstance(encoder.spec, OwnVectors):
        vectors, report = read_own_vectors(corpus, encoder)
        return Encoded(encoder, index or _share(encoder, corpus, make_index(vectors)), report)
    return None if index is None else Encoded(encoder, index, report_of_kept(encoder, corpus))


def _encode(
    encoder: Encoder, corpus: Corpus, visitor: str, token: Secret | None, workers: int
) -> Job[Encoded]:
    spec = encoder.spec

    def work(on_progress: OnProgress) -> Encoded:
        from explorer.analysis.space import make_index
        from explorer.embedding import encode_with

        found, vectors, report = encode_with(
            encoder, corpus, token=token, workers=workers, on_progress=on_progress
        )
        return Encoded(found, _share(found, corpus, make_index(vectors)), report)

    # Not shared for hosted models: they are called with the token of the visitor who opened them, and may be
    # opened again while they encode.
    own = (visitor, spec) if hosted_model(spec) else None
    return registry().submit(
        ("encode", encoder.fingerprint, corpus.items_fingerprint, own),
        f"Encoding {count(len(corpus), 'row')} with {encoder_name(spec)}",
        work,
        lane=lanes_for(spec).rows,
        visitor=visitor,
        resumable=True,
    )


def _share(encoder: Encoder, corpus: Corpus, index: Index) -> Index:
    return shared_indexes().setdefault((encoder.fingerprint, corpus.items_fingerprint), index)


class Lanes(NamedTuple):
    """The lanes of an encoder's jobs: opening it, encoding rows, encoding queries."""

    opening: Lane
    rows: Lane
    queries: Lane


def lanes_for(spec: EncoderSpec) -> Lanes:
    """The lanes of an encoder's jobs."""
    match spec:
        case HostedModel():  # opening it calls its server, which can be slow or rate-limited
            return Lanes(Lane.HOSTED, Lane.HOSTED, Lane.HOSTED_QUERIES)
        case OwnVectors(query_model=HostedModel()):
            return Lanes(Lane.HOSTED, Lane.DEVICE, Lane.HOSTED_QUERIES)
        case LocalModel() | OwnVectors():
            return Lanes(Lane.OPENING, Lane.DEVICE, Lane.QUERIES)
        case Tfidf():  # opening it computes over all rows
            return Lanes(Lane.DEVICE, Lane.DEVICE, Lane.QUERIES)
