import streamlit as st

from explorer.ui.shell.frame import page
from explorer.ui.shell.spaces import space_or_progress

CLUSTERS, SWEEP = "Clusters", "How many clusters?"

with page("Clusters", "Which groups are there, and what tells them apart?") as session:
    shown = st.segmented_control(
        "View",
        [CLUSTERS, SWEEP],
        default=CLUSTERS,
        required=True,
        key="clusters-view",
        label_visibility="collapsed",
        bind="query-params",
    )
    space = space_or_progress(session)
    if space is not None:
        from explorer.ui.clusters import view

        if shown == SWEEP:
            view.show_sweep(session, space)
        else:
            view.show_clusters(session, space)
