import streamlit as st

from explorer.ui.models import models_list
from explorer.ui.models.behaviour import show_behaviour
from explorer.ui.models.detail import show_model
from explorer.ui.models.tracked import show_tracked
from explorer.ui.models.use import finish
from explorer.ui.shell.frame import page

with page("Models", needs_rows=False) as session:
    opened = st.query_params.get(models_list.MODEL_PARAMETER)
    if opened:
        show_model(session, opened)
    else:
        if not session.unopened:  # both are about the open rows
            finish(session)
            show_behaviour(session)
        models_list.show_on_disk(session)
        show_tracked(session)
        models_list.show_starters(session)
        models_list.show_search(session)
