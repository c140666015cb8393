"""The rows farthest from all others, each with what is unusual about it."""

from __future__ import annotations

import html

import streamlit as st

from explorer.analysis.languages import language_name
from explorer.analysis.odd_rows import MOST_ROWS, FarRow, Isolation, Reason, isolation
from explorer.analysis.space import Space
from explorer.analysis.text_profile import TextProfile
from explorer.data.tables.values import shortened
from explorer.jobs.lanes import Lane
from explorer.session.session import Session
from explorer.ui.shell.job_progress import result_or_progress
from explorer.ui.widgets.image_strip import strip_html
from explorer.ui.widgets.item_words import count_rows
from explorer.ui.widgets.to_map import offer_on_map

_SHOWN = 5
_CHARS = 140
_ALL = "check-all-rows"


def isolation_or_progress(session: Session, space: Space, profile: TextProfile | None) -> Isolation | None:
    """How close rows are to their nearest; None while that is computed, which the page shows here."""
    every = len(space) <= MOST_ROWS or st.session_state.get(_ALL) == space.fingerprint
    return result_or_progress(
        session,
        ("isolation", every),
        "Looking for odd rows",
        lambda report: isolation(
            space, profile, most_rows=len(space) if every else MOST_ROWS, on_progress=report
        ),
        lane=Lane.QUICK if len(space) <= MOST_ROWS or not every else Lane.LONG,
        here=True,
    )


def show_far_rows(session: Session, space: Space, profile: TextProfile | None, found: Isolation) -> None:
    """Draw the rows with the lowest similarity to their nearest row.

    Args:
        session: The visitor's session.
        space: The open rows.
        profile: What their texts are like; None for images.
        found: How close rows are to their nearest.
    """
    if not found.farthest:
        st.markdown("There is one row only.")
        return
    drawn = "" if len(found.rows) == len(space) else " drawn at random"
    checked = f"{count_rows(space.corpus, len(found.rows))}{drawn}"
    if found.odd_count:
        verb = "is" if found.odd_count == 1 else "are"
        st.markdown(
            f"**{found.odd_count:,}** of {checked} {verb} unusually far from all others: no other row is as "
            f"close as {found.fence:.2f}."
        )
    else:
        st.markdown(f"None of {checked} is unusually far from the others. The farthest:")
    described = (found.farthest[: found.odd_count] or found.farthest)[:_SHOWN]
    for far in described:
        st.html(_described(space, profile, far))
    odd = found.odd.tolist() or [far.row for far in described]
    these = f"{'all' if found.odd_count else 'these'} {len(odd):,}"
    with st.container(horizontal=True):
        offer_on_map(
            session,
            odd,
            "odd rows" if found.odd_count else "farthest rows",
            key="odd-on-map",
            label=f"Show {these if len(odd) > 1 else 'it'} on the map",
            quiet=True,
        )
        if len(found.rows) < len(space):
            st.button(
                f"Check all {len(space):,} rows",
                key="odd-all",
                type="tertiary",
                icon=":material/manage_search:",
                on_click=_check_all,
                args=(space.fingerprint,),
            )


def _check_all(fingerprint: str) -> None:
    st.session_state[_ALL] = fingerprint


def _described(space: Space, profile: TextProfile | None, far: FarRow) -> str:
    captions = space.corpus.captions
    if profile is None:
        return _image_described(space, far)
    reasons = [_in_words(reason, profile) for reason in far.reasons] or ["only its meaning is unusual"]
    nearest = ""
    if not any(reason.kind == "no vector" for reason in far.reasons):
        nearest = (
            f" · nearest row at {far.similarity:.2f}: "
            f'<span dir="auto">{html.escape(shortened(captions[far.nearest], _CHARS // 2))}</span>'
        )
    return (
        f'<div class="far-row"><div dir="auto"><b>row {far.row + 1:,}</b> '
        f"{html.escape(shortened(captions[far.row], _CHARS))}</div>"
        f'<div class="why">{html.escape("; ".join(reasons))}{nearest}</div></div>'
    )


def _image_described(space: Space, far: FarRow) -> str:
    """The image with its caption, then its nearest."""
    caption = html.escape(shortened(space.corpus.captions[far.row], _CHARS))
    rows, why = [far.row, far.nearest], f"nearest row at {far.similarity:.2f}"
    if any(reason.kind == "no vector" for reason in far.reasons):
        rows, why = [far.row], "the encoder sees nothing in it"
    return (
        f'<div class="far-row">{strip_html(space.corpus, rows, numbered=True)}'
        f'<div dir="auto">{caption}</div><div class="why">{why}</div></div>'
    )


def _in_words(reason: Reason, profile: TextProfile) -> str:
    match reason.kind:
        case "no vector":
            return "the encoder knows none of its words"
        case "no letters":
            return "has no letters"
        case "short" | "long":
            unit = profile.unit.removesuffix("s") if reason.length == 1 else profile.unit
            return f"{reason.kind}: {reason.length:,} {unit}, where the median is {profile.median:,}"
        case "language":
            return f"in {language_name(reason.code)}"
        case "own words":
            return f"no other row has {', '.join(f'“{word}”' for word in reason.words)}"
