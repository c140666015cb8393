"""An encoder: a model at a revision, with its prompts, precision and length."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.encode.batches import encode_few
from explorer.encode.cache import VectorCache
from explorer.encode.engines import loaded_models as engines
from explorer.encode.engines.hosted import RemoteEngine
from explorer.encode.engines.services import Secret, remote_service
from explorer.encode.models import ModelFiles, find_model
from explorer.encode.precision import PrecisionCheck, check_precision, probe_texts
from explorer.encode.spec import TFIDF, EncoderSpec
from explorer.errors import EncodeError, QueryError
from explorer.jobs.progress import OnProgress, Progress
from explorer.settings import settings
from explorer.tensor import pick_device

if TYPE_CHECKING:
    import torch

_SCHEME = 1  # raise it when vectors of the same encoder would come out differently


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

    def encode_queries(self, texts: Sequence[str], on_progress: OnProgress | None = None) -> np.ndarray:
        """Vectors of queries: float32, shape (texts, dims).

        Args:
            texts: The queries.
            on_progress: Told what is waited for; an exception it raises stops the work.

        Raises:
            QueryError: A query has no text in it.
            ModelChangedError: The model is elsewhere, and no longer the one that the fingerprint names.
            EncodeError: The model gave values that are not numbers.
        """
        say = on_progress or (lambda _progress: None)
        for position, text in enumerate(texts, start=1):
            if not text.strip():
                raise QueryError(
                    "A query needs some text.", where=f"query {position}" if len(texts) > 1 else ""
                )
        say(Progress("Loading the model", total=len(texts)))
        engine = self.engine
        doing = Progress("Encoding", total=len(texts), unit="texts")
        say(doing)
        if isinstance(engine, RemoteEngine):
            engine.on_wait = lambda why: say(replace(doing, note=why))
            engine.confirm()
        vectors = encode_few(engine, [self.query_prompt + text for text in texts])
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
    on_wait: Callable[[str], None] | None = None,
    on_download: OnProgress | None = None,
) -> Encoder:
    """Find a model, settle its precision and give it its fingerprint.

    With `auto`, up to 64 of the texts are encoded both ways. The verdict is kept beside the vectors, under
    those texts: opening the same rows again needs neither the probe nor the weights, and rows that are unlike
    those checked before are checked themselves. What says which model is behind a name elsewhere is kept too.

    Args:
        spec: What was chosen.
        texts: The user's own: the probe is drawn from them, and TF-IDF is fitted on them.
        cache: Where verdicts are kept, and what is known of models elsewhere.
        token: For an Inference Provider.
        on_phase: Called with a few plain words when a longer step begins.
        on_wait: Called every half second with what a server elsewhere is waited for; may raise to stop.
        on_download: Told the bytes that came from the Hub; may raise to stop.

    Raises:
        ModelError: The model cannot be had; see `find_model`.
        HubError: The model is on the Hub, which does not give it.
        EncodeError: The model is elsewhere and its server gives nothing; or no text has a word, for TF-IDF.
        SettingError: EXPLORER_DEVICE names a device that is not there.
    """
    say = on_phase or (lambda _phase: None)
    if spec.provider:
        return _remote(spec, cache, token, on_wait)
    if spec.model == TFIDF:
        say("Fitting TF-IDF on your rows")
        return _tfidf(spec, texts)
    say("Opening the model")
    return _local(spec, texts, cache, say, on_download)


def _local(
    spec: EncoderSpec,
    texts: Sequence[str],
    cache: VectorCache,
    say: Callable[[str], None],
    on_download: OnProgress | None,
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
    if fast != "float32" and texts:
        prompt = prompts_of(spec, files)[0]
        probe = [prompt + text for text in probe_texts(texts)]
        check = check_precision(files, device, fast, probe, cache, say)
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


def _remote(
    spec: EncoderSpec, cache: VectorCache, token: Secret | None, on_wait: Callable[[str], None] | None
) -> Encoder:
    engine = RemoteEngine(remote_service(spec.provider, spec.model, token), cache, on_wait)
    prompts = (spec.prompt or "", spec.query_prompt or "")
    identity = engine.identity()
    engine.on_wait = None
    return Encoder(spec, engine.name, identity, prompts=prompts, load=lambda: engine)


def _tfidf(spec: EncoderSpec, texts: Sequence[str]) -> Encoder:
    from explorer.encode.engines.tfidf import TfidfEngine

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
