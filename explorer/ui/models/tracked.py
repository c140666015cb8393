"""The models in MLflow, and logging the encoder in use to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from explorer.encode.model_names import model_name
from explorer.encode.spec import LocalModel
from explorer.jobs.lanes import Lane
from explorer.jobs.progress import OnProgress
from explorer.mlflow_store.connection import is_installed, missing
from explorer.session.session import Session
from explorer.settings import settings
from explorer.ui.models.models_list import in_use, open_model
from explorer.ui.shell.tab_jobs import answer_or_progress, ask_alone
from explorer.ui.shell.text import markdown, show_error
from explorer.ui.widgets.log_to_mlflow import offer_logging

if TYPE_CHECKING:
    from explorer.tracking.runs import Logged

_MODELS = "mlflow-models"
_IN_USE = " :green-badge[in use]"


def show_tracked(session: Session) -> None:
    """Draw the models in MLflow and what logs the encoder in use, each if the host allows it."""
    if not (settings().allow_mlflow_models or settings().allow_mlflow_logging):
        return
    st.header("In MLflow", anchor=False)
    if not is_installed():
        show_error(missing())
        return
    shown = st.container(horizontal=True, gap="small")
    logged = _offer_logging(session)
    if settings().allow_mlflow_models:
        with shown:
            _show_models(session, "" if logged is None else logged.model)


def _offer_logging(session: Session) -> Logged | None:
    spec = session.encoder
    if not isinstance(spec, LocalModel) or spec.trust_remote_code:
        return None

    def log(name: str, _texts: bool, on_progress: OnProgress) -> Logged:
        from explorer.tracking.encoders import log_spec

        return log_spec(spec, name, on_progress=on_progress)

    return offer_logging(
        session,
        "encoder",
        f"Logging {model_name(spec.model)} to MLflow",
        log,
        about=f"{markdown(model_name(spec.model))} with its prompts, as a version of a name in the host’s "
        "MLflow. Without a name, it keeps its own. No row is logged.",
    )


def _show_models(session: Session, last: str) -> None:
    def look(_on_progress: OnProgress) -> list[str]:
        from explorer.mlflow_store.models import tracked_models

        return tracked_models()

    # One question for each model that this tab logged, so that it is in the list.
    ask_alone(session, _MODELS, last, "Asking MLflow for its models", look, lane=Lane.HUB)
    names = answer_or_progress(session, _MODELS, here=True)
    if isinstance(names, list):
        used = in_use(session)
        for name in names:
            st.button(
                f"{markdown(name.removeprefix('models:/'))}{_IN_USE if name == used else ''}",
                key=f"tracked-{name}",
                on_click=open_model,
                args=(name,),
                wrap=True,
            )
        if not names:
            st.caption("No encoder was logged yet.")
