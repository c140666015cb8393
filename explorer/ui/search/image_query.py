"""Searching by an image: one that a person brings, or that of a row, perhaps with words beside it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from explorer.data.corpus import Corpus
from explorer.data.images.decoding import ENDINGS
from explorer.data.images.images import IMAGE, ImageItem
from explorer.data.uploads.bounded import read_bounded
from explorer.jobs.progress import OnProgress
from explorer.jobs.registry import Lane
from explorer.session.session import Session
from explorer.settings import settings
from explorer.ui.shell.tab_jobs import answer_or_progress, ask_alone, forget, was_asked
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.items import image_html, jpeg_address, thumbnail_address
from explorer.ui.widgets.linked_choice import linked_choice

_IMAGE = "query-image"
_OPEN, _EMPTIED = "query-image-open", "query-image-emptied"
_MOST_MB = 20
_BUT, _SHARE = "but", "words-count"  # in the link
_BUT_CHARS = 500
_SHARES = {"alike": 0.5, "image": 0.1, "more-image": 0.25, "more-words": 0.75, "words": 0.9}
_SHARE_NAMES = {
    "alike": "Both alike",
    "image": "Mostly the image",
    "more-image": "More the image",
    "more-words": "More the words",
    "words": "Mostly the words",
}


@dataclass(frozen=True)
class QueryImage:
    """An image to search with.

    Attributes:
        item: The image.
        thumbnail: A small JPEG of it.
    """

    item: ImageItem
    thumbnail: bytes


def choose_image(session: Session, on_change: Callable[[], None]) -> QueryImage | None:
    """Draw where an image to search with is brought; return it, once it is read.

    It is read within the limits on uploads. It is kept by this tab alone, and is in no link and no record.

    Args:
        session: The visitor's session.
        on_change: Called when an image is brought or removed.
    """
    key = _key()
    with st.popover("By an image", icon=":material/image_search:", key=_OPEN, on_change="rerun"):
        file = st.file_uploader(
            "Image to search with",
            type=sorted(ending.removeprefix(".") for ending in ENDINGS),
            max_upload_size=min(_MOST_MB, settings().max_file_mb),
            key=key,
            on_change=_brought,
            args=(session, key, on_change),
        )
        st.caption("It is kept while this tab is open, and is in no link.")
    if file is not None:
        work = functools.partial(_read, file.getvalue(), file.name)
        ask_alone(session, _IMAGE, file.file_id, f"Reading {file.name}", work, lane=Lane.FILES)
    if not was_asked(_IMAGE):
        return None
    read = answer_or_progress(session, _IMAGE, here=True)
    return read if isinstance(read, QueryImage) else None


def show_image(session: Session, image: QueryImage, words: str) -> float:
    """Draw the image that is searched with; return how much the words beside it count, from 0 to 1."""
    with st.container(horizontal=True, vertical_alignment="center", key="asked-image"):
        address = jpeg_address(image.thumbnail, f"query-{image.item.key.hex()}")
        st.html(image_html(address, "The image to search with"), width="content")
        with st.container(gap="xsmall"):
            beside = " and by the words" if words else ". Words above are added to it"
            st.markdown(f"By the image **{markdown(image.item.name)}**{beside}.")
            share = _choose_share() if words else 0.0
            st.button("Remove the image", icon=":material/close:", on_click=_remove, args=(session,))
    return share


def choose_difference(corpus: Corpus, row: int) -> tuple[str, float]:
    """Draw the image of a row that others are like, and in what they are to differ.

    Returns:
        The words, empty if there are none, and how much they count, from 0 to 1.
    """
    with st.container(horizontal=True, vertical_alignment="center", key="asked-image"):
        st.html(image_html(thumbnail_address(corpus, row), corpus.texts[row]), width="content")
        with st.container(gap="xsmall"):
            typed = st.text_input(
                f"Like image {row + 1:,}, but …",
                key=_BUT,
                max_chars=_BUT_CHARS,
                placeholder="in blue, at night, seen from above",
                bind="query-params",
            )
            words = (typed or "").strip()
            share = _choose_share() if words else 0.0
    return words, share


def forget_difference() -> None:
    """Drop the words beside the image of a row: they were said of that row."""
    if _BUT in st.session_state:  # what is bound to a control cannot be taken out of the link itself
        st.session_state[_BUT] = ""


def _choose_share() -> float:
    chosen = linked_choice(
        "What counts",
        _SHARE_NAMES,
        key=_SHARE,
        width=190,
        help="The query is the average of both vectors, each of length 1, with a weight of 10, 25, 50, "
        "75 or 90 % for the words. Images often differ more from each other than in how well they fit words, "
        "so that with equal weights the image decides more.",
    )
    return _SHARES[chosen]


def _read(data: bytes, name: str, on_progress: OnProgress) -> QueryImage:
    images = read_bounded(data, name, on_progress=on_progress).images[IMAGE]
    item = images.item(0)
    if item is None:
        raise AssertionError(name)
    return QueryImage(item, images.thumbnail(0))


def _brought(session: Session, key: str, on_change: Callable[[], None]) -> None:
    """Close what the image was brought by; drop the one before."""
    on_change()
    if st.session_state[key] is None:
        forget(session, _IMAGE)
    else:
        st.session_state[_OPEN] = False


def _remove(session: Session) -> None:
    forget(session, _IMAGE)
    st.session_state[_EMPTIED] = st.session_state.get(_EMPTIED, 0) + 1


def _key() -> str:
    """The uploader's key, which changes when the image is removed: its file cannot be."""
    return f"{_IMAGE}-{st.session_state.get(_EMPTIED, 0)}"
