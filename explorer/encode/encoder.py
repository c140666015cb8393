"""An encoder: a model at a revision, with its prompts, precision and length."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from explorer.encode import engine as engines
from explorer.encode import openvino
from explorer.encode.batches import plan_batches
from explorer.encode.cache import VectorCache
from explorer.encode.models import ModelFiles, find_model
from explorer.encode.spec import EncoderSpec
from explorer.errors import EncodeError, QueryError
from explorer.settings import settings
from explorer.tensor import pick_device

if TYPE_CHECKING:
    import torch

_SCHEME = 1  # raise it when vectors of the same encoder would come out differently
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


class Encoder:
    """A model opened for use; its weights are loaded when the first text is encoded.

    Attributes:
        spec: What was chosen.
        files: The model's files.
        dtype: What it computes in: float32, bfloat16 or float16.
        check: The probe behind a short type; None when none was tried.
        fingerprint: Names everything that changes the vectors: two encoders with one fingerprint agree.
    """

    def __init__(
        self, spec: EncoderSpec, files: ModelFiles, device: torch.device, check: PrecisionCheck | None
    ) -> None:
        self.spec = spec
        self.files = files
        self.check = check
        self.dtype = check.dtype if check is not None and check.passed else "float32"
        self.prompt = _prompt(spec.prompt, files, ("document", "passage"))
        self.query_prompt = _prompt(spec.query_prompt, files, ("query",))
        self._device = device
        identity = {
            "scheme": _SCHEME,
            "model": files.name,
            "revision": files.revision,
            "pooling": files.pooling,
            "prompt": self.prompt,
            "dtype": self.dtype,
            "max_length": files.max_length,
            "truncation": "end",
        }
        if check is not None and check.passed:
            # In float32 engines agree to a few millionths; in a short type each has its own rounding.
            identity["engine"] = check.engine
        serial = json.dumps(identity, sort_keys=True).encode()
        self.fingerprint = hashlib.blake2b(serial, digest_size=16).hexdigest()

    @property
    def engine(self) -> engines.Engine:
        """The loaded model.

        Raises:
            EncodeError: Fast precision was checked with an engine that cannot be had now.
        """
        engine = engines.load(self.files, self._device, self.dtype)
        if self.check is not None and self.check.passed and engine.kind != self.check.engine:
            raise EncodeError(
                f"Fast precision was checked with {self.check.engine}, which cannot be used now.",
                where=self.files.name,
                fix=" ".join([*engine.notes, "Choose exact precision, or try again."]),
            )
        return engine

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of queries: float32, shape (texts, dims).

        Raises:
            QueryError: A query has no text in it.
            EncodeError: The model gave values that are not numbers.
        """
        for position, text in enumerate(texts, start=1):
            if not text.strip():
                raise QueryError(
                    "A query needs some text.", where=f"query {position}" if len(texts) > 1 else ""
                )
        vectors = _encode_small(self.engine, [self.query_prompt + text for text in texts])
        if not np.isfinite(vectors).all():
            raise EncodeError("The model gave values that are not numbers.", where=self.files.name)
        return vectors


def open_encoder(
    spec: EncoderSpec,
    probe: Sequence[str],
    cache: VectorCache,
    *,
    on_phase: Callable[[str], None] | None = None,
) -> Encoder:
    """Find a model, settle its precision and give it its fingerprint.

    With `auto`, the first use of a model on a machine encodes up to 64 of the probe texts both ways; the
    verdict is kept beside the vectors, so that later uses need neither the probe nor the weights.

    Args:
        spec: What was chosen.
        probe: The user's own texts, from which the probe is drawn.
        cache: Where verdicts are kept.
        on_phase: Called with a few plain words when a longer step begins.

    Raises:
        ModelError: The model cannot be had; see `find_model`.
        SettingError: EXPLORER_DEVICE names a device that is not there.
    """
    say = on_phase or (lambda _phase: None)
    say("Opening the model")
    files = find_model(spec.model, revision=spec.revision)
    device = pick_device(settings().device)
    check = None
    fast = engines.fast_dtype(files, device) if spec.precision == "auto" else "float32"
    if fast != "float32":
        subject = f"{files.revision} {fast} {device} {_machine()}"
        stored = cache.verdict(subject)
        check = None if stored is None else PrecisionCheck(**json.loads(stored))
        # A verdict from fewer rows than there are now, such as a first look at three lines, is asked again.
        if probe and (check is None or check.rows < min(_PROBE_ROWS, len(set(probe)))):
            say("Checking fast precision on your rows")
            check = _probe(files, device, fast, _prompt(spec.prompt, files, ("document", "passage")), probe)
            cache.record_verdict(subject, json.dumps(asdict(check)))
    return Encoder(spec, files, device, check)


def _prompt(chosen: str | None, files: ModelFiles, names: tuple[str, ...]) -> str:
    if chosen is not None:
        return chosen
    return next((files.prompts[name] for name in names if name in files.prompts), "")


def _machine() -> str:
    import torch

    cpu = f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
    return f"{cpu} torch {torch.__version__} openvino {openvino.version()}"


def _probe(
    files: ModelFiles, device: torch.device, dtype: str, prompt: str, texts: Sequence[str]
) -> PrecisionCheck:
    by_length = sorted(set(texts), key=lambda text: (len(text), text))
    spread = np.linspace(0, len(by_length) - 1, min(_PROBE_ROWS, len(by_length))).round().astype(int)
    chosen = [prompt + by_length[position] for position in np.unique(spread)]
    exact = _encode_small(engines.load(files, device, "float32"), chosen).astype(np.float64)
    engine = engines.load(files, device, dtype)
    short = _encode_small(engine, chosen).astype(np.float64)
    norms = np.linalg.norm(exact, axis=1) * np.linalg.norm(short, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        cosines = (exact * short).sum(axis=1) / norms
    lowest = float(np.nan_to_num(cosines, nan=-1.0).min())
    passed = lowest >= _MIN_COSINE[dtype]
    engines.unload(files, device, "float32" if passed else dtype)  # the loser only holds memory
    return PrecisionCheck(dtype=dtype, rows=len(chosen), min_cosine=lowest, passed=passed, engine=engine.kind)


def _encode_small(engine: engines.Engine, texts: list[str]) -> np.ndarray:
    """Vectors of a handful of texts, in order, by the engine's own batches."""
    tokens = engine.tokenize(texts)
    out = np.empty((len(texts), engine.dims), dtype=np.float32)
    for batch in plan_batches(tokens.lengths, engine.token_budget):
        out[batch] = engine.run(tokens.batch(batch))
    return out
