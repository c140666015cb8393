import streamlit as st

from explorer.ui.search import controls
from explorer.ui.shell.frame import page
from explorer.ui.shell.spaces import space_or_progress

with page("Search", "Which rows mean what I mean?") as session:
    asked = controls.ask(session)
    space = space_or_progress(session)
    if space is None:
        controls.show_waiting(session)
    elif asked.is_empty:
        controls.show_start(space)
    elif (found := controls.hits_or_progress(session, space, asked)) is not None:
        # Brings torch, which the first page must not wait for.
        from explorer.ui.widgets.hits import hits_table, show_hits

        queries, hits = found
        metric = asked.metric or space.similarity_metric
        chosen = controls.show_summary(
            session, space, asked, queries, hits, lambda: hits_table(space, queries, hits, metric)
        )
        show_hits(space, hits[chosen], metric, more_like=controls.more_like)
        if not hits[chosen]:
            st.info("No rows match the filter.", icon=":material/filter_alt_off:")
