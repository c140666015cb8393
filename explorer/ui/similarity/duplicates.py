"""Near-duplicates among all shown rows: groups, the row kept of each, pairs, and files without them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from explorer.analysis.duplicates import DuplicateGroup, Duplicates
from explorer.analysis.space import Space
from explorer.data.corpus import Corpus
from explorer.data.images.image_rows import has_images, has_only_images
from explorer.data.tables.values import shortened
from explorer.numbers import threshold_text
from explorer.session.session import Session
from explorer.share.export import rows_table
from explorer.ui.shell.text import markdown
from explorer.ui.similarity.pairs import compared_html, show_pair
from explorer.ui.similarity.threshold import choose_threshold, show_advice, threshold_within_bound
from explorer.ui.widgets.close_pairs import close_pairs_or_progress, lost_words
from explorer.ui.widgets.downloads import download_table
from explorer.ui.widgets.item_words import item_word, text_word
from explorer.ui.widgets.items import item_html
from explorer.ui.widgets.kept import kept
from explorer.ui.widgets.shown_rows import ShownRows, shown_rows_of
from explorer.ui.widgets.thumbnail_column import NO_THUMBNAILS, ThumbnailColumn, thumbnail_column

_GROUPS, _PAIRS = "Groups", "Pairs"
_SHOWN = 1_000  # groups or pairs in a table
_SHOWN_MEMBERS = 20
_TEXT_CHARS = 200
_HEADING_CHARS = 60
_EXACT = {
    "text": "Rows whose exact text already occurred.",
    "image": "Images whose pixels already occurred, whatever the name and format of their files.",
    "row": "Rows whose exact text, or the pixels of whose image, already occurred.",
}


def show_duplicates(session: Session, space: Space) -> None:
    """Draw the near-duplicates among the shown rows, and offer a file with one row of each group."""
    threshold = choose_threshold()
    rows = shown_rows_of(session, space)
    close = close_pairs_or_progress(session, rows, threshold)
    if close is None:
        return
    threshold = threshold_within_bound(close, threshold)
    show_advice(session, rows, close, threshold)
    found = kept(
        session,
        "duplicates",
        (close, threshold, session.preferred_rows),
        lambda: close.duplicates(threshold).keeping(_among(rows, session.preferred_rows)),
    )
    left = int(found.keep.sum())
    near, word = len(rows) - found.repeated - left, item_word(rows.space.corpus)
    with st.grid(4, min_column_width=110):
        st.metric("Exact repeats", f"{found.repeated:,}", help=_EXACT[word])
        st.metric(
            "Near pairs",
            f"{len(found.pairs):,}",
            help=f"Pairs of different {word}s at or above the threshold.",
        )
        st.metric("Groups", f"{len(found.groups):,}", help="Rows connected by exact repeats or near pairs.")
        st.metric("Kept", f"{left:,}", help="Rows left when one of each group is kept.")
    if not found.groups:
        st.info(
            "No two rows are that similar. Lower the threshold to see the closest pairs.",
            icon=":material/search_off:",
        )
        return
    st.caption(
        f"{len(rows):,} rows − {found.repeated:,} exact repeats − {near:,} near-duplicates = {left:,} kept."
    )
    if lost := lost_words(space):
        st.caption(f"{lost} Look at the marked differences before you drop rows.")
    _actions(session, rows, found)
    listed = st.segmented_control(
        "List",
        [_GROUPS, _PAIRS],
        default=_GROUPS,
        required=True,
        key="duplicates-list",
        label_visibility="collapsed",
        bind="query-params",
    )
    if listed == _PAIRS:
        _show_pairs(rows, found)
    else:
        _show_groups(session, rows, found)


def _among(rows: ShownRows, preferred: Sequence[int]) -> tuple[int, ...]:
    """The places of rows of the corpus among the shown ones, in their order; others are left out."""
    places = {row: place for place, row in enumerate(rows.rows.tolist())}
    return tuple(places[row] for row in preferred if row in places)


def _actions(session: Session, rows: ShownRows, found: Duplicates) -> None:
    corpus = session.corpus
    members = np.concatenate([group.rows for group in found.groups])
    grouped = rows.rows[members]
    with st.container(horizontal=True):
        download_table(
            "Keep one of each group",
            lambda: rows_table(corpus, rows.rows[found.keep], {}),
            f"{corpus.name}-without-duplicates",
            kind="primary",
        )
        numbers = np.repeat(np.arange(1, len(found.groups) + 1), [len(group) for group in found.groups])
        download_table(
            "Groups",
            lambda: rows_table(corpus, grouped, {"group": numbers, "kept": found.keep[members]}),
            f"{corpus.name}-groups",
        )
        st.button(
            "Select all grouped rows",
            icon=":material/select_all:",
            on_click=session.select,
            args=(grouped, f"near-duplicates from {threshold_text(found.threshold)}"),
        )


def _show_groups(session: Session, rows: ShownRows, found: Duplicates) -> None:
    shown = found.groups[:_SHOWN]
    corpus, word = rows.space.corpus, item_word(rows.space.corpus)
    firsts = [int(group.rows[0]) for group in shown]
    thumbnails = thumbnail_column(corpus, firsts)
    place = _table(
        {
            "rows": [len(group) for group in shown],
            "closest": [group.score for group in shown],
            **thumbnails.values,
            f"first {word}": [shortened(corpus.captions[row], _TEXT_CHARS) for row in firsts],
        },
        thumbnails,
        key=f"groups-{found.threshold}",
        about="Groups of near-duplicates, the largest first",
    )
    if len(found.groups) > _SHOWN:
        st.caption(
            f"The largest {_SHOWN:,} of {len(found.groups):,} groups; the downloads include all of them."
        )
    _show_group(session, rows, found, shown[place])


def _show_group(session: Session, rows: ShownRows, found: Duplicates, group: DuplicateGroup) -> None:
    """Draw a group: the row that is kept, and what differs from it in the others."""
    corpus, numbers = rows.space.corpus, rows.rows
    first = markdown(shortened(corpus.captions[group.rows[0]], _HEADING_CHARS))
    st.header(f"{first} · {len(group):,} rows, closest {group.score:.3f}", anchor=False)
    others = group.rows[group.rows != group.kept]
    with st.container(border=True):
        why = "the first of the group" if group.keeps_first else "your choice"
        st.html(f"<b>Row {numbers[group.kept] + 1:,} is kept</b>: {why}{item_html(corpus, group.kept)}")
    for row in others[:_SHOWN_MEMBERS].tolist():
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            same = found.first[row] == found.first[group.kept]
            text = _same_html(corpus, row) if same else compared_html(corpus, row, group.kept)
            st.html(f"<b>Row {numbers[row] + 1:,}</b>{text}", width="stretch")
            st.button(
                "Keep this one",
                key=f"keep-{row}",
                icon=":material/bookmark:",
                type="tertiary",
                on_click=session.prefer,
                args=(int(numbers[row]),),
            )
    if len(others) > _SHOWN_MEMBERS:
        st.caption(
            f"The first {_SHOWN_MEMBERS:,} of {len(others):,} others; the downloads include all of them."
        )


def _same_html(corpus: Corpus, row: int) -> str:
    """An exact repeat; of an image, its caption and the name of its file can differ."""
    if not has_images(corpus):
        return "<br>The same text."
    return f": the same {'pixels' if has_only_images(corpus) else 'content'}{item_html(corpus, row)}"


def _show_pairs(rows: ShownRows, found: Duplicates) -> None:
    if not len(found.pairs):
        word = item_word(rows.space.corpus)
        st.info(f"All groups are exact repeats: no two different {word}s are that similar.")
        return
    captions, numbers, shown = rows.space.corpus.captions, rows.rows, slice(0, _SHOWN)
    text = text_word(rows.space.corpus)
    left, right = found.pairs.left[shown], found.pairs.right[shown]
    place = _table(
        {
            "similarity": found.pairs.scores[shown],
            "row": numbers[left] + 1,
            text: [shortened(captions[row], _TEXT_CHARS) for row in left],
            "other row": numbers[right] + 1,
            f"other {text}": [shortened(captions[row], _TEXT_CHARS) for row in right],
        },
        NO_THUMBNAILS,
        key=f"pairs-{found.threshold}",
        about="Pairs of near-duplicates, closest first",
    )
    if len(found.pairs) > _SHOWN:
        st.caption(f"The closest {_SHOWN:,} of {len(found.pairs):,} pairs.")
    show_pair(rows, int(left[place]), int(right[place]), float(found.pairs.scores[place]))


def _table(
    columns: dict[str, Sequence[object] | np.ndarray], thumbnails: ThumbnailColumn, *, key: str, about: str
) -> int:
    """Draw a table and return the line that is picked in it, from 0; the first if none is."""
    scores = st.column_config.NumberColumn(format="%.3f", width="small")
    rows = st.column_config.NumberColumn(width="small")
    picked = st.dataframe(
        columns,
        column_config={
            "similarity": scores,
            "closest": scores,
            "rows": rows,
            "row": rows,
            "other row": rows,
            **{f"first {word}": st.column_config.TextColumn(width="large") for word in _EXACT},
            **thumbnails.config,
        },
        row_height=thumbnails.row_height,
        hide_index=True,
        height=300,
        key=key,
        on_select="rerun",
        selection_mode="single-row",
        alt=about,
    )
    return next(iter(picked.selection.rows), 0)
