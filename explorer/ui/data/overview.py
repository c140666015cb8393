"""The overview of a corpus: counts, token lengths, a preview and the source."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from explorer.data.corpus import Corpus
from explorer.data.images.image_rows import has_images, image_sizes
from explorer.data.tables.values import count
from explorer.encode.spec import EncoderSpec, OwnVectors
from explorer.numbers import percent
from explorer.session.session import Session
from explorer.ui.shell.save_session import offer_session_file
from explorer.ui.shell.text import as_html, markdown
from explorer.ui.widgets.figure_table import figure_table
from explorer.ui.widgets.figure_words import token_words
from explorer.ui.widgets.item_words import count_rows
from explorer.ui.widgets.items import grid_html
from explorer.ui.widgets.kept import kept
from explorer.ui.widgets.save_space import offer_space_file

if TYPE_CHECKING:
    import pyarrow as pa

    from explorer.analysis.space import Space
    from explorer.encode.tokens import TokenAudit

_PREVIEW_ROWS = 200
_PREVIEW_IMAGES = 24
_CUT_ROWS = 5


def show_name(corpus: Corpus, is_open: bool) -> None:
    """Draw the name of the corpus shown, and whether it is open or only previewed."""
    name = html.escape(corpus.name)
    st.html(f"{name} · open" if is_open else f"Preview of {name} · not open yet", width="content")


def open_label(session: Session, corpus: Corpus, spec: EncoderSpec) -> str:
    """The label of the button that opens a corpus with an encoder."""
    if corpus.fingerprint == session.corpus.fingerprint and spec == session.encoder:
        return "Open these rows"  # only the name differs: vectors and results are kept
    rows = count_rows(corpus, len(corpus)) if corpus.split_from is None else count(len(corpus), "passage")
    return f"{'Use' if isinstance(spec, OwnVectors) else 'Encode'} {rows}"


def offer_pages(session: Session, space: Space) -> None:
    """Draw the ways on, once the rows are encoded: to other pages, or into a file."""
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(key="next-page", width="content"):
            st.page_link("pages/overview.py", label="See the overview", icon=":material/dashboard:")
        st.page_link("pages/search.py", label="Search these rows", icon=":material/search:")
        offer_space_file(space)
        offer_session_file(session)


def show_counts(corpus: Corpus, audit: TokenAudit | None) -> None:
    """Draw the number of rows, of empty ones left out, of repeated ones, and of truncated rows.

    For images, their usual size in place of the last.
    """
    sizes = image_sizes(corpus)
    if len(sizes):
        _show_image_counts(corpus, sizes)
        return
    with st.grid(4, min_column_width=110):
        st.metric("Rows" if corpus.split_from is None else "Passages", f"{len(corpus):,}")
        st.metric(
            "Empty",
            f"{corpus.empty_rows:,}",
            help="Rows left out because their text is empty or blank.",
        )
        st.metric(
            "Repeated",
            f"{corpus.repeated:,}",
            help="Rows whose text already occurred. Each distinct text is encoded once.",
        )
        cut = "–" if audit is None else f"{len(audit.cut_rows):,}"
        st.metric("Truncated", cut, help="Rows longer than the encoder's maximum length.")
    for note in corpus.notes:
        st.caption(markdown(note))


def _show_image_counts(corpus: Corpus, sizes: NDArray[np.int64]) -> None:
    width, height = np.median(sizes, axis=0).astype(int)
    number = len(sizes)
    with st.grid(4, min_column_width=110):
        st.metric("Images", f"{number:,}")
        if number < len(corpus):
            st.metric(
                "Texts", f"{len(corpus) - number:,}", help="Rows without an image, encoded by their text."
            )
        st.metric(
            "Repeated",
            f"{corpus.repeated:,}",
            help="Rows whose image already occurred, pixel by pixel, whatever its file is called. Each "
            "distinct one is encoded once.",
        )
        st.metric(
            "Usual size",
            f"{width:,} × {height:,}",
            help="The median of the widths and of the heights, in pixels. Models read a few hundred a side.",
        )
    for note in corpus.notes:
        st.caption(markdown(note))


def show_audit(session: Session, corpus: Corpus, audit: TokenAudit) -> None:
    """Draw the token lengths of the rows, and how much of them is truncated."""
    from explorer.ui.widgets.figures import token_histogram

    st.plotly_chart(
        kept(session, "token-histogram", (audit,), lambda: token_histogram(audit)),
        key="token-histogram",
        config={"displayModeBar": False},
        alt=token_words(audit),
    )
    figure_table("token-table", "Rows by their number of tokens", lambda: _token_table(audit))
    if audit.max_length is None:
        st.caption("The encoder has no maximum length.")
        return
    cut = audit.cut_rows
    if not len(cut):
        st.caption(
            f"No row is longer than the {audit.max_length:,} tokens the encoder reads, so nothing is lost."
        )
        return
    st.caption(
        f"{len(cut):,} row{'s are' if len(cut) > 1 else ' is'} longer than the {audit.max_length:,} tokens "
        f"the encoder reads; {audit.lost_tokens:,} tokens ({percent(audit.lost_share)} of all) are never "
        "read."
    )
    with st.expander("The longest rows"):
        for row in cut[:_CUT_ROWS]:
            lost = int(audit.lengths[row]) - audit.max_length
            st.caption(f"Row {row + 1:,}: {audit.lengths[row]:,} tokens, {lost:,} not read")
            st.html(as_html(corpus.texts[row]))


def _token_table(audit: TokenAudit) -> pa.Table:
    import pyarrow as pa

    from explorer.ui.widgets.figures import token_bins

    edges, counts = token_bins(audit)
    return pa.table({"tokens, from": edges[:-1], "to": edges[1:] - 1, "rows": counts})


def show_preview(corpus: Corpus) -> None:
    """Draw the first rows, or those of each file, text column first; above them, some of the images."""
    if has_images(corpus):
        _show_images(corpus)
    order = [corpus.text, *([corpus.label] if corpus.label else []), *corpus.metadata]
    rows = _first_rows(corpus)
    st.dataframe(
        corpus.table.take(rows),
        column_order=order,
        column_config={corpus.text: st.column_config.TextColumn(width="large")},
        hide_index=True,
        key="preview",
        alt="The first rows of the corpus",
    )
    if len(corpus) > len(rows):
        first = "The first rows of each file," if corpus.file_column else "The first"
        st.caption(f"{first} {len(rows):,} of {len(corpus):,} rows.")


def _show_images(corpus: Corpus) -> None:
    """Draw images from all over the rows: the first ones are often of one kind."""
    rows = np.linspace(0, len(corpus) - 1, min(_PREVIEW_IMAGES, len(corpus))).astype(int).tolist()
    st.html(grid_html(corpus, rows))
    if len(corpus) > len(rows):
        st.caption(f"{len(rows):,} of {count_rows(corpus, len(corpus))}, from all over the rows.")


def _first_rows(corpus: Corpus) -> NDArray[np.int64]:
    """The rows of the preview, from 0: the first ones, as many of each file."""
    if not corpus.file_column:
        return np.arange(min(_PREVIEW_ROWS, len(corpus)))
    files = corpus.table[corpus.file_column].combine_chunks().dictionary_encode()
    places, share = files.indices.to_numpy(), max(1, _PREVIEW_ROWS // len(files.dictionary))
    return np.sort(
        np.concatenate([np.flatnonzero(places == n)[:share] for n in range(len(files.dictionary))])
    )


def show_source(corpus: Corpus) -> None:
    """Draw the source and the licence of a sample or a dataset of the Hub."""
    if corpus.source:
        licence = f"Licence: {markdown(corpus.licence)}." if corpus.licence else "No licence is given."
        st.caption(f"Source: {markdown(corpus.source.removesuffix('.'))}. {licence}")
