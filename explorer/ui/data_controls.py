"""The controls of the data page: where rows come from, which columns count, what encodes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import streamlit as st

from explorer.data.choose import make_corpus
from explorer.data.columns import guess_label, guess_text
from explorer.data.corpus import Corpus
from explorer.data.files import read_file, read_lines
from explorer.data.kinds import KINDS
from explorer.data.samples import SAMPLES, open_sample
from explorer.data.table import SourceTable
from explorer.encode.models import BUNDLED_MODEL
from explorer.encode.spec import EncoderSpec
from explorer.errors import ExplorerError
from explorer.settings import settings
from explorer.ui.session import MAX_PROMPT_CHARS, Session, choose_model, model_folders, model_name
from explorer.ui.text import show_error

_SAMPLE, _FILE, _LINES = "Sample", "File", "Pasted lines"
_NO_LABEL = "(none)"
_OTHER_MODEL = "Another model…"
# Session keys: what was read last, and the corpus made of it last.
_READ = "explorer-read"
_MADE = "explorer-made"
_MAX_PASTED_CHARS = 5_000_000


def choose_rows(session: Session) -> Corpus | ExplorerError | None:
    """Draw the choice of rows and columns.

    Returns:
        The corpus they make; the error, already drawn, when they make none; None while nothing is chosen.
    """
    source = st.segmented_control(
        "Rows from",
        [_SAMPLE, _FILE, _LINES],
        default=_SAMPLE,
        required=True,
        key="rows-from",
        persist_state="session",
    )
    try:
        if source == _SAMPLE:
            return _sample(session)
        table = _uploaded() if source == _FILE else _pasted()
        return None if table is None else _columns(table)
    except ExplorerError as error:
        show_error(error)
        return error


def choose_encoder(current: EncoderSpec) -> EncoderSpec | None:
    """Draw the choice of encoder, from the current one on; None while it names no model."""
    active = model_name(current.model)
    options = list(dict.fromkeys([BUNDLED_MODEL, *model_folders(), active, _OTHER_MODEL]))
    chosen = st.selectbox(
        "Model",
        options,
        index=options.index(active),
        format_func=lambda name: (
            f"{name.removeprefix('sentence-transformers/')} (bundled)" if name == BUNDLED_MODEL else name
        ),
        key="model-choice",
        persist_state="session",
    )
    if chosen == _OTHER_MODEL:
        chosen = st.text_input(
            "Hub id or folder",
            key="model-name",
            placeholder="owner/name",
            help="A model on the Hugging Face Hub, or a folder below the server's model folder.",
            persist_state="session",
        )
        if not (chosen or "").strip():
            return None
    precision = st.segmented_control(
        "Precision",
        ["auto", "float32"],
        format_func={"auto": "Fast", "float32": "Exact"}.__getitem__,
        default=current.precision,
        required=True,
        key="precision-choice",
        help="Fast computes in a short number type where a check on your own rows shows that it keeps the "
        "vectors (cosine of at least 0.9999 to the exact ones). Exact is float32.",
        persist_state="session",
    )
    with st.expander("Prompts"):
        st.caption(
            "Text put before each row or query. Some models expect one; leave empty for the model's own."
        )
        prompt = st.text_input(
            "Before each row", key="prompt-rows", max_chars=MAX_PROMPT_CHARS, persist_state="session"
        )
        query_prompt = st.text_input(
            "Before each query", key="prompt-queries", max_chars=MAX_PROMPT_CHARS, persist_state="session"
        )
    try:
        model = choose_model(str(chosen)) if chosen != BUNDLED_MODEL else BUNDLED_MODEL
    except ExplorerError as error:
        show_error(error)
        return None
    return EncoderSpec(
        model,
        "float32" if precision == "float32" else "auto",
        prompt=prompt or None,
        query_prompt=query_prompt or None,
    )


def _sample(session: Session) -> Corpus:
    names = list(SAMPLES)
    current = session.corpus.sample
    name = st.radio(
        "Sample",
        names,
        index=names.index(current) if current in names else 0,
        format_func=lambda name: SAMPLES[name].title,
        captions=[SAMPLES[name].description for name in names],
        key="sample",
        label_visibility="collapsed",
        persist_state="session",
    )
    return open_sample(str(name))


def _uploaded() -> SourceTable | None:
    file = st.file_uploader(
        "File",
        type=sorted(KINDS),
        max_upload_size=settings().max_file_mb,
        key="file",
        help="CSV, TSV, JSON Lines, Parquet, or plain text with one row a line.",
    )
    if file is None:
        # The widget forgets its file when another page is visited; what was read from it is still here.
        kept = cast("tuple[tuple[str, str], SourceTable] | None", st.session_state.get(_READ))
        return kept[1] if kept is not None and kept[0][0] == _FILE else None
    return _read_once((_FILE, file.file_id), lambda: read_file(file.getvalue(), file.name))


def _pasted() -> SourceTable | None:
    text = st.text_area(
        "One row a line",
        key="lines",
        height=220,
        max_chars=_MAX_PASTED_CHARS,
        placeholder="Paste or type texts here, one a line",
        persist_state="session",
    )
    if not text or not text.strip():
        return None
    return _read_once((_LINES, text), lambda: read_lines(text))


def _read_once(key: tuple[str, str], read: Callable[[], SourceTable]) -> SourceTable:
    """The table read last, if it is the one asked for: a rerun reads nothing again."""
    kept = cast("tuple[tuple[str, str], SourceTable] | None", st.session_state.get(_READ))
    if kept is None or kept[0] != key:
        kept = (key, read())
        st.session_state[_READ] = kept
    return kept[1]


def _columns(source: SourceTable) -> Corpus:
    names = source.table.column_names
    guessed = guess_text(source)
    text = st.selectbox(
        "Text column", names, index=names.index(guessed), key=f"text-{source.name}", persist_state="session"
    )
    label_guess = guess_label(source, text)
    labels = [_NO_LABEL, *(name for name in names if name != text)]
    label = st.selectbox(
        "Label column",
        labels,
        index=labels.index(label_guess) if label_guess in labels else 0,
        key=f"label-{source.name}-{text}",
        persist_state="session",
    )
    limit, seed = None, 0
    most = min(source.total_rows, settings().max_rows)
    if source.total_rows > 1:
        with st.expander("Use fewer rows"):
            limit = st.number_input(
                "Rows", 1, most, most, key=f"limit-{source.name}", persist_state="session"
            )
            seed = st.number_input(
                "Seed",
                0,
                2**31 - 1,
                0,
                key="seed",
                help="The same seed draws the same rows.",
                persist_state="session",
            )
    choices = (text, None if label == _NO_LABEL else label, limit, seed)
    made = cast("tuple[SourceTable, object, Corpus] | None", st.session_state.get(_MADE))
    if made is None or made[0] is not source or made[1] != choices:
        corpus = make_corpus(source, text=text, label=choices[1], limit=limit, seed=seed)
        made = (source, choices, corpus)
        st.session_state[_MADE] = made
    return made[2]
