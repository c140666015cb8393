"""One encoder evaluated on pairs, duplicates, judged queries or labels."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

import streamlit as st

from explorer.comparison.contenders.names import names_of
from explorer.comparison.contenders.spec import ContenderSpec
from explorer.encode.spec import LocalModel, encodes_texts
from explorer.session.session import Session
from explorer.ui.compare.digest import digest
from explorer.ui.compare.encoded_spaces import encoded_spaces
from explorer.ui.compare.evaluate_material import KINDS, choose_material
from explorer.ui.compare.evaluate_published import choose_dataset
from explorer.ui.compare.evaluate_result import show_evaluation
from explorer.ui.compare.evaluate_work import Evaluating
from explorer.ui.shell.job_progress import session_result_or_progress
from explorer.ui.shell.text import markdown, quoted
from explorer.ui.widgets.linked_value import put_in_link

if TYPE_CHECKING:
    from explorer.analysis.space import Space
    from explorer.comparison.comparison import Comparison

_ASKED = "explorer-evaluation-asked"
_KIND = "evaluate-kind"
_NO_TEXTS = (
    "The rows came with their vectors and it is not known by which model, so the texts of pairs and queries "
    "cannot be encoded. Labels of the rows can be evaluated, and all of it once that model is chosen on the "
    "Data page."
)
_USUAL_PRECISION = 95  # %
_WIDTH = 300


def show_evaluate(session: Session, comparison: Comparison | None) -> None:  # noqa: ARG001 - it needs none
    """Draw the choice of an encoder and of what it is evaluated on, then the figures when asked for."""
    spaces = encoded_spaces(session)
    if not spaces:
        st.info(
            "An encoder can be evaluated once it has encoded the rows. BM25 has no vectors, and CSLS changes "
            "the scores of rows only.",
            icon=":material/info:",
        )
        return
    st.caption(
        "One encoder, measured as benchmarks do, on your own data. Which of several is better is for the "
        "scorecard to tell."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        spec = _choose_encoder(session, list(spaces))
        kind = _choose_kind(spec)
    if kind != "labels" and not encodes_texts(spec.encoder):
        st.info(_NO_TEXTS, icon=":material/label:")
        return
    material = choose_material(session, kind)
    if material is None:
        return
    space = spaces[spec]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = _choose_precision() if kind == "duplicates" else _USUAL_PRECISION
        dataset = choose_dataset(session, spec.encoder, kind)
    if kind in ("pairs", "duplicates"):
        _say_prompt(space)
    state = session.comparison
    _show_asked(session, Evaluating(spec, space, material, wanted / 100, dataset, state.k, state.groups))


def _choose_encoder(session: Session, specs: list[ContenderSpec]) -> ContenderSpec:
    names = names_of(specs, session.corpus.text)
    name: str = st.selectbox(
        "Encoder to evaluate",
        names,
        key=f"evaluate-encoder-{digest(specs)}",  # one for other contenders
        width=_WIDTH,
        help="The active encoder, and the contenders that have vectors.",
        persist_state="session",
    )
    return specs[names.index(name)] if name in names else specs[0]


def _choose_kind(spec: ContenderSpec) -> str:
    """Draw the choice of what it is evaluated on; the usual one is not in the link."""
    usual = "pairs" if encodes_texts(spec.encoder) else "labels"
    linked = st.query_params.get(_KIND)
    kind: str = st.segmented_control(
        "Evaluate on",
        list(KINDS),
        default=linked if linked in KINDS else usual,
        required=True,
        format_func=KINDS.__getitem__,
        key=_KIND,
        persist_state="session",
        wrap=True,
    )
    put_in_link(_KIND, kind, usual)
    return kind


def _choose_precision() -> int:
    chosen: int = st.number_input(
        "Precision wanted, %",
        min_value=1,
        max_value=100,
        value=_USUAL_PRECISION,
        key="evaluate-precision",
        width=_WIDTH,
        help="Of the pairs at or above the threshold, so many must be duplicates. Of all such thresholds the "
        "lowest is given, which finds the most.",
        persist_state="session",
    )
    return chosen


def _say_prompt(space: Space) -> None:
    """Say which prompt both texts of a pair get; benchmarks may use another one."""
    if isinstance(space.spec, LocalModel) and space.encoder.prompt:
        st.caption(
            f"Both texts get the prompt of the rows, {markdown(quoted(space.encoder.prompt))}. Where a "
            "published figure was measured with another one, choose that on the Data page."
        )


def _show_asked(session: Session, evaluating: Evaluating) -> None:
    """Draw the button that evaluates, and the figures once they were asked for."""
    key, kind = evaluating.key(session), evaluating.material.kind
    st.caption(markdown(evaluating.material.words))
    if st.session_state.get(_ASKED) != key and key not in session.results:
        st.button(
            "Evaluate",
            key="evaluate-now",
            type="primary",
            icon=":material/straighten:",
            on_click=_ask,
            args=(key,),
        )
        return
    found = session_result_or_progress(
        session, key, "Evaluating the encoder", evaluating.run, lane=evaluating.lane, here=True
    )
    if found is not None:
        show_evaluation(session, found, evaluating.material.words, f"{session.corpus.name}-{kind}")


def _ask(key: Hashable) -> None:
    st.session_state[_ASKED] = key
