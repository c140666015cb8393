"""Facts of a model before it is used: its details, where its files are, and obstacles to its use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from explorer.encode.model_names import model_name
from explorer.encode.model_safety import check_folder, folder_named, names_own_code
from explorer.encode.models import BUNDLED_MODEL, find_model
from explorer.errors import ExplorerError, HubError, UnusableModelError
from explorer.hub.download import snapshot_on_disk
from explorer.hub.model_details import ModelDetails, model_details
from explorer.hub.models_on_disk import details_on_disk, models_on_disk
from explorer.hub.names import check_revision, is_model_id
from explorer.jobs.progress import OnProgress
from explorer.mlflow_store.models import fetch_tracked, kept_folder
from explorer.mlflow_store.names import is_tracked
from explorer.settings import settings


@dataclass(frozen=True)
class ModelFacts:
    """A model and its details.

    Attributes:
        model: The bundled model's id, a folder, a model in MLflow, or a Hub id.
        revision: The commit that an encoder is pinned to; None if it is not from the Hub.
        details: Facts from the Hub, or from its files alone.
        from_hub: Whether the details are from the Hub.
    """

    model: str
    revision: str | None
    details: ModelDetails
    from_hub: bool


def look_up(model: str, revision: str | None, on_progress: OnProgress | None = None) -> ModelFacts:
    """The facts of a model from the Hub, or from its files on this machine if the Hub has none.

    Args:
        model: The bundled model's id, a folder, a model in MLflow, which is fetched, or a Hub id.
        revision: Branch, tag or commit; None for the default branch.
        on_progress: Called with the bytes of a model in MLflow; an exception it raises stops the work.

    Raises:
        HubError: The Hub does not answer or has no such model, and the model is not on this machine.
        TrackingError: The model is in MLflow and cannot be fetched.
    """
    check_revision(revision, model)
    own = fetch_tracked(model, on_progress) if is_tracked(model) else folder_named(model)
    if own is not None:
        return ModelFacts(model, None, details_on_disk(model_name(model), own, ""), from_hub=False)
    bundled = is_bundled(model, revision)
    try:
        details, from_hub = model_details(model, revision), True
    except HubError:
        folder = folder_on_disk(model, revision)
        if folder is None:
            raise
        details, from_hub = details_on_disk(model, folder, "" if bundled else folder.name), False
    return ModelFacts(model, None if bundled else details.commit, details, from_hub)


def is_bundled(model: str, revision: str | None) -> bool:
    """Whether this is the bundled model; a named revision of it comes from the Hub."""
    return model == BUNDLED_MODEL and revision is None


def folder_on_disk(model: str, revision: str | None, *, code: bool = False) -> Path | None:
    """The folder of a model on this machine, with its code or without; None if it must be downloaded."""
    if is_bundled(model, revision):
        return find_model(model).folder
    own = kept_folder(model) if is_tracked(model) else folder_named(model)
    if own is not None:
        return own
    if not is_model_id(model):
        return None
    folder = snapshot_on_disk(model, revision, code=code)
    if folder is None and revision is None:
        # Only commits were downloaded so far, so nothing on disk tells which is the default branch.
        kept = next((kept for kept in models_on_disk() if kept.id == model), None)
        folder = snapshot_on_disk(model, kept.commit, code=code) if kept is not None else None
    return folder


def may_run_code(facts: ModelFacts) -> bool:
    """Whether a model needs code of its own, and the host allows running it once a visitor confirms."""
    if not settings().allow_remote_code or is_tracked(facts.model):
        return False
    if facts.details.listing.needs_remote_code:
        return True
    folder = folder_on_disk(facts.model, facts.revision)
    try:
        return folder is not None and names_own_code(folder)
    except UnusableModelError:  # `obstacle` reports what is wrong with its files
        return False


def obstacle(facts: ModelFacts, folder: Path | None, *, code: bool = False) -> str:
    """The reason why a model cannot be used, one or two sentences; empty if it can.

    Args:
        facts: The model.
        folder: Its folder on this machine; None if it would be downloaded.
        code: Whether its own code may run once a visitor confirms.
    """
    listing, size_mb = facts.details.listing, (facts.details.download_size or 0) / 1e6
    if listing.needs_remote_code and not code:
        return (
            "It needs custom code from its repository, which is not run here. The host can allow it with "
            "EXPLORER_ALLOW_REMOTE_CODE."
        )
    if folder is not None:
        try:
            check_folder(folder, listing.id, trust_remote_code=code)
        except ExplorerError as error:
            return f"{error.what} {error.fix}"
        return ""
    if facts.details.refused:
        return (
            "It is gated: only accounts that have accepted its terms can download it, and the Hub refused it "
            "to this server. The host can accept the terms and set HF_TOKEN to a token of that account."
        )
    if not listing.has_safetensors and not settings().allow_pickle:
        return (
            "It has no safetensors weights. Pickle files can run code when opened, so they are not loaded. "
            "The host can allow reading them without running code, with EXPLORER_ALLOW_PICKLE."
        )
    if size_mb > settings().max_model_mb:
        return (
            f"It is {size_mb:,.0f} MB, and this server downloads up to {settings().max_model_mb:,} MB. "
            "The host can raise EXPLORER_MAX_MODEL_MB."
        )
    return ""
