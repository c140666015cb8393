"""Reading judgements, pairs and queries from files; unusable lines are counted, with the reason."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from explorer.comparison.judging.judgement_columns import (
    LABELS,
    JudgementColumns,
    PairColumns,
    check_columns,
    guess_judgement_columns,
    guess_pair_columns,
    whole_number,
)
from explorer.comparison.judging.judgement_tables import as_qrels, table_of, texts_by_id
from explorer.comparison.judging.judgements import MOST_GRADE, SKIPPED, Judgements, ScoredPairs
from explorer.data.columns import guess_text
from explorer.data.corpus import Corpus
from explorer.data.tables.python_values import as_strings
from explorer.data.tables.source_table import SourceTable
from explorer.errors import EmptyDataError
from explorer.jobs.progress import OnProgress

_SHOWN = 20  # bad lines that are kept with their reason
_NO_SCORE = 'the score "{:.40}" is not a number'
_NO_LABEL = 'the label "{:.40}" is neither 1 nor 0'
_NO_QRELS = "it does not have four fields: query id, 0, row, grade"

Content = TypeVar("Content")
Columns = TypeVar("Columns")


@dataclass(frozen=True)
class BadLine:
    """A line that could not be used.

    Attributes:
        number: Its position in the file, from 1; a row of column names is not counted.
        reason: Why, as the end of a sentence.
    """

    number: int
    reason: str


@dataclass(frozen=True)
class FromFile(Generic[Content, Columns]):
    """What a file holds, and how it was read.

    Attributes:
        content: The judgements, pairs or queries.
        columns: The columns they were read from, guessed or given.
        lines: The number of lines.
        bad: The number of lines that could not be used.
        examples: The first of them.
    """

    content: Content
    columns: Columns
    lines: int
    bad: int
    examples: tuple[BadLine, ...]


def read_judgements(
    source: object,
    corpus: Corpus,
    *,
    queries: object = None,
    columns: JudgementColumns | None = None,
    on_progress: OnProgress | None = None,
) -> FromFile[Judgements, JudgementColumns]:
    """Read judgements of the rows of a corpus: a table, or TREC qrels.

    Where a table says `skipped` instead of a grade, the row is one of `Judgements.skipped`.

    Args:
        source: A path to a CSV, TSV, JSON Lines or Parquet file or to TREC qrels (query id, 0, row, grade), a
            table as `read_file` and `read_bounded` return it, a data frame or a dict of columns.
        corpus: The rows.
        queries: The texts of the queries, if `source` has only ids: the same kinds of sources, with a column
            of ids and one of texts.
        columns: Which columns to use; guessed when None.
        on_progress: As in `open_corpus`.

    Raises:
        ColumnError: A column is missing.
        TooLargeError: There are more lines than rows are read.
        EmptyDataError: No line can be used.
        DataError: A file cannot be read.
    """
    given = table_of(source, on_progress)
    table = as_qrels(given) or given
    texts = None if queries is None else texts_by_id(table_of(queries, on_progress))
    if columns is None:
        columns = guess_judgement_columns(table, corpus, texts=texts is not None)
    optional = (columns.query, columns.query_id, columns.grade, columns.inclusion)
    check_columns(table, (columns.row, *optional))
    row = as_strings(table.table[columns.row])
    query, query_id, grade, inclusion = (_column(table, name) for name in optional)
    rows = _row_numbers(corpus, columns)
    reader = _Reader()
    for at, number in enumerate(table.source_rows.tolist()):
        name = query_id[at].strip() if query_id else ""
        text = query[at] if query else (texts or {}).get(name, "")
        reason = reader.add(
            name if query_id else text,
            text,
            rows.get(_row_name(row[at], columns)),
            _grade(grade[at]) if grade else 1,
            _probability(inclusion[at]) if inclusion else 1.0,
        )
        if reason and table is not given and not row[at]:
            reader.bad.append(BadLine(number, _NO_QRELS))
        elif reason:
            shown = reason.format(row=row[at], grade=grade[at] if grade else "", query=name)
            reader.bad.append(BadLine(number, shown))
    return _result(reader.judgements(weighted=inclusion is not None), columns, table, reader.bad)


def read_pairs(
    source: object,
    *,
    columns: PairColumns | None = None,
    labelled: bool = False,
    on_progress: OnProgress | None = None,
) -> FromFile[ScoredPairs, PairColumns]:
    """Read pairs of texts with scores.

    Args:
        source: As in `read_judgements`, or a corpus.
        columns: Which columns to use; guessed when None.
        labelled: Whether scores are labels, 1 or true for a pair of duplicates and 0 or false for another.
        on_progress: As in `open_corpus`.

    Raises:
        DataError: As in `read_judgements`.
    """
    table = table_of(source, on_progress)
    columns = columns or guess_pair_columns(table)
    check_columns(table, (columns.first, columns.second, columns.score))
    bad: list[BadLine] = []
    kept: list[tuple[str, str, float]] = []
    lines = zip(
        table.source_rows.tolist(),
        *(as_strings(table.table[name]) for name in (columns.first, columns.second, columns.score)),
        strict=True,
    )
    for number, first, second, score in lines:
        value = _label(score) if labelled else _number(score)
        if not first.strip() or not second.strip():
            bad.append(BadLine(number, "a text is empty"))
        elif value is None:
            bad.append(BadLine(number, (_NO_LABEL if labelled else _NO_SCORE).format(score)))
        else:
            kept.append((first, second, value))
    firsts, seconds, scores = zip(*kept, strict=True) if kept else ((), (), ())
    return _result(ScoredPairs(firsts, seconds, scores) if kept else None, columns, table, bad)


def read_queries(
    source: object, *, column: str | None = None, on_progress: OnProgress | None = None
) -> FromFile[tuple[str, ...], str]:
    """Read queries alone; a repeated query is kept once.

    Args:
        source: As in `read_judgements`, a text file with one query per line, or a list of texts.
        column: The column of their texts; guessed when None.
        on_progress: As in `open_corpus`.

    Raises:
        DataError: As in `read_judgements`.
    """
    table = table_of(source, on_progress)
    column = column or guess_text(table)
    check_columns(table, (column,))
    lines = list(zip(table.source_rows.tolist(), as_strings(table.table[column]), strict=True))
    bad = [BadLine(number, "the query is empty") for number, text in lines if not text.strip()]
    kept = tuple(dict.fromkeys(text for _, text in lines if text.strip()))
    return _result(kept or None, column, table, bad)


@dataclass
class _Reader:
    """Collects judgements line by line."""

    texts: dict[str, str] = field(default_factory=dict)
    grades: dict[str, dict[int, int | str]] = field(default_factory=dict)
    chosen: dict[str, float] = field(default_factory=dict)
    bad: list[BadLine] = field(default_factory=list)

    def add(
        self, query: str, text: str, row: int | None, grade: int | str | None, probability: float | None
    ) -> str:
        """Add a line; the reason if it cannot be used, with places for what it says.

        The grade of a skipped row is `SKIPPED`.
        """
        if not query.strip():
            return "the query is empty"
        if not text.strip():
            return 'the query "{query}" has no text'
        if row is None:
            return 'there is no row "{row:.40}"'
        if row < 0:
            return 'more than one row is named "{row:.40}"'
        if grade is None:
            return 'the grade "{grade:.40}" is not a whole number'
        if isinstance(grade, int) and abs(grade) > MOST_GRADE:
            return f"the grade is not from −{MOST_GRADE:,} to {MOST_GRADE:,}"
        if probability is None:
            return "the inclusion probability is not above 0 and at most 1"
        if self.texts.get(query, text) != text:
            return "the query has another text in an earlier line"
        if self.chosen.get(query, probability) != probability:
            return "the query has another inclusion probability in an earlier line"
        if self.grades.get(query, {}).get(row, grade) != grade:
            return "an earlier line judges the same query and row otherwise"
        self.texts[query] = text
        self.chosen[query] = probability
        self.grades.setdefault(query, {})[row] = grade
        return ""

    def judgements(self, *, weighted: bool) -> Judgements | None:
        """All of them; None if there is none."""
        if not self.grades:
            return None
        ids = tuple(self.texts)
        by_text = all(name == text for name, text in self.texts.items())
        if by_text or any(re.search(r"\s", name) for name in ids):
            ids = tuple(str(number) for number in range(1, len(ids) + 1))
        return Judgements(
            ids,
            tuple(self.texts.values()),
            tuple(
                {row: grade for row, grade in judged.items() if isinstance(grade, int)}
                for judged in self.grades.values()
            ),
            tuple(self.chosen.values()) if weighted else None,
            tuple(
                tuple(row for row, grade in judged.items() if grade == SKIPPED)
                for judged in self.grades.values()
            ),
        )


def _result(
    content: Content | None, columns: Columns, table: SourceTable, bad: list[BadLine]
) -> FromFile[Content, Columns]:
    if content is None:
        first = f" Line {bad[0].number:,}: {bad[0].reason}." if bad else ""
        raise EmptyDataError(
            f"No line of it can be used.{first}",
            where=table.name,
            fix="Check which columns are used, and that it belongs to these rows.",
        )
    return FromFile(content, columns, table.table.num_rows, len(bad), tuple(bad[:_SHOWN]))


def _row_numbers(corpus: Corpus, columns: JudgementColumns) -> dict[object, int]:
    """The row (from 0) that each name stands for; −1 for several."""
    if columns.key is None:
        return {number + columns.first_row: number for number in range(len(corpus))}
    found: dict[object, int] = {}
    for row, name in enumerate(as_strings(corpus.table[columns.key])):
        found[name.strip()] = -1 if name.strip() in found else row
    found.pop("", None)
    return found


def _row_name(text: str, columns: JudgementColumns) -> object:
    return whole_number(text) if columns.key is None else text.strip()


def _column(table: SourceTable, name: str | None) -> list[str] | None:
    return None if name is None else as_strings(table.table[name])


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _label(text: str) -> float | None:
    value = LABELS.get(text.strip().lower(), _number(text))
    return value if value in (0, 1) else None


def _grade(text: str) -> int | str | None:
    return SKIPPED if text.strip() == SKIPPED else whole_number(text)


def _probability(text: str) -> float | None:
    value = _number(text)
    return value if value is not None and 0 < value <= 1 else None
