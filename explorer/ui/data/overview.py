"""The overview of a corpus: counts, token lengths, a preview and the source."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import streamlit as st

from explorer.data.corpus import Corpus
from explorer.encode.spec import EncoderSpec, OwnVectors
from explorer.session.session import Session
from explorer.ui.shell.text import as_html, markdown

if TYPE_CHECKING:
    from explorer.encode.tokens import TokenAudit

_PREVIEW_ROWS = 200
_CUT_ROWS = 5


def show_name(corpus: Corpus, is_open: bool) -> None:
    """Draw the name of the corpus shown, and whether it is open or only previewed."""
    name = html.escape(corpus.name)
    st.html(f"{name} · open" if is_open else f"Preview of {name} · not open yet", width="content")


def open_label(session: Session, corpus: Corpus, spec: EncoderSpec) -> str:
    """The label of the button that opens a corpus with an encoder."""
    if corpus.fingerprint == session.corpus.fingerprint and spec == session.encoder:
        return "Open these rows"  # only the name differs: vectors and results are kept
    rows = f"{len(corpus):,} row{'' if len(corpus) == 1 else 's'}"
    return f"{'Use' if isinstance(spec, OwnVectors) else 'Encode'} {rows}"


def show_counts(corpus: Corpus, audit: TokenAudit | None) -> None:
    """Draw the number of rows, of empty ones left out, of repeated texts and of truncated rows."""
    with st.grid(4, min_column_width=110):
        st.metric("Rows", f"{len(corpus):,}")
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


def show_audit(corpus: Corpus, audit: TokenAudit) -> None:
    """Draw the token lengths of the rows, and how much of them is truncated."""
    from explorer.ui.widgets.figures import token_histogram

    st.plotly_chart(
        token_histogram(audit),
        key="token-histogram",
        config={"displayModeBar": False},
        alt="Histogram of the number of tokens in a row",
    )
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
        f"the encoder reads; {audit.lost_tokens:,} tokens ({audit.lost_share:.1%} of all) are never read."
    )
    with st.expander("The longest rows"):
        for row in cut[:_CUT_ROWS]:
            lost = int(audit.lengths[row]) - audit.max_length
            st.caption(f"Row {row + 1:,}: {audit.lengths[row]:,} tokens, {lost:,} not read")
            st.html(as_html(corpus.texts[row]))


def show_preview(corpus: Corpus) -> None:
    """Draw the first rows, text column first."""
    order = [corpus.text, *([corpus.label] if corpus.label else []), *corpus.metadata]
    shown = corpus.table.slice(0, _PREVIEW_ROWS)
    st.dataframe(
        shown,
        column_order=order,
        column_config={corpus.text: st.column_config.TextColumn(width="large")},
        hide_index=True,
        key="preview",
        alt="The first rows of the corpus",
    )
    if len(corpus) > _PREVIEW_ROWS:
        st.caption(f"The first {_PREVIEW_ROWS} of {len(corpus):,} rows.")


def show_source(corpus: Corpus) -> None:
    """Draw the source and the licence of a sample or a dataset of the Hub."""
    if corpus.source:
        licence = f"Licence: {markdown(corpus.licence)}." if corpus.licence else "No licence is given."
        st.caption(f"Source: {markdown(corpus.source.removesuffix('.'))}. {licence}")
