"""From the encoder as chosen to the space that pages show.

An encoder is opened first, in the background: only then is it known what exactly it is, its fingerprint. Rows
are encoded, and vectors shared with other visitors, under that and the texts. Nothing else is shared: each
session makes its own space of its own rows.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from explorer.data.corpus import Corpus
from explorer.encode.engines.services import Secret
from explorer.encode.spec import TFIDF, EncoderSpec
from explorer.errors import ModelChangedError
from explorer.jobs.progress import OnProgress
from explorer.jobs.registry import Job, Lane, registry
from explorer.ui.shell import warm_up
from explorer.ui.shell.job_progress import explain, wait_briefly
from explorer.ui.shell.model_names import encoder_name
from explorer.ui.shell.opened import Encoded, Opened, awaited
from explorer.ui.shell.session import Session
from explorer.ui.shell.token import point_to_token, token_for

if TYPE_CHECKING:
    from explorer.analysis.space import Space
    from explorer.encode.encoder import Encoder
    from explorer.tensor import Index

# Vectors of open spaces, by the encoder's fingerprint and that of the texts: visitors with the same rows hold
# one matrix.
_shared: weakref.WeakValueDictionary[tuple[str, str], Index] = weakref.WeakValueDictionary()


def space_or_progress(session: Session) -> Space | None:
    """The active space; while it is not ready its job is started or followed, and the page says so."""
    spec = session.encoder
    if spec in session.spaces:
        return session.spaces[spec]
    job = job_of(session, spec) or _ask(session)
    if warm_up.is_done():
        wait_briefly(job)
    job = job_of(session, spec) or job
    if job.state == "done" and _take(session, spec):
        return session.spaces[spec]
    explain(job, session, "Encoding", encode)
    if job.state == "failed":
        point_to_token(spec)
    return None


def encode(session: Session) -> None:
    """Start encoding the session's corpus with its active encoder, unless it is under way."""
    if session.encoder not in session.spaces:
        _ask(session)


def encode_again(session: Session, change: ModelChangedError) -> None:
    """Let go of a space whose encoder's model has changed, and begin to encode its rows with the new one."""
    session.close_space(session.encoder)
    session.notice = f"{change.what} The rows are encoded again."
    _ask(session)


def job_of(session: Session, spec: EncoderSpec) -> Job | None:
    """The job a space waits for now: to open the encoder, then to encode the rows; None before either."""
    opening = session.jobs.get(spec)
    return None if opening is None else awaited(opening)


def _take(session: Session, spec: EncoderSpec) -> bool:
    """Make the space, if its vectors are here."""
    from explorer.analysis.space import Space

    opened: Opened = session.jobs[spec].result
    found: Encoded | None = opened.rows.result if isinstance(opened.rows, Job) else opened.rows
    if found is None:
        return False
    # Where the rows were encoded for several, each has their own prompt for queries.
    own = opened.encoder.fingerprint == found.encoder.fingerprint
    encoder = opened.encoder if own else found.encoder
    session.spaces[spec] = Space(session.corpus, found.index, encoder, found.report)
    return True


def _ask(session: Session) -> Job:
    spec, corpus, visitor = session.encoder, session.corpus, session.visitor
    token = token_for(spec)

    def work(on_progress: OnProgress) -> Opened:
        warm_up.wait()
        from explorer.embedding import open_spec

        encoder = open_spec(corpus, spec, token=token, on_progress=on_progress)
        found = _found(encoder, corpus)
        return Opened(encoder, found or _encode(encoder, corpus, visitor, token))

    job = registry().submit(
        object(),  # what a name stands for may have changed since it was opened last, by whomever
        f"Opening {encoder_name(spec)}",
        work,
        # Only TF-IDF computes with all rows already here.
        lane=Lane.DEVICE if spec.model == TFIDF and not spec.provider else Lane.OPENING,
        visitor=visitor,
    )
    session.jobs[spec] = job
    return job


def _found(encoder: Encoder, corpus: Corpus) -> Encoded | None:
    """Vectors that another open space has, or that the rows brought along."""
    from explorer.analysis.space import make_index
    from explorer.encode.engines.own_vectors import read_own_vectors
    from explorer.encode.report import report_of_kept

    index = _shared.get((encoder.fingerprint, corpus.items_fingerprint))
    if encoder.spec.own_vectors:
        vectors, report = read_own_vectors(corpus)
        return Encoded(encoder, index or _share(encoder, corpus, make_index(vectors)), report)
    return None if index is None else Encoded(encoder, index, report_of_kept(encoder, corpus))


def _encode(encoder: Encoder, corpus: Corpus, visitor: str, token: Secret | None) -> Job:
    spec = encoder.spec

    def work(on_progress: OnProgress) -> Encoded:
        from explorer.analysis.space import make_index
        from explorer.embedding import encode_with

        found, vectors, report = encode_with(encoder, corpus, token=token, on_progress=on_progress)
        return Encoded(found, _share(found, corpus, make_index(vectors)), report)

    # An encoder elsewhere asks with the token of whoever opened it, and may be opened anew on the way.
    own = (visitor, spec) if spec.provider else None
    return registry().submit(
        ("encode", encoder.fingerprint, corpus.items_fingerprint, own),
        f"Encoding {len(corpus):,} row{'' if len(corpus) == 1 else 's'} with {encoder_name(spec)}",
        work,
        lane=Lane.HOSTED if spec.provider else Lane.DEVICE,
        visitor=visitor,
    )


def _share(encoder: Encoder, corpus: Corpus, index: Index) -> Index:
    return _shared.setdefault((encoder.fingerprint, corpus.items_fingerprint), index)
