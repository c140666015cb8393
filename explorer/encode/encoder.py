"""An encoder: a model at a revision, with its prompts, precision and length."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.encode.batches import encode_few
from explorer.encode.engines.engine import Engine, Prompt
from explorer.encode.precision import PrecisionCheck
from explorer.encode.prompts import NO_PROMPTS, TextPrompts
from explorer.encode.spec import EncoderSpec, OwnVectors
from explorer.errors import EncodeError, ModelChangedError, QueryError, VectorError
from explorer.jobs.progress import OnProgress, Progress, untold

if TYPE_CHECKING:
    from explorer.tensor import Metric

_SCHEME = 1  # raise it when vectors of the same encoder would come out differently


class Encoder:
    """What turns texts into vectors, opened for use; weights are loaded when the first text is encoded.

    Args:
        spec: What was chosen.
        name: The model, for people.
        identity: What the vectors depend on, beside the prompt.
        prompts: Put before rows and queries.
        similarity: What the model was trained for.
        load: Gives the engine.
        dtype: What it computes in: float32, bfloat16 or float16.
        check: The probe behind a short type; None when none was tried.

    Attributes:
        fingerprint: Names everything that changes the vectors: two encoders with one fingerprint agree.
        prompts: Put before rows and queries, and who says so.
        similarity: How its vectors are compared, unless somebody asks for another way.
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
        dtype: str = "float32",
        check: PrecisionCheck | None = None,
    ) -> None:
        self.spec = spec
        self.name = name
        self.dtype = dtype
        self.check = check
        self.prompts = prompts
        self.similarity = similarity
        self._load = load
        subject = {"scheme": _SCHEME, "prompt": prompts.document, **identity}
        serial = json.dumps(subject, sort_keys=True).encode()
        self.fingerprint = hashlib.blake2b(serial, digest_size=16).hexdigest()

    @property
    def prompt(self) -> str:
        """Put before rows."""
        return self.prompts.document

    @property
    def query_prompt(self) -> str:
        """Put before queries."""
        return self.prompts.query

    @property
    def engine(self) -> Engine:
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
            ModelChangedError: The model is hosted, and no longer the one that the fingerprint names.
            VectorError: The same, where the rows brought their vectors and cannot be encoded again for it.
            EncodeError: The model gave values that are not numbers.
        """
        say = on_progress or untold
        for position, text in enumerate(texts, start=1):
            if not text.strip():
                raise QueryError(
                    "A query cannot be empty.", where=f"query {position}" if len(texts) > 1 else ""
                )
        say(Progress("Loading the model", total=len(texts)))
        engine = self.engine
        doing = Progress("Encoding", total=len(texts), unit="texts")
        say(doing)
        prompt = Prompt(self.query_prompt, "query")
        try:
            vectors = encode_few(engine, texts, lambda why: say(replace(doing, note=why)), prompt=prompt)
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
