"""Guessing what the columns of a file of judgements, pairs or queries hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from explorer.data.columns import check_present, guess_text, text_columns
from explorer.data.corpus import Corpus
from explorer.data.tables.python_values import as_strings
from explorer.data.tables.source_table import SourceTable, list_names
from explorer.errors import ColumnError

_HEAD = 2_000  # lines that a column is judged by
_QUERY = ("query", "querytext", "question", "search", "searchterm", "q", "text")
_QUERY_ID = ("queryid", "qid", "topicid", "topic", "questionid")
_NUMBER = ("row", "rownumber", "rowno")
_ROW = (*_NUMBER, "rowid", "corpusid", "docid", "documentid", "passageid", "pid", "doc", "document", "id")
_GRADE = ("grade", "relevance", "rel", "judgement", "judgment", "score", "rating", "label", "qrel")
_SCORE = ("score", "similarity", "sim", "rating", "label", "grade", "gold", "duplicate", "isduplicate")
_PAIRED = tuple(
    (f"{name}{first}", f"{name}{second}")
    for name in ("sentence", "text", "question")
    for first, second in (("1", "2"), ("a", "b"))
)
LABELS = {"true": 1.0, "false": 0.0}
"""Labels of pairs in words."""
_INCLUSION = ("inclusion",)
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}(\.0*)?")

Content = Literal["judgements", "pairs", "queries"]


@dataclass(frozen=True)
class JudgementColumns:
    """What the columns of a file of judgements hold.

    Attributes:
        row: Names the judged row.
        query: The text of the query; None if the file has only ids.
        query_id: Identifies the query; None to identify it by its text.
        grade: How relevant the row is; None if every line names a relevant row.
        key: The column of the corpus whose values name rows; None if rows are numbered.
        first_row: The number of the first row: 1 as on the screen and in downloads, or 0 as in Python.
        inclusion: The probability with which the query was chosen; None if all were equally likely.
    """

    row: str
    query: str | None = None
    query_id: str | None = None
    grade: str | None = None
    key: str | None = None
    first_row: Literal[0, 1] = 1
    inclusion: str | None = None


@dataclass(frozen=True)
class PairColumns:
    """What the columns of a file of pairs hold.

    Attributes:
        first: One text of each pair.
        second: The other text.
        score: How alike they are.
    """

    first: str
    second: str
    score: str


def guess_content(table: SourceTable) -> Content:
    """What a file holds, by the names of its columns and by their values."""
    if _named(table, _ROW) and _named(table, (*_QUERY, *_QUERY_ID)):
        return "judgements"
    paired = _paired_columns(table)
    if len(paired) > 1 and _score_column(table, paired):
        return "pairs"
    return "queries"


def guess_judgement_columns(table: SourceTable, corpus: Corpus, *, texts: bool) -> JudgementColumns:
    """The likeliest columns of a file of judgements, by their names and values.

    Args:
        table: The file.
        corpus: The rows that are judged.
        texts: Whether the texts of the queries are in another file.

    Raises:
        ColumnError: No column names rows or queries.
    """
    query, query_id = _named(table, _QUERY), _named(table, _QUERY_ID)
    if texts:
        query, query_id = None, query_id or query
    row = _named(table, _ROW, others=(query, query_id))
    if row is None:
        row = _naming_rows(table, corpus, others=(query, query_id))
    if query is None and query_id is None:
        query = next((name for name in text_columns(table) if name != row), None)
    if row is None or (query is None and query_id is None):
        raise ColumnError(
            f"No column names {'rows' if row is None else 'queries'}. "
            f"The columns are: {list_names(table.table.column_names)}.",
            where=table.name,
            fix="Call them query, row and grade, or say which they are.",
        )
    taken = (query, query_id, row)
    key = _key(table, row, corpus)
    zero = key is None and "0" in as_strings(table.table[row])
    return JudgementColumns(
        row=row,
        query=query,
        query_id=query_id,
        grade=_named(table, _GRADE, others=taken) or _few_numbers(table, taken),
        key=key,
        first_row=0 if zero else 1,
        inclusion=_named(table, _INCLUSION, others=taken),
    )


def guess_pair_columns(table: SourceTable) -> PairColumns:
    """The likeliest columns of a file of pairs: two of text and one of numbers or labels.

    Two named as a pair, such as `sentence1` and `sentence2`, come before other columns of text.

    Raises:
        ColumnError: There are none.
    """
    found = _paired_columns(table)
    score = _score_column(table, found)
    if len(found) < 2 or score is None:
        raise ColumnError(
            "Pairs need two columns of text and one of numbers or of true and false. "
            f"The columns are: {list_names(table.table.column_names)}.",
            where=table.name,
            fix="Call the scores score, or say which columns they are.",
        )
    return PairColumns(found[0], found[1], score)


def query_columns(table: SourceTable) -> tuple[str | None, str]:
    """The columns of ids and of texts in a file of queries; no column of ids if there is no other column.

    Raises:
        ColumnError: No column holds text.
    """
    text = _named(table, _QUERY) or guess_text(table)
    others = [name for name in table.table.column_names if name != text]
    return _named(table, _QUERY_ID, others=(text,)) or next(iter(others), None), text


def check_columns(table: SourceTable, names: Sequence[str | None]) -> None:
    """Raise ColumnError, which names all that are missing, when the file lacks columns."""
    missing = [name for name in names if name is not None and name not in table.table.column_names]
    if len(missing) > 1:
        raise ColumnError(
            f"There are no columns {list_names(missing)}.",
            where=table.name,
            fix=f"The columns are: {list_names(table.table.column_names)}.",
        )
    for name in missing:
        check_present(table, name)


def whole_number(text: str) -> int | None:
    """The whole number that a cell holds, such as 3 or 3.0; None if it holds none of up to 15 digits."""
    text = text.strip()
    return int(text.partition(".")[0]) if _WHOLE.fullmatch(text) else None


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _named(table: SourceTable, wanted: Sequence[str], *, others: Sequence[str | None] = ()) -> str | None:
    """The column with the first of the names, in any writing."""
    names = {_plain(name): name for name in reversed(table.table.column_names) if name not in others}
    return next((names[name] for name in wanted if name in names), None)


def _head(table: SourceTable, name: str) -> list[str]:
    """The first values of a column that are not empty."""
    return [value for value in as_strings(table.table[name].slice(0, _HEAD)) if value.strip()]


def _naming_rows(table: SourceTable, corpus: Corpus, *, others: Sequence[str | None]) -> str | None:
    """A column whose values are keys of the corpus, or whole numbers."""
    free = [name for name in table.table.column_names if name not in others]
    keyed = [name for name in free if _key(table, name, corpus) is not None]
    numbers = [name for name in free if _share(_head(table, name), _is_row(corpus)) == 1]
    # A column of few numbers is rather the grade.
    numbers.sort(key=lambda name: -len(set(_head(table, name))))
    return next(iter((*keyed, *numbers)), None)


def _is_row(corpus: Corpus) -> frozenset[str]:
    return frozenset(map(str, range(len(corpus) + 1)))


def _share(values: Sequence[str], known: frozenset[str]) -> float:
    return sum(value.strip() in known for value in values) / len(values) if values else 0.0


def _key(table: SourceTable, row: str, corpus: Corpus) -> str | None:
    """The column of the corpus that has most values of a column; None if they number rows."""
    values = _head(table, row)
    if _plain(row) in _NUMBER and all(whole_number(value) is not None for value in values):
        return None
    shares = {
        name: _share(values, frozenset(value.strip() for value in as_strings(corpus.table[name])))
        for name in corpus.table.column_names
        if name != corpus.label
    }
    best = max(shares, key=lambda name: (shares[name], _plain(name) == _plain(row)))
    return best if shares[best] >= 0.5 else None


def _few_numbers(table: SourceTable, taken: Sequence[str | None]) -> str | None:
    """A column of whole numbers with few values: grades."""
    names: list[str] = table.table.column_names
    for name in names:
        values = _head(table, name)
        if name in taken or not values or len(set(values)) > 20:
            continue
        if all(whole_number(value) is not None for value in values):
            return name
    return None


def _paired_columns(table: SourceTable) -> list[str]:
    """The two columns of text, in their order: those with the names of a pair, else the likeliest."""
    # Scores are text where a cell is no number, or in words such as true.
    texts = sorted(text_columns(table), key=lambda name: _plain(name) in _SCORE or _holds_scores(table, name))
    names = {_plain(name): name for name in reversed(texts)}
    for first, second in _PAIRED:
        if first in names and second in names:
            return [names[first], names[second]]
    return sorted(texts[:2], key=table.table.column_names.index)


def _score_column(table: SourceTable, texts: Sequence[str]) -> str | None:
    named = _named(table, _SCORE, others=texts)
    if named is not None:
        return named
    free = [name for name in table.table.column_names if name not in texts]
    return next((name for name in free if _holds_scores(table, name)), None)


def _holds_scores(table: SourceTable, name: str) -> bool:
    """Whether a column has numbers or labels only."""
    values = _head(table, name)
    return bool(values) and all(map(_is_score, values))


def _is_score(text: str) -> bool:
    if text.strip().lower() in LABELS:
        return True
    try:
        float(text)
    except ValueError:
        return False
    return True
