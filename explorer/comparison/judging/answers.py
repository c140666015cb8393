"""The answers of a person who judges, as a table that can be opened again to go on.

Unlike judgements, it has the queries that are not judged yet, and the rows that were skipped: both are needed
for the same queue to come back.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from explorer.comparison.judging.judgement_columns import whole_number
from explorer.comparison.judging.judgement_files import BadLine, FromFile
from explorer.comparison.judging.judgements import MOST_GRADE, SKIPPED
from explorer.comparison.judging.queue import Answers
from explorer.data.corpus import Corpus
from explorer.data.tables.python_values import as_strings
from explorer.data.tables.source_table import SourceTable
from explorer.errors import EmptyDataError

COLUMNS = ("query", "row", "answer")
_GRADES = {"not relevant": 0, "relevant": 1}
_SHOWN = 20  # bad lines that are kept with their reason

Begun = tuple[tuple[str, ...], Answers]


def answers_table(queries: Sequence[str], answers: Answers) -> pa.Table:
    """Queries and the answers given so far, rows counted from 1.

    Returns:
        Columns `query`, `row` and `answer`: relevant, not relevant, skipped, or a grade above 1. A query
        without an answer has one line, without row and answer.
    """
    words = {grade: word for word, grade in _GRADES.items()} | {None: SKIPPED}
    lines: list[tuple[str, int | None, str]] = []
    for query in dict.fromkeys((*queries, *answers)):
        own = answers.get(query, {})
        lines += [(query, row + 1, words.get(grade, str(grade))) for row, grade in own.items()]
        if not own:
            lines.append((query, None, ""))
    return pa.table(
        {
            "query": pa.array([query for query, _, _ in lines], pa.string()),
            "row": pa.array([row for _, row, _ in lines], pa.int64()),
            "answer": pa.array([answer for _, _, answer in lines], pa.string()),
        }
    )


def holds_answers(table: SourceTable) -> bool:
    """Whether a file has the columns of `answers_table`."""
    return tuple(table.table.column_names) == COLUMNS


def read_answers(table: SourceTable, corpus: Corpus) -> FromFile[Begun, tuple[str, ...]]:
    """Read the table of `answers_table`: its queries, and the answers.

    Args:
        table: The file.
        corpus: The rows that are judged.

    Raises:
        EmptyDataError: It has no query.
    """
    queries: dict[str, None] = {}
    answers: dict[str, dict[int, int | None]] = {}
    bad: list[BadLine] = []
    columns = (as_strings(table.table[name]) for name in COLUMNS)
    for number, query, row, answer in zip(table.source_rows.tolist(), *columns, strict=True):
        reason = ""
        place, grade = whole_number(row), _grade(answer)
        if not query.strip():
            reason = "the query is empty"
        elif not row.strip() and not answer.strip():
            queries[query] = None
        elif place is None or not 1 <= place <= len(corpus):
            reason = f'there is no row "{row:.40}"'
        elif grade is None and answer.strip() != SKIPPED:
            reason = f'"{answer:.40}" is no answer'
        else:
            queries[query] = None
            answers.setdefault(query, {})[place - 1] = grade
        if reason:
            bad.append(BadLine(number, reason))
    if not queries:
        raise EmptyDataError("No line of it has a query.", where=table.name)
    lines = table.table.num_rows
    return FromFile((tuple(queries), answers), COLUMNS, lines, len(bad), tuple(bad[:_SHOWN]))


def _grade(answer: str) -> int | None:
    """The grade that an answer gives; None for a skipped row, and for what is no answer."""
    word = answer.strip()
    grade = _GRADES.get(word, whole_number(word))
    return grade if grade is not None and abs(grade) <= MOST_GRADE else None
