"""Models as graphs for OpenVINO: converted once, checked, and kept in the cache folder.

`docs/decisions/0008-openvino.md` explains why a separate process converts them. Graphs of the BERT family
are built from a model's files each time (`docs/decisions/0028-built-graphs.md`): of these, only the outcome
of the check is kept.
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
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from explorer.encode.engines.bert.reference import check_with_reference
from explorer.encode.engines.graph_outcomes import About, NoGraphError, check_modules
from explorer.encode.models import ModelFiles
from explorer.jobs.process import python_module, python_path
from explorer.scratch import is_scratch, remove_abandoned, scratch_folder
from explorer.settings import settings

_log = logging.getLogger(__name__)
SCHEME = 5  # raise it when a graph would be converted or checked differently
_KEEP = 4  # graphs on disk, each the size of its weights; the least recently opened one is removed first
_CONVERT_SECONDS = 600.0
_PACKAGES = ("openvino", "torch", "transformers", "sentence-transformers")
_converting = threading.Lock()  # a converter takes a gigabyte and all cores: one at a time
GRAPH = "graph.xml"
TEXT_GRAPH = "texts.xml"  # of a model for images and texts, whose `GRAPH` is of images
_ABOUT = "about.json"


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
    about = _read(folder) or _check_here(files, folder)
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


def write_about(folder: Path, about: About) -> None:
    """Write `about.json`, which completes a graph's folder, with the digests of its files."""
    graphs = [] if about.refused or about.built else [GRAPH, *([TEXT_GRAPH] if about.text_inputs else [])]
    digests = {file: _sha256(folder / file) for graph in graphs for file in graph_files(graph)}
    (folder / _ABOUT).write_text(json.dumps({**asdict(about), "digests": digests}), encoding="utf-8")


def graph_files(graph: str) -> tuple[str, str]:
    """The names of the files that hold a graph: its operations and its weights."""
    return graph, graph.removesuffix(".xml") + ".bin"


def _key(files: ModelFiles) -> str:
    versions = [importlib.metadata.version(name) for name in _PACKAGES]
    subject = json.dumps([SCHEME, files.revision, files.max_length, platform.machine(), versions])
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


def _check_here(files: ModelFiles, folder: Path) -> About | None:
    """The outcome for a model with reference vectors, checked in this process; None for any other."""
    about = check_with_reference(files)
    if about is None:
        return None

    def write(made: Path) -> About:
        write_about(made, about)
        return about

    try:
        return _keep(folder, write)
    except OSError as error:
        _log.warning("the check of %s is not kept: %s", files.name, error)
        return about


def _convert(files: ModelFiles, folder: Path) -> About:
    """Convert a model in a separate process."""

    def write(made: Path) -> About:
        last_line = run_converter(files, made)
        about = _read(made)
        if about is None:
            reason = files.without_paths(last_line, made)
            raise NoGraphError(f"converting the model failed ({reason})", where=files.name)
        return about

    try:
        return _keep(folder, write)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoGraphError(f"converting the model failed ({error})", where=files.name) from error


def _keep(folder: Path, write: Callable[[Path], About]) -> About:
    """Write a graph's folder, which appears complete or not at all, and remove old ones."""
    with scratch_folder(folder.parent) as aside:
        made = aside / "graph"
        made.mkdir()
        about = write(made)
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)
    _remove_old(folder.parent)
    return about


def run_converter(files: ModelFiles, made: Path) -> str:
    """Run `engines.convert` into an empty folder; returns the last line of its errors."""
    ended = subprocess.run(  # noqa: S603 - our own module
        python_module("explorer.encode.engines.convert", files.name, str(files.folder), str(made)),
        env={**os.environ, "PYTHONPATH": python_path()},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_CONVERT_SECONDS,
        check=False,
    )
    return (ended.stderr.strip().splitlines() or [f"exit status {ended.returncode}"])[-1]


def _remove_old(parent: Path) -> None:
    """Remove graphs beyond the number kept; outcomes alone are a few hundred bytes, and stay."""
    finished = [path for path in parent.iterdir() if not is_scratch(path) and (path / GRAPH).exists()]
    for path in sorted(finished, key=lambda path: path.stat().st_mtime)[:-_KEEP]:
        shutil.rmtree(path, ignore_errors=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
