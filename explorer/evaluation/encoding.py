"""The encoder that is evaluated: named like in `explorer.embed`, or that of a space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypedDict

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.space import Space, make_index
from explorer.comparison.contenders.names import named, names_of
from explorer.comparison.contenders.spec import ContenderSpec
from explorer.comparison.judging.judgements import ScoredPairs
from explorer.comparison.measures.encoded_texts import corpus_of_texts, encode_as_rows
from explorer.data.corpus import Corpus
from explorer.embedding import embed
from explorer.encode.models import BUNDLED_MODEL
from explorer.encode.prompts import Task
from explorer.encode.spec import EncoderSpec, HostedModel, LocalModel, Precision
from explorer.errors import QueryError
from explorer.jobs.progress import OnProgress
from explorer.tensor import Metric, paired

if TYPE_CHECKING:
    import pandas as pd

Rows: TypeAlias = "Corpus | Space | str | Path | Sequence[str] | pd.DataFrame"
_BLOCK = 1 << 15  # pairs scored at a time: 200 MB for 768 dimensions


class TextOptions(TypedDict, total=False):
    """Arguments of `explorer.embed` for texts that are compared with each other."""

    precision: Precision
    prompt: str | None
    task: Task
    revision: str | None
    trust_remote_code: bool
    provider: str
    token: str | None


class RowOptions(TextOptions, total=False):
    """Arguments of `explorer.embed` for rows, which queries are compared with."""

    query_prompt: str | None
    own_vectors: bool | None


class EncoderFacts(TypedDict):
    """What every result says of its encoder; see `Evaluation`."""

    encoder: str
    spec: EncoderSpec | None
    similarity: Metric
    dtype: str
    changes: tuple[str, ...]


def row_space(
    rows: Rows, model: str | None, options: RowOptions, on_progress: OnProgress | None = None
) -> Space:
    """The rows as a space.

    Args:
        rows: A space, or what `explorer.embed` takes.
        model: The model as for `explorer.embed`; None for the bundled one, or with a space.
        options: More arguments of `explorer.embed`.
        on_progress: Called often. An exception it raises stops the work.

    Raises:
        QueryError: A model or more arguments are given with a space.
        ExplorerError: As `explorer.embed`.
    """
    if not isinstance(rows, Space):
        return embed(rows, BUNDLED_MODEL if model is None else model, **options, on_progress=on_progress)
    _check_alone({**({} if model is None else {"model": model}), **options})
    return rows


def pair_similarities(
    pairs: ScoredPairs, model: str | Space, options: TextOptions, on_progress: OnProgress | None = None
) -> tuple[Space, NDArray[np.float64]]:
    """Encode the texts of pairs, all as rows, and score each pair.

    Args:
        pairs: The pairs.
        model: The model as for `explorer.embed`, or a space, whose encoder and transforms are used.
        options: More arguments of `explorer.embed`. The task is `clustering` unless it is given: texts are
            compared with each other, so both get the prompt for that, if the model has one.
        on_progress: Called often. An exception it raises stops the work.

    Returns:
        The distinct texts as a space, and the similarity of each pair by the model's metric, rounded to
        float32: float64, shape (pairs,).

    Raises:
        QueryError: More arguments are given with a space, or the space has no encoder.
        ExplorerError: As `explorer.embed`.
    """
    places: dict[str, int] = {}
    sides = [[places.setdefault(text, len(places)) for text in side] for side in (pairs.first, pairs.second)]
    corpus = corpus_of_texts(list(places), "pairs")
    if isinstance(model, Space):
        _check_alone(options)
        vectors = model.place_documents(encode_as_rows(model.encoder, corpus.texts, on_progress))
        space = Space(corpus, make_index(vectors), model.encoder, None, model.transforms)
    else:
        symmetric: TextOptions = {"task": "clustering", **options}
        space = embed(corpus, model, **symmetric, on_progress=on_progress)
    first, second = (np.array(side, dtype=np.int64) for side in sides)
    scores = np.empty(len(first))
    for start in range(0, len(first), _BLOCK):
        part = slice(start, start + _BLOCK)
        left, right = space.index.take(first[part]), space.index.take(second[part])
        scores[part] = paired(left, right, space.similarity_metric)
    return space, scores


def pairs_frame(
    pairs: ScoredPairs, order: NDArray[np.int64], columns: Mapping[str, NDArray[np.generic]]
) -> pd.DataFrame:
    """Some pairs as a data frame.

    Args:
        pairs: The pairs.
        order: Numbers of those that are wanted, from 0, in their order, shape (lines,).
        columns: What else is told of each pair, by name, shape (pairs,) each.

    Returns:
        Columns `pair` (its number), `first`, `second`, and the others.
    """
    import pandas as pd

    return pd.DataFrame(
        {
            "pair": order,
            "first": [pairs.first[at] for at in order],
            "second": [pairs.second[at] for at in order],
            **{name: values[order] for name, values in columns.items()},
        }
    )


def name_of(space: Space) -> str:
    """The name of the encoder that is evaluated; it does not say for which task the texts were encoded."""
    spec = space.spec
    if not isinstance(spec, LocalModel | HostedModel):
        return named([space])[0]
    (name,) = names_of([ContenderSpec(replace(spec, task="search"))], "")
    return " · ".join([name, *(step.name for step in space.transforms)])


def facts_of(space: Space) -> EncoderFacts:
    """What a result says of the encoder of a space."""
    return {
        "encoder": name_of(space),
        "spec": space.spec,
        "similarity": space.similarity_metric,
        "dtype": "" if space.spec is None else space.encoder.dtype,
        "changes": tuple(step.name for step in space.transforms),
    }


def _check_alone(options: Mapping[str, object]) -> None:
    if options:
        raise QueryError(
            f"A space has its encoder, so {', '.join(options)} cannot be given with it.",
            fix="Leave these out, or give the rows or texts and the name of a model.",
        )
