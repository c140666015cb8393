"""What a contender costs, and whether its encoder reads the rows as it should."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from explorer.analysis.space import Space
from explorer.comparison.contenders.contender import Contender
from explorer.comparison.contenders.csls import CslsContender
from explorer.comparison.health.usual_prompts import check_prompts
from explorer.comparison.measure import Measure, WholeValues
from explorer.data.images.image_rows import has_only_images, image_rows
from explorer.encode.models import ModelFiles, files_on_disk
from explorer.encode.spec import LocalModel, OwnVectors
from explorer.encode.tokens import TokenAudit, count_tokens
from explorer.errors import QueryError
from explorer.hub.models_on_disk import parameters_on_disk
from explorer.jobs.progress import OnProgress

_FLOAT_BYTES = 4


@dataclass(frozen=True)
class Costs:
    """What a contender costs; None where that is not known or does not apply.

    Attributes:
        dims: Dimensions of a vector.
        parameters: Parameters of the model, from its files on this machine.
        bytes_per_vector: Bytes that a row takes where vectors are stored.
        rows_per_second: Distinct texts encoded a second when the rows were encoded, with loading the model;
            None if all vectors came from the cache.
        truncated_rows: Rows longer than the model reads.
        lost_share: Share of all tokens that are not read for this reason, 0 to 1.
        prompt_missing: Whether the model's authors put a prompt before texts and the encoder puts none.
    """

    dims: int | None = None
    parameters: int | None = None
    bytes_per_vector: int | None = None
    rows_per_second: float | None = None
    truncated_rows: int | None = None
    lost_share: float | None = None
    prompt_missing: bool | None = None


MEASURES = {
    "dims": Measure("dimensions", "cost", None, "Numbers in a vector."),
    "parameters": Measure(
        "parameters", "cost", False, "Numbers that the model has learned: more take more memory and time."
    ),
    "bytes_per_vector": Measure(
        "bytes a vector",
        "cost",
        False,
        "What a row takes where it is searched: 4 bytes for each number of its vector, 1 as int8, 1/8 as a "
        "bit.",
    ),
    "rows_per_second": Measure(
        "rows a second",
        "cost",
        True,
        "Different texts or images encoded a second on this machine when these rows were encoded, with "
        "the time to load the model. Not measured if all vectors were stored already.",
    ),
    "truncated_rows": Measure(
        "rows truncated", "cost", False, "Rows that are longer than the model reads: their ends are ignored."
    ),
    "lost_share": Measure(
        "tokens not read",
        "cost",
        False,
        "The share of the text that the model does not read, in its tokens: words and parts of words.",
    ),
    "prompt_missing": Measure(
        "prompt missing",
        "cost",
        False,
        "1 if the model's authors put some words (a prompt) before rows or queries and this contender does "
        "not.",
    ),
}


def space_of(contender: Contender) -> Space | None:
    """The space that a contender is made from; None for BM25."""
    return contender.base if isinstance(contender, CslsContender) else contender.space


def costs(contenders: Sequence[Contender], on_progress: OnProgress | None = None) -> tuple[Costs, ...]:
    """The costs of contenders.

    Args:
        contenders: The contenders; the tokens of those with the same tokenizer and rows are counted once.
        on_progress: Called while the tokens of the rows are counted. An exception it raises stops the work.
    """
    audits: dict[object, TokenAudit | None] = {}
    found = []
    for contender in contenders:
        space = space_of(contender)
        if space is None:
            found.append(Costs())
            continue
        key = (space.fingerprint if space.spec is None else space.encoder.fingerprint, id(space.corpus))
        if key not in audits:
            audits[key] = _audit(space, on_progress)
        found.append(_costs(space, isinstance(contender, CslsContender), audits[key]))
    return tuple(found)


def cost_values(found: Sequence[Costs]) -> tuple[WholeValues, ...]:
    """The costs of contenders, as the scorecard has them: a measure for each field of `Costs`."""
    return tuple(
        WholeValues(
            MEASURES[field.name], np.array([_number(getattr(one, field.name)) for one in found]), None, 0
        )
        for field in fields(Costs)
    )


def _costs(space: Space, csls: bool, audit: TokenAudit | None) -> Costs:
    model = model_of(space)
    checked = None if space.spec is None else check_prompts(space.encoder)
    return Costs(
        dims=space.dims,
        parameters=None if model is None else sum(parameters_on_disk(model.folder).values()) or None,
        bytes_per_vector=space.bytes_per_vector + csls * _FLOAT_BYTES,  # CSLS stores r of each row
        rows_per_second=_rate(space),
        truncated_rows=None if audit is None else len(audit.cut_rows),
        lost_share=None if audit is None else audit.lost_share,
        prompt_missing=None if checked is None else checked.fit == "missing",
    )


def model_of(space: Space) -> ModelFiles | None:
    """The files of the model that made the vectors, or of the one that is said to have made them.

    None for a model that does not run on this machine, and for vectors of no model.
    """
    spec = space.spec.query_model if isinstance(space.spec, OwnVectors) else space.spec
    if not isinstance(spec, LocalModel):
        return None
    return files_on_disk(spec.model, revision=spec.revision, trust_remote_code=spec.trust_remote_code)


def _audit(space: Space, on_progress: OnProgress | None) -> TokenAudit | None:
    """The tokens of the rows, none in an image; None unless a model on this machine encoded texts of them."""
    model, corpus = model_of(space), space.corpus
    if model is None or isinstance(space.spec, OwnVectors) or has_only_images(corpus):
        return None
    read = np.flatnonzero(~image_rows(corpus))
    texts = [corpus.texts[row] for row in read]
    lengths = np.zeros(len(corpus), np.int32)
    lengths[read] = count_tokens(model, texts, prompt=space.encoder.prompt, on_progress=on_progress)
    return TokenAudit(lengths, model.max_length)


def _rate(space: Space) -> float | None:
    try:
        report = space.report
    except QueryError:
        return None
    return report.encoded / report.seconds if report.encoded and report.seconds else None


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
