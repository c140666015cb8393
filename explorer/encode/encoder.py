"""An encoder: a model at a revision, with its prompts, precision and length."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.data.corpus import Item
from explorer.encode.batches import encode_few
from explorer.encode.engines.engine import Engine, OnWait, Prompt
from explorer.encode.precision import PrecisionCheck
from explorer.encode.prompts import NO_PROMPTS, TextPrompts
from explorer.encode.spec import EncoderSpec, OwnVectors
from explorer.errors import EncodeError, ModelChangedError, QueryError, VectorError
from explorer.jobs.progress import OnProgress, Progress, counting, ignore_progress

if TYPE_CHECKING:
    from explorer.tensor import Metric

_SCHEME = 1  # increase it when vectors of the same encoder would change
OpenSeveral = Callable[[int, OnWait], AbstractContextManager[Engine]]
_PRECISION = ("dtype", "engine", "images")  # what an identity says of rounding, and of what scales images


class Encoder:
    """Turns texts into vectors. The weights are loaded when the first text is encoded.

    Args:
        spec: The encoder that was chosen.
        name: The model, for the screen.
        identity: Everything the vectors depend on except the prompt.
        prompts: The prompts for rows and queries.
        similarity: The metric that the model was trained for.
        load: Returns the engine.
        open_several: Opens an engine of several processes, see `engine_for_rows`; None if there is none.
        dtype: The type it computes in: float32, bfloat16 or float16.
        check: The check of a faster dtype; None if none was tried.
        model_fingerprint: See below; None to make it from the identity.
        notes: See below.
        takes_images: See below.

    Attributes:
        fingerprint: A hash of everything the vectors depend on: encoders with equal fingerprints give equal
            vectors.
        model_fingerprint: A hash of the model alone, its weights and lengths, whatever prompts and precision:
            equal on every machine.
        revision: The commit or the hash of its files, if it is a model on this machine.
        notes: Notes for the screen.
        prompts: The prompts for rows and queries, and their origin.
        similarity: The default metric for its vectors.
        takes_images: Whether it encodes images too, in the same space.
        is_symmetric: Whether a text has the same vector as a query and as a row.
    """

    def __init__(
        self,
        spec: EncoderSpec,
        name: str,
        identity: dict[str, Any],
        *,
        prompts: TextPrompts = NO_PROMPTS,
        similarity: Metric = "cosine",
        load: Callable[[], Engine],
        open_several: OpenSeveral | None = None,
        dtype: str = "float32",
        check: PrecisionCheck | None = None,
        model_fingerprint: str | None = None,
        notes: tuple[str, ...] = (),
        takes_images: bool = False,
    ) -> None:
        self.takes_images = takes_images
        self.spec = spec
        self.name = name
        self.dtype = dtype
        self.check = check
        self.prompts = prompts
        self.similarity = similarity
        self.revision = str(identity.get("revision", ""))
        self.notes = notes
        # Only a Router's identity has a role; that of rows' own vectors says nothing about the query model.
        routed = "role" in identity or isinstance(spec, OwnVectors)
        self.is_symmetric = prompts.document == prompts.query and not routed
        self._load = load
        self._open_several = open_several
        self.fingerprint = _digest({"scheme": _SCHEME, "prompt": prompts.document, **identity})
        besides = (*_PRECISION, "model") if self.revision else _PRECISION  # a folder may be renamed
        model = {name: value for name, value in identity.items() if name not in besides}
        self.model_fingerprint = model_fingerprint or _digest({"scheme": _SCHEME, **model})

    @property
    def prompt(self) -> str:
        """The prompt put before each row."""
        return self.prompts.document

    @property
    def query_prompt(self) -> str:
        """The prompt put before each query."""
        return self.prompts.query

    @property
    def engine(self) -> Engine:
        """The engine that runs the model; this loads it.

        Raises:
            EncodeError: Fast precision was checked with an engine that is not available now.
        """
        return self._load()

    @property
    def has_processes(self) -> bool:
        """Whether several processes can encode rows: it is a model on a CPU with more than one core."""
        return self._open_several is not None

    def engine_for_rows(self, workers: int, on_wait: OnWait) -> AbstractContextManager[Engine]:
        """The engine for one run over many rows: in several processes, if `has_processes`.

        Args:
            workers: The number of processes; with 1, or without `has_processes`, it is `engine`.
            on_wait: Called several times a second while processes start; an exception it raises stops that.

        Raises:
            EncodeError: See `engine`.
            NotEnoughMemoryError: So many copies of the model do not fit in memory.
            ComputeError: A process could not be started, or not open the model.
        """
        if workers == 1 or self._open_several is None:
            return nullcontext(self.engine)
        return self._open_several(workers, on_wait)

    def encode_queries(self, queries: Sequence[Item], on_progress: OnProgress | None = None) -> np.ndarray:
        """Encode queries: float32, shape (queries, dims).

        Args:
            queries: The queries, texts or images.
            on_progress: Called with the progress; an exception it raises stops the work.

        Raises:
            QueryError: A query is empty.
            ModelChangedError: A hosted model has been replaced since the fingerprint was made.
            VectorError: The same, if the rows came with their vectors and cannot be encoded again.
            EncodeError: The model returned values that are not numbers, or does not take images.
        """
        check_queries([query for query in queries if isinstance(query, str)])
        return self._encode(queries, Prompt(self.query_prompt, "query"), on_progress)

    def encode_documents(self, items: Sequence[Item], on_progress: OnProgress | None = None) -> np.ndarray:
        """Encode items as rows are encoded, without the cache: float32, shape (items, dims).

        Raises the errors of `encode_queries`, except for empty texts.

        Args:
            items: The items.
            on_progress: Called with the progress; an exception it raises stops the work.
        """
        return self._encode(items, Prompt(self.prompt), on_progress)

    def _encode(self, items: Sequence[Item], prompt: Prompt, on_progress: OnProgress | None) -> np.ndarray:
        report = on_progress or ignore_progress
        report(Progress("Loading the model", total=len(items)))
        engine = self.engine
        unit = "texts" if all(isinstance(item, str) for item in items) else "items"
        progress = Progress("Encoding", total=len(items), unit=unit)
        report(progress)
        done = counting(report, "Encoding", unit)
        try:
            vectors = encode_few(
                engine, items, lambda why: report(replace(progress, note=why)), prompt=prompt, on_done=done
            )
        except ModelChangedError as change:
            if not isinstance(self.spec, OwnVectors):
                raise
            raise VectorError(
                f"{change.what} The rows' own vectors may not go with it.",
                fix="Choose the model that made the vectors, or encode the rows with this one.",
            ) from change
        if not np.isfinite(vectors).all():
            raise EncodeError("The model gave values that are not numbers.", where=self.name)
        return vectors


def _digest(subject: dict[str, Any]) -> str:
    return hashlib.blake2b(json.dumps(subject, sort_keys=True).encode(), digest_size=16).hexdigest()


def check_queries(texts: Sequence[str]) -> None:
    """Raise an error for an empty query.

    Raises:
        QueryError: A query has no character but spaces.
    """
    for position, text in enumerate(texts, start=1):
        if not text.strip():
            raise QueryError("A query cannot be empty.", where=f"query {position}" if len(texts) > 1 else "")
