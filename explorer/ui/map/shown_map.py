"""The map that the page shows: its points, what their colours show, and the text and row looked for on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.placing import place
from explorer.analysis.projection import Projection, pca, project
from explorer.analysis.space import Hit, Space
from explorer.analysis.specs import MapSpec
from explorer.session.session import Session
from explorer.share.map.colouring import Colouring
from explorer.ui.map.choice import MapLook, map_lane
from explorer.ui.map.colour import colouring_of
from explorer.ui.shell.job_progress import result_or_progress
from explorer.ui.shell.queries import query_vectors_or_progress
from explorer.ui.widgets.kept import kept
from explorer.ui.widgets.shown_rows import ShownRows

_FOUND = 30
_NEIGHBOURS_SHOWN = 8


@dataclass(frozen=True, eq=False)
class Found:
    """A text on the map.

    Attributes:
        vector: Its vector, float32, shape (1, dims).
        place: Where it lies, float32, shape (dims of the map,).
        points: The points closest to it in the full space, best first, int64, shape (points,).
        scores: Their similarity to it, float32, shape (points,).
    """

    vector: NDArray[np.float32]
    place: NDArray[np.float32]
    points: NDArray[np.int64]
    scores: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class ShownMap:
    """A map as the page shows it.

    Attributes:
        rows: The rows on it.
        spec: How the requested map is made.
        projection: The map: the requested one, or PCA's until that is ready.
        ready: Whether it is the requested one.
        colouring: What the colours show.
        visible: Which points pass the filters, shape (points,); None for all.
        found: The text that is looked for; None without one, or while it is being placed.
        near: The rows nearest to a single selected one in the full space, best first; none for other
            selections.
    """

    rows: ShownRows
    spec: MapSpec
    projection: Projection
    ready: bool
    colouring: Colouring
    visible: NDArray[np.bool_] | None
    found: Found | None
    near: list[Hit]

    @property
    def drawn(self) -> NDArray[np.int64]:
        """The points that are drawn, in the order of the rows, int64, shape (drawn,)."""
        return np.arange(len(self.rows)) if self.visible is None else np.flatnonzero(self.visible)


def map_or_progress(
    session: Session, space: Space, rows: ShownRows, spec: MapSpec, look: MapLook
) -> ShownMap | None:
    """The map that was chosen, or PCA's until it is ready; None while neither is.

    Args:
        session: Whose map.
        space: All rows.
        rows: Those on the map.
        spec: How it is made.
        look: How it looks.
    """
    projection, ready = _projection(session, rows, spec)
    if projection is None:
        return None
    vectors = query_vectors_or_progress(session, [space], (look.query,)) if look.query else None
    query = None if vectors is None else vectors[0]
    colouring = colouring_of(session, rows, look, spec, projection, query)
    passing = session.passing
    visible = None if passing is None or passing.all() else passing[rows.rows]
    found = None if query is None else _found_or_progress(session, rows, spec, projection, query, visible)
    near = _near_selected(session, space)
    return ShownMap(rows, spec, projection, ready, colouring, visible, found, near)


def _projection(session: Session, shown_rows: ShownRows, spec: MapSpec) -> tuple[Projection | None, bool]:
    """The requested map, a PCA map until it is ready, or None; and whether it is the requested one."""
    if spec.method != "pca":
        found = result_or_progress(
            session,
            ("map", shown_rows.key, spec),
            f"UMAP of {len(shown_rows):,} rows",
            lambda report: project(
                shown_rows.space.index, spec, labels=shown_rows.space.corpus.labels, on_progress=report
            ),
            lane=map_lane(spec, len(shown_rows)),
        )
        if found is not None:
            return found, True
    quick = result_or_progress(
        session,
        ("pca", shown_rows.key, spec.dims, spec.pca_metric),
        "PCA",
        lambda _report: pca(shown_rows.space.index, spec.dims, metric=spec.pca_metric),
    )
    return quick, spec.method == "pca"


def _found_or_progress(
    session: Session,
    shown_rows: ShownRows,
    spec: MapSpec,
    projection: Projection,
    query: NDArray[np.float32],
    visible: NDArray[np.bool_] | None,
) -> Found | None:
    """Where a text lies on the map, and the rows closest to it.

    None while umap-learn places it, which is work for its process; any other placing takes no time.
    """
    space = shown_rows.space
    if projection.has_transform:
        placed = result_or_progress(
            session,
            ("placed", shown_rows.key, spec, query.tobytes()),
            "Placing the text on the map",
            lambda report: place(space.index, projection, query, on_progress=report),
        )
        if placed is None:
            return None
    else:
        placed = place(space.index, projection, query)

    def find() -> Found:
        hits = space.index.search(query, min(_FOUND, len(space)), space.similarity_metric, rows=visible)
        return Found(query, placed[0], hits.indices[0], hits.scores[0])

    return kept(session, "found", (space, projection, query.tobytes(), session.filters), find)


def _near_selected(session: Session, space: Space) -> list[Hit]:
    """The rows nearest to a single selected one that pass the filters; none for other selections."""
    selection = session.selection
    if selection is None or len(selection) != 1:
        return []
    row = int(selection.rows[0])
    return kept(
        session,
        "near",
        (space, row, session.filters),
        lambda: space.similar_to(row, _NEIGHBOURS_SHOWN, rows=session.passing),
    )
