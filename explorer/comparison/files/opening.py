"""Opening a comparison from a file that `saving` wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from explorer.analysis.space import Space
from explorer.comparison.agreement.disagreement import RowAgreement
from explorer.comparison.comparison import Comparison
from explorer.comparison.contenders.contender import Contender
from explorer.comparison.contenders.failure import Failure
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.comparison.contenders.spec import FEWEST, MOST
from explorer.comparison.files.archive import unpack
from explorer.comparison.files.arrays import Arrays
from explorer.comparison.files.contents import (
    MOST_NEIGHBORS,
    Values,
    agreements_from,
    choices_from,
    differences_from,
    failures_from,
    judgements_from,
    pairs_from,
    values_from,
    views_from,
)
from explorer.comparison.files.finding_records import finding_from
from explorer.comparison.files.saved_contender import SavedContender
from explorer.comparison.files.saving import FORMAT, VERSION, Choices
from explorer.comparison.files.spec_records import spec_from
from explorer.comparison.health.doctor import Finding
from explorer.comparison.judging.judgements import Judgements
from explorer.comparison.statistics.differences import Difference
from explorer.comparison.statistics.verdict import Verdict, verdict
from explorer.data.corpus import Corpus
from explorer.data.file_bytes import file_bytes
from explorer.data.file_format import check_format
from explorer.data.records import DamagedFileError, Record
from explorer.errors import DataError, TooLargeError, UnreadableFileError
from explorer.settings import settings

_SEEDS = 2**64
_MANY = 2**40  # rows; more than any corpus has
_FEW_CHARS = 2_000  # of names and notes


def open_comparison(
    source: str | Path | bytes, corpus: Corpus, *, contenders: Sequence[Space | Contender] = ()
) -> Comparison:
    """Open a comparison that `Comparison.save` wrote.

    Scorecard, verdict, differences, agreement and rows are there at once. What needs vectors, such as a
    search, works for those contenders that are given; others raise QueryError.

    Args:
        source: The file, or its bytes.
        corpus: The rows that were compared.
        contenders: The contenders, or their spaces, in any order; those that are not of this comparison are
            ignored.

    Raises:
        UnreadableFileError: It is no such file, or damaged, or from a newer Explorer.
        TooLargeError: It is over the limit on files.
        DataError: It is of other rows.
    """
    return open_with_choices(source, corpus, contenders=contenders)[0]


def open_with_choices(
    source: str | Path | bytes, corpus: Corpus, *, contenders: Sequence[Space | Contender] = ()
) -> tuple[Comparison, Choices]:
    """As `open_comparison`, with what a visitor chose around the comparison."""
    name = "the file" if isinstance(source, bytes) else Path(source).name
    data = source if isinstance(source, bytes) else file_bytes(Path(source))
    if len(data) > settings().max_file_mb * 1_000_000:
        raise TooLargeError(
            f"The file has {len(data) / 1e6:,.0f} MB; up to {settings().max_file_mb:,} MB are opened.",
            where=name,
        )
    try:
        content, arrays = unpack(data)
        document = Record(content, "the document")
        check_format(document, FORMAT, VERSION, name, "compare again")
        return _comparison(document, Arrays(arrays), corpus, contenders, name)
    except DamagedFileError as error:
        raise UnreadableFileError(
            f"This is not a comparison that can be opened: {error}.",
            where=name,
            fix="Save the comparison again.",
        ) from error


def rejoined(comparison: Comparison, contenders: Sequence[Contender]) -> Comparison | None:
    """The same comparison with contenders whose vectors are here; None if it is not of these contenders."""
    mine = [(each.name, each.fingerprint) for each in comparison.contenders]
    if mine != [(each.name, each.fingerprint) for each in contenders]:
        return None
    return replace(comparison, contenders=tuple(contenders))


def _comparison(
    document: Record,
    arrays: Arrays,
    corpus: Corpus,
    given: Sequence[Space | Contender],
    name: str,
) -> tuple[Comparison, Choices]:
    records = document.records("contenders")
    if not FEWEST <= len(records) <= MOST:
        raise DamagedFileError("it does not have two to eight contenders")
    _check_rows(document.record("corpus"), records[0], corpus, name)
    here = _by_fingerprint(given)
    sides = tuple(_contender(record, corpus, here) for record in records)
    names = [side.name for side in sides]
    if len(set(names)) < len(names):
        raise DamagedFileError("two contenders have the same name")
    chosen = document.record("settings")
    rows, count = len(corpus), len(sides)
    judgements = document.optional(
        "judgements", lambda key: judgements_from(document.record(key), arrays, rows)
    )
    pairs = document.optional("pairs", lambda key: pairs_from(document.record(key), arrays))
    values, intervals = values_from(document.records("values"), arrays, count)
    found = differences_from(arrays, values)
    failures = failures_from(document.optional("failures", document.records) or (), count)
    k = chosen.integer("k", 1, MOST_NEIGHBORS)
    sample = arrays.integers("sample", None, low=0, high=rows - 1)
    grouped_by = chosen.optional("grouped_by", chosen.text)
    comparison = Comparison(
        contenders=sides,
        k=k,
        seed=chosen.integer("seed", 0, _SEEDS),
        sample=sample,
        groups=arrays.integers("groups", rows, low=0, high=rows - 1),
        values=values,
        intervals=intervals,
        found=found,
        agreements=agreements_from(document.records("agreements"), arrays, count),
        neighbors=arrays.integers("neighbors", count, len(sample), None, low=0, high=rows - 1),
        row_agreement=_row_agreement(arrays, sample, k),
        verdict=_verdict(names, values, found, failures, rows, grouped_by),
        findings=_findings(records),
        failures=failures,
        notes=tuple(note[:_FEW_CHARS] for note in document.texts("notes")),
        grouped_by=grouped_by,
        views=views_from(chosen),
        judgements=judgements,
        rankings=_rankings(judgements, arrays, count, rows),
        pairs=pairs,
    )
    return comparison, choices_from(document.record("choices"), arrays, rows)


def _rankings(
    judgements: Judgements | None, arrays: Arrays, contenders: int, rows: int
) -> NDArray[np.int64] | None:
    """The hits for judged queries; None without any."""
    if judgements is None or "rankings" not in arrays:
        return None
    return arrays.integers("rankings", contenders, len(judgements.queries), None, low=-1, high=rows - 1)


def _check_rows(saved: Record, first: Record, corpus: Corpus, name: str) -> None:
    """Raise an error if the comparison is of other rows."""
    own = _with_text(corpus, first.text("text"))
    if own is None or own.fingerprint != saved.text("fingerprint"):
        called, rows = saved.text("name", _FEW_CHARS), saved.integer("rows", 1, 10**12)
        raise DataError(
            f"The comparison is of other rows: of “{called:.100}”, {rows:,} rows, as they were then. "
            f"“{corpus.name:.100}” has {len(corpus):,}, or their texts or labels have changed.",
            where=name,
            fix="Open the rows that were compared, or compare again.",
        )


def _by_fingerprint(given: Sequence[Space | Contender]) -> dict[str, Space | Contender]:
    return {
        SpaceContender(each, "").fingerprint if isinstance(each, Space) else each.fingerprint: each
        for each in given
    }


def _contender(record: Record, corpus: Corpus, here: dict[str, Space | Contender]) -> Contender:
    name, fingerprint = record.text("name", _FEW_CHARS), record.text("fingerprint")
    found = here.get(fingerprint)
    if isinstance(found, Space):
        return SpaceContender(found, name)
    if found is not None:
        return found
    own = _with_text(corpus, record.text("text"))
    if own is None:
        raise DamagedFileError("a contender reads a column that the rows do not have")
    spec = record.optional("spec", lambda key: spec_from(record.record(key)))
    return SavedContender(name, fingerprint, own, spec)


def _findings(contenders: Sequence[Record]) -> tuple[tuple[Finding, ...], ...] | None:
    """The faults of each contender; None in the file of an Explorer that kept none."""
    found = [each.optional("findings", each.records) for each in contenders]
    if None in found:
        return None
    return tuple(tuple(map(finding_from, own)) for own in found if own is not None)


def _with_text(corpus: Corpus, column: str) -> Corpus | None:
    """The rows with another text column; None if they have no such column of texts."""
    if column == corpus.text:
        return corpus
    if column not in corpus.table.column_names:
        return None
    kind = corpus.table[column].type
    return corpus.reading(column) if pa.types.is_string(kind) or pa.types.is_large_string(kind) else None


def _row_agreement(arrays: Arrays, sample: NDArray[np.int64], k: int) -> RowAgreement:
    rows = arrays.integers("rows-by-agreement", len(sample), low=0, high=_MANY)
    if not (np.diff(sample) > 0).all() or not np.array_equal(np.sort(rows), sample):
        raise DamagedFileError("its rows are not those that were measured")
    return RowAgreement(rows, arrays.floats("row-agreement", len(sample)), k)


def _verdict(
    names: list[str],
    values: Sequence[Values],
    found: Sequence[Difference],
    failures: Sequence[Failure],
    rows: int,
    grouped_by: str | None,
) -> Verdict:
    """The verdict, which is made again: its text is Explorer's own."""
    try:
        return verdict(names, values, found, failures, rows=rows, grouped_by=grouped_by)
    except (ArithmeticError, LookupError, ValueError) as error:
        raise DamagedFileError("its figures are impossible") from error
