"""The map as a page of its own: which rows are in it, and what it says of how it was made."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.jobs.progress import OnProgress
from explorer.session.session import Session
from explorer.share.map.facts import map_facts
from explorer.share.map.page import MapPage, check_points
from explorer.ui.map.shown_map import ShownMap
from explorer.ui.widgets.offer_page import Chosen, PageOffer
from explorer.ui.widgets.rows_on_map import selected_points

if TYPE_CHECKING:
    from explorer.analysis.trust import Trust

_SHOWN, _SELECTED = "shown", "selected"


def map_offer(session: Session, shown: ShownMap, page: MapPage, trust: Trust | None) -> PageOffer:
    """What is offered of a map in two dimensions.

    Args:
        session: The session with the selection.
        shown: The map.
        page: What can become a file.
        trust: How far the map can be trusted; None where that is not known.
    """
    points: dict[str, NDArray[np.int64]] = {_SHOWN: shown.drawn}
    selected = selected_points(session, page.rows, shown.visible)
    if selected is not None:
        points[_SELECTED] = np.flatnonzero(selected)

    def make(chosen: Chosen, on_progress: OnProgress) -> bytes:
        facts = map_facts(shown.rows.space, shown.projection, trust)
        whole = replace(page, facts=facts)
        return whole.html(points[chosen.rows], texts=chosen.texts, on_progress=on_progress)

    return PageOffer(
        "map",
        "Interactive map (HTML)",
        f"{session.corpus.name}-map",
        make,
        holds="Their places, colours and groups, and what made the map.",
        texts="The beginning of the text of each row, and names of regions from their words.",
        rows={name: len(each) for name, each in points.items()},
        open_rows=len(session.corpus),
        check=lambda chosen: check_points(
            len(points[chosen.rows]), texts=chosen.texts, where=session.corpus.name
        ),
    )
