"""Models in MLflow: their names, and their files on this machine.

Only the sentence-transformers folder inside a model is fetched, and of it the files that Explorer loads. What
runs a model here is our own opening of such a folder, so that nothing that MLflow stores beside it is run.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.errors import NotTrackedError, TooLargeError, TrackingSilentError
from explorer.hub.model_weights import check_weights, model_files
from explorer.hub.names import stays_inside
from explorer.jobs.progress import BYTES, OnProgress, Progress, ignore_progress
from explorer.mlflow_store.connection import connected
from explorer.mlflow_store.names import is_tracked
from explorer.settings import settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

DATA = "model.sentence_transformer"
"""The folder of a sentence-transformers model inside a model of MLflow's flavour for them."""
TAG = "explorer.encoder"
"""The tag of registered models that Explorer logged."""
_NAME = "name.txt"  # beside the folders of a model
_LISTED = 100
_MOST_FILES = 1_000


def kept_folder(name: str) -> Path | None:
    """The files of a model that were fetched before; None if they are not here. Sends no request."""
    place = _place(name)
    # A name that begins with a dot is of a folder that is being fetched.
    kept = [each for each in place.glob("[!.]*") if each.is_dir()]
    return max(kept, key=lambda folder: folder.stat().st_mtime_ns, default=None)


def kept_models() -> list[str]:
    """The names of the models that were fetched before. Sends no request."""
    return sorted(file.read_text(encoding="utf-8") for file in _models().glob(f"*/{_NAME}"))


def fetch_tracked(name: str, on_progress: OnProgress | None = None) -> Path:
    """The folder of a sentence-transformers model of MLflow, fetched if it is not here.

    Args:
        name: `models:/name/version`, `models:/m-…` or `runs:/…/name`.
        on_progress: Called with the bytes; an exception it raises stops the work.

    Raises:
        TrackingError: MLflow is not installed, does not answer or refuses; see `connected`.
        NotTrackedError: There is no such model, or it holds no sentence-transformers model.
        TooLargeError: It is larger than the host allows.
        ModelError: It has no weights that may be loaded.
    """
    report = on_progress or ignore_progress
    report(Progress("Asking MLflow for the model"))
    try:
        with connected(name) as client:
            address = _address(client, name)
            folder = _place(name) / _hashed(f"{client.tracking_uri} {address}")
            if not folder.is_dir():
                _fetch(client.tracking_uri, address, name, folder, report)
                (folder.parent / _NAME).write_text(name, encoding="utf-8")
            return folder
    except TrackingSilentError:
        kept = kept_folder(name)
        if kept is None:
            raise
        return kept


def tracked_models() -> list[str]:
    """The newest versions of the registered models that Explorer logged, as `models:/name/version`, by name.

    Raises:
        TrackingError: See `connected`.
    """
    with connected() as client:
        found = client.search_registered_models(
            filter_string=f"tag.`{TAG}` = 'yes'", max_results=_LISTED, order_by=["name ASC"]
        )
        return [
            f"models:/{model.name}/{max(int(version.version) for version in model.latest_versions)}"
            for model in found
            if model.latest_versions
        ]


def _address(client: MlflowClient, name: str) -> str:
    """Where the files of a model are; another model that is given the same name later is elsewhere."""
    kind, _, rest = name.partition(":/")
    if kind == "runs":
        return _address_in_run(client, *rest.split("/"))
    model, _, last = rest.rpartition("/")
    if model:
        address = client.get_model_version_download_uri(model, last)
        return _address(client, address) if is_tracked(address) else address
    return str(client.get_logged_model(last).artifact_location)


def _address_in_run(client: MlflowClient, id: str, called: str) -> str:
    run = client.get_run(id)
    for output in run.outputs.model_outputs if run.outputs else ():
        logged = client.get_logged_model(output.model_id)
        if logged.name == called:
            return str(logged.artifact_location)
    return f"{run.info.artifact_uri}/{called}"  # as MLflow 2 logged them


def _fetch(uri: str, address: str, name: str, folder: Path, report: OnProgress) -> None:
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    repository = get_artifact_repository(address, tracking_uri=uri)
    sizes = _sizes(repository, name)
    total, most = sum(sizes.values()), settings().max_model_mb
    if total > most * 1_000_000:
        raise TooLargeError(
            f"The model has {total / 1e6:,.0f} MB, and this server downloads up to {most:,} MB.",
            where=name,
            fix="The host can raise EXPLORER_MAX_MODEL_MB.",
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".") as made:
        done = 0
        for path, size in sizes.items():
            report(Progress.count("Fetching the model from MLflow", done, total, BYTES))
            repository.download_artifacts(f"{DATA}/{path}", dst_path=made)
            done += size
        data = Path(made) / DATA
        for path, size in sizes.items():
            if (data / path).stat().st_size != size:
                raise TrackingSilentError(
                    "The model did not arrive whole.", where=name, fix="Try again once the server runs."
                )
        if not folder.is_dir():  # else another process was quicker
            shutil.move(data, folder)


def _sizes(repository: Any, name: str) -> dict[str, int]:  # noqa: ANN401 - an artifact repository
    """The size in bytes of each file that is loaded, by its path in the folder of the model."""
    found: dict[str, int] = {}
    folders = [DATA]
    listed = 0
    while folders:
        for each in repository.list_artifacts(folders.pop()):
            listed += 1  # of files and folders: a server could list a folder in itself
            path = each.path.removeprefix(f"{DATA}/")
            if not stays_inside(path) or listed > _MOST_FILES:
                raise NotTrackedError("Its files are not those of a model.", where=name)
            if each.is_dir:
                folders.append(each.path)
            else:
                found[path] = int(each.file_size or 0)
    if not found:
        raise NotTrackedError(
            "MLflow has no sentence-transformers model by that name.",
            where=name,
            fix="Log one with explorer.log_encoder or mlflow.sentence_transformers.log_model.",
        )
    check_weights(found, name)
    return {path: found[path] for path in model_files(found)}


def _models() -> Path:
    return settings().cache_folder / "mlflow" / "models"


def _place(name: str) -> Path:
    return _models() / _hashed(name)


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
