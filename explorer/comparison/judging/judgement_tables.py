"""Files of judgements as tables: of the usual formats, or TREC qrels, which have no header."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from explorer.comparison.judging.judgement_columns import query_columns, whole_number
from explorer.data.corpus import Corpus
from explorer.data.formats.files import read_file
from explorer.data.formats.kinds import KINDS
from explorer.data.opening import corpus_table, read_table
from explorer.data.tables.python_values import as_strings
from explorer.data.tables.source_table import SourceTable, TableBuilder
from explorer.data.tables.values import text_column
from explorer.errors import TooLargeError
from explorer.jobs.progress import OnProgress

_RENAMED = re.compile(r" \(\d+\)$")  # what the reader of tables adds to a repeated column name
_QRELS = ("query_id", "iteration", "row", "grade")


def table_of(source: object, on_progress: OnProgress | None) -> SourceTable:
    """A source as a table, all of its lines."""
    if isinstance(source, SourceTable):
        table = source
    elif isinstance(source, Corpus):
        table = corpus_table(source)
    elif isinstance(source, str | Path) and Path(source).suffix.lower() not in KINDS:
        # Qrels often have another ending, or none. They are lines of text.
        path = Path(source).expanduser()
        table = read_file(path, f"{path.name}.txt", on_progress=on_progress)
    else:
        table = read_table(source, on_progress=on_progress)
    if table.total_rows > table.table.num_rows:
        raise TooLargeError(
            f"There are {table.total_rows:,} lines; up to {table.table.num_rows:,} are read.",
            where=table.name,
            fix="Give fewer judgements, or ask the host to raise EXPLORER_MAX_ROWS.",
        )
    return table


def as_qrels(table: SourceTable) -> SourceTable | None:
    """A table of TREC qrels with named columns; None if it is none.

    Qrels have no header: as TSV, their first line was taken for the column names.
    """
    names = table.table.column_names
    if len(names) == 4 and table.kind in ("csv", "tsv"):
        header = [_RENAMED.sub("", name) for name in names]
        if not _is_qrel(header):
            return None
        columns = [as_strings(table.table[name]) for name in names]
        lines = [header, *map(list, zip(*columns, strict=True))]
        numbers = list(range(1, len(lines) + 1))
    elif len(names) == 1 and table.kind in ("txt", "lines"):
        lines = [text.split() for text in as_strings(table.table[names[0]])]
        numbers = table.source_rows.tolist()
        filled = [place for place, line in enumerate(lines) if line]
        lines, numbers = [lines[place] for place in filled], [numbers[place] for place in filled]
        if not any(_is_qrel(line) for line in lines[:100]):
            return None
    else:
        return None
    builder = TableBuilder(table.name, table.kind)
    for place, name in enumerate(_QRELS):
        builder.add(name, *text_column([line[place] if len(line) == 4 else None for line in lines]))
    return dataclasses.replace(builder.finish(), source_rows=np.array(numbers, dtype=np.int64))


def _is_qrel(line: list[str]) -> bool:
    return len(line) == 4 and line[1] in ("0", "Q0") and whole_number(line[3]) is not None


def texts_by_id(table: SourceTable) -> Mapping[str, str]:
    """The texts of queries by their ids."""
    query_id, text = query_columns(table)
    texts = as_strings(table.table[text])
    if query_id is None:
        return {str(number): line for number, line in zip(table.source_rows.tolist(), texts, strict=True)}
    ids = [name.strip() for name in as_strings(table.table[query_id])]
    if table.kind in ("csv", "tsv") and whole_number(query_id) is not None:
        # A file without a header, whose first line was taken for it.
        ids, texts = [query_id, *ids], [text, *texts]
    return dict(zip(ids, texts, strict=True))
