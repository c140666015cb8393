"""The contenders that a visitor chose: the usual ones, adding and removing, and what rows allow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from explorer.comparison.contenders.names import names_of
from explorer.comparison.contenders.spec import MOST, ContenderSpec
from explorer.data.corpus import Corpus
from explorer.data.images.captions import has_captions
from explorer.data.images.image_rows import has_images
from explorer.encode.spec import HostedModel, OwnVectors, Tfidf
from explorer.session.contender_link import contender_from, contender_parameter
from explorer.session.session import Session

_WORDS = (ContenderSpec(Tfidf()), ContenderSpec(None))
_OF_IMAGES = MOST // 2  # encoders compared with their own change, at first


def contenders_of(session: Session) -> tuple[ContenderSpec, ...]:
    """The contenders of the open rows: those chosen, else the usual ones."""
    chosen = session.comparison.contenders
    return usual_contenders(session) if chosen is None else chosen


def usual_contenders(session: Session) -> tuple[ContenderSpec, ...]:
    """The session's encoders beside rankings by words, so that nothing has to be chosen first.

    One encoder is compared with TF-IDF and BM25, several with each other and with TF-IDF. Of images, which no
    ranking by words reads, the first encoder is compared with its means aligned; without captions, centred.
    """
    models = [ContenderSpec(spec) for spec in session.encoders if not isinstance(spec, Tfidf)]
    if has_images(session.corpus):
        captioned = has_captions(session.corpus)
        return tuple(
            changed
            for spec in models[:_OF_IMAGES]
            for changed in (spec, replace(spec, aligned=captioned, centred=not captioned))
        )
    words = _WORDS if len(models) < 2 else _WORDS[:1]
    return (*models[: MOST - len(words)], *words)


def name_of(session: Session, spec: ContenderSpec) -> str:
    """The name of a contender among those chosen."""
    specs = contenders_of(session)
    everyone = specs if spec in specs else (*specs, spec)
    return names_of(everyone, session.corpus.text)[everyone.index(spec)]


def contender_named(session: Session, name: str) -> ContenderSpec | None:
    """The contender of a name; None if it was removed meanwhile."""
    specs = contenders_of(session)
    return dict(zip(names_of(specs, session.corpus.text), specs, strict=True)).get(name)


def add_contender(session: Session, spec: ContenderSpec) -> str:
    """Add a contender; return why it was not added, or an empty text."""
    specs = contenders_of(session)
    if spec in specs:
        return f"{name_of(session, spec)} is already a contender."
    if len(specs) >= MOST:
        return f"A comparison has at most {MOST} contenders. Remove one first."
    refused = refusal(session.corpus, spec)
    if not refused:
        session.comparison.contenders = (*specs, spec)
    return refused


def remove_contender(session: Session, spec: ContenderSpec) -> None:
    """Remove a contender."""
    session.comparison.contenders = tuple(one for one in contenders_of(session) if one != spec)


def refusal(corpus: Corpus, spec: ContenderSpec) -> str:
    """Why rows cannot have a contender; empty if they can."""
    if isinstance(spec.encoder, OwnVectors) and corpus.vectors is None:
        return "These rows have no vectors of their own."
    if spec.text is None and has_images(corpus) and isinstance(spec.encoder, Tfidf | HostedModel):
        return "The rows are images, which it does not read. Choose a text column for it."
    if spec.aligned and (not has_images(corpus) or spec.text is not None):
        return "Only the means of images and their captions are aligned."
    if spec.text is None or spec.text in other_text_columns(corpus):
        return ""
    if spec.text not in corpus.table.column_names:
        return f"These rows have no column “{spec.text}”."
    return f"The column “{spec.text}” does not have a text in every row, or is in use already."


def other_text_columns(corpus: Corpus) -> list[str]:
    """The columns besides what is encoded and the label that have a text in every row.

    Of images, the column of captions is one of them.
    """
    used = (None if has_images(corpus) else corpus.text, corpus.label)
    others = (name for name in corpus.table.column_names if name not in used)
    return [name for name in others if _is_text(corpus.table[name])]


def keep_possible(session: Session) -> None:
    """Drop contenders that the open rows cannot have, such as after other rows were opened, and say so."""
    state = session.comparison
    if state.contenders is None or state.checked_for == session.corpus.fingerprint:
        return
    state.checked_for = session.corpus.fingerprint
    refused = {spec: why for spec in state.contenders if (why := refusal(session.corpus, spec))}
    if refused:
        names = names_of(state.contenders, session.corpus.text)
        left_out = (
            f"{name} was left out: {refused[spec]}"
            for name, spec in zip(names, state.contenders, strict=True)
            if spec in refused
        )
        state.notice = " ".join([state.notice, *left_out]).strip()
        state.contenders = tuple(spec for spec in state.contenders if spec not in refused) or None


def read_link(session: Session, parameters: Iterable[str]) -> None:
    """Take the contenders that a link names; those that cannot be opened are named in a notice.

    Args:
        session: The session, whose contenders nobody has chosen yet.
        parameters: What `link_of` gave.
    """
    known, unknown = [], []
    # A browser's own encoder may have permission to run code, which no link can grant.
    own = {contender_parameter(ContenderSpec(spec)): spec for spec in session.encoders}
    for parameter in parameters:
        spec = contender_from(parameter)
        if spec is None:
            unknown.append(parameter)
            continue
        if spec.encoder is not None:
            alone = contender_parameter(ContenderSpec(spec.encoder))
            spec = replace(spec, encoder=own.get(alone, spec.encoder))
        known.append(spec)
    distinct = tuple(dict.fromkeys(known))
    state = session.comparison
    state.contenders = distinct[:MOST] or None
    told = [f"The link names a contender that cannot be opened here: {one:.80}." for one in unknown]
    if len(distinct) > MOST:
        told.append(f"The link names {len(distinct)} contenders; the first {MOST} are compared.")
    state.notice = " ".join(told)


def link_of(session: Session) -> list[str]:
    """How a link names the contenders; nothing for the usual ones."""
    specs = contenders_of(session)
    usual = specs == usual_contenders(session)
    return [] if usual else [contender_parameter(spec) for spec in specs]


def session_reading(session: Session, column: str | None) -> Session:
    """The session whose spaces are of a text column: itself, or one of its own for another column.

    Args:
        session: The session.
        column: One of `other_text_columns`; None for the text column of the corpus.
    """
    if column is None:
        return session
    if column not in session.other_columns:
        session.other_columns[column] = Session(session.visitor, session.corpus.reading(column), [])
    return session.other_columns[column]


def _is_text(column: pa.ChunkedArray) -> bool:
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return False
    lengths = pc.utf8_length(pc.utf8_trim_whitespace(column))
    return len(column) > 0 and (pc.min(pc.fill_null(lengths, 0)).as_py() or 0) > 0
