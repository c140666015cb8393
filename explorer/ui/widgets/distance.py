"""The choice of a distance, the same on every page."""

from __future__ import annotations

from typing import cast

from explorer.analysis.specs import Distance, MapMetric
from explorer.ui.widgets.linked_choice import linked_choice

_NAMES: dict[MapMetric, str] = {
    "cosine": "Cosine",
    "euclidean": "Euclidean",
    "manhattan": "Manhattan",
    "chebyshev": "Chebyshev",
    "correlation": "Correlation",
}
_OLDER = {"Cosine": "cosine", "Euclidean": "euclidean"}


def choose_distance(key: str, *, drawn: bool) -> Distance:
    """The choice, which the link holds under its key; see `linked_choice`."""
    return cast("Distance", _choose(key, ("cosine", "euclidean"), drawn=drawn))


def choose_map_metric(key: str, *, drawn: bool) -> MapMetric:
    """The choice among all metrics for umap-learn; see `choose_distance`."""
    return _choose(key, tuple(_NAMES), drawn=drawn)


def _choose(key: str, metrics: tuple[MapMetric, ...], *, drawn: bool) -> MapMetric:
    shown: dict[str, str] = {metric: _NAMES[metric] for metric in metrics}
    chosen = linked_choice("Distance", shown, key=key, width=150, drawn=drawn, older=_OLDER)
    return cast("MapMetric", chosen)
