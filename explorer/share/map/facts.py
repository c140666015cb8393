"""What made a map, and how far it can be trusted, in words."""

from __future__ import annotations

from collections.abc import Iterator

from explorer.analysis.projection import Projection
from explorer.analysis.space import Space
from explorer.analysis.trust import Trust
from explorer.numbers import percent
from explorer.share.space_facts import Facts, space_facts

_METHODS = {"umap": "UMAP", "umap-learn": "UMAP by umap-learn", "pca": "PCA"}


def map_facts(space: Space, projection: Projection, trust: Trust | None) -> Facts:
    """What made a map of a space.

    Args:
        space: The rows on it.
        projection: The map.
        trust: How far it can be trusted; None where that was not measured.
    """
    return (*space_facts(space), *_facts(projection, trust))


def _facts(projection: Projection, trust: Trust | None) -> Iterator[tuple[str, str]]:
    yield "Map", ", ".join(_made_by(projection))
    if projection.recall is not None and projection.recall < 1:
        yield "Neighbours found", percent(projection.recall)
    if trust is not None:
        over = f"over {trust.k} neighbours, exact for "
        sampled = len(trust.rows) < trust.total
        over += f"a sample of {len(trust.rows):,} of {trust.total:,} rows" if sampled else "all rows"
        yield "Trustworthiness", f"{trust.trustworthiness:.3f} of 1, {over}"
        yield "Continuity", f"{trust.continuity:.3f} of 1"


def _made_by(projection: Projection) -> Iterator[str]:
    yield _METHODS[projection.method]
    if projection.fallback is not None:
        why = "there are too few rows for UMAP" if projection.fallback == "few" else "all rows are equal"
        yield f"since {why}"
    if projection.neighbors is not None:
        yield f"{projection.neighbors:,} neighbours"
        yield f"minimum distance {projection.min_distance:g}"
        yield f"seed {projection.seed}"
    if projection.explained:
        yield f"{percent(sum(projection.explained))} of the variance"
    yield f"by {projection.metric} distance"
    if projection.densmap:
        yield "densMAP"
    if projection.supervised:
        yield "supervised by the labels"
