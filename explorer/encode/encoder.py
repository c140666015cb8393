"""An encoder: a model at a revision, with its prompts, precision and length."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.encode import engine as engines
from explorer.encode import openvino
from explorer.encode.batches import plan_batches
from explorer.encode.cache import VectorCache
from explorer.encode.models import ModelFiles, find_model
from explorer.encode.remote import RemoteEngine
from explorer.encode.services import Secret, remote_service
from explorer.encode.spec import TFIDF, EncoderSpec
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
    """What turns texts into vectors, opened for use; weights are loaded when the first text is encoded.

    Args:
        spec: What was chosen.
        name: The model, for people.
        identity: What the vectors depend on, beside the prompt.
        prompts: Put before rows, and before queries.
        load: Gives the engine.
        dtype: What it computes in: float32, bfloat16 or float16.
        check: The probe behind a short type; None when none was tried.

    Attributes:
        fingerprint: Names everything that changes the vectors: two encoders with one fingerprint agree.
        prompt: Put before rows.
        query_prompt: Put before queries.
    """

    def __init__(
        self,
        spec: EncoderSpec,
        name: str,
        identity: dict[str, Any],
        *,
        prompts: tuple[str, str] = ("", ""),
        load: Callable[[], engines.Engine],
        dtype: str = "float32",
        check: PrecisionCheck | None = None,
    ) -> None:
        self.spec = spec
        self.name = name
        self.dtype = dtype
        self.check = check
        self.prompt, self.query_prompt = prompts
        self._load = load
        serial = json.dumps({"scheme": _SCHEME, "prompt": self.prompt, **identity}, sort_keys=True).encode()
        self.fingerprint = hashlib.blake2b(serial, digest_size=16).hexdigest()

    @property
    def engine(self) -> engines.Engine:
        """What runs the model.

        Raises:
            EncodeError: Fast precision was checked with an engine that cannot be had now.
        """
        return self._load()

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
            raise EncodeError("The model gave values that are not numbers.", where=self.name)
        return vectors


def open_encoder(
    spec: EncoderSpec,
    texts: Sequence[str],
    cache: VectorCache,
    *,
    token: Secret | None = None,
    on_phase: Callable[[str], None] | None = None,
    on_download: Callable[[int, int], None] | None = None,
) -> Encoder:
    """Find a model, settle its precision and give it its fingerprint.

    With `auto`, the first use of a model on a machine encodes up to 64 of the texts both ways; the verdict is
    kept beside the vectors, so that later uses need neither the probe nor the weights.

    Args:
        spec: What was chosen.
        texts: The user's own: the probe is drawn from them, and TF-IDF is fitted on them.
        cache: Where verdicts are kept.
        token: For an Inference Provider.
        on_phase: Called with a few plain words when a longer step begins.
        on_download: Called with the bytes that came from the Hub and those to come; may raise to stop.

    Raises:
        ModelError: The model cannot be had; see `find_model`.
        HubError: The model is on the Hub, which does not give it.
        EncodeError: The model is run elsewhere and is not given there; or no text has a word, for TF-IDF.
        SettingError: EXPLORER_DEVICE names a device that is not there.
    """
    say = on_phase or (lambda _phase: None)
    if spec.provider:
        return _remote(spec, token)
    if spec.model == TFIDF:
        say("Fitting TF-IDF on your rows")
        return _tfidf(spec, texts)
    say("Opening the model")
    return _local(spec, texts, cache, say, on_download)


def _local(
    spec: EncoderSpec,
    probe: Sequence[str],
    cache: VectorCache,
    say: Callable[[str], None],
    on_download: Callable[[int, int], None] | None,
) -> Encoder:
    files = find_model(
        spec.model,
        revision=spec.revision,
        trust_remote_code=spec.trust_remote_code,
        on_progress=on_download,
    )
    device = pick_device(settings().device)
    check = None
    fast = engines.fast_dtype(files, device) if spec.precision == "auto" else "float32"
    if fast != "float32":
        subject = f"{files.identity} {fast} {device} {_machine()}"
        stored = cache.verdict(subject)
        check = None if stored is None else PrecisionCheck(**json.loads(stored))
        # A verdict from fewer rows than there are now, such as a first look at three lines, is asked again.
        if probe and (check is None or check.rows < min(_PROBE_ROWS, len(set(probe)))):
            say("Checking fast precision on your rows")
            check = _probe(files, device, fast, prompts_of(spec, files)[0], probe)
            cache.record_verdict(subject, json.dumps(asdict(check)))
    return local_encoder(spec, files, device, check)


def local_encoder(
    spec: EncoderSpec, files: ModelFiles, device: torch.device, check: PrecisionCheck | None
) -> Encoder:
    """The encoder of a model on disk, its precision settled."""
    prompts = prompts_of(spec, files)
    dtype = check.dtype if check is not None and check.passed else "float32"
    identity = {
        "model": files.name,
        "revision": files.identity,
        "pooling": files.pooling,
        "dtype": dtype,
        "max_length": files.max_length,
        "truncation": "end",
    }
    if check is not None and check.passed:
        # In float32 engines agree to a few millionths; in a short type each has its own rounding.
        identity["engine"] = check.engine

    def load() -> engines.Engine:
        engine = engines.load(files, device, dtype)
        if check is not None and check.passed and engine.kind != check.engine:
            raise EncodeError(
                f"Fast precision was checked with {check.engine}, which cannot be used now.",
                where=files.name,
                fix=" ".join([*engine.notes, "Choose exact precision, or try again."]),
            )
        return engine

    return Encoder(spec, files.name, identity, prompts=prompts, load=load, dtype=dtype, check=check)


def _remote(spec: EncoderSpec, token: Secret | None) -> Encoder:
    engine = RemoteEngine(remote_service(spec.provider, spec.model, token))
    prompts = (spec.prompt or "", spec.query_prompt or "")
    return Encoder(spec, engine.name, engine.identity(), prompts=prompts, load=lambda: engine)


def _tfidf(spec: EncoderSpec, texts: Sequence[str]) -> Encoder:
    from explorer.encode.tfidf import TfidfEngine

    engine = TfidfEngine.fit(texts)
    return Encoder(spec, "TF-IDF", engine.identity(), load=lambda: engine)


def prompts_of(spec: EncoderSpec, files: ModelFiles) -> tuple[str, str]:
    """What is put before rows and before queries: as chosen, else as the model's own files say."""
    return (
        _prompt(spec.prompt, files, ("document", "passage")),
        _prompt(spec.query_prompt, files, ("query",)),
    )


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
        out[batch] = engine.start(tokens.batch(batch))()
    return out
