import streamlit as st

from explorer.ui.search import controls
from explorer.ui.search.answer import hits_or_progress
from explorer.ui.search.record_dialog import show_record
from explorer.ui.search.record_keeping import keep_answer
from explorer.ui.search.then_and_now import show_then_and_now
from explorer.ui.shell.frame import page
from explorer.ui.shell.spaces import space_or_progress
from explorer.ui.widgets.filter_line import show_filters

with page("Search") as session:
    some = show_filters(session)
    asked = controls.ask(session)
    show_record(session)
    space = space_or_progress(session)
    if space is None:
        controls.show_waiting(session)
    elif some and asked.is_empty:
        controls.show_start(space, asked)
    elif some and (found := hits_or_progress(session, space, asked)) is not None:
        # Brings torch, which the first page must not wait for.
        from explorer.ui.search.hits import show_hits
        from explorer.ui.search.hits_table import hits_table
        from explorer.ui.search.summary import show_summary

        metric = asked.metric or space.similarity_metric
        shown = show_summary(
            session,
            space,
            asked,
            found,
            lambda: hits_table(space, found.queries, found.hits, metric, found.scale),
        )
        show_then_and_now(session, space, asked, found)
        show_hits(space, shown, controls.more_like)
        if not shown.hits:
            st.info("None of the selected rows passes the filters.", icon=":material/filter_alt_off:")
        keep_answer(session, space, asked, found)
