"""The doctor: checks a contender for faults that spoil it silently, and says what to try.

Thresholds lie between what sound encoders give on the samples and what each fault gives; the figures are in
`docs/decisions/0022-variants-of-a-space.md`. A finding is a reason to look: whether the mended contender is
better is for the comparison to tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from explorer.comparison.contenders.contender import Contender
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.comparison.health.costs import Costs, model_of, space_of
from explorer.comparison.health.geometry import Geometry
from explorer.comparison.health.usual_prompts import check_prompts
from explorer.encode.spec import hosted_model
from explorer.tensor import Metric

Fault = Literal[
    "prompt missing",
    "instructions unused",
    "prompt unusual",
    "rows truncated",
    "shared direction",
    "ordered by length",
    "identical vectors",
    "hubs",
    "similarity",
]

MOST_TRUNCATED = 0.01  # share of rows
MOST_SHARED = 0.5  # mean cosine of two rows: the share of the squared lengths along the mean direction
MOST_BY_LENGTH = 0.5  # correlation, in absolute value
MOST_IDENTICAL = 0.01  # share of the distinct texts
MOST_HUBNESS = 3.0  # skewness of the 10-occurrence
SAME_LENGTHS = 1e-3  # variation of the vectors' lengths, below which all metrics rank alike


@dataclass(frozen=True)
class Center:
    """Remove the mean direction: `Space.center`."""


@dataclass(frozen=True)
class Csls:
    """Correct scores for hubs: `CslsContender`."""


@dataclass(frozen=True)
class UsualPrompts:
    """Encode with the prompts of the model's authors: the encoder's choice with None for its prompts.

    Attributes:
        document: Their prompt before rows.
        query: Their prompt before queries.
    """

    document: str
    query: str


@dataclass(frozen=True)
class UsualMetric:
    """Compare vectors by the metric that the model was trained for.

    Attributes:
        metric: That metric.
    """

    metric: Metric


Remedy = Center | Csls | UsualPrompts | UsualMetric
"""A mended contender, as data."""


@dataclass(frozen=True)
class _About:
    what: str
    """What is wrong, one sentence."""
    advice: str
    """What to try, one sentence."""
    figures: tuple[str, ...]
    """The names of the figures that show it."""
    advice_if_pooled: str = ""
    """What to try if the vectors are pooled from those of tokens; empty if that is the same."""


_PROMPTS = ("characters before rows", "characters before queries")
_ABOUT: dict[Fault, _About] = {
    "prompt missing": _About(
        "The model was trained with a prompt before rows or queries, and it is missing.",
        "Encode with the prompts of its authors.",
        _PROMPTS,
    ),
    "instructions unused": _About(
        "The model's files have instructions, but none of them is used.",
        "Read the model's card and enter the instruction that fits as a prompt.",
        (*_PROMPTS, "instructions"),
    ),
    "prompt unusual": _About(
        "The prompt is not the one that the model's authors put before rows or queries.",
        "Encode with the prompts of its authors.",
        _PROMPTS,
    ),
    "rows truncated": _About(
        "Rows are longer than the model reads, so their ends are ignored.",
        "Split long rows into several, or choose a model that reads more.",
        ("rows truncated", "share of rows", "share of tokens"),
    ),
    "shared direction": _About(
        "One direction, shared by all rows, has most of the vectors' length.",
        "Remove the mean direction.",
        ("mean cosine of two rows",),
        "Remove the mean direction; if the vectors should not be so alike, check the pooling.",
    ),
    "ordered by length": _About(
        "Similarity follows the length of the texts.",
        "Remove the mean direction.",
        ("correlation of mean similarity and length",),
        "Check the pooling, or remove the mean direction.",
    ),
    "identical vectors": _About(
        "Many different texts have the same vector, so nothing can tell them apart.",
        "Check that the texts differ in what the model reads, or keep more dimensions or bits.",
        ("texts", "with the vector of another text"),
    ),
    "hubs": _About(
        "A few rows are among the nearest of many others, whatever those are about.",
        "Correct the scores for hubs.",
        ("skewness of the 10-occurrence", "rows"),
    ),
    "similarity": _About(
        "Vectors are compared by another similarity than the one that the model was trained for.",
        "Compare them by the model's own.",
        ("variation of the vectors' lengths",),
    ),
}


@dataclass(frozen=True)
class Finding:
    """A fault of a contender.

    Attributes:
        fault: Which one.
        figures: The figures that show it; `evidence` has their names.
        remedy: The mended contender, if it can be made without another model.
        pooled: Whether a transformer model made the vectors, by pooling those of tokens, so that the pooling
            may be at fault.

    Raises:
        ValueError: There are more or fewer figures than the fault has.
    """

    fault: Fault
    figures: tuple[float, ...]
    remedy: Remedy | None = None
    pooled: bool = False

    def __post_init__(self) -> None:
        if len(self.figures) != len(_ABOUT[self.fault].figures):
            raise ValueError(f"{len(self.figures)} figures for {self.fault!r}")

    @property
    def what(self) -> str:
        """What is wrong, one sentence."""
        return _ABOUT[self.fault].what

    @property
    def advice(self) -> str:
        """What to try, one sentence."""
        about = _ABOUT[self.fault]
        return (about.advice_if_pooled if self.pooled else "") or about.advice

    @property
    def evidence(self) -> dict[str, float]:
        """The figures that show it, by name."""
        return dict(zip(_ABOUT[self.fault].figures, self.figures, strict=True))


def findings(contender: Contender, seen: Geometry, cost: Costs) -> tuple[Finding, ...]:
    """The faults of a contender, gravest first; empty if none was found.

    Args:
        contender: The contender. Of CSLS, the space is checked, and its own hubs; BM25 has hubs only.
        seen: What its vectors look like.
        cost: Its costs, which say how many rows are truncated.
    """
    found = (
        *_prompts(contender),
        *_truncated(cost, len(contender.corpus)),
        *_by_geometry(seen),
        *_metric(contender, seen),
    )
    pooled = bool(found) and _is_pooled(contender)
    return tuple(replace(finding, pooled=pooled) for finding in found)


def _is_pooled(contender: Contender) -> bool:
    """Whether a transformer model made the vectors; what a service runs is taken for one."""
    space = space_of(contender)
    if space is None or space.spec is None:
        return False
    model = model_of(space)
    return hosted_model(space.spec) is not None if model is None else not model.facts.is_static


def _prompts(contender: Contender) -> Sequence[Finding]:
    space = space_of(contender)
    checked = None if space is None or space.spec is None else check_prompts(space.encoder)
    if space is None or checked is None or checked.fit == "fits":
        return ()
    usual, lengths = checked.usual, (len(space.encoder.prompt), len(space.encoder.query_prompt))
    if usual.origin == "nobody":
        return (Finding("instructions unused", (*lengths, len(usual.unused))),)
    fault: Fault = "prompt missing" if checked.fit == "missing" else "prompt unusual"
    return (Finding(fault, lengths, UsualPrompts(usual.document, usual.query)),)


def _truncated(cost: Costs, rows: int) -> Sequence[Finding]:
    cut = cost.truncated_rows
    if not cut or cut <= MOST_TRUNCATED * rows:
        return ()
    return (Finding("rows truncated", (cut, cut / rows, cost.lost_share or 0.0)),)


def _by_geometry(seen: Geometry) -> Sequence[Finding]:
    found = []
    if seen.mean_cosine is not None and seen.mean_cosine > MOST_SHARED:
        found.append(Finding("shared direction", (seen.mean_cosine,), Center()))
    if seen.length_correlation is not None and abs(seen.length_correlation) > MOST_BY_LENGTH:
        found.append(Finding("ordered by length", (seen.length_correlation,), Center()))
    if seen.sharing is not None and seen.sharing > MOST_IDENTICAL * seen.texts:
        found.append(Finding("identical vectors", (seen.texts, seen.sharing)))
    if seen.hubness is not None and seen.hubness > MOST_HUBNESS:
        found.append(Finding("hubs", (seen.hubness, seen.rows), Csls()))
    return found


def _metric(contender: Contender, seen: Geometry) -> Sequence[Finding]:
    if not isinstance(contender, SpaceContender) or contender.space.spec is None:
        return ()
    usual, vary = contender.space.similarity_metric, seen.lengths_vary or 0.0
    if contender.metric == usual or vary < SAME_LENGTHS:
        return ()
    return (Finding("similarity", (vary,), UsualMetric(usual)),)
