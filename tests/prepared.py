"""What takes seconds to make and is the same for every test: converted models, and vectors of the samples.

Both are kept in pytest's own cache folder, so that the processes of one `make test` share them and a later
run has them at once, until anything changes that decides what is in them.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import filelock
import pytest

if TYPE_CHECKING:
    from explorer.encode.models import ModelFiles

ROOT = Path(__file__).resolve().parent.parent
TINY_PROMPTS = {"query": "query: ", "document": "document: "}
_CLIP = ("tests/tiny_clip.py", "tests/drawn_images.py")
_CONVERTS = ("explorer/encode/engines/**/*.py", "tests/prepared.py", "tests/tiny_model.py", *_CLIP)
_ENCODES = (
    "explorer/encode/**/*.py",
    "explorer/embedding.py",
    "explorer/data/samples/*",
    "tests/prepared.py",
)
_PACKAGES = ("openvino", "torch", "transformers", "sentence-transformers", "tokenizers", "numpy")


class Prepared:
    """Copies of this run's own, made when they are first needed.

    Args:
        kept: Where they are kept from run to run.
        own: An empty folder for this run.
    """

    def __init__(self, kept: Path, own: Path) -> None:
        self._kept = kept
        self._own = own
        self._lock = threading.RLock()

    def graphs(self) -> Path:
        """The folder of converted models; tests add to it."""
        return self._once("graphs", _CONVERTS, lambda folder: _convert(folder, self.tiny_clip))

    def vectors(self) -> Path:
        """A folder with a vector cache of the samples."""
        return self._once("vectors", _ENCODES, lambda folder: _encode(folder, self.graphs))

    def tiny_model(self) -> Path:
        """The folder of a sentence-transformers model of a few kilobytes; making it takes seconds."""
        return self._once("tiny", ("tests/tiny_model.py",), _save_tiny) / "tiny"

    def tiny_clip(self) -> Path:
        """The folder of a small CLIP model that knows shapes and colours; training it takes seconds."""
        return self._once("clip", _CLIP, _save_clip) / "clip"

    def lend(self, cache: Path, *, vectors: bool = True) -> None:
        """Begin a cache folder with the graphs, and with the vectors if they are wanted."""
        shutil.copytree(self.graphs(), cache / "graphs", copy_function=os.link)
        if vectors:
            shutil.copytree(self.vectors(), cache, dirs_exist_ok=True)

    def _once(self, name: str, sources: tuple[str, ...], make: Callable[[Path], None]) -> Path:
        own = self._own / name
        with self._lock:
            if not own.is_dir():
                shutil.copytree(_kept(self._kept / name, _key(sources), make), own)
        return own


def _kept(folder: Path, key: str, make: Callable[[Path], None]) -> Path:
    """What was kept under a key; whoever comes first makes it, and other processes wait for that."""
    made, unfinished = folder / key, folder / "unfinished"
    with filelock.FileLock(folder.with_name(f"{folder.name}.lock")):
        if not made.is_dir():
            shutil.rmtree(folder, ignore_errors=True)
            unfinished.mkdir(parents=True)
            make(unfinished)
            unfinished.rename(made)
    return made


def _key(sources: tuple[str, ...]) -> str:
    digest = hashlib.sha256(repr([platform.machine(), *map(importlib.metadata.version, _PACKAGES)]).encode())
    for path in (path for pattern in sources for path in sorted(ROOT.glob(pattern))):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _convert(folder: Path, tiny_clip: Callable[[], Path]) -> None:
    """Convert the bundled model, the tiny CLIP, and the tiny model.

    The last with its prompts, without, and as local Hubs serve it.
    """
    from explorer.encode.engines import graphs
    from explorer.encode.models import BUNDLED_MODEL, ModelFiles, find_model
    from tests.hub_server import COMMIT
    from tests.tiny_model import save_tiny_model

    models = folder.with_name("models")
    tiny = [save_tiny_model(models / f"{len(told)}", prompts=told) for told in (TINY_PROMPTS, {})]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graphs, "graphs_folder", lambda: folder)
        graphs.graph_for(find_model(BUNDLED_MODEL))
        convert_here(patch)
        for files in (*map(find_model, map(str, tiny)), ModelFiles("tiny/model", tiny[0], COMMIT, "hub")):
            graphs.graph_for(files)
        graphs.graph_for(find_model(str(tiny_clip())))
    shutil.rmtree(models)


def convert_here(patch: pytest.MonkeyPatch) -> list[str]:
    """Convert models in this process from now on, which is quicker; the list will name each of them."""
    from explorer.encode.engines import convert, graphs

    converted: list[str] = []

    def run(files: ModelFiles, made: Path) -> str:
        converted.append(files.name)
        convert.convert(files, made)
        return ""

    patch.setattr(graphs, "run_converter", run)
    return converted


def _save_clip(folder: Path) -> None:
    from tests.tiny_clip import save_tiny_clip

    save_tiny_clip(folder / "clip")


def _save_tiny(folder: Path) -> None:
    from tests.tiny_model import save_tiny_model

    save_tiny_model(folder / "tiny", prompts=TINY_PROMPTS)


def _encode(folder: Path, graphs_folder: Callable[[], Path]) -> None:
    """Encode the samples as tests ask for them."""
    import explorer
    from explorer.encode.engines import graphs
    from explorer.settings import settings

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graphs, "graphs_folder", graphs_folder)
        patch.setenv("EXPLORER_CACHE_DIR", str(folder))
        settings.cache_clear()
        for sample in ("support-tickets", "song-moods", "medicare-faq"):
            explorer.embed(sample)
        explorer.embed("medicare-faq", precision="float32")
    settings.cache_clear()
