"""The models on this machine."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from explorer.encode.model_names import model_folders, tracked_choices
from explorer.encode.models import BUNDLED_MODEL
from explorer.hub.models_on_disk import ModelOnDisk, models_on_disk
from explorer.ui.shell.quantities import readable_size


def models_here() -> dict[str, str]:
    """The models on this machine, each with where it is from or its size, the bundled one first.

    Besides the bundled one, these are the host's folders, models fetched from MLflow, and those in
    huggingface_hub's cache.
    """
    cached = _cached()
    names = {BUNDLED_MODEL: "comes with Explorer"}
    names |= dict.fromkeys(model_folders(), "folder of this server")
    names |= dict.fromkeys(tracked_choices(), "fetched from MLflow")
    return names | {model.id: readable_size(model.size) for model in cached if model.id not in names}


@st.cache_data(ttl=10, max_entries=4, show_spinner=False)
def _scanned(_cache: str, _changed: int) -> list[ModelOnDisk]:
    return models_on_disk()


def _cached() -> list[ModelOnDisk]:
    from huggingface_hub import constants

    folder = Path(constants.HF_HUB_CACHE)
    return _scanned(str(folder), folder.stat().st_mtime_ns if folder.is_dir() else 0)
