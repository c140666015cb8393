"""What a report says: every text and figure of it, not yet escaped for HTML or Markdown."""

from __future__ import annotations

import importlib.metadata
import math
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.comparison.health.doctor import Finding
from explorer.comparison.measure import Kind
from explorer.comparison.numbers import NO_INTERVAL, chance, evidence, figure, interval, number
from explorer.comparison.report.differing import DifferingRow, differing_rows
from explorer.comparison.report.forest import Forest, forests
from explorer.comparison.report.python_lines import python_lines
from explorer.comparison.report.segment_tables import SegmentTable, segment_tables
from explorer.comparison.report.sweep_tables import SweepTable, sweep_table
from explorer.comparison.results import Results
from explorer.comparison.scores import Score

if TYPE_CHECKING:
    from explorer.comparison.compression.size_sweep import SizeSweep

_KINDS: dict[Kind, tuple[str, str]] = {
    "judgements": ("By judgements", "The strongest evidence: people said which rows are relevant."),
    "pairs": ("By scored pairs", "People said how alike two texts are."),
    "captions": ("By captions", "Whether captions find their images, and images their captions."),
    "labels": ("By labels", "Whether rows of the same label lie together."),
    "proxy": (
        "By proxies",
        "Without labels or judgements. Proxies suggest which contender is better; they do not prove it.",
    ),
    "diagnosis": ("Diagnosis", "What the vectors look like. It finds faults and does not rank."),
    "cost": ("Costs", "What a contender takes."),
}
_PACKAGE = __name__.partition(".")[0]  # which has imported this module, so that this one cannot import it
_PACKAGES = (
    "torch", "sentence-transformers", "transformers", "openvino", "numpy", "scipy", "scikit-learn",
    "ir-measures", "bm25s",
)  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A measure of a scorecard's table.

    Attributes:
        name: Its name.
        explanation: What it means, and its source.
        better: `higher is better`, `lower is better` or nothing.
        chance: What chance gives, if that is known.
    """

    name: str
    explanation: str
    better: str
    chance: str


@dataclass(frozen=True)
class Cell:
    """A figure of a scorecard's table.

    Attributes:
        value: The figure; a dash for none, or `failed`.
        interval: Its 95 % interval; a dash where there are too few units for one, empty if it has none.
        reason: Why there is a dash; empty without one.
        rank: Its rank; empty if the measure does not rank.
        best: Whether it shares the first rank.
    """

    value: str
    interval: str
    reason: str
    rank: str
    best: bool


@dataclass(frozen=True)
class Table:
    """The measures of one kind: a row per contender, a column per measure.

    Attributes:
        title: The kind.
        note: What it says.
        columns: The measures.
        rows: Their figures by contender.
    """

    title: str
    note: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class AgreementTable:
    """How far contenders agree by one measure.

    Attributes:
        name: The measure.
        explanation: What it means, and its source.
        rows: The number of rows it was measured on.
        cells: For each pair of contenders the value, the value that chance gives and the calibrated value.
    """

    name: str
    explanation: str
    rows: str
    cells: tuple[tuple[tuple[str, str, str], ...], ...]


@dataclass(frozen=True)
class Check:
    """A fault of a contender.

    Attributes:
        what: What is wrong.
        advice: What to try.
        figures: What shows it.
    """

    what: str
    advice: str
    figures: str


@dataclass(frozen=True)
class Content:
    """A report; see `report.html.jinja` for the order of its parts."""

    template = "report"
    title: str
    verdict: str
    names: tuple[str, ...]
    tables: tuple[Table, ...]
    forests: tuple[Forest, ...]
    agreements: tuple[AgreementTable, ...]
    differing: tuple[DifferingRow, ...]
    segments: tuple[SegmentTable, ...]
    sweeps: tuple[SweepTable, ...]
    checked: tuple[tuple[str, tuple[Check, ...]], ...]
    notes: tuple[str, ...]
    settings: tuple[tuple[str, str], ...]
    contenders: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]
    python: str


def report_content(
    results: Results, called: str = "", sweeps: Sequence[SizeSweep] = (), *, texts: bool = True
) -> Content:
    """Everything a report says about a comparison.

    Args:
        results: The comparison.
        sweeps: What smaller vectors of its contenders cost, where that was computed.
        called: What it is called; empty if it has no name.
        texts: Whether it quotes rows.
    """
    rows = len(results.corpus)
    title = f"{len(results.names)} contenders compared on “{results.corpus.name}”"
    return Content(
        title=f"{called}: {title}" if called else title,
        verdict=results.verdict.text,
        names=results.names,
        tables=_tables(results),
        forests=forests(results),
        agreements=_agreements(results),
        differing=differing_rows(results) if texts else (),
        segments=segment_tables(results),
        sweeps=tuple(map(sweep_table, sweeps)),
        checked=_checked(results),
        notes=(*_failed(results), *results.notes),
        settings=(
            ("corpus", f"{results.corpus.name}, {rows:,} rows"),
            ("fingerprint of the rows", results.corpus.fingerprint),
            ("text column", results.corpus.text),
            ("label column", results.corpus.label or "none"),
            ("rows measured", f"{len(results.sample):,}, drawn at random" if len(results.sample) < rows
             else "all"),
            ("rows that count as one", results.grouped_by or "near-copies"),
            ("two views of a row", " and ".join(results.views or ()) or "the two halves of its text"),
            ("judgements", _judged(results)),
            ("neighbours (k)", str(results.k)),
            ("seed", str(results.seed)),
        ),
        contenders=tuple((contender.name, contender.fingerprint) for contender in results.contenders),
        versions=versions(),
        python=python_lines(results),
    )  # fmt: skip


def _tables(results: Results) -> tuple[Table, ...]:
    tables, scores = [], results.scores()
    for kind, (title, note) in _KINDS.items():
        own = [score for score in scores if score.measure.kind == kind]
        measures = list(dict.fromkeys(score.measure for score in own))
        known = [
            measure
            for measure in measures
            if any(not math.isnan(score.value) for score in own if score.measure == measure)
        ]
        if not known:
            continue
        by_place = {(score.measure, score.contender): _cell(results, score) for score in own}
        columns = tuple(
            Column(each.name, each.explanation, _better(each.better), chance(each)) for each in known
        )
        rows = tuple(
            tuple(by_place[measure, place] for measure in known) for place in range(len(results.names))
        )
        tables.append(Table(title, note, columns, rows))
    return tuple(tables)


def _cell(results: Results, score: Score) -> Cell:
    missing = math.isnan(score.value)
    failed = missing and results.failure(score.contender, score.measure.kind) is not None
    return Cell(
        "failed" if failed else figure(score.measure, score.value),
        interval(score.low, score.high, too_few=score.too_few),
        NO_INTERVAL if score.too_few else "",
        "" if score.rank is None or missing else str(score.rank),
        score.rank == 1 and not missing,
    )


def _agreements(results: Results) -> tuple[AgreementTable, ...]:
    tables = []
    for each in results.agreements.values():
        places = range(len(results.names))
        matrices = (each.value, each.chance, each.calibrated)
        cells = tuple(
            tuple(tuple(number(matrix[row, column], 2) for matrix in matrices) for column in places)
            for row in places
        )
        tables.append(AgreementTable(each.measure.name, each.measure.explanation, f"{each.rows:,}", cells))  # type: ignore[arg-type]
    return tuple(tables)


def _checked(results: Results) -> tuple[tuple[str, tuple[Check, ...]], ...]:
    """The checks of each contender; none if they are not known."""
    if results.findings is None:
        return ()
    return tuple(
        (name, tuple(map(_check, own))) for name, own in zip(results.names, results.findings, strict=True)
    )


def _check(finding: Finding) -> Check:
    figures = (f"{name}: {evidence(name, value)}" for name, value in finding.evidence.items())
    return Check(finding.what, finding.advice, "; ".join(figures))


def _failed(results: Results) -> list[str]:
    return [failure.sentence(results.names[failure.contender]) for failure in results.failures]


def _judged(results: Results) -> str:
    if results.judgements is None:
        return "none"
    weighted = ", chosen with known probabilities" if results.judgements.inclusion is not None else ""
    skips = results.judgements.skips
    skipped = f"; {skips:,} skipped {'row is' if skips == 1 else 'rows are'} left out" if skips else ""
    return f"{results.judgements.count:,} of {len(results.judgements.queries):,} queries{weighted}{skipped}"


def _better(higher: bool | None) -> str:
    return "" if higher is None else f"{'higher' if higher else 'lower'} is better"


def versions() -> tuple[tuple[str, str], ...]:
    """The versions of Explorer, of Python, and of what figures depend on."""
    known = ((name, version) for name in _PACKAGES if (version := _version(name)))
    return (
        ("explorer", sys.modules[_PACKAGE].__version__),
        ("Python", platform.python_version()),
        *known,
    )


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
