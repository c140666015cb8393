"""The names of models on the screen and in links, and which of them visitors may open."""

from __future__ import annotations

from pathlib import Path, PurePath

from explorer.encode.model_safety import models_root, shown_name
from explorer.encode.models import BUNDLED_MODEL
from explorer.encode.spec import EncoderSpec, HostedModel, LocalModel, OwnVectors, Tfidf
from explorer.errors import ModelNotFoundError
from explorer.hub.names import is_model_id
from explorer.mlflow_store.models import kept_models
from explorer.mlflow_store.names import is_tracked
from explorer.settings import settings

_MAX_NAME_CHARS = 200
PRECISION_NAMES = {"auto": "fast", "float32": "exact"}


def model_name(model: str) -> str:
    """The name of a model on the screen and in the table of prompts: a folder's name, or the name itself."""
    return Path(model).name if Path(model).is_absolute() else model


def model_path(model: str) -> str:
    """The name of a model in links and lists of choices, which `choose_model` takes.

    It is a Hub id, or a folder's path below EXPLORER_MODEL_DIR; of a folder elsewhere, which only Python can
    open, the name alone.
    """
    shown = shown_name(model)
    return Path(shown).name if Path(shown).is_absolute() else shown


def choose_model(name: str) -> str:
    """The model that a visitor may open by a name: a folder below EXPLORER_MODEL_DIR, or a Hub id.

    Or one in MLflow, as `models:/name/version`, if the host allows it.

    Folders elsewhere and folders that do not exist give the same error, so nobody learns which folders exist.

    Returns:
        The folder's absolute path, or the name.

    Raises:
        ModelNotFoundError: There is no such folder, and the name is not a valid Hub id; or it is a model in
            MLflow, which the host does not allow.
    """
    name = name.strip()
    if not name.isprintable() or len(name) > _MAX_NAME_CHARS:
        raise ModelNotFoundError(
            "That is not a valid model name.", fix=f"A Hub id looks like {BUNDLED_MODEL}."
        )
    if is_tracked(name):
        if not settings().allow_mlflow_models:
            raise ModelNotFoundError(
                "Models of MLflow may not be chosen here.",
                where=name,
                fix="The host can allow it (EXPLORER_ALLOW_MLFLOW_MODELS).",
            )
        return name
    folder = _own_folder(name)
    if folder is not None:
        return str(folder)
    if not is_model_id(name):
        raise ModelNotFoundError(
            "The server's model folder has no model by that name, and it is not a valid Hub id.",
            where=name or "model",
            fix=f"A Hub id looks like {BUNDLED_MODEL}.",
        )
    return name


def model_folders() -> list[str]:
    """Names of the model folders a visitor may choose."""
    root = models_root()
    if not root.is_dir():
        return []
    names = (path.name for path in root.iterdir() if not path.name.startswith("."))
    return sorted(name for name in names if _own_folder(name) is not None)


def tracked_choices() -> list[str]:
    """Names of the models fetched from MLflow before that a visitor may choose."""
    return kept_models() if settings().allow_mlflow_models else []


def _own_folder(name: str) -> Path | None:
    """The folder of that name below EXPLORER_MODEL_DIR; None if it is elsewhere or does not exist."""
    parts = PurePath(name).parts
    # Checked by the name first: the file system outside is never accessed.
    if not parts or PurePath(name).is_absolute() or ".." in parts or name.startswith((".", "~")):
        return None
    root = models_root()
    try:
        folder = (root / name).resolve()
        return folder if folder.is_relative_to(root) and folder.is_dir() else None
    except (OSError, RuntimeError, ValueError):  # too long for a file name, or a loop of links
        return None


def encoder_name(spec: EncoderSpec) -> str:
    """A short name of an encoder: its model, its precision or provider, and its task or prompt."""
    match spec:
        case LocalModel():
            return _with_prompt(f"{_short(spec.model)} · {PRECISION_NAMES[spec.precision]}", spec)
        case HostedModel():
            return _with_prompt(f"{_short(spec.model)} · {spec.provider}", spec)
        case Tfidf():
            return "TF-IDF"
        case OwnVectors(query_model=LocalModel() | HostedModel() as queries):
            return f"vectors in the rows · queries by {_short(queries.model)}"
        case OwnVectors(query_model=Tfidf()):
            return "vectors in the rows · queries by TF-IDF"
        case OwnVectors():
            return "vectors in the rows"


def _short(model: str) -> str:
    return model_name(model).removeprefix("sentence-transformers/")


def _with_prompt(name: str, spec: LocalModel | HostedModel) -> str:
    if spec.prompt is not None:
        return f"{name} · “{spec.prompt}”" if spec.prompt else f"{name} · no prompt"
    return f"{name} · for clusters and maps" if spec.task == "clustering" else name
