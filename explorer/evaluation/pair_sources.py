"""Pairs of texts with scores or labels, from a file, a table, a corpus or a list."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.comparison.judging.judgement_columns import PairColumns
from explorer.comparison.judging.judgement_files import Columns, Content, FromFile, read_pairs
from explorer.comparison.judging.judgements import ScoredPairs
from explorer.data.opening import is_on_hub
from explorer.data.tables.source_table import SourceTable
from explorer.errors import DataError, EmptyDataError
from explorer.jobs.progress import OnProgress

_NAMES = ("sentence1", "sentence2", "score")


def pairs_of(
    source: object,
    columns: tuple[str, str, str] | None = None,
    *,
    labelled: bool = False,
    config: str | None = None,
    split: str | None = None,
    on_progress: OnProgress | None = None,
) -> tuple[ScoredPairs, tuple[str, ...]]:
    """Take pairs from any source.

    Args:
        source: A path to a CSV, TSV, JSON Lines or Parquet file, a corpus, a data frame, an Arrow table, a
            dict of columns, a list of (text, text, score), `ScoredPairs`, or a dataset on the Hub,
            `owner/name`, of which all columns are read.
        columns: The names of the columns of both texts and of the score; guessed when None.
        labelled: Whether scores are labels, 1 or true for a pair of duplicates and 0 or false for another.
        config: The configuration of a dataset on the Hub; `default` or the first when None.
        split: Its split; `test` when None.
        on_progress: As in `open_corpus`.

    Returns:
        The pairs, and a note if lines cannot be used.

    Raises:
        ColumnError: A column is missing.
        HubError: The Hub does not have the dataset or its split, denies access to it, or does not answer.
        DataError: The source cannot be read, or no line can be used.
    """
    on_hub = isinstance(source, str) and is_on_hub(source, config, split)
    if not on_hub and (config, split) != (None, None):
        raise DataError("Only datasets on the Hub have configurations and splits.", fix="Leave these out.")
    if isinstance(source, str) and on_hub:
        source = table_on_hub(source, config, split, on_progress)
    elif isinstance(source, ScoredPairs):
        source = _columns(source.first, source.second, source.scores)
    elif isinstance(source, list | tuple):
        source = _columns(*_sides(source))
    named = None if columns is None else PairColumns(*columns)
    read = read_pairs(source, columns=named, labelled=labelled, on_progress=on_progress)
    return read.content, note_of("pairs", read)


def table_on_hub(
    name: str, config: str | None, split: str | None, on_progress: OnProgress | None = None
) -> SourceTable:
    """All columns of a dataset on the Hub, of its split `test` unless another is asked for.

    Args:
        name: The dataset, `owner/name`.
        config: Its configuration; `default` or the first when None.
        split: Its split; `test` when None.
        on_progress: As in `open_corpus`.

    Raises:
        HubError: As for `pairs_of`.
        DataError: Its files cannot be read.
    """
    from explorer.data.hub.dataset import read_table
    from explorer.hub.dataset_details import dataset_details

    return read_table(dataset_details(name).find_split(config, split or "test"), on_progress)


def note_of(what: str, read: FromFile[Content, Columns]) -> tuple[str, ...]:
    """A note on the lines of a file that cannot be used; empty if all can."""
    if not read.bad:
        return ()
    line = read.examples[0]
    return (f"{read.bad:,} of {read.lines:,} {what} cannot be used; line {line.number:,}: {line.reason}.",)


def _columns(
    first: Sequence[object], second: Sequence[object], scores: Sequence[object]
) -> dict[str, object]:
    return dict(zip(_NAMES, map(list, (first, second, scores)), strict=True))


def _sides(lines: Sequence[object]) -> tuple[tuple[object, ...], ...]:
    """The columns of a list of (text, text, score)."""
    for number, line in enumerate(lines, start=1):
        if not isinstance(line, list | tuple) or len(line) != len(_NAMES):
            raise DataError(
                "A pair in a list is (text, text, score).",
                where=f"pair {number}",
                fix="Or give the path of a file, or a table with two columns of text and one of scores.",
            )
    if not lines:
        raise EmptyDataError("There are no pairs.")
    return tuple(zip(*lines, strict=True))
