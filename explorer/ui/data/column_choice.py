"""The choice of columns and rows of a table, and whether they replace the open rows or follow them."""

from __future__ import annotations

import streamlit as st

from explorer.data.columns import guess_label, guess_text, text_columns
from explorer.data.corpus import Corpus
from explorer.data.images.collections import LABEL as FOLDERS
from explorer.data.images.images import FILE as FILE_NAMES
from explorer.data.tables.source_table import SourceTable
from explorer.data.tables.values import count
from explorer.errors import ExplorerError, TooLargeError
from explorer.session.rows_origin import FILE, LINES, RowsOrigin
from explorer.session.session import Session
from explorer.settings import settings
from explorer.ui.data.draft import draft, widget_key
from explorer.ui.data.vector_choice import choose_vectors
from explorer.ui.shell.text import markdown

_NO_LABEL = "(none)"
_IMAGES, _CAPTIONS = "Their images", "Their captions"
_REPLACE, _ADD = "Replace the open rows", "Add to the open rows"


def choose_columns(session: Session, place: str, table: SourceTable) -> Corpus | ExplorerError | None:
    """Draw the choice of columns and of how many rows, and whether they replace the open rows.

    Args:
        session: The visitor's session.
        place: Where the table is from, one of `PLACES`.
        table: The table.

    Returns:
        The corpus; the error, already drawn, if the texts of vectors cannot be read; None while a table
        without texts waits for them.

    Raises:
        DataError: As `choose_vectors`, `make_corpus` and `add_rows`, or there is no room for more rows.
        VectorError: A row's vector cannot be used.
    """
    opened = session.rows_origin
    before = _added_to(session, place, table) if place in (FILE, LINES) else None
    chosen = choose_vectors(session, table) if before is None else (table, None)
    if not isinstance(chosen, tuple):
        return chosen
    source, vectors = chosen
    back = opened if opened is not None and opened.source is source else None
    names = source.table.column_names
    keyed = source.name if before is None else f"{source.name}-{len(before)}"  # the usual choices differ
    usual = _usual_texts(source, opened, before)
    by_captions = _chooses_captions(source, back, keyed) if source.images else False
    text = st.selectbox(
        "Caption column" if source.images else "Text column",
        names,
        index=names.index(usual[0]),
        key=widget_key(f"text-{keyed}"),
        persist_state="session",
    )
    texts = (text,) if source.images else (text, *_joined(source, text, usual, keyed))
    labels = [_NO_LABEL, *(name for name in names if name not in texts)]
    if back is not None and back.text == texts:
        usual_label = back.label
    elif back is None and before is not None and before.label in labels:
        usual_label = before.label
    else:
        usual_label = guess_label(source, *texts)
    label = st.selectbox(
        "Label column",
        labels,
        index=labels.index(usual_label) if usual_label in labels else 0,
        key=widget_key(f"label-{keyed}-{'-'.join(texts)}"),
        persist_state="session",
    )
    limit, seed = None, 0
    most = min(source.total_rows, _room(source, before))
    if source.total_rows > 1:
        with st.expander("Use fewer images" if source.images else "Use fewer rows"):
            limit = st.number_input(
                "Images" if source.images else "Rows",
                1,
                most,
                min(most, back.limit or most) if back else most,
                key=widget_key(f"limit-{keyed}-{most}"),  # all of other rows are chosen at first
                persist_state="session",
            )
            seed = st.number_input(
                "Seed",
                0,
                2**31 - 1,
                back.seed if back else 0,
                key=widget_key("seed"),
                help="The same seed draws the same rows.",
                persist_state="session",
            )
    label = None if label == _NO_LABEL else label
    wanted = RowsOrigin(place, source, texts, label, limit, seed, vectors, before, by_captions=by_captions)
    if back == wanted:
        return session.corpus.whole
    return draft().corpus(wanted)


def _chooses_captions(source: SourceTable, back: RowsOrigin | None, keyed: str) -> bool:
    """Draw what rows with images are encoded by; return whether it is their captions."""
    # Names of files and folders, which every collection has, are no captions.
    if not set(_text_columns(source)) - {FILE_NAMES, FOLDERS}:
        st.caption("Rows are encoded by their images.")
        return False
    usual = back is not None and back.by_captions
    return choose_captions(widget_key(f"encoded-by-{keyed}"), usual=usual)


def choose_captions(key: str, *, usual: bool) -> bool:
    """Draw the choice between images and captions; return whether rows are encoded by their captions.

    Args:
        key: The key of the control.
        usual: What is chosen at first.
    """
    chosen = st.segmented_control(
        "Rows are encoded by",
        [_IMAGES, _CAPTIONS],
        default=_CAPTIONS if usual else _IMAGES,
        required=True,
        key=key,
        help="By images, words and images find them, with a model for both. By captions, rows are texts like "
        "any others, for every encoder, and their images are left out.",
        persist_state="session",
    )
    return bool(chosen == _CAPTIONS)


def _added_to(session: Session, place: str, table: SourceTable) -> Corpus | None:
    """Draw the choice between other rows and more rows; return the rows that these are to follow, if any."""
    opened = session.rows_origin
    back = opened if opened is not None and opened.source is table else None
    if back is not None and back.added_to is None:
        return None  # they are the open rows
    again = opened.added_to if opened is not None and _is_read_again(opened, place, table) else None
    choice = st.radio(
        "What becomes of the open rows",
        [_REPLACE, _ADD],
        index=0 if again is None else 1,
        key=widget_key(f"adding-{table.name}"),
        label_visibility="collapsed",
        persist_state="session",
    )
    if choice == _REPLACE:
        return None
    before = session.corpus.whole if again is None else again
    split = "" if session.corpus.split_from is None else " All are split into passages again."
    st.caption(
        f"These rows follow the {count(len(before), 'row')} of {markdown(before.name)}.{split} Other columns "
        "than text and label are matched by name. Only texts that are new are encoded."
    )
    return before


def _is_read_again(opened: RowsOrigin, place: str, table: SourceTable) -> bool:
    """Whether a table is that of the open rows or made anew in its place.

    These are lines that were changed, and a file that was read in another encoding.
    """
    if place != opened.place:
        return False
    if opened.source is table or place == LINES:
        return True
    before, now = opened.source.file, table.file
    if before is None or now is None or len(before) != len(now):
        return False
    return draft().once(
        "the same file", (opened.source, table), lambda: memoryview(before) == memoryview(now)
    )


def _usual_texts(source: SourceTable, opened: RowsOrigin | None, before: Corpus | None) -> tuple[str, ...]:
    """The text columns that are chosen at first: as they are open, as in the rows before, or guessed."""
    if opened is not None and opened.source is source:
        return opened.text
    if before is not None:
        columns = _text_columns(source)
        for texts in (opened.text if opened is not None else (), (before.text,)):
            if texts and set(texts) <= set(columns):
                return texts
    return (guess_text(source),)


def _room(source: SourceTable, before: Corpus | None) -> int:
    """The most rows that can be used of a table.

    Raises:
        TooLargeError: There can be none beside the rows to which they are added.
    """
    most = settings().max_rows
    if before is None:
        return most
    if len(before) >= most:
        raise TooLargeError(
            f"The open rows are {len(before):,} already; up to {most:,} are read.",
            where=source.name,
            fix="Replace the open rows, open fewer of them, or ask the host to raise EXPLORER_MAX_ROWS.",
        )
    return most - len(before)


def _text_columns(source: SourceTable) -> list[str]:
    return draft().once("text columns", source, lambda: text_columns(source))


def _joined(source: SourceTable, text: str, usual: tuple[str, ...], keyed: str) -> list[str]:
    """Draw the choice of columns whose texts follow those of the text column, if there are any."""
    others = [name for name in _text_columns(source) if name != text]
    if not others:
        return []
    before = usual[1:] if usual[0] == text else ()
    return st.multiselect(
        "Followed by",
        others,
        default=[name for name in before if name in others],
        key=widget_key(f"joined-{keyed}-{text}"),
        placeholder="No other column",
        help="Texts of several columns are joined, in this order, with an empty line between them. What is "
        "empty is left out, and each column stays as it is beside the joined one.",
        persist_state="session",
    )
