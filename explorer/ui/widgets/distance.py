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


def choose_distance(key: str) -> Distance:
    """Draw the choice; the link holds it under its key."""
    return cast("Distance", _choose(key, ("cosine", "euclidean")))


def choose_map_metric(key: str) -> MapMetric:
    """Draw the choice among all metrics for umap-learn; the link holds it under its key."""
    return _choose(key, tuple(_NAMES))


def _choose(key: str, metrics: tuple[MapMetric, ...]) -> MapMetric:
    shown: dict[str, str] = {metric: _NAMES[metric] for metric in metrics}
    return cast("MapMetric", linked_choice("Distance", shown, key=key, width=150, older=_OLDER))
