"""Encoding a corpus: what is stored is read, what is missing is encoded, and stored at once."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explorer.data.corpus import Corpus
from explorer.encode.batches import plan_batches
from explorer.encode.cache import VectorCache
from explorer.encode.encoder import Encoder, PrecisionCheck
from explorer.encode.engine import Engine, OutOfMemoryError
from explorer.encode.progress import OnProgress, Progress
from explorer.encode.tokens import count_tokens
from explorer.errors import EncodeError

_AHEAD = 4  # batches tokenised before the model asks for them
_WRITE_ROWS = 512  # rows handed to the cache in one transaction: what a kill can cost, and no more


@dataclass(frozen=True)
class EncodeReport:
    """What encoding a corpus took.

    Attributes:
        rows: Rows of the corpus.
        distinct: Different texts among them; each is encoded once.
        cached: Different texts whose vectors were in the cache.
        encoded: Different texts that were encoded now.
        seconds: Time from start to end.
        engine: What ran; empty when nothing had to.
        dtype: What it computed in.
        check: The probe behind a short type; None when none was tried.
        notes: What the person should know.
    """

    rows: int
    distinct: int
    cached: int
    encoded: int
    seconds: float
    engine: str
    dtype: str
    check: PrecisionCheck | None
    notes: tuple[str, ...] = ()


@dataclass
class _Run:
    """The state of one run: what it fills in, and what it says of itself."""

    encoder: Encoder
    corpus: Corpus
    cache: VectorCache
    on_progress: OnProgress
    vectors: np.ndarray  # float32 (rows, dims)
    cached_rows: int
    notes: list[str] = field(default_factory=list)


def encode_corpus(
    encoder: Encoder, corpus: Corpus, cache: VectorCache, on_progress: OnProgress | None = None
) -> tuple[np.ndarray, EncodeReport]:
    """Vectors of every row of a corpus.

    Args:
        encoder: What encodes.
        corpus: The rows.
        cache: Where vectors are looked up and kept.
        on_progress: Called often; an exception it raises stops the work and is passed on, and what was
            encoded by then is kept.

    Returns:
        The vectors, float32, shape (rows, dims), and what it took.

    Raises:
        EncodeError: One text alone does not fit the memory, or the model gave values that are no numbers.
    """
    say = on_progress or (lambda _progress: None)
    started = time.perf_counter()
    say(Progress("Looking in the cache", total=len(corpus)))
    keys = corpus.text_keys
    first: dict[bytes, int] = {}  # the first row of each different text
    for row, key in enumerate(keys):
        first.setdefault(key, row)

    dims = cache.dims(encoder.fingerprint) or encoder.engine.dims
    vectors = np.empty((len(keys), dims), dtype=np.float32)
    found = cache.read_into(vectors, encoder.fingerprint, first)
    missing = np.array([row for row in first.values() if not found[row]], dtype=np.int64)
    run = _Run(encoder, corpus, cache, say, vectors, cached_rows=len(keys) - len(missing))
    engine_name = _encode_missing(run, missing) if len(missing) else ""
    for row, key in enumerate(keys):
        if first[key] != row:
            vectors[row] = vectors[first[key]]
    vectors.setflags(write=False)
    return vectors, EncodeReport(
        rows=len(keys),
        distinct=len(first),
        cached=len(first) - len(missing),
        encoded=len(missing),
        seconds=time.perf_counter() - started,
        engine=engine_name,
        dtype=encoder.dtype,
        check=encoder.check,
        notes=tuple(run.notes),
    )


def _encode_missing(run: _Run, missing: np.ndarray) -> str:
    encoder = run.encoder
    total = len(run.corpus)
    run.on_progress(Progress("Loading the model", run.cached_rows, total, run.cached_rows))
    engine = encoder.engine
    texts = [run.corpus.texts[row] for row in missing]

    def counting(done: int, of: int) -> None:
        run.on_progress(
            Progress("Counting tokens", run.cached_rows, total, run.cached_rows, 0.05 * done / of)
        )

    lengths = count_tokens(encoder.files, texts, prompt=encoder.prompt, on_progress=counting)
    if encoder.files.max_length is not None:
        lengths = np.minimum(lengths, encoder.files.max_length)

    keys = run.corpus.text_keys
    waiting: list[np.ndarray] = []  # rows encoded and not yet stored
    done_texts, done_tokens, all_tokens = 0, 0, max(1, int(lengths.sum()))

    def store() -> None:
        if waiting:
            rows = np.concatenate(waiting)
            run.cache.write(encoder.fingerprint, [keys[row] for row in rows], run.vectors[rows])
            waiting.clear()

    try:
        for batch, vectors in _encoded_batches(run, engine, texts, lengths):
            rows = missing[batch]
            if not np.isfinite(vectors).all():
                bad = rows[~np.isfinite(vectors).all(axis=1)][0]
                raise EncodeError(
                    "The model gave values that are not numbers.",
                    where=f"{encoder.files.name}, row {bad + 1}",
                    fix="Choose exact precision, or another model.",
                )
            run.vectors[rows] = vectors
            waiting.append(rows)
            done_texts += len(batch)
            done_tokens += int(lengths[batch].sum())
            if sum(map(len, waiting)) >= _WRITE_ROWS:
                store()
            fraction = 0.05 + 0.95 * done_tokens / all_tokens
            run.on_progress(
                Progress("Encoding", run.cached_rows + done_texts, total, run.cached_rows, fraction)
            )
    finally:
        store()
    return engine.name


def _encoded_batches(
    run: _Run, engine: Engine, texts: list[str], lengths: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Positions and vectors, batch by batch; a batch that does not fit is made again at half the budget."""
    budget = engine.token_budget
    remaining = np.arange(len(texts))
    while len(remaining):
        plan = [remaining[batch] for batch in plan_batches(lengths[remaining], budget)]
        for number, (batch, prepared) in enumerate(_prepared(run.encoder.prompt, engine, texts, plan)):
            try:
                vectors = engine.run(prepared)
            except OutOfMemoryError as error:
                if len(batch) == 1:
                    raise EncodeError(
                        f"One text of {lengths[batch[0]]} tokens does not fit the device's memory.",
                        where=run.encoder.files.name,
                        fix="Close what else uses the device, or choose a smaller model.",
                    ) from error
                remaining = np.concatenate(plan[number:])
                budget = max(1, min(budget, len(batch) * int(lengths[batch].max())) // 2)
                note = f"Memory was short: batches were cut to {budget} tokens."
                run.notes[:] = [note]
                run.on_progress(Progress("Encoding with smaller batches", total=len(run.corpus), note=note))
                break
            yield batch, vectors
        else:
            return


def _prepared(
    prompt: str, engine: Engine, texts: list[str], plan: list[np.ndarray]
) -> Iterator[tuple[np.ndarray, Any]]:
    """Batches with their tokens, made by another thread a few batches ahead of the model."""
    with ThreadPoolExecutor(1, thread_name_prefix="tokenise") as worker:
        ahead: deque[tuple[np.ndarray, Future[Any]]] = deque()
        upcoming = iter(plan)
        try:
            while True:
                while len(ahead) < _AHEAD and (batch := next(upcoming, None)) is not None:
                    prompted = [prompt + texts[position] for position in batch]
                    ahead.append((batch, worker.submit(engine.prepare, prompted)))
                if not ahead:
                    return
                batch, tokens = ahead.popleft()
                yield batch, tokens.result()
        finally:
            worker.shutdown(wait=True, cancel_futures=True)
