"""From a session to the parameters of its link, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from explorer.data.corpus import Corpus
from explorer.data.filters.text import format_filters
from explorer.data.hub.rows_link import PREFIX, HubRows
from explorer.data.samples import SAMPLES, open_sample
from explorer.encode.spec import LocalModel, OwnVectors, without_own_code
from explorer.errors import ExplorerError, FilterError
from explorer.session.encoder_link import PARAMETERS as ENCODER_PARAMETERS
from explorer.session.encoder_link import from_parameters, to_parameters
from explorer.session.filter_link import FILTERS, LABELS, LinkedFilters
from explorer.session.linked_rows import LinkedRows
from explorer.session.session import Session
from explorer.session.session_store import session_store

CORPUS = "corpus"
"""The parameter that names the rows."""
PARAMETERS = (CORPUS, *ENCODER_PARAMETERS, FILTERS, LABELS)


def parameters_of(session: Session) -> dict[str, str]:
    """The link parameters for what a session has open; defaults are left out."""
    filters = {FILTERS: format_filters(session.filters)} if session.filters else {}
    return {CORPUS: corpus_parameter(session.corpus), **to_parameters(session.encoder), **filters}


def corpus_parameter(corpus: Corpus) -> str:
    """How a link names a corpus: a sample's name, a dataset of the Hub, or the start of a fingerprint."""
    rows = HubRows.of(corpus)
    return corpus.sample or (rows.link if rows else "") or corpus.fingerprint[:12]


def open_link(parameters: Mapping[str, str], visitor: str, labels: Sequence[str] = ()) -> Session:
    """The session that a link opens: the one this browser had with those rows, or a new one.

    If the encoder that the link names is not available, the session's notice says so; if the rows are not,
    `unopened` does.

    Args:
        parameters: The link's parameters.
        visitor: Identifies the browser.
        labels: The labels that an older link names, as a parameter given several times.
    """
    asked = parameters.get(CORPUS, "")
    session = session_store().find(visitor, asked) if asked else None
    came_back = session is not None
    if session is None:
        session = _new_session(asked, visitor)
    linked = LinkedFilters(parameters.get(FILTERS, ""), tuple(labels))
    if session.linked_rows is not None:
        session.linked_rows.filters = linked
    elif not session.unopened:  # otherwise they are of other rows
        follow_filters(session, linked)
    try:
        spec = from_parameters(parameters)
    except ExplorerError as error:
        session.notice = str(error)
        return session
    unusable = isinstance(spec, OwnVectors) and session.corpus.vectors is None
    if spec is not None and (session.linked_rows is not None or not unusable):
        # This browser's own encoder may have permission to run code, which no link can grant.
        own = [session.encoder, *session.encoders]
        spec = next((one for one in own if without_own_code(one) == spec), spec)
        if spec not in session.encoders:
            # In a new session the link's encoder replaces the default.
            session.encoders = [*session.encoders, spec] if came_back else [spec]
        session.active = session.encoders.index(spec)
    if session.linked_rows is not None:
        session.linked_rows.encoder = session.encoder
    return session


def follow_filters(session: Session, linked: LinkedFilters) -> None:
    """Put the filters of a link on a session whose rows are open; what cannot be used is a notice."""
    filters, left_out = linked.of(session.corpus)
    try:
        session.filter_by(filters, left_out)
    except FilterError as error:  # together they are too many or too long
        session.filter_by((), f"{left_out} {error}".strip())


def _new_session(asked: str, visitor: str) -> Session:
    corpus = open_sample(asked if asked in SAMPLES else next(iter(SAMPLES)))
    session = Session(visitor, corpus, [LocalModel()])
    if asked.startswith(PREFIX):
        try:
            session.linked_rows = LinkedRows(HubRows.from_link(asked), visitor, session.encoder)
        except ExplorerError as error:
            session.unopened = str(error)
    elif asked and asked not in SAMPLES:
        session.unopened = (
            "This link refers to rows that only the browser that opened them can show, and only for a while. "
            "Ask who sent it for the file, and open that."
        )
    return session
