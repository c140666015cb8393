"""Choosing the text column and the label column of a table."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from explorer.data.images.columns import names_images
from explorer.data.tables.source_table import SourceTable, list_names
from explorer.data.tables.values import LIST_OF_NUMBERS, NUMBER, empty_mask
from explorer.errors import ColumnError, EmptyDataError

_HEAD_ROWS = 2_000  # enough to judge a column by

_TEXT_NAMES = (
    *("text", "texts", "body", "content", "message", "description", "review", "comment", "question", "query"),
    *("gloss", "document", "passage", "sentence", "abstract", "tweet", "post", "utterance", "lyrics"),
)
_WEAK_TEXT_NAMES = ("title", "subject", "headline", "summary", "answer", "name", "prompt", "note", "notes")
# In order: of two columns with such names the earlier name wins.
_LABEL_NAMES = (
    *("label", "labels", "class", "category", "queue", "topic", "intent", "mood", "lexname", "sentiment"),
    *("emotion", "department", "tag", "genre", "target", "type", "group", "stars", "rating", "priority"),
)
_MAX_LABELS = 100
_MAX_LABEL_CHARS = 60

_TEXT = "text"
_LISTS = "lists or records"
_VECTORS = "lists of numbers"
_NOTHING = "nothing, every cell is empty"
_HOLDS = (
    (pa.types.is_boolean, "true/false values"),
    (pa.types.is_integer, "numbers"),
    (pa.types.is_floating, "numbers"),
    (pa.types.is_decimal, "numbers"),
    (pa.types.is_duration, "durations"),
    (pa.types.is_temporal, "dates or times"),
)


def guess_text(source: SourceTable) -> str:
    """The column most likely to hold the texts, by its name, the length of its values and their variety.

    Raises:
        EmptyDataError: Every cell of the table is empty.
        ColumnError: No column holds text.
    """
    holds = [(name, _holds(source, name)) for name in source.table.column_names]
    names = _likeliest_first(source, [name for name, held in holds if not held])
    if names:
        return names[0]
    if all(held == _NOTHING for _, held in holds):
        raise EmptyDataError("There are rows, but every cell is empty.", where=source.name)
    listed = list_names([f"{name} ({held})" for name, held in holds])
    raise ColumnError(
        f"No column holds text. The columns are: {listed}.",
        where=source.name,
        fix="Bring a table with a column of words or sentences.",
    )


def text_columns(source: SourceTable) -> list[str]:
    """The columns that hold text, the most likely first."""
    return _likeliest_first(source, [name for name in source.table.column_names if not _holds(source, name)])


def _likeliest_first(source: SourceTable, names: list[str]) -> list[str]:
    def order(name: str) -> tuple[bool, float]:
        # Without the images, their names say little; with them, it is what the rows are called.
        only_names = not source.images and names_images(source.table[name])
        return only_names, -_text_score(source, name)

    return sorted(names, key=order)  # stable: the first of equals first


def check_text_column(source: SourceTable, text: str) -> None:
    """Check that a column holds text.

    Raises:
        ColumnError: It is missing, or holds numbers, true/false values, dates, lists, or nothing.
    """
    check_present(source, text)
    held = _holds(source, text)
    if not held:
        return
    others = text_columns(source)
    fix = f"Choose one of: {list_names(others)}." if others else "None of its columns holds text."
    raise ColumnError(
        f"The column holds {held}, not text{_example(source, text)}.", where=_where(source, text), fix=fix
    )


def check_label_column(source: SourceTable, label: str, *texts: str) -> None:
    """Check that a column can label rows.

    Raises:
        ColumnError: It is missing, is a text column, or holds lists or nothing.
    """
    check_present(source, label)
    fix = "Choose another column, or no label."
    if label in texts:
        raise ColumnError(
            "The text column cannot also be the label column.", where=_where(source, label), fix=fix
        )
    held = _holds(source, label)
    if held in (_LISTS, _VECTORS, _NOTHING):
        raise ColumnError(
            f"The column holds {held}, which cannot label rows{_example(source, label)}.",
            where=_where(source, label),
            fix=fix,
        )


def check_present(source: SourceTable, name: str) -> None:
    """Raise ColumnError, which lists the existing names, when no column has this name."""
    names = source.table.column_names
    if name not in names:
        raise ColumnError(
            f'There is no column "{name}".', where=source.name, fix=f"The columns are: {list_names(names)}."
        )


def guess_label(source: SourceTable, *texts: str) -> str | None:
    """The column most likely to label the rows: few distinct values, and a typical name.

    A numeric column is chosen only by its name, since years and prices repeat as well. None when no
    column fits.
    """
    best, best_score = None, 0.0
    for name in source.table.column_names:
        score = 0.0 if name in texts else _label_score(source, name)
        if score > best_score:
            best, best_score = name, score
    return best


def type_words(kind: pa.DataType) -> str:
    """What a column of a plain type holds, in plain words."""
    return next((words for is_kind, words in _HOLDS if is_kind(kind)), _TEXT)


def _holds(source: SourceTable, name: str) -> str:
    """What a column holds, in plain words; empty when it is text."""
    column = source.table[name]
    if name in source.nested:
        return _LISTS
    if column.null_count == len(column):
        return _NOTHING
    if (words := type_words(column.type)) != _TEXT:
        return words
    for part in (column.slice(0, _HEAD_ROWS), column):  # most columns are settled by their first rows
        filled = part.filter(pc.invert(empty_mask(part)))
        if len(filled) == 0:
            continue
        if pc.all(pc.match_substring_regex(filled, LIST_OF_NUMBERS)).as_py():
            return _VECTORS
        if source.typed or not pc.all(pc.match_substring_regex(filled, NUMBER)).as_py():
            return ""
    return _NOTHING if len(filled) == 0 else "numbers"


def _example(source: SourceTable, name: str) -> str:
    """The first value of a column and its row, as the end of a sentence."""
    column = source.table[name]
    there = pc.is_valid(column)
    if pa.types.is_string(column.type):
        there = pc.invert(empty_mask(column))
    first = pc.index(there, True).as_py()
    if first < 0:
        return ""
    value = str(column[first].as_py())
    shown = value if len(value) <= 60 else f"{value[:60]}…"
    return f": {shown} in row {source.source_rows[first]:,}"


def _where(source: SourceTable, name: str) -> str:
    return f'{source.name}, column "{name}"'


def _words(name: str) -> list[str]:
    """The words of a column name: "reviewBody_text" is review, body, text."""
    return re.findall(r"[^\W\d_]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower())


def _text_score(source: SourceTable, name: str) -> float:
    values = source.table[name].slice(0, _HEAD_ROWS)
    values = values.filter(pc.invert(empty_mask(values)))
    if len(values) == 0:
        return 0.0
    words = _words(name)
    hint = 0.0
    if any(word in _WEAK_TEXT_NAMES for word in words):
        hint = 0.2
    if any(word in _TEXT_NAMES for word in words):
        hint = 1.0 if len(words) == 1 else 0.7
    # A value without a space is an address, a code or a path, unless its script writes none.
    prose = pc.mean(pc.match_substring_regex(values, r"[ \n]|[^\x00-\x7f]")).as_py()
    length = min(pc.mean(pc.utf8_length(values)).as_py(), 120) / 120 if prose > 0.1 else 0.0
    variety = pc.count_distinct(values).as_py() / len(values)
    return float(hint + length + variety / 2)


def _label_score(source: SourceTable, name: str) -> float:
    """0 for a column that cannot be the label; above 1 for one with a typical name."""
    if _holds(source, name) not in ("", "numbers", "true/false values"):
        return 0.0
    column = source.table[name]
    is_text = pa.types.is_string(column.type)
    if is_text and (pc.max(pc.utf8_length(column.slice(0, _HEAD_ROWS))).as_py() or 0) > _MAX_LABEL_CHARS:
        return 0.0  # most columns of texts are known by their first rows, and need no copies
    column = column.drop_null()
    if is_text:
        column = column.filter(pc.invert(empty_mask(column)))
        if pc.max(pc.utf8_length(column)).as_py() > _MAX_LABEL_CHARS:
            return 0.0
    elif pa.types.is_floating(column.type) and not pc.all(pc.equal(pc.floor(column), column)).as_py():
        return 0.0
    distinct = pc.count_distinct(column).as_py()
    if not 2 <= distinct <= min(_MAX_LABELS, len(column) / 2) or 2 * len(column) < source.table.num_rows:
        return 0.0
    ranks = [_LABEL_NAMES.index(word) for word in _words(name) if word in _LABEL_NAMES]
    if ranks:
        return 2.0 - min(ranks) / len(_LABEL_NAMES)
    return 0.5 if _holds(source, name) == "" else 0.0
