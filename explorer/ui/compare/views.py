"""The views of a comparison, and which one is shown."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, cast

import streamlit as st

from explorer.data.images.image_rows import has_images
from explorer.session.session import Session

if TYPE_CHECKING:
    from explorer.comparison.comparison import Comparison

VIEW = "compare-shows"
# Each view, and the function that draws it: imported when it is shown, since some bring torch.
VIEWS = {
    "Scorecard": "scorecard.show_scorecard",
    "Agreement": "agreement.show_agreement",
    "Rows": "rows.show_rows",
    "One query": "one_query.show_one_query",
    "Segments": "segments.show_segments",
    "Maps": "maps.show_maps",
    "Clusters": "clusters.show_clusters",
    "Migration": "migration.show_migration",
    "Cost": "cost.show_cost",
    "Judge": "judge.show_judge",
    "Evaluate": "evaluate.show_evaluate",
    "Images and captions": "modality.show_modality_gap",
    "Checks": "checks.show_checks",
}
_OF_IMAGES = "Images and captions"
_WITHOUT_COMPARISON = ("Evaluate", _OF_IMAGES)


def choose_view(session: Session) -> str:
    """Draw the choice of a view."""
    usual = next(iter(VIEWS))
    chosen = st.segmented_control(
        "View",
        [view for view in VIEWS if view != _OF_IMAGES or has_images(session.corpus)],
        default=usual,
        required=True,
        key=VIEW,
        label_visibility="collapsed",
        bind="query-params",
        wrap=True,
    )
    return chosen or usual  # a link may leave it empty


def show_view(view: str, session: Session, comparison: Comparison | None) -> None:
    """Draw a view of a comparison; while there is none, only a view that needs none."""
    if comparison is not None or view in _WITHOUT_COMPARISON:
        drawing_of(view)(session, comparison)


def drawing_of(view: str) -> Callable[[Session, Comparison | None], None]:
    """The function that draws a view."""
    module, _, name = VIEWS[view].partition(".")
    found = getattr(import_module(f"explorer.ui.compare.{module}"), name)
    return cast("Callable[[Session, Comparison | None], None]", found)
