"""The cache of comparisons on disk: the same contenders and settings show the same comparison at once."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict, Unpack

from explorer.comparison.compare import compare
from explorer.comparison.comparison import Comparison
from explorer.comparison.contenders.contender import Contender
from explorer.comparison.files.opening import open_comparison
from explorer.comparison.files.saving import packed
from explorer.comparison.judging.judgements import Judgements, ScoredPairs
from explorer.encode.queries import QueryVectors
from explorer.errors import ExplorerError
from explorer.jobs.progress import OnProgress
from explorer.scratch import remove_abandoned, scratch_folder
from explorer.settings import settings

_log = logging.getLogger(__name__)

_SCHEME = 5  # increase it when the same contenders and settings would give other figures, or more of them
_MOST = 64  # comparisons to keep, the most recently used
_MOST_BYTES = 300_000_000  # of all of them
_ENDING = ".comparison"


class Options(TypedDict, total=False):
    """What `compare` takes besides the contenders; what is left out has its default there."""

    judgements: Judgements | None
    pairs: ScoredPairs | None
    groups: str | None
    views: tuple[str, str] | None
    k: int
    seed: int


def cached_compare(
    contenders: Sequence[Contender],
    *,
    query_vectors: QueryVectors | None = None,
    on_progress: OnProgress | None = None,
    **options: Unpack[Options],
) -> Comparison:
    """Compare, or take the comparison of the same contenders and options from the cache; see `compare`."""
    sides = [(contender.name, contender.fingerprint) for contender in contenders]
    made_from = repr((_SCHEME, sides, sorted(options.items())))
    name = hashlib.blake2b(made_from.encode("utf-8", "replace")).hexdigest()[:32]
    found = _find(name, contenders)
    if found is None:
        found = compare(contenders, **options, query_vectors=query_vectors, on_progress=on_progress)
        if not found.failures:  # what failed is measured again when it is next asked for
            _keep(name, found)
    return found


def _find(name: str, contenders: Sequence[Contender]) -> Comparison | None:
    remove_abandoned(_folder())
    path = _folder() / f"{name}{_ENDING}"
    try:
        found = open_comparison(path.read_bytes(), contenders[0].corpus, contenders=contenders)
        os.utime(path)
    except (FileNotFoundError, IndexError):
        return None
    except (OSError, ExplorerError) as error:
        _log.warning("a cached comparison cannot be read and is made again: %s", error)
        return None
    return found


def _keep(name: str, comparison: Comparison) -> None:
    """Cache a comparison, and drop the least recently used beyond the limits. A full disk caches nothing."""
    try:
        folder, content = _folder(), packed(comparison)
        with scratch_folder(folder) as aside:
            whole = aside / name
            whole.write_bytes(content)
            whole.replace(folder / f"{name}{_ENDING}")  # it appears whole or not at all
        cached = sorted(folder.glob(f"*{_ENDING}"), key=lambda path: path.stat().st_mtime, reverse=True)
        held = 0
        for place, path in enumerate(cached):
            held += path.stat().st_size
            if place >= _MOST or held > _MOST_BYTES:
                path.unlink(missing_ok=True)
    except (OSError, ExplorerError) as error:
        _log.warning("a comparison cannot be cached: %s", error)


def _folder() -> Path:
    return settings().cache_folder / "comparisons"
