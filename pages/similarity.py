import streamlit as st

from explorer.ui.shell.frame import page
from explorer.ui.shell.spaces import space_or_progress

HEATMAP, GROUPS, DUPLICATES, SCORES = "Heatmap", "Between groups", "Near-duplicates", "Usual scores"

with page("Similarity", "Which rows are alike, and which say the same?") as session:
    shown = st.segmented_control(
        "View",
        [HEATMAP, GROUPS, DUPLICATES, SCORES],
        default=HEATMAP,
        required=True,
        key="view",
        label_visibility="collapsed",
        bind="query-params",
    )
    space = space_or_progress(session)
    if space is not None:
        # These bring torch, which a first page must not wait for.
        from explorer.ui.similarity import duplicates, view

        show = {
            HEATMAP: view.show_heatmap,
            GROUPS: view.show_groups,
            DUPLICATES: duplicates.show_duplicates,
            SCORES: view.show_usual_scores,
        }
        # A link may leave it empty.
        show[shown or HEATMAP](session, space)
