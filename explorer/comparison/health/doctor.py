"""The doctor: checks a contender for faults that spoil it silently, and says what to try.

Thresholds lie between what sound encoders give on the samples and what each fault gives; the figures are in
`docs/decisions/0022-variants-of-a-space.md`. A finding is a reason to look: whether the mended contender is
better is for the comparison to tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from explorer.comparison.contenders.contender import Contender
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.comparison.health.costs import Costs, costs, space_of
from explorer.comparison.health.geometry import Geometry, geometry
from explorer.comparison.health.usual_prompts import check_prompts
from explorer.jobs.progress import OnProgress
from explorer.tensor import Metric

Fault = Literal[
    "prompt missing",
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
class Finding:
    """A fault of a contender.

    Attributes:
        fault: Which one.
        what: What is wrong, one sentence.
        evidence: The figures that show it, by name.
        advice: What to try, one sentence.
        remedy: The mended contender, if it can be made without another model.
    """

    fault: Fault
    what: str
    evidence: Mapping[str, float]
    advice: str
    remedy: Remedy | None = None


def check_space(contender: Contender, on_progress: OnProgress | None = None) -> tuple[Finding, ...]:
    """Check a contender for faults.

    Args:
        contender: The contender. Of CSLS, the space is checked, and its own hubs; BM25 has hubs only.
        on_progress: Called while tokens are counted and neighbours found. An exception it raises stops the
            work.

    Returns:
        The faults found, gravest first; empty if none was.
    """
    seen = geometry(contender, on_progress)
    return (
        *_prompts(contender),
        *_truncated(costs(contender, on_progress), len(contender.corpus)),
        *_by_geometry(seen),
        *_metric(contender, seen),
    )


def _prompts(contender: Contender) -> list[Finding]:
    space = space_of(contender)
    checked = None if space is None or space.spec is None else check_prompts(space.encoder)
    if space is None or checked is None or checked.fit == "fits":
        return []
    encoder, usual = space.encoder, checked.usual
    figures = {"characters before rows": len(encoder.prompt), "before queries": len(encoder.query_prompt)}
    if usual.origin == "nobody":
        return [
            Finding(
                "prompt missing",
                "The model's files have instructions, but none of them is used.",
                {**figures, "instructions": len(usual.unused)},
                "Read the model's card and enter the instruction that fits as a prompt.",
            )
        ]
    missing = checked.fit == "missing"
    return [
        Finding(
            "prompt missing" if missing else "prompt unusual",
            "The model was trained with a prompt before rows or queries, and it is missing."
            if missing
            else "The prompt is not the one that the model's authors put before rows or queries.",
            figures,
            "Encode with the prompts of its authors.",
            UsualPrompts(usual.document, usual.query),
        )
    ]


def _truncated(found: Costs, rows: int) -> list[Finding]:
    if not found.truncated_rows or found.truncated_rows <= MOST_TRUNCATED * rows:
        return []
    return [
        Finding(
            "rows truncated",
            "Rows are longer than the model reads, so their ends are ignored.",
            {
                "rows truncated": found.truncated_rows,
                "share of rows": found.truncated_rows / rows,
                "share of tokens": found.lost_share or 0.0,
            },
            "Split long rows into several, or choose a model that reads more.",
        )
    ]


def _by_geometry(found: Geometry) -> list[Finding]:
    findings = []
    if found.mean_cosine is not None and found.mean_cosine > MOST_SHARED:
        findings.append(
            Finding(
                "shared direction",
                "One direction, shared by all rows, has most of the vectors' length.",
                {"mean cosine of two rows": found.mean_cosine},
                "Remove the mean direction; if the vectors should not be so alike, check the pooling.",
                Center(),
            )
        )
    if found.length_correlation is not None and abs(found.length_correlation) > MOST_BY_LENGTH:
        findings.append(
            Finding(
                "ordered by length",
                "Similarity follows the length of the texts.",
                {"correlation of mean similarity and length": found.length_correlation},
                "Check the pooling, or remove the mean direction.",
                Center(),
            )
        )
    if found.sharing is not None and found.sharing > MOST_IDENTICAL * found.texts:
        findings.append(
            Finding(
                "identical vectors",
                "Many different texts have the same vector, so nothing can tell them apart.",
                {"texts": found.texts, "with the vector of another text": found.sharing},
                "Check that the texts differ in what the model reads, or keep more dimensions or bits.",
            )
        )
    if found.hubness is not None and found.hubness > MOST_HUBNESS:
        findings.append(
            Finding(
                "hubs",
                "A few rows are among the nearest of many others, whatever those are about.",
                {"skewness of the 10-occurrence": found.hubness, "rows": found.rows},
                "Correct the scores for hubs.",
                Csls(),
            )
        )
    return findings


def _metric(contender: Contender, found: Geometry) -> list[Finding]:
    if not isinstance(contender, SpaceContender) or contender.space.spec is None:
        return []
    usual = contender.space.similarity_metric
    if contender.metric == usual or (found.lengths_vary or 0.0) < SAME_LENGTHS:
        return []
    return [
        Finding(
            "similarity",
            "Vectors are compared by another similarity than the one that the model was trained for.",
            {"variation of the vectors' lengths": found.lengths_vary or 0.0},
            "Compare them by the model's own.",
            UsualMetric(usual),
        )
    ]
