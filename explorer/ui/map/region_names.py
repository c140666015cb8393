"""The names of a map's regions, as the browser writes them."""

from __future__ import annotations

import numpy as np

from explorer.analysis.projection import Projection
from explorer.analysis.region_names import RegionNames, name_regions
from explorer.analysis.specs import MapSpec
from explorer.session.session import Session
from explorer.ui.shell.job_progress import result_or_progress
from explorer.ui.widgets.map_view.map_names import MapName, densest, members_of
from explorer.ui.widgets.map_view.positions import Positions
from explorer.ui.widgets.shown_rows import ShownRows


def region_names_or_progress(
    session: Session, shown_rows: ShownRows, spec: MapSpec, projection: Projection
) -> RegionNames | None:
    """The names of regions of a map in two dimensions; None while they are being found."""
    texts = shown_rows.space.corpus.captions
    return result_or_progress(
        session,
        ("region names", shown_rows.key, spec),
        "Names on the map",
        lambda report: name_regions(projection.coordinates, texts, on_progress=report),
    )


def names_on(positions: Positions, regions: RegionNames, *, level: int) -> list[MapName]:
    """Names of regions with their places on all maps, coarse ones first.

    Args:
        positions: The map that was divided, and others of the same rows.
        regions: Its regions.
        level: The level of the coarsest; see `MapName`.
    """
    names = []
    for depth, found in enumerate(regions.levels, start=level):
        first, members = positions.placed(found.positions), members_of(found.labels)
        for region, name in enumerate(found.names):
            if name:
                others = [densest(units[members[region]]) for units in positions.units[1:]]
                names.append(MapName(name, np.array([first[region], *others]), level=depth))
    return names
