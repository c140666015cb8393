import streamlit as st

from explorer.ui import models_view as view
from explorer.ui.frame import page
from explorer.ui.model_detail import show_model
from explorer.ui.model_use import finish

with page("Models", "Which model should encode my rows?") as session:
    opened = st.query_params.get(view.MODEL_PARAMETER)
    if opened:
        show_model(session, opened)
    else:
        finish(session)
        view.show_on_disk()
        view.show_starters()
        view.show_search(session)
