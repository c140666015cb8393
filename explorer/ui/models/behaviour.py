"""Tests of the active encoder: what it tells apart, and what it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from explorer.data.images.image_rows import has_images
from explorer.encode.model_names import encoder_name
from explorer.encode.spec import encodes_texts
from explorer.errors import DataError
from explorer.jobs.registry import Lane
from explorer.session.session import Session
from explorer.ui.shell.job_progress import result_or_progress
from explorer.ui.shell.spaces import space_or_progress
from explorer.ui.shell.text import markdown, show_error

if TYPE_CHECKING:
    from explorer.analysis.space import Space
    from explorer.evaluation.behaviour import Behaviour, Case

_VERDICTS = {"yes": "✓ yes", "partly": "~ partly", "no": "✗ no", "too few": "too few to say"}
_LONGEST = 10_000  # characters


def show_behaviour(session: Session) -> None:
    """Draw the tests of the active encoder, once they are asked for."""
    name = encoder_name(session.encoder)
    with st.expander(
        f"Test {markdown(name)} before you trust it", key="behaviour", on_change="rerun"
    ) as part:
        if not part.open:
            return
        if not encodes_texts(session.encoder):
            st.info(
                "The rows came with their vectors and it is not known by which model, so there is none to "
                "test. Choose it on the Data page.",
                icon=":material/info:",
            )
            return
        space = space_or_progress(session, here=True)
        if space is None:
            return
        from explorer.evaluation.behaviour import own_cases  # brings torch, which the page need not wait for

        typed = st.text_area(
            "Cases of your own, one per line",
            "",
            height=80,
            max_chars=_LONGEST,
            key="behaviour-cases",
            placeholder="the card was declined | payment by card failed | the card was accepted",
            help="A text | the same in other words | something else, however similar its words. Without the "
            "last, the other lines are what it could be mixed up with.",
        )
        try:
            own = own_cases(typed.splitlines()) if typed.strip() else None
        except DataError as error:
            show_error(error)
            own = None
        st.caption(
            "A case passes if the text that means the same is the closest. Yes from 7 of 8 on, which "
            "guessing between two would reach once in 28 times; no up to half. Click the left edge of a "
            "test, or press Shift and Space on it, to see its cases."
        )
        if has_images(space.corpus):
            st.caption(
                "These tests are of texts. How well the model matches images with texts is measured on your "
                "own rows: with captions on Compare, under Images and captions; with labels on Classify."
            )
        if own is not None:
            _show_test(session, space, own)
        _show_test(session, space, None)


def _show_test(session: Session, space: Space, cases: tuple[Case, ...] | None) -> None:
    from explorer.evaluation.behaviour import check_behaviour

    found = result_or_progress(
        session,
        ("behaviour", cases),
        "Testing the encoder",
        lambda report: check_behaviour(space, cases=cases, on_progress=report),
        lane=Lane.QUERIES,
        here=True,
    )
    if found is not None:
        _show_found(found, "usual" if cases is None else "own")


def _show_found(found: tuple[Behaviour, ...], of: str) -> None:
    """Draw the answers to the usual tests or to one's own, and the cases of the one that is picked."""
    event = st.dataframe(
        {
            "test": [one.name for one in found],
            "answer": [_VERDICTS[one.verdict] for one in found],
            "passed": [f"{one.passed} of {len(one.tried)}" for one in found],
            "question": [one.question for one in found],
            "failed by most": ["" if one.tried[0].passed else one.tried[0].case.text for one in found],
        },
        column_config={"question": st.column_config.TextColumn(width="large")},
        hide_index=True,
        height="content",
        key=f"behaviour-{of}",
        on_select="rerun",
        selection_mode="single-row",
        alt=f"{of.capitalize()} tests of the encoder with their answers",
    )
    for at in event.selection.rows:
        st.dataframe(
            {
                "passed": ["✓" if one.passed else "✗" for one in found[at].tried],
                "text": [one.case.text for one in found[at].tried],
                "same meaning": [one.case.same for one in found[at].tried],
                "similarity": [one.to_same for one in found[at].tried],
                "closest other": [one.nearest_other for one in found[at].tried],
                "its similarity": [one.to_other for one in found[at].tried],
            },
            column_config={
                name: st.column_config.NumberColumn(format="%.3f", width="small")
                for name in ("similarity", "its similarity")
            },
            hide_index=True,
            height="content",
            key=f"behaviour-cases-{of}",
            alt=f"{of.capitalize()} cases of the test",
        )
