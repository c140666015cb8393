"""The check of fast precision: up to 64 texts are encoded in both precisions and compared."""

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

from explorer.data.corpus import text_key
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


def probe_texts(texts: Sequence[str]) -> list[str]:
    """The texts for the check of fast precision: up to 64 different ones, of all lengths.

    Texts are grouped by the binary logarithm of their length and taken from the groups in turn, ordered by a
    hash. One more row therefore seldom changes the selection, and the verdict remains valid.
    """
    lengths = np.fromiter((len(text).bit_length() for text in texts), np.int64, len(texts))
    encoded = (text.encode("utf-8", "surrogatepass") for text in texts)
    hashes = np.fromiter(map(zlib.crc32, encoded), np.int64, len(texts))
    groups = []
    for length in np.unique(lengths)[::-1]:
        members = np.flatnonzero(lengths == length)
        in_order = members[np.argsort(hashes[members], kind="stable")]
        groups.append(_different(texts[row] for row in in_order))
    in_turn = itertools.chain.from_iterable(itertools.zip_longest(*groups))
    return list(itertools.islice((text for text in in_turn if text is not None), _PROBE_ROWS))


def _different(texts: Iterable[str]) -> Iterator[str]:
    seen = set()
    for text in texts:
        if text not in seen:
            seen.add(text)
            yield text


def check_precision(
    files: ModelFiles,
    device: torch.device,
    dtype: str,
    probe: list[str],
    prompt: Prompt,
    cache: VectorCache,
    report: Callable[[str], None],
) -> PrecisionCheck:
    """The verdict on a faster dtype for some texts: from the cache, else by trying it.

    Args:
        files: The model.
        device: Where it runs.
        dtype: bfloat16 or float16.
        probe: The result of `probe_texts`, at least one.
        prompt: Their prompt and role.
        cache: Where the verdict is kept, by the texts with their prompt, the model and the machine.
        report: Called with the name of the phase if the dtype is tried.
    """
    digest = hashlib.blake2b(b"".join(map(text_key, prompt.before(probe))), digest_size=16).hexdigest()
    subject = f"{files.identity} {dtype} {device} {_machine()} {digest}"
    stored = cache.verdict(subject)
    if stored is not None:
        return PrecisionCheck(**json.loads(stored))
    report("Checking fast precision on your rows")
    check = compare_precisions(files, device, dtype, probe, prompt)
    cache.record_verdict(subject, json.dumps(asdict(check)))
    return check


def compare_precisions(
    files: ModelFiles, device: torch.device, dtype: str, texts: list[str], prompt: Prompt
) -> PrecisionCheck:
    """Encode texts in float32 and in a faster dtype; the one that is not used is unloaded."""
    exact = encode_few(engines.load(files, device, "float32"), texts, prompt=prompt).astype(np.float64)
    engine = engines.load(files, device, dtype)
    short = encode_few(engine, texts, prompt=prompt).astype(np.float64)
    norms = np.linalg.norm(exact, axis=1) * np.linalg.norm(short, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        cosines = (exact * short).sum(axis=1) / norms
    lowest = float(np.nan_to_num(cosines, nan=-1.0).min())
    passed = lowest >= _MIN_COSINE[dtype]
    engines.unload(files, device, "float32" if passed else dtype)  # it would only take up memory
    return PrecisionCheck(dtype=dtype, rows=len(texts), min_cosine=lowest, passed=passed, engine=engine.kind)


def _machine() -> str:
    import torch

    cpu = f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
    return f"{cpu} torch {torch.__version__} openvino {openvino.version()} graphs {graphs.SCHEME}"
