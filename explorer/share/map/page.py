"""A map as one HTML file that needs neither a server nor a network, with only the rows that were chosen."""

from __future__ import annotations

import base64
import html
import json
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.data.corpus import Corpus
from explorer.data.tables.values import count
from explorer.errors import EmptyDataError, TooLargeError
from explorer.jobs.progress import OnProgress
from explorer.share.map.content import Content
from explorer.share.map.contents import MapContents
from explorer.share.map.engine import engine, read
from explorer.share.map.positions import Positions
from explorer.share.map.scene import row_text
from explorer.share.space_facts import Facts

MOST_POINTS = 1_000_000
MOST_TEXTS = 200_000


@dataclass(frozen=True, eq=False)
class MapPage:
    """A map that can become a file.

    Attributes:
        contents: What it shows of its rows.
        corpus: The corpus.
        rows: The row of the corpus behind each point, from 0, int64, shape (points,).
        facts: What made it.
    """

    contents: MapContents
    corpus: Corpus
    rows: NDArray[np.int64]
    facts: Facts = ()

    def html(
        self,
        points: NDArray[np.int64] | None = None,
        *,
        texts: bool = True,
        on_progress: OnProgress | None = None,
    ) -> bytes:
        """One HTML file with the map, which can be moved, searched by its legend and lassoed as on the page.

        Nothing in it is about points that were not chosen, but for the colours and names of groups, and the
        facts.

        Args:
            points: The points that are in it, ascending, int64, shape (points,); None for all.
            texts: Whether it has the beginning of the text of each row, and names of regions, which are
                words of these texts. Without, it has places, groups and numbers of rows.
            on_progress: Called often while regions are named. An exception it raises stops the work.

        Raises:
            EmptyDataError: No point is chosen.
            TooLargeError: More than 1,000,000 points are, or more than 200,000 with texts.
        """
        chosen = np.arange(len(self.rows)) if points is None else points
        check_points(len(chosen), texts=texts, where=self.corpus.name)
        # Here, not at the top: whoever only looks at a map does not wait for all of explorer.comparison.
        from explorer.comparison.report.pages import GENERATOR

        rows = self.rows[chosen]
        captions = self.corpus.captions
        named = [captions[row] for row in rows.tolist()] if texts else None
        contents = self.contents.of(chosen, named, on_progress)
        positions = Positions.of(*contents.maps)
        heading = f"{self.corpus.name} · {count(len(chosen), 'row')}"
        scene = contents.scene(positions, heading)
        order = positions.order.tolist()
        value = contents.colouring.value
        data = {
            "name": f"{self.corpus.name}-map",
            "files": {
                "positions": [_address(content) for content in positions.contents],
                "scene": _address(scene.description),
                "categories": scene.categories and _address(scene.categories),
            },
            "rows": (rows[positions.order] + 1).tolist(),
            "tips": [row_text(self.corpus, int(rows[point]), value(point)) for point in order]
            if texts
            else None,
        }
        of_all = "" if len(chosen) == len(self.rows) else "; what made the map, and its figures, are of all"
        facts = (
            ("Rows", f"{len(chosen):,} of {len(self.corpus):,}{of_all}"),
            ("Texts", "the beginning of each" if texts else "none: places, groups and numbers of rows"),
            *self.facts,
        )
        parts = {
            "GENERATOR": GENERATOR,
            "HEADING": html.escape(heading),
            "FACTS": "".join(
                f"<dt>{html.escape(name)}</dt><dd>{html.escape(said)}</dd>" for name, said in facts
            ),
            "DATA": json.dumps(data).replace("<", "\\u003c"),  # it cannot end the script that it stands in
            "SCRIPT": (engine().value.decode() + read("page.js")).replace("</", "<\\/"),
        }
        # All at once: a text can look like a mark.
        marks = "|".join(parts)
        page = re.sub(f"%({marks})%", lambda mark: parts[mark[1]], read("page.html"))
        return page.encode("utf-8", "replace")


def check_points(points: int, *, texts: bool, where: str) -> None:
    """Raise an error for a file that cannot be made of so many points; see `MapPage.html`."""
    if not points:
        raise EmptyDataError("No row is chosen.", where=where)
    if points > MOST_POINTS:
        raise TooLargeError(
            f"A page holds up to {MOST_POINTS:,} rows, and {points:,} are chosen.",
            where=where,
            fix="Choose fewer rows.",
        )
    if texts and points > MOST_TEXTS:
        raise TooLargeError(
            f"A page holds the texts of up to {MOST_TEXTS:,} rows, and {points:,} are chosen.",
            where=where,
            fix="Choose fewer rows, or leave out the texts.",
        )


def _address(content: Content) -> str:
    return "data:application/octet-stream;base64," + base64.b64encode(content.value).decode()
