"""The cache of maps on disk: opening the same rows again shows their map at once."""

from __future__ import annotations

import hashlib
import logging
import math
import os
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explorer.scratch import remove_abandoned, scratch_folder
from explorer.settings import settings

_log = logging.getLogger(__name__)

_SCHEME = 1  # increase it when the same choices would give another map
_MOST = 64  # maps to keep, the most recently used


def map_name(vectors: NDArray[np.float32], *choices: object) -> str:
    """The cache key of a map: a hash of its vectors, bit for bit, and of all choices."""
    digest = hashlib.blake2b(repr((_SCHEME, vectors.shape, choices)).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(vectors).data)
    return digest.hexdigest()


def find_map(name: str) -> tuple[NDArray[np.float32], float | None] | None:
    """The coordinates of a cached map, float32, shape (rows, dims), and its recall; None if not cached.

    The recall itself is None if it was not measured.
    """
    remove_abandoned(_folder())
    path = _folder() / f"{name}.npz"
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as cached:
            recall = float(cached["recall"])
            found = cached["points"], None if math.isnan(recall) else recall
        os.utime(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        _log.warning("a cached map cannot be read and is made again: %s", error)
        return None
    return found


def keep_map(name: str, coordinates: NDArray[np.float32], recall: float | None) -> None:
    """Cache a map, and drop the least recently used beyond the limit. A full disk caches nothing."""
    try:
        folder = _folder()
        with scratch_folder(folder) as aside:
            whole = aside / "map.npz"
            np.savez(whole, points=coordinates, recall=np.float64(math.nan if recall is None else recall))
            whole.replace(folder / f"{name}.npz")  # it appears whole or not at all
        cached = sorted(folder.glob("*.npz"), key=lambda path: path.stat().st_mtime)
        for path in cached[:-_MOST]:
            path.unlink(missing_ok=True)
    except OSError as error:
        _log.warning("a map cannot be cached: %s", error)


def _folder() -> Path:
    return settings().cache_folder / "maps"
