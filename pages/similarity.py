import streamlit as st

from explorer.ui.shell.frame import page
from explorer.ui.shell.spaces import space_or_progress
from explorer.ui.widgets.filter_line import show_filters

HEATMAP, GROUPS, DUPLICATES, SCORES = "Heatmap", "Between groups", "Near-duplicates", "Usual scores"

with page("Similarity") as session:
    some = show_filters(session, session.focus)
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
    if space is not None and some:
        # These bring torch, which a first page must not wait for.
        from explorer.ui.similarity import duplicates, heatmap, view
        from explorer.ui.widgets.shown_rows import choose_focus

        choose_focus(session, narrow=False)
        show = {
            HEATMAP: heatmap.show_heatmap,
            GROUPS: view.show_groups,
            DUPLICATES: duplicates.show_duplicates,
            SCORES: view.show_usual_scores,
        }
        # A link may leave it empty.
        show[shown or HEATMAP](session, space)
