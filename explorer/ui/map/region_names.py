"""The names of a map's regions, found in the background."""

from __future__ import annotations

from explorer.analysis.projection import Projection
from explorer.analysis.region_names import RegionNames, name_regions
from explorer.analysis.specs import MapSpec
from explorer.session.session import Session
from explorer.ui.shell.job_progress import result_or_progress
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
