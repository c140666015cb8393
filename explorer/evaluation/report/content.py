"""What a report of an evaluation says: every text and figure of it, not yet escaped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.comparison.numbers import figure, interval, number, units, with_interval
from explorer.comparison.report.content import versions
from explorer.data.tables.values import shortened
from explorer.encode.model_names import model_name
from explorer.encode.spec import HostedModel, LocalModel
from explorer.evaluation.duplicates import DuplicateEvaluation
from explorer.evaluation.evaluation import Figure
from explorer.evaluation.labels import LabelEvaluation
from explorer.evaluation.pairs import PairEvaluation
from explorer.evaluation.report.kinds import KINDS, Evaluated, worst_cases
from explorer.evaluation.report.python_lines import python_lines
from explorer.evaluation.retrieval import RetrievalEvaluation
from explorer.evaluation.thresholds import Threshold
from explorer.numbers import percent

if TYPE_CHECKING:
    from explorer.evaluation.published import Published

_CASES = 20
_TEXT_CHARS = 240
Line = tuple[str, ...]


@dataclass(frozen=True)
class EvaluationContent:
    """A report; see `evaluation.html.jinja` for the order of its parts."""

    template = "evaluation"
    title: str
    verdict: str
    figures: tuple[Line, ...]
    published: bool
    meanings: tuple[tuple[str, str], ...]
    thresholds: tuple[Line, ...]
    no_threshold: str
    notes: tuple[str, ...]
    order: str
    columns: Line
    cases: tuple[Line, ...] | None
    facts: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]
    python: str


def evaluation_content(found: Evaluated, *, texts: bool, material: str = "") -> EvaluationContent:
    """Everything a report says about an evaluation.

    Args:
        found: The evaluation.
        texts: Whether it shows the worst cases, with the beginning of their texts.
        material: What the encoder was evaluated on, in words; empty to leave that out.
    """
    kind = KINDS[type(found)]
    thresholds, missing = _thresholds(found) if isinstance(found, DuplicateEvaluation) else ((), "")
    columns, cases = _worst(found) if texts else ((), None)
    return EvaluationContent(
        title=f"{found.encoder} evaluated on {kind.name}",
        verdict=_verdict(found.figures[0]),
        figures=tuple(map(_figure, found.figures)),
        published=any(each.published for each in found.figures),
        meanings=tuple((each.measure.name, each.measure.explanation) for each in found.figures),
        thresholds=thresholds,
        no_threshold=missing,
        notes=found.notes,
        order=kind.order,
        columns=columns,
        cases=cases,
        facts=tuple(_facts(found, material)),
        versions=versions(),
        python=python_lines(found),
    )


def _verdict(first: Figure) -> str:
    ends = interval(first.low, first.high)
    within = f", 95 % interval {ends}" if ends else ""
    on = units(first.measure, first.n, first.independent)
    return f"{first.measure.name} {figure(first.measure, first.value)}{within}, on {on}."


def _figure(each: Figure) -> Line:
    ends = interval(each.low, each.high, too_few=True)
    beside = "; ".join(map(_beside, each.published))
    return each.measure.name, figure(each.measure, each.value), ends, f"{each.n:,}", beside


def _beside(published: Published) -> str:
    split = f", {published.split}" if published.split else ""
    differs = f"differs by {number(published.difference, 4, plus=True)}" if published.differs else "the same"
    return f"{published.written} ({published.metric} of {published.dataset}{split}): {differs}"


def _thresholds(found: DuplicateEvaluation) -> tuple[tuple[Line, ...], str]:
    wanted = f"precision of {percent(found.wanted_precision)} or more"
    lines = [_threshold("best F1", found.at_best_f1)]
    if found.at_precision is None:
        return tuple(lines), f"No threshold has a {wanted}."
    return (*lines, _threshold(wanted, found.at_precision)), ""


def _threshold(name: str, at: Threshold) -> Line:
    precision = with_interval(at.precision, at.precision_low, at.precision_high)
    recall = with_interval(at.recall, at.recall_low, at.recall_high)
    return name, number(at.value, 4), precision, recall, f"{at.pairs:,}"


def _worst(found: Evaluated) -> tuple[Line, tuple[Line, ...]]:
    cases = worst_cases(found, _CASES)
    names = [name for name in KINDS[type(found)].columns if name in cases]
    lines = zip(*(map(_written, cases[name]) for name in names), strict=True)
    return tuple(name.replace("_", " ") for name in names), tuple(lines)


def _written(value: object) -> str:
    """A value of a data frame: a text, a truth, a count or a share."""
    import pandas as pd

    if isinstance(value, str):
        return shortened(value, _TEXT_CHARS)
    if pd.isna(value):
        return "–"
    if pd.api.types.is_bool(value):
        return "yes" if value else "no"
    return f"{value:,}" if pd.api.types.is_integer(value) else number(float(str(value)))


def _facts(found: Evaluated, material: str) -> Iterator[tuple[str, str]]:
    if material:
        yield "evaluated on", material
    if isinstance(found, PairEvaluation | DuplicateEvaluation):
        yield "pairs", f"{len(found.pairs.scores):,}"
        yield "fingerprint of the pairs", found.pairs.fingerprint
    else:
        yield "rows", f"{found.corpus.name}, {len(found.corpus):,} rows"
        yield "fingerprint of the rows", found.corpus.fingerprint
    if isinstance(found, RetrievalEvaluation):
        queries = len(found.judgements.queries)
        yield "judgements", f"{found.judgements.count:,} of {queries:,} queries"
    if isinstance(found, LabelEvaluation):
        yield "label column", found.corpus.label or "none"
    spec = found.spec
    if isinstance(spec, LocalModel | HostedModel):
        yield "model", model_name(spec.model)
    if isinstance(spec, LocalModel) and spec.revision:
        yield "revision", spec.revision
    if found.dtype:
        yield "computed in", found.dtype
    if found.changes:
        yield "changed after encoding", ", ".join(found.changes)
    yield "compared by", found.similarity
