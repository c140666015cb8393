import streamlit as st

from explorer.ui.clusters.link import bind_linked_edits, remember_linked_edits
from explorer.ui.shell.frame import page
from explorer.ui.shell.spaces import space_or_progress
from explorer.ui.widgets.filter_line import show_filters

CLUSTERS, SWEEP = "Clusters", "How many clusters?"

remember_linked_edits()
with page("Clusters") as session:
    bind_linked_edits(session)
    some = show_filters(session, session.focus)
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
    if space is not None and some:
        # These bring torch, which a first page must not wait for.
        from explorer.ui.clusters.sweep import show_sweep
        from explorer.ui.clusters.view import show_clusters

        (show_sweep if shown == SWEEP else show_clusters)(session, space)
