"""Rows of a dataset on the Hub: choosing the split, columns and number of rows, and reading them."""

from __future__ import annotations

import html

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.data.corpus import Corpus
from explorer.data.hub.dataset import read_table
from explorer.data.hub.preview import Preview, preview_split
from explorer.data.hub.rows_link import HubRows
from explorer.data.images.images import FILE
from explorer.data.tables.source_table import SourceTable
from explorer.data.tables.values import count
from explorer.errors import ExplorerError
from explorer.hub.dataset_details import DatasetDetails
from explorer.hub.dataset_splits import DatasetSplit
from explorer.jobs.progress import OnProgress
from explorer.jobs.registry import Lane
from explorer.session.rows_origin import HUB
from explorer.session.session import Session
from explorer.settings import settings
from explorer.ui.data.column_choice import choose_captions
from explorer.ui.data.draft import draft
from explorer.ui.data.hub_preview import show_listing, show_preview
from explorer.ui.data.hub_search import OPENED, open_dataset_page, search_hub
from explorer.ui.data.hub_space import Described, look_up, read_button, read_space
from explorer.ui.shell.quantities import readable_size
from explorer.ui.shell.tab_jobs import ask_hub
from explorer.ui.shell.text import markdown

_USUAL_ROWS = 10_000
_CARD_HEIGHT = 420
_MAX_REVISION_CHARS = 128
_NO_LABEL = "(none)"


def choose_hub_rows(
    session: Session, contents: DeltaGenerator
) -> Corpus | SourceTable | ExplorerError | None:
    """Draw the search or the chosen dataset here, and its listing, card and preview in `contents`.

    Returns:
        The corpus that was read; a table if it holds vectors without texts; the error, already drawn, if
        reading failed; None while nothing has been read.
    """
    here = None if OPENED in st.session_state else _open_rows(session)
    name = here[0] if here else st.session_state.get(OPENED)
    if not name:
        return search_hub(session, contents)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.html(f'<b style="overflow-wrap: anywhere">{html.escape(name)}</b>', width="content")
        st.button(
            "Other datasets",
            icon=":material/arrow_back:",
            type="tertiary",
            on_click=open_dataset_page,
            args=(None,),
        )
    if here:
        return here[1]
    described = look_up(session, name, _choose_revision(name))
    if not isinstance(described, Described):
        return described
    with contents:
        if described.details is not None:
            show_listing(described.details.listing)
        if described.card:
            is_space = described.space is not None  # nothing else is there to be seen
            with (
                st.expander("Dataset card", expanded=is_space),
                st.container(height=_CARD_HEIGHT, border=False),
            ):
                st.html(described.card)
    if described.note:
        st.caption(markdown(described.note))
    if described.space is not None:
        return read_space(session, described.space)
    return None if described.details is None else _choose_rows(session, described.details, contents)


def _open_rows(session: Session) -> tuple[str, Corpus | SourceTable] | None:
    """The id of the open dataset and its rows, if the open corpus is from the Hub."""
    whole = session.corpus.whole
    if whole.origin is not None:
        return whole.origin.id, whole
    back = session.rows_origin
    return (back.source.name, back.source) if back is not None and back.place == HUB else None


def _choose_revision(name: str) -> str | None:
    """Draw the choice of a revision; None for the newest one."""
    revision = st.text_input(
        "Revision",
        key=f"hub-revision-{name}",
        placeholder="Newest",
        max_chars=_MAX_REVISION_CHARS,
        help="A branch, tag or commit. Its own files are read; without one, the Hub's conversion to Parquet "
        "is read if there is one. A link to the rows always contains the commit.",
        persist_state="session",
    )
    return (revision or "").strip() or None


def _choose_rows(
    session: Session, details: DatasetDetails, contents: DeltaGenerator
) -> Corpus | SourceTable | ExplorerError | None:
    split = _choose_split(details)
    preview = ask_hub(
        session,
        "preview",
        (details.listing.id, split.commit, split.config, split.split),
        f"Loading the first rows of {details.listing.id}",
        lambda _report: preview_split(details, split.config, split.split),
    )
    if not isinstance(preview, Preview):
        return preview
    wanted: HubRows | DatasetSplit = split
    read: Corpus | SourceTable | ExplorerError | None = None
    if preview.text is not None or preview.image is not None:
        wanted = _choose_columns(details.listing.id, split, preview)
    requested = draft().hub_rows == wanted
    if requested:
        title = f"Reading {details.listing.id}"
        read = ask_hub(session, "rows", wanted, title, lambda report: _read(wanted, report), lane=Lane.ROWS)
    if not isinstance(read, Corpus | SourceTable):
        with contents:
            show_preview(preview)
    if not requested:
        _offer(wanted, split, preview)
    return read


def _read(wanted: HubRows | DatasetSplit, on_progress: OnProgress) -> Corpus | SourceTable:
    if isinstance(wanted, HubRows):
        return wanted.read(on_progress)
    return read_table(wanted, on_progress)


def _offer(wanted: HubRows | DatasetSplit, split: DatasetSplit, preview: Preview) -> None:
    """Draw the button that reads the rows, with the size of the download."""
    if isinstance(wanted, HubRows):
        paths = [wanted.text, wanted.label, wanted.vectors, wanted.images]
        number = wanted.limit
        size = preview.download_bytes(split, paths, wanted.limit or 1)
    else:
        number, size = preview.rows, split.size
        if any(column.kind == "image" for column in preview.columns):
            st.caption("No column holds text. The columns that are not images are read as they are.")
        elif preview.columns:
            st.caption("No column holds text. The rows are read as they are; they may be vectors.")
    if split.kind == "streamed":
        most = settings().max_file_mb * 1_000_000
        st.caption(
            f"Rows are streamed, starting with the first file. At most {readable_size(most)} will be "
            "downloaded."
        )
    elif size is not None:
        st.caption(f"About {readable_size(size)} will be downloaded.")
    at_most = "up to " if split.kind == "streamed" and preview.rows is None else ""
    read_button("Read the rows" if number is None else f"Read {at_most}{count(number, 'row')}", wanted)


def _choose_split(details: DatasetDetails) -> DatasetSplit:
    usual = details.find_split(None, None)
    configs = list(dict.fromkeys(part.config for part in details.splits))
    config = usual.config
    if len(configs) > 1:
        config = st.selectbox(
            "Configuration",
            configs,
            index=configs.index(config),
            key=f"hub-config-{details.listing.id}",
            persist_state="session",
        )
    splits = [part.split for part in details.splits if part.config == config]
    split = details.find_split(config, None).split
    if len(splits) > 1:
        split = st.selectbox(
            "Split",
            splits,
            index=splits.index(split),
            key=f"hub-split-{details.listing.id}-{config}",
            persist_state="session",
        )
    return details.find_split(config, split)


def _choose_columns(name: str, split: DatasetSplit, preview: Preview) -> HubRows:
    key = f"{name}-{split.config}-{split.split}"
    usable = [column.path for column in preview.columns if column.kind not in ("vector", "image")]
    words = [column.path for column in preview.columns if column.kind in ("text", "label", "other")]
    vectors = [column.path for column in preview.columns if column.kind == "vector"]
    # The names of classes are no captions.
    classes = {column.path for column in preview.columns if column.classes}
    captions = [path for path in words if path not in classes] if preview.image else []
    images = preview.image or ""
    if images and captions and choose_captions(f"hub-by-{key}", usual=False):
        images = ""
    if images:
        words = [*words, FILE]
    guess = FILE if images and preview.text not in captions else preview.text
    text = st.selectbox(
        "Caption column" if preview.image else "Text column",
        words,
        index=words.index(guess) if guess in words else 0,
        format_func=lambda path: "(names of files)" if images and path == FILE else path,
        key=f"hub-text-{key}-{images}",
        persist_state="session",
    )
    labels = [_NO_LABEL, *(path for path in usable if path != text)]
    likely = (preview.label, *(sorted(classes) if images else ()))
    usual = next((path for path in likely if path and path in labels), _NO_LABEL)
    label = st.selectbox(
        "Label column",
        labels,
        index=labels.index(usual),
        key=f"hub-label-{key}-{text}",
        persist_state="session",
    )
    own = ""
    if vectors:
        own = st.selectbox(
            "Vectors",
            ["", *vectors],
            format_func=lambda path: f"Column “{path}”" if path else "Encode the texts",
            key=f"hub-vectors-{key}",
            help="Rows that include vectors need not be encoded.",
            persist_state="session",
        )
    most = min(preview.rows or settings().max_rows, settings().max_rows)
    streamed = split.kind == "streamed"
    with st.container(horizontal=True):
        limit = st.number_input(
            "Rows",
            1,
            max(1, most),
            max(1, min(_USUAL_ROWS, most)),
            step=1_000,
            key=f"hub-limit-{key}",
            help=(
                "The first rows, file after file."
                if streamed
                else "Drawn at random from randomly chosen parts of the files."
            ),
            persist_state="session",
        )
        seed = 0
        if not streamed:  # the first rows are the same whatever the seed
            seed = st.number_input(
                "Seed",
                0,
                2**31 - 1,
                0,
                key="hub-seed",
                help="The same seed draws the same rows.",
                persist_state="session",
            )
    return HubRows(
        name,
        split.commit,
        split.config,
        split.split,
        text,
        "" if label == _NO_LABEL else label,
        own,
        limit,
        seed,
        images,
    )
