"""What can be said of the texts before they are encoded: counts, languages, lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from explorer.analysis.languages import language_name
from explorer.jobs.progress import OnProgress
from explorer.numbers import percent
from explorer.session.session import Session
from explorer.ui.shell.job_progress import session_result_or_progress
from explorer.ui.widgets.token_audit import audit_or_progress

if TYPE_CHECKING:
    from explorer.analysis.text_profile import LanguageShare, TextProfile


def show_texts(session: Session) -> TextProfile | None:
    """Draw the counts of the open rows; return what their texts are like, None while that is measured."""
    corpus = session.corpus

    def measure(_report: OnProgress) -> TextProfile:
        from explorer.analysis.text_profile import profile_texts

        return profile_texts(corpus.texts)

    counts = st.grid(5, min_column_width=120, key="counts")
    profile = session_result_or_progress(
        session, ("text profile", corpus.items_fingerprint), "Reading the texts", measure, here=True
    )
    audit = audit_or_progress(session, corpus, session.encoder)
    with counts:
        st.metric("Rows", f"{len(corpus):,}")
        st.metric(
            "Repeated texts",
            f"{corpus.repeated:,}",
            help="Rows whose text occurs in an earlier row, letter by letter.",
        )
        st.metric(
            "Not read to the end",
            "–" if audit is None else f"{len(audit.cut_rows):,}",
            help="Rows longer than the encoder reads. What follows its last token changes nothing.",
        )
        if profile is None:
            st.metric("Language", "–")
            st.metric("Length", "–")
            return None
        first = profile.languages[0] if profile.languages else None
        told = sum(map(bool, profile.codes))
        st.metric(
            "Language",
            "not told" if first is None else _named(first),
            help=f"Of {told:,} rows whose language can be told, among "
            f"{'all' if len(profile.sample) == len(corpus) else 'a random'} {len(profile.sample):,}: "
            + ", ".join(f"{language_name(one.code)} {one.rows:,}" for one in profile.languages[:12])
            if first is not None
            else "The texts are too short, or have no words.",
        )
        st.metric(
            "Median length",
            f"{profile.median:,} {profile.unit}",
            help=f"From {int(profile.lengths.min()):,} to {int(profile.lengths.max()):,} {profile.unit}.",
        )
    return profile


def _named(language: LanguageShare) -> str:
    name = language_name(language.code)
    return name if language.share == 1 else f"{name} {percent(language.share)}"
