"""The choice of what a model's card calls the data, so that its figures stand beside those measured here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from explorer.encode.spec import EncoderSpec, HostedModel, LocalModel
from explorer.errors import ExplorerError
from explorer.jobs.registry import Lane
from explorer.session.session import Session
from explorer.ui.shell.tab_jobs import answer_or_progress, ask_alone

if TYPE_CHECKING:
    from explorer.hub.card_results import CardFigure

_MEASURES = {
    "pairs": ("Spearman", "Pearson"),
    "duplicates": ("average precision", "best F1"),
    "queries": ("nDCG@10", "MRR@10"),
    "labels": ("linear probe", "V-measure"),
}
_CARD = "evaluation-card"
_NONE = "none of these"
_WIDTH = 300


def choose_dataset(session: Session, spec: EncoderSpec | None, kind: str) -> str | None:
    """Draw the choice of a dataset of the model's card, if it has figures of the kind.

    A card on the Hub is looked up only when it is asked for.

    Returns:
        The dataset's name in the card; None for none.
    """
    if not isinstance(spec, LocalModel | HostedModel):
        return None
    from explorer.evaluation.published import card_is_on_hub, dataset_names

    on_hub = card_is_on_hub(spec)
    if on_hub and not st.toggle(
        "Beside published figures",
        key="evaluate-published",
        help="Looks up the model's card on the Hub, and shows its figures for a dataset that you name.",
        persist_state="session",
    ):
        return None
    ask_alone(session, _CARD, spec, "Reading the model card", lambda _: _figures(spec), lane=Lane.HUB)
    found = answer_or_progress(session, _CARD, here=True)
    if not isinstance(found, list):
        return None
    names = dataset_names(found, _MEASURES[kind])
    if not names:
        if on_hub:
            st.caption("The model's card has no figures of this kind.")
        return None
    chosen: str = st.selectbox(
        "The card calls this data",
        [_NONE, *names],
        key=f"evaluate-card-dataset-{kind}-{spec.model}",
        width=_WIDTH,
        help="Its published figures are shown beside yours; they are comparable if the data is the same.",
        persist_state="session",
    )
    return None if chosen == _NONE else chosen


def _figures(spec: LocalModel | HostedModel) -> list[CardFigure]:
    """The figures of a model's card; none if a model on this machine has no card."""
    from explorer.evaluation.published import card_is_on_hub, card_of
    from explorer.hub.card_results import card_figures

    try:
        return card_figures(card_of(spec))
    except ExplorerError:
        if card_is_on_hub(spec):
            raise
        return []
