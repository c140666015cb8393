import streamlit as st

from explorer.ui.models import models_list as view
from explorer.ui.models.detail import show_model
from explorer.ui.models.use import finish
from explorer.ui.shell.frame import page

with page("Models", "Which model should encode my rows?") as session:
    opened = st.query_params.get(view.MODEL_PARAMETER)
    if opened:
        show_model(session, opened)
    else:
        finish(session)
        view.show_on_disk()
        view.show_starters()
        view.show_search(session)
