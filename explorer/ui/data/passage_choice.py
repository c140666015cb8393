"""Long texts: whole rows, or passages of them, each of which is a row."""

from __future__ import annotations

from typing import Literal, cast

import streamlit as st

from explorer.data.corpus import Corpus, PassageSpec
from explorer.data.passage_rows import corpus_of_passages
from explorer.data.passages import WORDS, PassageSpans, Units, split_texts
from explorer.encode.passages import TokenUnits
from explorer.encode.prompts import text_prompts
from explorer.encode.spec import EncoderSpec, HostedModel, LocalModel, OwnVectors
from explorer.encode.tokens import TokenAudit, has_fast_tokenizer
from explorer.errors import UnusableModelError
from explorer.jobs.progress import OnProgress
from explorer.session.session import Session
from explorer.ui.data.draft import draft
from explorer.ui.shell.job_progress import session_result_or_progress
from explorer.ui.shell.text import markdown

_WHOLE = "whole"
_WAYS = {_WHOLE: "Whole rows", "sentences": "Sentences", "windows": "Windows"}
_USUAL_SIZE = 200  # of an encoder whose limit is not known
_LONG_TEXT = 1_000  # characters; texts up to here are read to the end by nearly every encoder
_OVERLAP_SHARE = 8  # windows repeat 1 / this of their size unless somebody chooses otherwise


def is_split(session: Session, whole: Corpus) -> bool:
    """Whether passages of these rows are chosen, or open and nothing else chosen."""
    return _chosen_way(session, whole) != _WHOLE


def are_passages_offered(whole: Corpus, spec: EncoderSpec, audit: TokenAudit | None) -> bool:
    """Whether splitting is worth a choice: the encoder cuts texts, or may, since its limit is not known here.

    Args:
        whole: The rows.
        spec: The encoder.
        audit: The lengths of the rows for it, if they can be counted.
    """
    if audit is not None:
        return len(audit.cut_rows) > 0
    return isinstance(spec, HostedModel) and any(len(text) > _LONG_TEXT for text in whole.texts)


def choose_passages(session: Session, whole: Corpus, spec: EncoderSpec) -> Corpus | None:
    """Draw the choice between whole rows and passages; None while texts are being split.

    Args:
        session: The visitor's session.
        whole: The rows with whole texts.
        spec: The encoder, whose tokens are counted if its tokenizer is on this machine; otherwise words are.

    Raises:
        TooLargeError: There would be too many passages.
    """
    if isinstance(spec, OwnVectors) or whole.vectors is not None:
        return whole  # the vectors are of whole rows
    opened, usual = _opened(session, whole), _usual(session, whole)
    try:
        units, room, made_with = _units(spec)
    except UnusableModelError as error:  # its prompt leaves no room for a text
        with st.expander("Long texts"):
            st.caption(markdown(f"{error.what} {error.fix}"))
        return session.corpus if opened else whole
    unit = "Tokens" if made_with else "Words"
    with st.expander("Long texts", expanded=is_split(session, whole)):
        way = st.segmented_control(
            "Rows are",
            list(_WAYS),
            format_func=_WAYS.__getitem__,
            default=_chosen_way(session, whole),
            required=True,
            key=_key("passages", whole),
            persist_state="session",
            help="Texts longer than the encoder reads can be split into passages: as many whole sentences as "
            "fit together, or windows, which can overlap. Each passage is a row, with the columns of the row "
            "it is from.",
        )
        draft().passages[whole.name] = str(way)
        if way == _WHOLE:
            return whole
        most = max(room or 0, usual.size if usual else 0) or None
        size = st.number_input(
            f"{unit} in a passage, at most",
            1,
            most,
            usual.size if usual else room or _USUAL_SIZE,
            key=_key("passage-size", whole),
            persist_state="session",
        )
        overlap = 0
        if way == "windows" and size > 1:
            overlap = st.number_input(
                f"{unit} that the next one repeats",
                0,
                size // 2,
                min(usual.overlap, size // 2) if usual and usual.by == way else size // _OVERLAP_SHARE,
                key=f"{_key('passage-overlap', whole)}-{size}",
                persist_state="session",
            )
    by = cast('Literal["sentences", "windows"]', way)
    wanted = PassageSpec(by, size, overlap, units.name)
    # Another encoder joins the open passages: those of its own tokens would be other rows.
    if opened is not None and (opened.by, opened.size, opened.overlap) == (by, size, overlap):
        return session.corpus

    def split(on_progress: OnProgress) -> PassageSpans:
        return split_texts(whole.texts, wanted, units, on_progress)

    key = ("passages", wanted, made_with, whole.items_fingerprint)
    spans = session_result_or_progress(session, key, "Splitting texts into passages", split, here=True)
    if spans is None:
        return None
    return draft().once(
        "passages",
        (whole.name, whole.fingerprint, wanted, spans),
        lambda: corpus_of_passages(whole, wanted, spans),
    )


def _opened(session: Session, whole: Corpus) -> PassageSpec | None:
    """How the open rows were split, if they are passages of these."""
    split = session.corpus.split_from
    if split is None or split.whole.name != whole.name or split.whole.fingerprint != whole.fingerprint:
        return None
    return split.spec


def _usual(session: Session, whole: Corpus) -> PassageSpec | None:
    """How the open rows were split, if they are passages of these or of those that these follow."""
    split, made_from = session.corpus.split_from, draft().rows_origin(whole)
    if split is not None and made_from is not None and made_from.added_to is split.whole:
        return split.spec
    return _opened(session, whole)


def _chosen_way(session: Session, whole: Corpus) -> str:
    drawn = st.session_state.get(_key("passages", whole)) or draft().passages.get(whole.name)
    usual = _usual(session, whole) if drawn is None else None
    return str(drawn or (usual.by if usual else _WHOLE))


def _units(spec: EncoderSpec) -> tuple[Units, int | None, tuple[str, ...]]:
    """What passages are measured in, how much of it the encoder reads, and what that depends on."""
    from explorer.encode.models import files_on_disk, is_on_disk

    if isinstance(spec, LocalModel) and is_on_disk(spec.model, spec.revision):
        files = files_on_disk(spec.model, revision=spec.revision, trust_remote_code=spec.trust_remote_code)
        if files is not None and has_fast_tokenizer(files):
            prompt = text_prompts(files.name, files.prompts, spec.task, document=spec.prompt).document
            units = TokenUnits(files, prompt)
            return units, units.room, (files.name, files.identity, prompt)
    return WORDS, None, ()


def _key(name: str, whole: Corpus) -> str:
    return f"{name}-{whole.name}-{draft().emptied}"
