"""How far to trust a map, in figures beside those of PCA."""

from __future__ import annotations

import streamlit as st

from explorer.analysis.projection import Projection, pca
from explorer.analysis.space import Space
from explorer.analysis.trust import Trust, trust
from explorer.encode.progress import OnProgress
from explorer.ui.map_choice import MapChoice
from explorer.ui.session import Session
from explorer.ui.work import result_or_progress

_TRUST_HELP = "How few of a point's neighbours on the map are far from it in the full space. 1 is perfect."
_CONTINUITY_HELP = "How few of a row's neighbours in the full space are far from it on the map. 1 is perfect."


def show_trust(session: Session, space: Space, choice: MapChoice, projection: Projection) -> None:
    """Draw trustworthiness and continuity of a map, and of PCA for comparison."""
    if len(space) < 3:
        return

    def work(say: OnProgress) -> dict[str, Trust]:
        found = {"this map": trust(space, projection, on_progress=say)}
        if projection.method != "pca":
            other = pca(space, choice.dims, metric=choice.metric)
            found["PCA, for comparison"] = trust(space, other, on_progress=say)
        return found

    found = result_or_progress(session, ("trust", choice), "Checking how far to trust the map", work)
    if found is None:
        return
    st.subheader("How far to trust it", anchor=False)
    with st.grid(4, min_column_width=150):
        for name, one in found.items():
            st.metric(
                f"Trustworthiness, {name}",
                f"{one.trustworthiness:.3f}",
                help=_TRUST_HELP,
            )
            st.metric(
                f"Continuity, {name}",
                f"{one.continuity:.3f}",
                help=_CONTINUITY_HELP,
            )
    some = next(iter(found.values()))
    sampled = (
        f"a sample of {len(some.rows):,} of {some.total:,} rows"
        if len(some.rows) < some.total
        else "all rows"
    )
    st.caption(f"Over {some.k} neighbours, exact for {sampled}.")
