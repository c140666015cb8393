"""Opening a session from a file that `writing` wrote."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from explorer.analysis.space_files import saved_corpus
from explorer.comparison.files.archive import array_from
from explorer.comparison.files.arrays import Arrays
from explorer.data.corpus import Corpus
from explorer.data.file_bytes import file_bytes
from explorer.data.file_format import check_format
from explorer.data.filters.rows import possible
from explorer.data.filters.text import parse_filters
from explorer.data.formats.parquet import read_parquet
from explorer.data.records import DamagedFileError, Record, read_json
from explorer.data.tables.source_table import SourceTable
from explorer.data.zip_parts import first_part, unpack_parts
from explorer.encode.model_names import encoder_name
from explorer.encode.spec import LocalModel
from explorer.errors import ExplorerError, JobCancelledError, TooLargeError, UnreadableFileError
from explorer.jobs.progress import OnProgress, Progress
from explorer.session.files.cluster_records import cluster_spec_from, made_from, rows_key
from explorer.session.files.comparison_records import comparison_from, with_result
from explorer.session.files.contents import (
    COMPARISON,
    DOCUMENT,
    ENDING,
    FORMAT,
    MOST_CONTAINERS,
    MOST_PART_BYTES,
    ROWS,
    VERSION,
    ChosenComparison,
)
from explorer.session.files.encoders_here import EncodersHere, named_from
from explorer.session.files.row_parts import examples_from, pages_from, preferred_from, selection_from
from explorer.session.files.row_sources import RowSource, source_from
from explorer.session.files.saved_session import SavedSession
from explorer.session.rows_origin import FILE, saved_origin
from explorer.settings import settings

_MOST_PARTS = 20
_MOST_ENCODERS = 100
_ARRAY = ".npy"
_ROWS_GONE = (
    "What was selected, marked, named and judged is left out, since it is about rows that are not here."
)
_OPEN_FIRST = "If you have them as a file, open that first, and then the session."

ReadRows = Callable[[bytes, str], SourceTable]
"""Reads the rows of a file, from the bytes of a Parquet file and a name for messages."""


def is_session(data: bytes, name: str) -> bool:
    """Whether a file is to be read as a session, by its first bytes, or by its name."""
    return first_part(data[:64]) == DOCUMENT or name.lower().endswith(ENDING)


def open_session(source: str | Path, *, on_progress: OnProgress | None = None) -> SavedSession:
    """Open a session that was saved in the dashboard or by `SavedSession.save`.

    What cannot be had on this machine is left out, and said in `missing`: a model that is not here, a dataset
    that is gone or has other rows. The rest opens.

    Args:
        source: The file.
        on_progress: Called often while rows are read; an exception it raises stops the work.

    Raises:
        UnreadableFileError: It is no session, is damaged or cut short, or is from a newer Explorer.
        TooLargeError: It is over the limit on files.
    """
    path = Path(source)
    return read_session(file_bytes(path), path.name, read_rows=read_parquet, on_progress=on_progress)


def read_session(
    data: bytes,
    name: str,
    *,
    read_rows: ReadRows,
    open_rows: Corpus | None = None,
    on_progress: OnProgress | None = None,
) -> SavedSession:
    """Read a session from bytes; see `open_session`.

    Args:
        data: The bytes of the file.
        name: Its name, for messages.
        read_rows: Reads the rows that are in the file.
        open_rows: Rows that are open. If the file only names its rows and these are the same, they are used.
        on_progress: As for `open_session`.
    """
    if len(data) > settings().max_file_mb * 1_000_000:
        raise TooLargeError(
            f"The file is over {settings().max_file_mb:,} MB, the most that is opened here.",
            where=name,
            fix="Save it without vectors, or ask the host to raise EXPLORER_MAX_FILE_MB.",
        )
    try:
        limits = {DOCUMENT: MOST_PART_BYTES, ROWS: len(data)}
        parts = unpack_parts(
            data, most_parts=_MOST_PARTS, most_bytes=MOST_PART_BYTES + len(data), most=limits
        )
        if DOCUMENT not in parts:
            raise DamagedFileError("it does not say what is in it")
        document = Record(read_json(parts.pop(DOCUMENT), MOST_CONTAINERS), "the session")
        check_format(document, FORMAT, VERSION, name)
        return _session(
            document, parts, name, _Reading(read_rows, open_rows, on_progress or (lambda _: None))
        )
    except DamagedFileError as error:
        raise UnreadableFileError(
            f"This is not a session that can be opened: {error}.",
            where=name,
            fix="Copy or download it again, or save the session again.",
        ) from error


class _Reading(NamedTuple):
    """How rows are read; see `read_session`."""

    read_rows: ReadRows
    open_rows: Corpus | None
    on_progress: OnProgress


def _session(document: Record, parts: dict[str, bytes], name: str, reading: _Reading) -> SavedSession:
    source = source_from(document.record("rows"))
    rows, result = parts.pop(ROWS, None), parts.pop(COMPARISON, None)
    if not all(part.endswith(_ARRAY) for part in parts) or (rows is None) == (source.kind == "file"):
        raise DamagedFileError("it has other parts than it says")
    arrays = Arrays({part.removesuffix(_ARRAY): array_from(content) for part, content in parts.items()})
    named = [named_from(record) for record in document.records("encoders")]
    if not 0 < len(named) <= _MOST_ENCODERS:
        raise DamagedFileError("it has no encoder, or too many")
    active = document.integer("active", 0, len(named) - 1)
    encoded_by = document.optional("encoded_by", lambda key: document.integer(key, 0, len(named) - 1))

    rows_here = _read_rows(source, rows, name, reading)
    corpus = rows_here.corpus
    here = EncodersHere(corpus, None if encoded_by is None else named[encoded_by])
    found = [here.find(one) for one in named]
    encoders = tuple(dict.fromkeys(spec for spec in found if spec is not None)) or (LocalModel(),)
    wanted = found[active]
    if wanted is None:
        here.missing.append(f"The rows are encoded by {encoder_name(encoders[0])} instead.")

    # Everything is read, also what is left out, so that a damaged file is told from one that is not for here.
    filters, damaged = parse_filters(document.text("filters"))
    if damaged:
        raise DamagedFileError("its filters are damaged")
    made = [made_from(record, found) for record in document.records("clusters")]
    whole = SavedSession(
        corpus,
        encoders,
        active=0 if wanted is None else encoders.index(wanted),
        selection=selection_from(document, arrays, "selection", source.rows),
        focus=selection_from(document, arrays, "focus", source.rows),
        filters=filters,
        examples=examples_from(document, arrays, source.rows),
        preferred_rows=preferred_from(arrays, source.rows),
        cluster_choices={
            rows_key(record, "rows"): cluster_spec_from(record.record("spec"))
            for record in document.records("cluster_choices")
        },
        clusters=tuple(one for one in made if one is not None),
        comparison=comparison_from(document.record("comparison"), arrays, source.rows, here),
        pages=pages_from(document),
        missing=(*rows_here.missing, *here.missing),
        rows_origin=(
            None if rows_here.table is None or corpus is None else saved_origin(FILE, rows_here.table, corpus)
        ),
    )
    return _for_rows(whole, source, result)


def _for_rows(session: SavedSession, source: RowSource, result: bytes | None) -> SavedSession:
    """A session without what is about rows that are not here."""
    corpus, missing = session.corpus, list(session.missing)
    filters = session.filters
    if corpus is not None:
        kept, errors = possible(corpus, filters)
        filters = tuple(kept)
        missing += [f"{error.what} Its filter is left out." for error in errors]
    if corpus is not None and _has_rows_of(corpus, source):
        chosen = session.comparison
        if result is not None:
            chosen, why = with_result(chosen, result, corpus)
            missing += [why] if why else []
        return replace(session, filters=filters, comparison=chosen, missing=tuple(missing))
    if corpus is not None:
        missing.append(
            f"“{source.name}” has {len(corpus):,} rows here, and had {source.rows:,} when it was saved."
            if len(corpus) != source.rows
            else f"“{source.name}” has other contents here than when it was saved."
        )
    return SavedSession(
        corpus,
        session.encoders,
        session.active,
        filters=filters,
        comparison=ChosenComparison(contenders=session.comparison.contenders),
        pages=session.pages,
        missing=(*missing, _ROWS_GONE),
    )


def _has_rows_of(corpus: Corpus, source: RowSource) -> bool:
    same = source.kind == "file" or corpus.fingerprint == source.fingerprint
    return same and len(corpus) == source.rows


class _RowsHere(NamedTuple):
    """The rows of a session, as far as they can be had.

    Attributes:
        corpus: The rows; None if they cannot be had.
        table: Their table, if the file has it.
        missing: Why there are none, as sentences.
    """

    corpus: Corpus | None
    table: SourceTable | None = None
    missing: tuple[str, ...] = ()


def _read_rows(source: RowSource, rows: bytes | None, name: str, reading: _Reading) -> _RowsHere:
    if rows is None and reading.open_rows is not None and _has_rows_of(reading.open_rows, source):
        return _RowsHere(reading.open_rows)
    try:
        if rows is None:
            reading.on_progress(Progress(f"Reading {source.name}"))
            return _RowsHere(source.read(reading.on_progress))
        table = reading.read_rows(rows, f"{Path(name).stem}.parquet")
        if not table.facts:
            raise DamagedFileError("its rows do not say what they are")
        corpus = saved_corpus(table)
    except JobCancelledError:
        raise
    except ExplorerError as error:
        if rows is not None and not isinstance(error, TooLargeError):
            raise  # the file is damaged
        return _RowsHere(None, missing=(f"The rows of “{source.name}” are not here. {error} {_OPEN_FIRST}",))
    if len(corpus) != source.rows:
        raise DamagedFileError("it has another number of rows than it says")
    return _RowsHere(corpus, table)
