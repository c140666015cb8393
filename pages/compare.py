import streamlit as st

from explorer.ui.compare.comparing import comparison_or_progress
from explorer.ui.compare.contenders import begin, show_building, show_contenders
from explorer.ui.compare.entries import entries_of, show_unready
from explorer.ui.compare.files import show_files
from explorer.ui.compare.judgements import show_used
from explorer.ui.compare.verdict import show_verdict
from explorer.ui.compare.views import choose_view, show_view
from explorer.ui.shell.frame import page

with page("Compare") as session:
    begin(session)
    verdict = st.container()
    entries = entries_of(session)
    show_contenders(session, entries)
    actions = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with actions:
        show_building(session, entries)
    show_used(session)
    show_unready(session, entries)
    view = choose_view(session)
    with verdict:
        comparison = comparison_or_progress(session, entries)
    if comparison is not None:
        with verdict:
            show_verdict(session, comparison)
    with actions:
        show_files(session, comparison)
    show_view(view, session, comparison)
