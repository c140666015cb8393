"""The encoder of a saved space: what its file says of it, and whether a model here is the same one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from explorer.data.base64_arrays import array_text, read_array
from explorer.data.corpus import Corpus
from explorer.data.records import DamagedFileError, Record
from explorer.data.space_files.facts import MOST_DIMS
from explorer.encode.encoder import Encoder
from explorer.encode.engines.hosted import HostedEngine
from explorer.encode.model_names import choose_model, model_name
from explorer.encode.spec import HostedModel, LocalModel, OwnVectors, Tfidf
from explorer.encode.spec_records import PROMPT_CHARS, encoder_from, encoder_record
from explorer.errors import ModelNotFoundError
from explorer.tensor import Metric

_DTYPES = ("float32", "bfloat16", "float16")
_HASH_CHARS = 64
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, eq=False)
class SavedEncoder:
    """What the file of a saved space says of the encoder that made its vectors; none of it is trusted.

    Attributes:
        spec: The encoder; the model of a folder has only the folder's name.
        in_folder: Whether its model was in a folder.
        model_fingerprint: See `Encoder`.
        dims: The dimensions of its vectors.
        dtype: The type it computed in.
        similarity: See `Encoder`.
        prompt: The prompt that was before each row.
        query_prompt: The prompt before each query.
        canary: A hosted model's vector of one known sentence, float32, shape (dims,), which tells whether it
            has been replaced.
    """

    spec: LocalModel | HostedModel | Tfidf
    in_folder: bool
    model_fingerprint: str
    dims: int
    dtype: str
    similarity: Metric
    prompt: str
    query_prompt: str
    canary: NDArray[np.float32] | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """Its name on the screen."""
        if isinstance(self.spec, Tfidf):
            return "TF-IDF"
        return model_name(self.spec.model).removeprefix("sentence-transformers/")

    def query_spec(self, model: str | None = None) -> OwnVectors:
        """The saved vectors with queries by the same model, or without if visitors cannot choose it here.

        Args:
            model: The model's folder or its name, from somebody who may open any; None to look for it where
                visitors' models are.
        """
        match self.spec:
            case LocalModel() as local:
                try:
                    found = model or choose_model(local.model)
                except ModelNotFoundError:
                    return OwnVectors()
                if model is None and self.in_folder and not Path(found).is_absolute():
                    return OwnVectors()  # a name of a folder that the Hub need not learn
                exact = self.dtype == "float32"
                return OwnVectors(
                    replace(local, model=found, precision="float32" if exact else local.precision)
                )
            case other:
                return OwnVectors(other)

    def difference(self, queries: Encoder) -> str:
        """Why queries by an encoder cannot be compared with the saved vectors; "" if they can."""
        engine = queries.engine if isinstance(self.spec, HostedModel) else None
        if isinstance(engine, HostedEngine) and self.canary is not None:
            same = engine.generation.gives(self.canary)
        else:
            same = queries.model_fingerprint == self.model_fingerprint
        if same:
            return ""
        return f"{queries.name} here is another model than the one that made the vectors: its weights differ."


def saved_encoder(corpus: Corpus) -> SavedEncoder | None:
    """The encoder of the saved space that rows are from; None if they are from none, or it had none.

    Raises:
        DamagedFileError: The file says something else in its place.
    """
    saved = corpus.saved
    return None if saved is None else saved.optional("encoder", lambda key: _from_record(saved.record(key)))


def saved_encoder_of(corpus: Corpus, encoder: Encoder, dims: int | None) -> SavedEncoder | None:
    """What a file says of an encoder; None for vectors of unknown origin.

    Args:
        corpus: The rows it encoded; if they are from a saved space, what its file said is said again.
        encoder: The encoder.
        dims: The dimensions of its vectors; None loads the model to see.
    """
    before = saved_encoder(corpus) if isinstance(encoder.spec, OwnVectors) else None
    return before or _of(encoder, dims)


def saved_encoder_record(saved: SavedEncoder) -> dict[str, Any]:
    """It as a JSON object, which `saved_encoder` reads."""
    canary = saved.canary
    return {
        "spec": encoder_record(saved.spec),
        "in_folder": saved.in_folder,
        "model_fingerprint": saved.model_fingerprint,
        "dims": saved.dims,
        "dtype": saved.dtype,
        "similarity": saved.similarity,
        "prompt": saved.prompt,
        "query_prompt": saved.query_prompt,
        "canary": None if canary is None else array_text(canary),
    }


def _of(encoder: Encoder, dims: int | None) -> SavedEncoder | None:
    spec = encoder.spec.query_model if isinstance(encoder.spec, OwnVectors) else encoder.spec
    if spec is None:
        return None
    in_folder = False
    if isinstance(spec, LocalModel):
        in_folder = Path(spec.model).is_absolute()
        if _COMMIT.fullmatch(encoder.revision):
            spec = replace(spec, revision=encoder.revision)
    engine = encoder.engine if dims is None or isinstance(spec, HostedModel) else None
    return SavedEncoder(
        spec,
        in_folder,
        encoder.model_fingerprint,
        dims or encoder.engine.dims,
        encoder.dtype,
        encoder.similarity,
        encoder.prompt,
        encoder.query_prompt,
        engine.generation.canary if isinstance(engine, HostedEngine) else None,
    )


def _from_record(record: Record) -> SavedEncoder:
    spec = encoder_from(record.record("spec"))
    if isinstance(spec, OwnVectors):
        raise DamagedFileError("it does not say which model made its vectors")
    dims = record.integer("dims", 1, MOST_DIMS)
    return SavedEncoder(
        spec,
        record.flag("in_folder"),
        record.text("model_fingerprint", _HASH_CHARS),
        dims,
        record.choice("dtype", _DTYPES),
        record.choice("similarity", get_args(Metric)),
        record.text("prompt", PROMPT_CHARS),
        record.text("query_prompt", PROMPT_CHARS),
        record.optional("canary", lambda key: read_array(record, key, "f4", (dims,))),
    )
