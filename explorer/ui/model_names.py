"""How visitors name models, and which names they may open."""

from __future__ import annotations

from pathlib import Path

from explorer.encode.models import BUNDLED_MODEL
from explorer.encode.spec import TFIDF, EncoderSpec
from explorer.errors import ModelNotFoundError
from explorer.settings import settings

_MAX_NAME_CHARS = 200
PRECISION_NAMES = {"auto": "fast", "float32": "exact"}


def model_name(model: str) -> str:
    """A model as the page and the URL name it: a Hub id, or a folder below EXPLORER_MODEL_DIR."""
    return Path(model).name if Path(model).is_absolute() else model


def choose_model(name: str) -> str:
    """What a visitor may open under a name: a folder below EXPLORER_MODEL_DIR, or a Hub id.

    Raises:
        ModelNotFoundError: The name leads to a folder elsewhere, or is empty.
    """
    name = name.strip()
    if not name.isprintable() or len(name) > _MAX_NAME_CHARS:
        raise ModelNotFoundError("That is no name of a model.", fix=f"A Hub id looks like {BUNDLED_MODEL}.")
    root = Path(settings().model_dir).expanduser().resolve()
    folder = (root / name).resolve()
    if name and folder.is_relative_to(root) and folder != root and folder.is_dir():
        return str(folder)
    if not name or name.startswith((".", "~", "/")) or "\\" in name or Path(name).is_dir():
        raise ModelNotFoundError(
            "Only folders below the server's model folder can be opened here.",
            where=name or "model",
            fix=f"Put the model into “{settings().model_dir}”, or type a Hub id such as {BUNDLED_MODEL}.",
        )
    return name


def model_folders() -> list[str]:
    """Names of the model folders a visitor may choose."""
    root = Path(settings().model_dir).expanduser()
    if not root.is_dir():
        return []
    return sorted(path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))


def encoder_name(spec: EncoderSpec) -> str:
    """An encoder in a few words: model, where it runs or in what precision, prompt."""
    model = model_name(spec.model).removeprefix("sentence-transformers/")
    if spec.own_vectors:
        return f"rows' vectors · queries by {model}" if model else "rows' vectors"
    if spec.model == TFIDF and not spec.provider:
        return "TF-IDF"
    name = f"{model} · {spec.provider or PRECISION_NAMES[spec.precision]}"
    return f"{name} · “{spec.prompt}”" if spec.prompt else name
