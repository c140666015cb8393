"""The check of fast precision: up to 64 items are encoded in both precisions and compared."""

from __future__ import annotations

import hashlib
import itertools
import json
import platform
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from explorer.data.corpus import Item, item_key
from explorer.encode.batches import encode_few
from explorer.encode.cache import VectorCache
from explorer.encode.engines import graphs, openvino
from explorer.encode.engines import loaded_models as engines
from explorer.encode.engines.engine import Prompt
from explorer.encode.models import ModelFiles

if TYPE_CHECKING:
    import torch

_PROBE_ROWS = 64
# Fast precision is used only if every probed row has at least this cosine to its float32 vector.
_MIN_COSINE = {"bfloat16": 0.9999, "float16": 0.999}


@dataclass(frozen=True)
class PrecisionCheck:
    """The result of checking a faster dtype.

    Attributes:
        dtype: The dtype that was tried: bfloat16 or float16.
        rows: Rows encoded in both precisions.
        min_cosine: The lowest cosine between the two vectors of a row.
        passed: Whether the dtype is used.
        engine: The engine that ran the model in that dtype: torch or openvino.
    """

    dtype: str
    rows: int
    min_cosine: float
    passed: bool
    engine: str = "torch"


def probe_items(items: Sequence[Item]) -> list[Item]:
    """The items for the check of fast precision: up to 64 different ones, texts of all lengths.

    Texts are grouped by the binary logarithm of their length, images are one more group, and items are taken
    from the groups in turn, ordered by a hash. One more row therefore seldom changes the selection, and the
    verdict remains valid.
    """
    lengths = np.fromiter(map(_length, items), np.int64, len(items))
    hashes = np.fromiter(map(_hash, items), np.int64, len(items))
    groups = []
    for length in np.unique(lengths)[::-1]:
        members = np.flatnonzero(lengths == length)
        in_order = members[np.argsort(hashes[members], kind="stable")]
        groups.append(_different(items[row] for row in in_order))
    in_turn = itertools.chain.from_iterable(itertools.zip_longest(*groups))
    return list(itertools.islice((item for item in in_turn if item is not None), _PROBE_ROWS))


def _length(item: Item) -> int:
    return len(item).bit_length() if isinstance(item, str) else -1


def _hash(item: Item) -> int:
    return zlib.crc32(item.encode("utf-8", "surrogatepass") if isinstance(item, str) else item.key)


def _different(items: Iterable[Item]) -> Iterator[Item]:
    seen = set()
    for item in items:
        if item not in seen:
            seen.add(item)
            yield item


def check_precision(
    files: ModelFiles,
    device: torch.device,
    dtype: str,
    probe: list[Item],
    prompt: Prompt,
    cache: VectorCache,
    report: Callable[[str], None],
) -> PrecisionCheck:
    """The verdict on a faster dtype for some items: from the cache, else by trying it.

    Args:
        files: The model.
        device: Where it runs.
        dtype: bfloat16 or float16.
        probe: The result of `probe_items`, at least one.
        prompt: The prompt and role of texts.
        cache: Where the verdict is kept, by the items with their prompt, the model and the machine.
        report: Called with the name of the phase if the dtype is tried.
    """
    prompted = [prompt.text + item if isinstance(item, str) else item for item in probe]
    digest = hashlib.blake2b(b"".join(map(item_key, prompted)), digest_size=16).hexdigest()
    subject = f"{files.identity} {dtype} {device} {_machine()} {digest}"
    stored = cache.verdict(subject)
    if stored is not None:
        return PrecisionCheck(**json.loads(stored))
    report("Checking fast precision on your rows")
    check = compare_precisions(files, device, dtype, probe, prompt)
    cache.record_verdict(subject, json.dumps(asdict(check)))
    return check


def compare_precisions(
    files: ModelFiles, device: torch.device, dtype: str, items: list[Item], prompt: Prompt
) -> PrecisionCheck:
    """Encode items in float32 and in a faster dtype; the one that is not used is unloaded."""
    exact = encode_few(engines.load(files, device, "float32"), items, prompt=prompt).astype(np.float64)
    engine = engines.load(files, device, dtype)
    short = encode_few(engine, items, prompt=prompt).astype(np.float64)
    norms = np.linalg.norm(exact, axis=1) * np.linalg.norm(short, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        cosines = (exact * short).sum(axis=1) / norms
    lowest = float(np.nan_to_num(cosines, nan=-1.0).min())
    passed = lowest >= _MIN_COSINE[dtype]
    engines.unload(files, device, "float32" if passed else dtype)  # it would only take up memory
    return PrecisionCheck(dtype=dtype, rows=len(items), min_cosine=lowest, passed=passed, engine=engine.kind)


def _machine() -> str:
    import torch

    cpu = f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
    return f"{cpu} torch {torch.__version__} openvino {openvino.version()} graphs {graphs.SCHEME}"
