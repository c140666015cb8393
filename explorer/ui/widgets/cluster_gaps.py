"""Whether gaps separate groups of rows: measured where a page asks for it, and told in the same words."""

from __future__ import annotations

from collections.abc import Hashable

from explorer.analysis.cluster_structure import FEWEST_ROWS, ClusterStructure, cluster_structure
from explorer.analysis.specs import Distance
from explorer.session.session import Session
from explorer.ui.shell.job_progress import analysis_lane, known_result, session_result_or_progress
from explorer.ui.widgets.shown_rows import ShownRows

HEADS = {
    "clear": ("Clear structure.", ":material/check_circle:"),
    "weak": ("Weak structure.", ":material/help:"),
    "none": ("No structure found.", ":material/blur_on:"),
    "unknown": ("Too few rows to tell.", ":material/help:"),
}
"""The verdict on each kind of structure, and its icon."""


def structure_or_progress(
    session: Session, shown_rows: ShownRows, metric: Distance
) -> ClusterStructure | None:
    """Whether gaps separate groups of the shown rows; None while that is measured, which the page shows."""
    index = shown_rows.space.index
    return session_result_or_progress(
        session,
        _key(session, shown_rows, metric),
        "Looking for gaps between groups",
        lambda report: cluster_structure(index, metric=metric, on_progress=report),
        lane=analysis_lane(len(shown_rows)),
        here=True,
    )


def known_structure(session: Session, shown_rows: ShownRows, metric: Distance) -> ClusterStructure | None:
    """The same if it was measured before; None if not."""
    found: ClusterStructure | None = known_result(session, _key(session, shown_rows, metric))
    return found


def structure_words(found: ClusterStructure, k: int) -> str:
    """What was found about k clusters, as sentences.

    Args:
        found: Whether gaps separate groups.
        k: Number of clusters.
    """
    these, parts = ("this cluster is", "a part") if k == 1 else (f"these {k:,} clusters are", "parts")
    halves = f"{found.found} of {found.splits} random halves of the rows"
    if found.structure == "unknown":
        return f"{found.rows:,} distinct rows are not enough to see gaps between groups; {FEWEST_ROWS} are."
    if found.structure == "none":
        few = f"Gaps between groups were found in {halves}, fewer than half"
        return f"{few}: {these} probably {parts} of one cloud."
    groups = f"at least {found.groups:,} groups"
    if found.low < found.high:
        groups += f" ({found.low:,} to {found.high:,})"
    return f"Gaps separate {groups}; they were found in {halves}."


def _key(session: Session, shown_rows: ShownRows, metric: Distance) -> Hashable:
    space = session.spaces[session.encoder]
    return ("cluster structure", shown_rows.key, metric), space.fingerprint
