"""How long a model would take to encode a corpus, before it is used."""

from __future__ import annotations

import math
from dataclasses import dataclass

from explorer.data.corpus import Corpus
from explorer.encode.report import EncodeReport
from explorer.hub.model_details import ModelDetails

MEASURED_TEXTS = 200  # with fewer, loading the model takes most of the time
_FLOPS = 200e9  # operations/s of two cores in float32, measured with benchmarks/encode.py
# Measured for `FastTokenizer.tokenize` with the bundled tokenizer on two busy cores.
_TOKENS_PER_SECOND = 400e3
_CHARS_PER_TOKEN = 4
_SPECIAL_TOKENS = 2


@dataclass(frozen=True)
class TimeEstimate:
    """How long encoding would take.

    Attributes:
        seconds: The time, in seconds.
        basis: How it was estimated, one sentence.
    """

    seconds: float
    basis: str


def estimate_time(
    details: ModelDetails, corpus: Corpus, measured: tuple[ModelDetails, EncodeReport] | None
) -> TimeEstimate | None:
    """The time a model would take to encode a corpus; None if its size is not known.

    A transformer takes about two operations for each token and each parameter that is multiplied by
    (arxiv.org/abs/2001.08361, section 2.1); token embeddings are only looked up. A static model has
    nothing else, so tokenizing takes most of its time.

    Args:
        details: The model.
        corpus: The rows.
        measured: A model that encoded these rows here, and its report; None without one.
    """
    if details.is_static:
        basis = (
            "A static model computes next to nothing, so this is the time for tokenizing, at "
            f"{_TOKENS_PER_SECOND:,.0f} tokens a second on two CPU cores."
        )
        return TimeEstimate(_tokens(details, corpus) / _TOKENS_PER_SECOND, basis)
    wanted = _operations(details, corpus)
    if wanted is None:
        return None
    if measured is not None and not measured[0].is_static:
        other, report = measured
        known = _operations(other, corpus)
        if known:
            seconds = report.seconds * report.distinct / report.encoded * wanted / known
            basis = (
                f"{other.listing.id} took {report.seconds:,.1f} s for {report.encoded:,} of these texts on "
                "this machine, including loading; this is scaled by parameters and tokens."
            )
            return TimeEstimate(seconds, basis)
    basis = (
        "Too few texts have been encoded here to measure from, so this is from parameters, tokens and "
        f"{_FLOPS / 1e9:,.0f} billion operations a second on two CPU cores."
    )
    return TimeEstimate(wanted / _FLOPS, basis)


def _operations(details: ModelDetails, corpus: Corpus) -> float | None:
    """Floating-point operations to encode a corpus; None if the number of parameters is not known."""
    parameters = details.listing.parameters
    if parameters is None:
        return None
    active = parameters if details.active_parameters is None else details.active_parameters
    return 2.0 * max(active, parameters / 100) * _tokens(details, corpus)


def _tokens(details: ModelDetails, corpus: Corpus) -> float:
    """Tokens that a model reads of a corpus, estimated from the characters."""
    longest = details.max_length or math.inf
    return sum(min(len(text) / _CHARS_PER_TOKEN + _SPECIAL_TOKENS, longest) for text in corpus.texts)
