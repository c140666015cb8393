"""What a file of judgements, pairs, queries or answers seems to hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from explorer.comparison.judging.answers import holds_answers
from explorer.comparison.judging.judgement_columns import (
    JudgementColumns,
    PairColumns,
    guess_content,
    guess_judgement_columns,
    guess_pair_columns,
)
from explorer.comparison.judging.judgement_tables import as_qrels
from explorer.data.columns import guess_text
from explorer.data.corpus import Corpus
from explorer.data.tables.source_table import SourceTable
from explorer.errors import DataError

Kind = Literal["judgements", "pairs", "queries", "answers"]
T = TypeVar("T")


@dataclass(frozen=True)
class FileGuess:
    """What a file seems to hold.

    Attributes:
        kind: What it holds.
        table: Its lines; for TREC qrels with names for the columns.
        judgements: The columns it would have as judgements; None if it can be none.
        pairs: The columns it would have as pairs; None if it can be none.
        query: The column it would have as queries; None if it has no text.
    """

    kind: Kind
    table: SourceTable
    judgements: JudgementColumns | None
    pairs: PairColumns | None
    query: str | None


def guess_file(table: SourceTable, corpus: Corpus) -> FileGuess:
    """Guess what a file holds, and in which columns.

    Args:
        table: The file.
        corpus: The rows that are judged.
    """
    qrels = as_qrels(table)
    lines = qrels or table
    kind: Kind = "answers" if holds_answers(table) else "judgements" if qrels else guess_content(table)
    return FileGuess(
        kind,
        lines,
        _if_possible(lambda: guess_judgement_columns(lines, corpus, texts=qrels is not None)),
        _if_possible(lambda: guess_pair_columns(lines)),
        _if_possible(lambda: guess_text(lines)),
    )


def _if_possible(guess: Callable[[], T]) -> T | None:
    try:
        return guess()
    except DataError:
        return None
