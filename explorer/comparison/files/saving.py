"""A comparison as the bytes of a file, which `opening` reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explorer.comparison.contenders.failure import Failure
from explorer.comparison.files.archive import Array, pack
from explorer.comparison.files.finding_records import finding_record
from explorer.comparison.files.saved_contender import spec_of
from explorer.comparison.files.spec_records import spec_record
from explorer.comparison.judging.judgements import Judgements, ScoredPairs
from explorer.comparison.judging.queue import Answers
from explorer.comparison.measure import Measure, UnitValues, WholeValues
from explorer.comparison.results import Results
from explorer.comparison.statistics.differences import Difference
from explorer.errors import TooLargeError

FORMAT = "explorer comparison"
VERSION = 1  # increase it when an older Explorer would read a file wrongly


@dataclass(frozen=True)
class Choices:
    """What a visitor chose around a comparison and has not been measured.

    Attributes:
        name: What the comparison is called; empty for its default name.
        queries: Queries to be judged.
        answers: The visitor's own judgements of them.
    """

    name: str = ""
    queries: tuple[str, ...] = ()
    answers: Answers = field(default_factory=dict)


NO_CHOICES = Choices()


def packed(results: Results, choices: Choices = NO_CHOICES) -> bytes:
    """The bytes of a file with a comparison. It has no vectors, and of the rows only their fingerprint.

    Raises:
        TooLargeError: The texts of the judgements are too long for a file that is opened again.
    """
    corpus = results.corpus
    measures = [values.measure for values in results.values]
    document = {
        "format": FORMAT,
        "version": VERSION,
        "corpus": {"name": corpus.name, "fingerprint": corpus.fingerprint, "rows": len(corpus)},
        "contenders": [_contender(results, place) for place in range(len(results.contenders))],
        "settings": {
            "k": results.k,
            "seed": results.seed,
            "grouped_by": results.grouped_by,
            "views": None if results.views is None else list(results.views),
        },
        "values": [_values_record(values) for values in results.values],
        "agreements": [
            {"name": name, "measure": _measure(each.measure), "rows": each.rows}
            for name, each in results.agreements.items()
        ],
        "notes": list(results.notes),
        "failures": [_failure_record(each) for each in results.failures],
        "judgements": None if results.judgements is None else judgements_record(results.judgements),
        "pairs": None if results.pairs is None else pairs_record(results.pairs),
        "choices": choices_record(choices),
    }
    arrays: dict[str, Array] = {
        "sample": results.sample,
        "groups": results.groups,
        "neighbors": results.neighbors,
        "row-agreement": results.row_agreement.values,
        "rows-by-agreement": results.row_agreement.rows,
        "answers": answers_array(choices.answers),
        **_difference_arrays(results.found, measures),
    }
    for place, (values, ends) in enumerate(zip(results.values, results.intervals, strict=True)):
        arrays |= _value_arrays(f"values-{place}", values) | {f"intervals-{place}": ends}
    for place, agreement in enumerate(results.agreements.values()):
        matrices = (agreement.value, agreement.chance, agreement.spread, agreement.calibrated)
        arrays[f"agreement-{place}"] = np.stack(matrices)
    if results.judgements is not None:
        arrays |= judgement_arrays(results.judgements)
    if results.rankings is not None:
        arrays["rankings"] = results.rankings
    if results.pairs is not None:
        arrays |= pair_arrays(results.pairs)
    try:
        return pack(document, arrays)
    except OverflowError as error:
        raise TooLargeError(
            "The texts of the judgements or pairs are too long for one file.",
            where=corpus.name,
            fix="Compare with fewer of them.",
        ) from error


def _contender(results: Results, place: int) -> dict[str, Any]:
    contender = results.contenders[place]
    spec = spec_of(contender, results.corpus)
    found = None if results.findings is None else results.findings[place]
    return {
        "name": contender.name,
        "fingerprint": contender.fingerprint,
        "text": contender.corpus.text,
        "spec": None if spec is None else spec_record(spec),
        "findings": None if found is None else [finding_record(finding) for finding in found],
    }


def _failure_record(failure: Failure) -> dict[str, Any]:
    error = failure.error
    return {
        "contender": failure.contender,
        "kind": failure.kind,
        "what": error.what,
        "where": error.where,
        "fix": error.fix,
    }


def _measure(measure: Measure) -> dict[str, Any]:
    """A measure without its explanation, which is Explorer's own and not taken from files."""
    return {
        "name": measure.name,
        "kind": measure.kind,
        "higher_is_better": measure.higher_is_better,
        "chance": measure.chance,
    }


def _values_record(values: UnitValues | WholeValues) -> dict[str, Any]:
    if isinstance(values, WholeValues):
        return _measure(values.measure) | {
            "of": "whole",
            "n": values.n,
            "independent": values.independent,
            "ends": values.intervals is not None,
        }
    return _measure(values.measure) | {"of": "units", "weighted": values.weights is not None}


def _value_arrays(name: str, values: UnitValues | WholeValues) -> dict[str, Array]:
    arrays: dict[str, Array] = {name: values.values}
    if isinstance(values, UnitValues):
        arrays |= {f"{name}-units": values.units, f"{name}-groups": values.groups}
        if values.weights is not None:
            arrays[f"{name}-weights"] = values.weights
    elif values.intervals is not None:
        arrays[f"{name}-ends"] = values.intervals
    return arrays


def _difference_arrays(found: Sequence[Difference], measures: Sequence[Measure]) -> dict[str, Array]:
    whole = [(measures.index(each.measure), each.first, each.second, each.family, each.n) for each in found]
    figures = [(each.difference, each.low, each.high, each.p, each.p_holm, each.error) for each in found]
    return {
        "differences": np.array(whole, dtype=np.int64).reshape(-1, 5),
        "difference-figures": np.array(figures, dtype=np.float64).reshape(-1, 6),
    }


def judgements_record(judgements: Judgements) -> dict[str, Any]:
    """Judgements as a JSON object, without what `judgement_arrays` has."""
    return {
        "ids": list(judgements.ids),
        "queries": list(judgements.queries),
        "weighted": judgements.inclusion is not None,
    }


def judgement_arrays(judgements: Judgements) -> dict[str, Array]:
    """The grades of judgements, skipped rows and the probabilities of queries, as arrays by name."""
    lines = [(query, row, grade) for query, own in enumerate(judgements.grades) for row, grade in own.items()]
    skips = [(query, row) for query, rows in enumerate(judgements.skipped) for row in rows]
    arrays: dict[str, Array] = {
        "grades": np.array(lines, dtype=np.int64).reshape(-1, 3),
        "skipped": np.array(skips, dtype=np.int64).reshape(-1, 2),
    }
    if judgements.inclusion is not None:
        arrays["inclusion"] = np.array(judgements.inclusion, dtype=np.float64)
    return arrays


def pairs_record(pairs: ScoredPairs) -> dict[str, Any]:
    """The texts of pairs as a JSON object, without what `pair_arrays` has."""
    return {"first": list(pairs.first), "second": list(pairs.second)}


def pair_arrays(pairs: ScoredPairs) -> dict[str, Array]:
    """The scores of pairs, as arrays by name."""
    return {"pair-scores": np.array(pairs.scores, dtype=np.float64)}


def choices_record(choices: Choices) -> dict[str, Any]:
    """What a visitor chose as a JSON object, without what `answers_array` has."""
    return {"name": choices.name, "queries": list(choices.queries), "asked": list(choices.answers)}


def answers_array(answers: Answers) -> Array:
    """Answers as lines of query, row, whether it was skipped, and grade."""
    lines = [
        (query, row, grade is None, grade or 0)
        for query, own in enumerate(answers.values())
        for row, grade in own.items()
    ]
    return np.array(lines, dtype=np.int64).reshape(-1, 4)
