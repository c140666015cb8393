"""The rows beside the map: those that are selected, else those in view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.space import Hit
from explorer.data.corpus import Corpus
from explorer.data.tables.values import shortened
from explorer.session.selection import Selection
from explorer.share.map.colouring import Colouring
from explorer.share.map.scene import Scene, row_text
from explorer.ui.map.actions import ACTIONS
from explorer.ui.map.shown_map import Found
from explorer.ui.widgets.items import thumbnail_address
from explorer.ui.widgets.map_view.events import View
from explorer.ui.widgets.map_view.listed import ListedRow, ListedRows
from explorer.ui.widgets.rows_on_map import points_of
from explorer.ui.widgets.shown_rows import ShownRows

_SHOWN = 40
_WHOLE_CHARS = 20_000
_TITLE_CHARS = 60
_GROUPS = 5


class RowLister:
    """Lists rows of a map.

    Args:
        corpus: All rows.
        shown_rows: Those on the map.
        scene: How they are drawn.
        colouring: What their colours show.
        visible: Which points are drawn, shape (points,); None for all.
    """

    def __init__(
        self,
        corpus: Corpus,
        shown_rows: ShownRows,
        scene: Scene,
        colouring: Colouring,
        visible: NDArray[np.bool_] | None = None,
    ) -> None:
        self._corpus, self._shown_rows, self._scene, self._colouring = corpus, shown_rows, scene, colouring
        self._visible = visible

    def of_view(self, view: View | None) -> ListedRows:
        """The rows in view, those nearest to its middle first; for None, all rows."""
        positions = self._scene.positions
        points = self._points(view)
        left, bottom, right, top = positions.home if view is None else view.box
        units = positions.on_map(0.0 if view is None else view.at)
        offsets = units[points] - np.array([(left + right) / 2, (bottom + top) / 2])
        distances = (offsets**2).sum(axis=1)
        some = min(_SHOWN, len(points))
        nearest = np.argpartition(distances, some - 1)[:some] if some else np.empty(0, dtype=np.int64)
        nearest = nearest[np.argsort(distances[nearest], kind="stable")]
        drawn = len(positions) if self._visible is None else int(self._visible.sum())
        total = f"{drawn:,} row{'' if drawn == 1 else 's'}"
        return ListedRows(
            total if view is None else f"{len(points):,} of {total} in view",
            [self._row(int(point)) for point in points[nearest]],
            shares=[] if view is None else self._shares(points),  # the legend has those of all rows
            more="Those nearest to the middle. Zoom in to see others." if some < len(points) else "",
        )

    def of_found(self, text: str, found: Found) -> ListedRows:
        """The rows closest to a text, best first."""
        pairs = zip(found.points.tolist(), found.scores.tolist(), strict=True)
        return ListedRows(
            f"The {len(found.points):,} rows closest to “{shortened(text, _TITLE_CHARS)}”",
            [self._row(point, f"{score:.3f}") for point, score in pairs],
            more="They are ringed on the map; the cross is where the text itself lies.",
        )

    def of_row(self, row: int, near: Sequence[Hit]) -> ListedRows:
        """A row of the corpus, and the rows nearest to it in the full space, best first."""
        opened = replace(self._of_corpus(row, ""), text=self._corpus.captions[row][:_WHOLE_CHARS], whole=True)
        nearest = [self._of_corpus(hit.row, f"{hit.score:.3f}") for hit in near]
        return ListedRows("One row and its nearest in the full space", [opened, *nearest])

    def of_selection(self, selection: Selection, words: Sequence[str]) -> ListedRows:
        """Selected rows, with what tells them from the others."""
        points = self._drawn(points_of(self._shown_rows.rows, selection.rows))
        rows = [self._row(int(point)) for point in points[:_SHOWN]]
        outside = len(selection) - len(points)
        more = (
            [f"The first {len(rows)} of {len(points):,}; the table below has more."]
            if len(rows) < len(points)
            else []
        )
        if outside:
            more.append(f"{outside:,} more are selected but not shown on this map.")
        return ListedRows(
            f"{len(selection):,} rows selected",
            rows,
            words=words,
            shares=self._shares(points),
            actions=list(ACTIONS.items()),
            more=" ".join(more),
        )

    def tip(self, point: int) -> tuple[str, str]:
        """What is shown beside a point: its row and what its colour shows, and its text."""
        listed = self._row(point)
        return listed.head, listed.text

    def image(self, point: int) -> str:
        """The address of the thumbnail of a point; empty without one."""
        return thumbnail_address(self._corpus, int(self._shown_rows.rows[point]))

    def images(self, view: View | None) -> list[tuple[int, str]]:
        """The points in view with the addresses of their thumbnails; none where too many are in view."""
        points = self._points(view)
        if len(points) > _SHOWN:
            return []
        ranks = self._scene.positions.ranks
        found = [(int(ranks[point]), self.image(int(point))) for point in points]
        return [(rank, address) for rank, address in found if address]

    def _points(self, view: View | None) -> NDArray[np.int64]:
        """The points in view, ascending; for None, all that are drawn."""
        return self._drawn(np.arange(len(self._scene.positions)) if view is None else self._in(view))

    def _in(self, view: View) -> NDArray[np.int64]:
        left, bottom, right, top = view.box
        units = self._scene.positions.on_map(view.at)
        x, y = units[:, 0], units[:, 1]
        points = np.flatnonzero((x >= left) & (x <= right) & (y >= bottom) & (y <= top))
        return self._scene.colours.without(points, view.hidden)

    def _drawn(self, points: NDArray[np.int64]) -> NDArray[np.int64]:
        return points if self._visible is None else points[self._visible[points]]

    def _shares(self, points: NDArray[np.int64]) -> list[tuple[str, float, str]]:
        total = max(1, len(points))
        return [
            (name, count / total, colour)
            for name, count, colour in self._scene.colours.shares(points, _GROUPS)
        ]

    def _of_corpus(self, row: int, score: str) -> ListedRow:
        """A row of the corpus; its text is known even if it is not on the map."""
        found = points_of(self._shown_rows.rows, [row])
        if len(found):
            return self._row(int(found[0]), score)
        head, text = row_text(self._corpus, row, score, "not on this map")
        return ListedRow(None, head, text, image=thumbnail_address(self._corpus, row))

    def _row(self, point: int, score: str = "") -> ListedRow:
        row = int(self._shown_rows.rows[point])
        head, text = row_text(self._corpus, row, score, self._colouring.value(point))
        return ListedRow(
            int(self._scene.positions.ranks[point]), head, text, image=thumbnail_address(self._corpus, row)
        )
