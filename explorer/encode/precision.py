"""Fast precision, and whether it holds for some texts: up to 64 of them are encoded both ways."""

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
from explorer.encode.engines import loaded_models as engines
from explorer.encode.engines import openvino
from explorer.encode.engines.engine import Prompt
from explorer.encode.models import ModelFiles

if TYPE_CHECKING:
    import torch

_PROBE_ROWS = 64
# Fast precision is taken only when every probed row keeps at least this cosine to its float32 vector.
_MIN_COSINE = {"bfloat16": 0.9999, "float16": 0.999}


@dataclass(frozen=True)
class PrecisionCheck:
    """What the probe of a short type gave.

    Attributes:
        dtype: The type tried.
        rows: Rows encoded both ways.
        min_cosine: The lowest cosine between a row's two vectors.
        passed: Whether the type is used.
        engine: What ran the model in that type: torch or openvino.
    """

    dtype: str
    rows: int
    min_cosine: float
    passed: bool
    engine: str = "torch"


def probe_texts(texts: Sequence[str]) -> list[str]:
    """The texts fast precision is checked on: up to 64 different ones, spread over all lengths.

    Texts are grouped by how often their length can be halved, and taken from the groups in turn, in an order
    that depends on a text alone. So one more row seldom changes which they are, and the verdict stands.
    """
    lengths = np.fromiter((len(text).bit_length() for text in texts), np.int64, len(texts))
    coded = (text.encode("utf-8", "surrogatepass") for text in texts)
    marks = np.fromiter(map(zlib.crc32, coded), np.int64, len(texts))
    groups = []
    for length in np.unique(lengths)[::-1]:
        members = np.flatnonzero(lengths == length)
        in_order = members[np.argsort(marks[members], kind="stable")]
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
    say: Callable[[str], None],
) -> PrecisionCheck:
    """The verdict on a short type for some texts: as kept, else by trying it.

    Args:
        files: The model.
        device: Where it runs.
        dtype: The short type.
        probe: What `probe_texts` gives, one or more.
        prompt: What the model is told of them.
        cache: Where the verdict is kept, under the texts with their prompt, the model and the machine.
        say: Called with a few plain words when it is tried.
    """
    digest = hashlib.blake2b(b"".join(map(text_key, prompt.before(probe))), digest_size=16).hexdigest()
    subject = f"{files.identity} {dtype} {device} {_machine()} {digest}"
    stored = cache.verdict(subject)
    if stored is not None:
        return PrecisionCheck(**json.loads(stored))
    say("Checking fast precision on your rows")
    check = _probe(files, device, dtype, probe, prompt)
    cache.record_verdict(subject, json.dumps(asdict(check)))
    return check


def _probe(
    files: ModelFiles, device: torch.device, dtype: str, texts: list[str], prompt: Prompt
) -> PrecisionCheck:
    exact = encode_few(engines.load(files, device, "float32"), texts, prompt=prompt).astype(np.float64)
    engine = engines.load(files, device, dtype)
    short = encode_few(engine, texts, prompt=prompt).astype(np.float64)
    norms = np.linalg.norm(exact, axis=1) * np.linalg.norm(short, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        cosines = (exact * short).sum(axis=1) / norms
    lowest = float(np.nan_to_num(cosines, nan=-1.0).min())
    passed = lowest >= _MIN_COSINE[dtype]
    engines.unload(files, device, "float32" if passed else dtype)  # the loser only holds memory
    return PrecisionCheck(dtype=dtype, rows=len(texts), min_cosine=lowest, passed=passed, engine=engine.kind)


def _machine() -> str:
    import torch

    cpu = f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
    return f"{cpu} torch {torch.__version__} openvino {openvino.version()}"
