"""Batches: which texts are encoded together."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from explorer.data.corpus import Item
from explorer.encode.engines.engine import NO_PROMPT, Engine, EngineRun, OnWait, Prompt, Vectors
from explorer.encode.tokens import Tokens
from explorer.jobs.progress import OnProgress

_AHEAD = 4  # batches prepared ahead of the model


def plan_batches(lengths: np.ndarray, token_budget: int) -> list[np.ndarray]:
    """Group texts of similar length, so that there is little padding.

    The longest come first: memory runs out at once or not at all. A run that was stopped between two batches
    continues with the batches that remained, so its vectors are those of an uninterrupted run.

    Args:
        lengths: Tokens of each text after truncation, shape (texts,).
        token_budget: Tokens that a batch may have, padding included; a single text may exceed it.

    Returns:
        For each batch, the positions of its texts, int64, shape (batch,); each text is in exactly one.
    """
    order = np.argsort(-lengths, kind="stable")
    batches: list[np.ndarray] = []
    start = 0
    while start < len(order):
        # All are padded to the first text, the longest.
        size = max(1, token_budget // max(1, int(lengths[order[start]])))
        batches.append(order[start : start + size])
        start += size
    return batches


def started_batches(
    model: EngineRun, in_flight: int, prepared: Iterator[tuple[np.ndarray, Any]]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Positions and vectors of each batch, in order, with up to `in_flight` batches started at a time."""
    started: deque[tuple[np.ndarray, Vectors]] = deque()
    for batch, inputs in prepared:
        started.append((batch, model.start(inputs)))
        if len(started) == in_flight:
            batch, vectors = started.popleft()
            yield batch, vectors()
    while started:
        batch, vectors = started.popleft()
        yield batch, vectors()


def prepared_batches(tokens: Tokens, plan: list[np.ndarray]) -> Iterator[tuple[np.ndarray, Any]]:
    """Positions and model inputs of each batch, prepared by another thread a few batches ahead."""
    with ThreadPoolExecutor(1, thread_name_prefix="tokenise") as worker:
        ahead: deque[tuple[np.ndarray, Future[Any]]] = deque()
        upcoming = iter(plan)
        try:
            while True:
                while len(ahead) < _AHEAD and (batch := next(upcoming, None)) is not None:
                    ahead.append((batch, worker.submit(tokens.batch, batch)))
                if not ahead:
                    return
                batch, inputs = ahead.popleft()
                yield batch, inputs.result()
        finally:
            worker.shutdown(wait=True, cancel_futures=True)


def positions_by_kind(items: Sequence[Item]) -> list[np.ndarray]:
    """The positions of the texts and those of the images, int64; without a kind that is missing."""
    images = np.fromiter((not isinstance(item, str) for item in items), bool, len(items))
    return [found for found in (np.flatnonzero(~images), np.flatnonzero(images)) if len(found)]


def prepare(
    engine: Engine, items: Sequence[Item], prompt: Prompt, on_progress: OnProgress | None = None
) -> Tokens:
    """Prepare items of one kind; see `Engine.tokenize` and `Engine.prepare_images`."""
    texts = [item for item in items if isinstance(item, str)]
    if texts:
        return engine.tokenize(texts, on_progress, prompt=prompt)
    return engine.prepare_images([item for item in items if not isinstance(item, str)])


def encode_few(
    engine: Engine,
    items: Sequence[Item],
    on_wait: OnWait | None = None,
    *,
    prompt: Prompt = NO_PROMPT,
    on_done: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Encode a few items, in a run of their own.

    Args:
        engine: The engine; its model is confirmed first.
        items: The items, texts without the prompt.
        on_wait: See `Engine.run`.
        prompt: The prompt and role of the texts.
        on_done: Called after each batch with the finished items and their total; an exception it raises stops
            the work.

    Returns:
        The vectors in the order of the items, float32, shape (items, dims).

    Raises:
        ModelChangedError: The model has been replaced since the encoder's fingerprint was made.
        EncodeError: There are images, which the model does not take.
        DataError: An image can no longer be opened.
    """
    out = np.empty((len(items), engine.dims), dtype=np.float32)
    done = 0
    with engine.run(on_wait) as run:
        run.confirm()
        for positions in positions_by_kind(items):
            tokens = prepare(engine, [items[position] for position in positions], prompt)
            for batch in plan_batches(tokens.lengths, engine.token_budget):
                out[positions[batch]] = run.start(tokens.batch(batch))()
                done += len(batch)
                if on_done is not None:
                    on_done(done, len(items))
    return out
