"""Encoding a corpus: shipped and cached vectors are read, missing ones are encoded and cached at once.

Three threads work in parallel: one prepares batches, the caller's own runs the model, and one writes finished
vectors to the cache.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from explorer.data.corpus import Corpus
from explorer.data.tables.values import count
from explorer.encode import shipped_vectors
from explorer.encode.batches import (
    plan_batches,
    positions_by_kind,
    prepare,
    prepared_batches,
    started_batches,
)
from explorer.encode.cache import VectorCache
from explorer.encode.encoder import Encoder
from explorer.encode.engines.engine import Engine, EngineRun, OutOfMemoryError, Prompt
from explorer.encode.report import EncodeReport
from explorer.encode.tokens import Tokens
from explorer.errors import ComputeError, EncodeError
from explorer.jobs.memory_limit import require_memory
from explorer.jobs.progress import OnProgress, Progress, ignore_progress
from explorer.settings import settings

_log = logging.getLogger(__name__)

_COUNTING_SHARE = 0.05  # counting tokens, as a share of the work
_IN_MEMORY = 1 << 29  # bytes; a larger matrix is memory-mapped
_FEWER = "What was encoded is kept. Use fewer processes, or one."
_WRITE_ROWS = 512  # rows in one transaction; a killed process loses those not written yet,
_WRITE_SECONDS = 5.0  # and no more than the work of so long, as of large images


@dataclass
class _Run:
    """The state of one run."""

    encoder: Encoder
    corpus: Corpus
    cache: VectorCache
    on_progress: OnProgress
    vectors: np.ndarray  # float32 (rows, dims)
    cached_rows: int
    notes: list[str] = field(default_factory=list)


def encode_corpus(
    encoder: Encoder,
    corpus: Corpus,
    cache: VectorCache,
    on_progress: OnProgress | None = None,
    *,
    workers: int = 1,
) -> tuple[np.ndarray, EncodeReport]:
    """Encode every row of a corpus.

    Args:
        encoder: The encoder.
        corpus: The rows.
        cache: Where vectors are looked up and stored.
        on_progress: Called after each batch; an exception it raises stops the work and is passed on, and
            vectors encoded by then are stored.
        workers: The number of processes that encode; see `Encoder.engine_for_rows`.

    Returns:
        The vectors, float32, shape (rows, dims), and a report.

    Raises:
        EncodeError: A single item does not fit in memory, the model returned values that are not numbers,
            the rows are images and the model reads only texts, or processes have ended or failed.
        DataError: An image can no longer be opened.
        ModelChangedError: A hosted model has been replaced since the fingerprint was made.
        NotEnoughMemoryError: The model or the vectors do not fit in memory.
    """
    report = on_progress or ignore_progress
    started = time.perf_counter()
    report(Progress("Looking in the cache", total=len(corpus)))
    if corpus.images is not None and not encoder.takes_images:
        raise EncodeError(
            "The model reads only texts, and the rows are images.",
            where=encoder.name,
            fix=f"Choose a model for images and texts, or encode the column {corpus.text!r} instead.",
        )
    keys = corpus.item_keys
    first: dict[bytes, int] = {}  # the first row of each distinct text
    for row, key in enumerate(keys):
        first.setdefault(key, row)

    with _opening(encoder, corpus, workers, report) as engine_for:
        engine = None
        dims = cache.dims(encoder.fingerprint) or shipped_vectors.dims(encoder.fingerprint)
        if dims is None:
            engine = engine_for(len(first))
            dims = engine.dims
        require_memory(
            vectors_bytes(len(keys), dims),
            f"Holding the vectors of {len(keys):,} rows",
            "Use fewer rows, or a model of fewer dimensions.",
        )
        vectors = _allocate(len(keys), dims)
        found = shipped_vectors.read_into(vectors, encoder.fingerprint, first)
        others = {key: row for key, row in first.items() if not found[row]}
        found |= cache.read_into(vectors, encoder.fingerprint, others)
        missing = np.array([row for row in first.values() if not found[row]], dtype=np.int64)
        run = _Run(encoder, corpus, cache, report, vectors, cached_rows=len(keys) - len(missing))
        engine_name = ""
        if len(missing):
            engine_name = _encode_missing(run, engine or engine_for(len(missing)), missing)
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


@contextlib.contextmanager
def _opening(
    encoder: Encoder, corpus: Corpus, workers: int, report: OnProgress
) -> Iterator[Callable[[int], Engine]]:
    """A function that opens the engine for so many items; its processes end with the block."""
    rows, most = len(corpus), 1 if corpus.images is not None else workers  # these take only texts
    with contextlib.ExitStack() as opened:

        def engine_for(items: int) -> Engine:
            loading = Progress("Loading the model", rows - items, rows, rows - items)
            report(loading)
            engine = encoder.engine_for_rows(min(most, items), lambda _why: report(loading))
            return opened.enter_context(engine)

        try:
            yield engine_for
        except ComputeError as error:  # of processes: opening the model, or counting tokens
            raise EncodeError(error.what, where=encoder.name, fix=_FEWER) from error


def vectors_bytes(rows: int, dims: int) -> int:
    """Memory that the vectors of a corpus take, in bytes; 0 for those that are memory-mapped."""
    size = 4 * rows * dims
    return size if size <= _IN_MEMORY else 0


def _allocate(rows: int, dims: int) -> np.ndarray:
    """An uninitialised matrix, float32, shape (rows, dims): in memory or, if it is large, memory-mapped.

    The system can drop mapped pages when memory is short. The file has no name and is deleted with the
    matrix.
    """
    size = 4 * rows * dims
    if size > _IN_MEMORY and hasattr(os, "posix_fallocate"):
        try:
            with tempfile.TemporaryFile(dir=settings().cache_folder) as file:
                # Reserved now: on a full disk, a later write to the matrix would kill the process.
                os.posix_fallocate(file.fileno(), 0, size)
                return np.memmap(file, np.float32, "r+", shape=(rows, dims)).view(np.ndarray)
        except OSError as error:
            _log.warning("the vectors stay in memory: %s", error)
    return np.empty((rows, dims), dtype=np.float32)


def _encode_missing(run: _Run, engine: Engine, missing: np.ndarray) -> str:
    encoder = run.encoder
    total = len(run.corpus)
    latest = Progress("Encoding", run.cached_rows, total, run.cached_rows)

    def on_wait(why: str) -> None:
        run.on_progress(replace(latest, note=why))

    def on_count(one: Progress) -> None:
        run.on_progress(
            Progress(one.phase, run.cached_rows, total, run.cached_rows, _COUNTING_SHARE * one.fraction)
        )

    items = [run.corpus.items[row] for row in missing]
    with engine.run(on_wait) as model, _Writer(run) as writer:
        model.confirm()
        done_items = 0
        for positions in positions_by_kind(items):
            of_kind = missing[positions]
            tokens = prepare(engine, [items[place] for place in positions], Prompt(encoder.prompt), on_count)
            done_tokens, all_tokens = 0, max(1, int(tokens.lengths.sum()))
            before, share = done_items / len(items), len(positions) / len(items)
            for batch, vectors in _encoded_batches(run, engine, model, tokens, of_kind):
                rows = of_kind[batch]
                if not np.isfinite(vectors).all():
                    bad = rows[~np.isfinite(vectors).all(axis=1)][0]
                    raise EncodeError(
                        "The model returned values that are not numbers.",
                        where=f"{encoder.name}, {run.corpus.row_name(int(bad))}",
                        fix="Choose exact precision, or another model.",
                    )
                run.vectors[rows] = vectors
                writer.add(rows)
                done_items += len(batch)
                done_tokens += int(tokens.lengths[batch].sum())
                encoded = before + share * done_tokens / all_tokens
                fraction = _COUNTING_SHARE + (1 - _COUNTING_SHARE) * encoded
                latest = Progress("Encoding", run.cached_rows + done_items, total, run.cached_rows, fraction)
                run.on_progress(latest)
        model.confirm(again=True)  # a change meanwhile would mix vectors of two models
    run.notes[:0] = model.notes
    return engine.name


class _Writer:
    """Writes finished rows to the cache in a separate thread, in order, one transaction at a time.

    On exit, also after an exception, it waits until all rows are stored. An error of the cache is raised in
    the caller's thread, on exit at the latest; no row is written after it.
    """

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._unwritten: list[np.ndarray] = []
        self._submitted = time.monotonic()
        self._writing: Future[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        with self._thread:
            if self._unwritten:
                self._submit()
            self._wait()

    def add(self, rows: np.ndarray) -> None:
        """Add finished rows, by number; may wait for the previous transaction."""
        self._unwritten.append(rows)
        waited = time.monotonic() - self._submitted
        if sum(map(len, self._unwritten)) >= _WRITE_ROWS or waited >= _WRITE_SECONDS:
            self._submit()

    def _submit(self) -> None:
        rows = np.concatenate(self._unwritten)
        self._unwritten.clear()
        self._submitted = time.monotonic()
        self._wait()
        keys = [self._run.corpus.item_keys[row] for row in rows]
        write = self._run.cache.write
        self._writing = self._thread.submit(
            write, self._run.encoder.fingerprint, keys, self._run.vectors[rows]
        )

    def _wait(self) -> None:
        if self._writing is not None:
            self._writing.result()


def _encoded_batches(
    run: _Run, engine: Engine, model: EngineRun, tokens: Tokens, missing: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Positions and vectors of each batch; if memory is short, the rest is encoded in smaller batches."""
    budget = engine.token_budget
    lengths = tokens.lengths
    remaining = np.arange(len(lengths))
    while len(remaining):
        plan = [remaining[batch] for batch in plan_batches(lengths[remaining], budget)]
        done = 0
        try:
            for batch, vectors in started_batches(model, engine.in_flight, prepared_batches(tokens, plan)):
                done += 1
                yield batch, vectors
        except ComputeError as error:
            batch = plan[done]
            raise EncodeError(
                error.what,
                where=f"{run.encoder.name}, {count(len(batch), 'text')}, the longest is "
                f"{run.corpus.row_name(int(missing[batch[0]]))}",
                fix=_FEWER,
            ) from error
        except OutOfMemoryError as error:
            batch = plan[done]
            if len(batch) == 1:
                kind = "text" if isinstance(run.corpus.items[missing[batch[0]]], str) else "image"
                raise EncodeError(
                    f"One {kind} of {lengths[batch[0]]} tokens does not fit in the device's memory.",
                    where=run.encoder.name,
                    fix="Close other programs that use the device, or choose a smaller model.",
                ) from error
            remaining = np.concatenate(plan[done:])
            budget = max(1, min(budget, len(batch) * int(lengths[batch].max())) // 2)
            note = f"Memory was short: batches were cut to {budget} tokens."
            run.notes[:] = [note]
            run.on_progress(Progress("Encoding with smaller batches", total=len(run.corpus), note=note))
        else:
            return
