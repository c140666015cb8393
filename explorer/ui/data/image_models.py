"""The choice of a model for rows that are images: only models that take images can be used."""

from __future__ import annotations

import streamlit as st

from explorer.encode.model_facts import ModelFacts, folder_on_disk, look_up, obstacle
from explorer.encode.model_names import choose_model, model_name, model_path
from explorer.encode.models import BUNDLED_MODEL
from explorer.encode.spec import EncoderSpec, LocalModel
from explorer.errors import ExplorerError
from explorer.hub.models_on_disk import details_on_disk
from explorer.hub.starters import STARTERS
from explorer.jobs.memory_limit import memory_left
from explorer.jobs.progress import OnProgress
from explorer.session.session import Session
from explorer.settings import settings
from explorer.ui.shell.quantities import readable_size
from explorer.ui.shell.tab_jobs import ask_hub
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.models_here import models_here

_OTHER_MODEL = "Another model…"
_MAX_NAME_CHARS = 200
_STARTERS = {starter.id: starter.reason for starter in STARTERS if starter.takes_images}


def choose_image_model(session: Session, current: EncoderSpec) -> str | None:
    """Draw the choice among models that take images, on this machine and on the Hub.

    A model of the Hub is looked up first: one that cannot be used is refused here, not after a download.

    Args:
        session: The visitor's session.
        current: The encoder in use, which is chosen at first if it takes images.

    Returns:
        The model; None while none that can be used is chosen.

    Raises:
        ModelNotFoundError: The name is of a folder outside the host's model folder.
    """
    active = model_path(current.model) if isinstance(current, LocalModel) else ""
    here = [name for name in dict.fromkeys([active, *models_here(), *_STARTERS]) if name and _is_usable(name)]
    options = [*here, *(name for name in _STARTERS if name not in here), _OTHER_MODEL]
    chosen = st.selectbox(
        "Model of images and texts",
        options,
        index=0 if here else None,
        format_func=lambda name: name if name in here or name == _OTHER_MODEL else f"{name} (to download)",
        placeholder="Choose a model",
        key="image-model-choice",
        help="Rows that are images need a model that puts images and texts in one space.",
        persist_state="session",
    )
    if active not in here:
        used = model_name(active).removeprefix("sentence-transformers/") if active else "The encoder in use"
        bundled = ", which comes with Explorer," if active == BUNDLED_MODEL else ""
        st.caption(
            f"{markdown(used)}{bundled} reads texts only, and so do hosted models and TF-IDF. Images need a "
            "model that reads both."
        )
    if chosen is None:
        st.caption("None is on this machine yet. Good ones to start with:")
        for name, reason in _STARTERS.items():
            st.caption(f"**{markdown(name)}**: {reason}")
        return None
    if chosen == _OTHER_MODEL:
        typed = st.text_input(
            "Hub id or folder",
            key="image-model-name",
            max_chars=_MAX_NAME_CHARS,
            placeholder="owner/name",
            help="A model of images and texts on the Hugging Face Hub that sentence-transformers loads, or a "
            "folder below the server's model folder.",
            persist_state="session",
        )
        st.page_link("pages/models.py", label="Find a model", icon=":material/travel_explore:")
        chosen = (typed or "").strip()
        if not chosen:
            return None
    elif chosen in _STARTERS:
        st.caption(_STARTERS[chosen])
    model = choose_model(str(chosen))
    return model if chosen in here or _may_be_used(session, model) else None


def _is_usable(name: str) -> bool:
    """Whether a model is on this machine and takes images."""
    try:
        model = choose_model(name)
        folder = folder_on_disk(model, None)
        return folder is not None and details_on_disk(model_name(model), folder, "").takes_images
    except ExplorerError:
        return False


def _may_be_used(session: Session, model: str) -> bool:
    """Look a model up, and draw what it takes or why it cannot be used."""

    def find(on_progress: OnProgress) -> ModelFacts:
        return look_up(model, None, on_progress)

    found = ask_hub(session, "image-model", model, f"Looking up {model_name(model)}", find)
    if found is None:
        st.caption("Waiting for the Hub…")
        return False
    if isinstance(found, ExplorerError):
        st.caption("A model that is not on this machine can be used once the Hub answers.")
        return False
    details, name = found.details, markdown(model_name(model))
    if not details.takes_images:
        st.warning(f"{name} reads texts only, and these rows are images.", icon=":material/hide_image:")
        return False
    folder = folder_on_disk(model, None)
    hindered = obstacle(found, folder)
    weights, room = details.listing.size or 0, memory_left() + settings().models_mb * 1e6
    if not hindered and weights > room:
        hindered = (
            f"It takes {readable_size(weights)} of memory, and this server has {readable_size(int(room))}."
        )
    if hindered:
        st.warning(f"{name} cannot be used here. {markdown(hindered)}", icon=":material/block:")
        return False
    if folder is None and details.download_size:
        st.caption(f"{readable_size(details.download_size)} are downloaded when the rows are encoded.")
    return True
