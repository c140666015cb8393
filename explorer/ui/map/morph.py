"""The map that the map turns into."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.projection import Projection, pca, project
from explorer.analysis.space import Space, make_index
from explorer.analysis.specs import MapSpec
from explorer.comparison.maps.alignment import align
from explorer.jobs.progress import OnProgress
from explorer.session.session import Session
from explorer.ui.map.choice import map_lane
from explorer.ui.shell.job_progress import result_or_progress
from explorer.ui.widgets.kept import kept
from explorer.ui.widgets.shown_rows import ShownRows


@dataclass(frozen=True, eq=False)
class OtherMap:
    """The map that the map turns into.

    Attributes:
        name: Its name on the slider.
        coordinates: The rows, laid over the first map, float64, shape (rows, 2).
        query: Where the text lies on it, float64, shape (2,); None where it was not placed.
    """

    name: str
    coordinates: NDArray[np.float64]
    query: NDArray[np.float64] | None = None


def other_map_or_progress(
    session: Session,
    shown_rows: ShownRows,
    spec: MapSpec,
    projection: Projection,
    morph: str,
    query: NDArray[np.float32] | None,
) -> OtherMap | None:
    """The chosen other map; None while it is being made, or if there is none.

    Args:
        session: Whose map.
        shown_rows: The rows on it.
        spec: How the first map was made.
        projection: The first map.
        morph: See `MapLook`.
        query: The vector of the text, shape (1, dims).
    """
    space = shown_rows.space
    if morph == "none":
        return None
    if morph == "pca":
        made = result_or_progress(
            session,
            ("pca", shown_rows.key, 2, spec.pca_metric),
            "PCA",
            lambda _report: pca(space.index, 2, metric=spec.pca_metric),
        )
        return None if made is None else _laid_over(session, projection, "PCA", made)
    if morph == "row":
        return _with_row(session, shown_rows, spec, projection, query)
    other = MapSpec("umap", 2, spec.pca_metric) if morph == "umap" else replace(spec, seed=spec.seed + 1)
    made = result_or_progress(
        session,
        ("map", shown_rows.key, other),
        f"UMAP of {len(shown_rows):,} rows, to morph to",
        lambda report: project(space.index, other, labels=space.corpus.labels, on_progress=report),
        lane=map_lane(other, len(shown_rows)),
    )
    if made is None:
        return None
    return _laid_over(session, projection, map_name(made, seeded=morph == "seed"), made)


def map_name(projection: Projection, *, seeded: bool) -> str:
    """What the slider calls a map; seeded if the seeds are what the two maps differ in."""
    if projection.method == "pca":
        return "PCA"
    return f"UMAP, seed {projection.seed}" if seeded else "UMAP"


def _laid_over(session: Session, projection: Projection, name: str, made: Projection) -> OtherMap:
    return kept(
        session,
        "other-map",
        (projection, made, name),
        lambda: OtherMap(name, align(made.coordinates, projection.coordinates).coordinates),
    )


def _with_row(
    session: Session,
    shown_rows: ShownRows,
    spec: MapSpec,
    projection: Projection,
    query: NDArray[np.float32] | None,
) -> OtherMap | None:
    if query is None:
        return None
    made = result_or_progress(
        session,
        ("map with a row", shown_rows.key, spec, query.tobytes()),
        "The map with the text as a row",
        _with_one_more(shown_rows.space, spec, query),
        lane=map_lane(spec, len(shown_rows)),
    )
    if made is None:
        return None

    def laid_over() -> OtherMap:
        laid = align(made.coordinates[:-1], projection.coordinates)
        return OtherMap("With the text", laid.coordinates, laid.place(made.coordinates[-1:])[0])

    return kept(session, "other-map", (projection, made), laid_over)


def _with_one_more(
    space: Space, spec: MapSpec, query: NDArray[np.float32]
) -> Callable[[OnProgress], Projection]:
    def work(report: OnProgress) -> Projection:
        index = make_index(np.concatenate([space.vectors, query]))
        return project(index, spec, on_progress=report)

    return work
