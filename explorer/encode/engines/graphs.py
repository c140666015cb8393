"""Models as graphs for OpenVINO: converted once, checked, and kept in the cache folder.

`docs/decisions/0008-openvino.md` explains why a separate process converts them.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import logging
import os
import platform
import shutil
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from explorer.encode.models import ModelFiles
from explorer.errors import EncodeError
from explorer.jobs.process import python_path
from explorer.scratch import is_scratch, remove_abandoned, scratch_folder
from explorer.settings import settings

_log = logging.getLogger(__name__)
_SCHEME = 2  # raise it when a graph would be converted or checked differently
_KEEP = 4  # graphs on disk, each the size of its weights; the least recently opened one is removed first
_CONVERT_SECONDS = 600.0
_PACKAGES = ("openvino", "torch", "transformers", "sentence-transformers")
_converting = threading.Lock()  # a converter takes a gigabyte and all cores: one at a time
_MODULES = {"Transformer", "Pooling", "Dense", "Normalize"}
GRAPH = "graph.xml"
_ABOUT = "about.json"
_FILES = (GRAPH, "graph.bin")


class NoGraphError(EncodeError):
    """The model has no graph that OpenVINO could run in its place."""


@dataclass(frozen=True)
class About:
    """The outcome of converting a model, kept beside the graph.

    Attributes:
        refused: Why the model cannot be run as a graph; empty when it can.
        dims: Dimensions of its vectors.
        inputs: Names of its inputs, in order.
        pad_id: Token id that pads shorter texts.
        apart: The largest relative distance between the vectors of a check text from torch and from the
            graph, both float32.
        digests: sha256 of each file of the graph.
    """

    refused: str = ""
    dims: int = 0
    inputs: tuple[str, ...] = ()
    pad_id: int = 0
    apart: float = 0.0
    digests: dict[str, str] | None = None


def graph_for(files: ModelFiles) -> tuple[Path, About]:
    """The graph of a model, converted if there is none yet or if it is damaged.

    Returns:
        The folder of the graph, and its `About`.

    Raises:
        NoGraphError: The model cannot be converted, or converting it failed this time.
    """
    check_modules(files)
    remove_abandoned(graphs_folder())
    folder = graphs_folder() / _key(files)
    about = _read(folder)
    if about is None:
        with _converting:
            about = _read(folder) or _convert(files, folder)
    if about.refused:
        raise NoGraphError(about.refused, where=files.name)
    os.utime(folder)
    return folder, about


def graphs_folder() -> Path:
    """The folder where graphs are kept."""
    return settings().cache_folder / "graphs"


def check_modules(files: ModelFiles) -> None:
    """Refuse a model with modules other than Transformer, Pooling, Dense and Normalize.

    Raises:
        NoGraphError: It has such a module, leaves the prompt out of pooling, or runs its own code.
    """
    if files.trust_remote_code:
        raise NoGraphError("the model runs its own code", where=files.name)
    other = [kind for kind in files.module_kinds if kind not in _MODULES]
    if other:
        raise NoGraphError(f"a {other[0]} module cannot be converted", where=files.name)
    if not files.pools_prompt:
        raise NoGraphError(
            "it leaves the prompt out of pooling, which graphs do not support", where=files.name
        )


def write_about(folder: Path, about: About) -> None:
    """Write `about.json`, which completes a graph's folder, with the digests of its files."""
    digests = {} if about.refused else {name: _sha256(folder / name) for name in _FILES}
    (folder / _ABOUT).write_text(json.dumps({**asdict(about), "digests": digests}), encoding="utf-8")


def _key(files: ModelFiles) -> str:
    versions = [importlib.metadata.version(name) for name in _PACKAGES]
    subject = json.dumps([_SCHEME, files.revision, files.max_length, platform.machine(), versions])
    return hashlib.blake2b(subject.encode(), digest_size=16).hexdigest()


def _read(folder: Path) -> About | None:
    """The `About` of a graph; None if there is no graph, or if its files have changed."""
    try:
        about = About(**json.loads((folder / _ABOUT).read_text(encoding="utf-8")))
        if any(_sha256(folder / name) != digest for name, digest in (about.digests or {}).items()):
            raise ValueError("its checksum differs")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        _log.warning("the graph in %s is damaged (%s) and is converted again", folder, error)
        return None
    return about


def _convert(files: ModelFiles, folder: Path) -> About:
    """Convert a model in a separate process, and move the result into place."""
    try:
        with scratch_folder(folder.parent) as aside:
            made = aside / "graph"
            made.mkdir()
            last_line = run_converter(files, made)
            about = _read(made)
            if about is None:
                reason = files.without_paths(last_line, made)
                raise NoGraphError(f"converting the model failed ({reason})", where=files.name)
            shutil.rmtree(folder, ignore_errors=True)
            made.rename(folder)
        _remove_old(folder.parent)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoGraphError(f"converting the model failed ({error})", where=files.name) from error
    return about


def run_converter(files: ModelFiles, made: Path) -> str:
    """Run `engines.convert` into an empty folder; returns the last line of its errors."""
    ended = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "explorer.encode.engines.convert", files.name, str(files.folder), str(made)],
        env={**os.environ, "PYTHONPATH": python_path()},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_CONVERT_SECONDS,
        check=False,
    )
    return (ended.stderr.strip().splitlines() or [f"exit status {ended.returncode}"])[-1]


def _remove_old(parent: Path) -> None:
    """Remove graphs beyond the number kept."""
    finished = [path for path in parent.iterdir() if not is_scratch(path)]
    for path in sorted(finished, key=lambda path: path.stat().st_mtime)[:-_KEEP]:
        shutil.rmtree(path, ignore_errors=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
