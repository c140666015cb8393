"""A session as the bytes of a file, which `opening` reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.analysis.space_files import file_size, rows_bytes, rows_size, space_bytes
from explorer.comparison.files.archive import Array, array_bytes
from explorer.comparison.files.saving import packed
from explorer.data.file_format import format_record
from explorer.data.filters.text import format_filters
from explorer.data.records import containers
from explorer.data.space_files.saved_images import check_size
from explorer.data.zip_parts import pack_parts
from explorer.errors import DataError, TooLargeError
from explorer.jobs.memory_limit import require_memory
from explorer.session.files.cluster_records import cluster_spec_record, made_record
from explorer.session.files.comparison_records import comparison_arrays, comparison_record
from explorer.session.files.contents import (
    COMPARISON,
    DOCUMENT,
    FORMAT,
    MOST_CONTAINERS,
    MOST_PART_BYTES,
    NAME_CHARS,
    ROWS,
    VERSION,
    SessionContents,
)
from explorer.session.files.encoders_here import named_encoder
from explorer.session.files.row_parts import fit
from explorer.session.files.row_sources import RowSource
from explorer.session.page_link import is_of_a_page
from explorer.session.selection import Selection

if TYPE_CHECKING:
    from explorer.analysis.space import Space
    from explorer.data.corpus import Corpus


def session_bytes(contents: SessionContents, *, rows: bool = False, space: Space | None = None) -> bytes:
    """The bytes of a session file. Equal contents, saved on one day, give equal bytes.

    Args:
        contents: What is saved.
        rows: Whether rows of a sample or of the Hub are in the file; other rows always are.
        space: The space of the active encoder, to have its vectors in the file, and with them the rows.

    Raises:
        DataError: There are no rows or no encoder, the space is not of these rows, something is about rows
            that are not among them, or the file of an image is gone or has been changed.
        TooLargeError: It is more than a file holds that is opened again.
        NotEnoughMemoryError: As `check_session_file`.
    """
    corpus = contents.corpus
    if corpus is None:
        raise DataError("A session without rows cannot be saved.", fix="Open its rows first.")
    if space is not None and space.corpus.fingerprint != corpus.fingerprint:
        raise DataError("The space is of other rows than the session.", where=corpus.name)
    _check(contents, corpus)
    source = RowSource.of(corpus, in_file=rows or space is not None)
    check_session_file(corpus, rows=rows, space=space)
    arrays = _arrays(contents)
    document = _document(contents, source, encoded_by=contents.active if space is not None else None)
    text = json.dumps(document, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
    parts = [(DOCUMENT, text), *((f"{name}.npy", array_bytes(array)) for name, array in arrays.items())]
    result = contents.comparison.result
    # With vectors of their own, they are other rows than those that were compared.
    if result is not None and space is None:
        parts.append((COMPARISON, packed(result)))
    if sum(len(part) for _, part in parts) > MOST_PART_BYTES or containers(text) > MOST_CONTAINERS:
        raise TooLargeError(
            "What was selected, named and judged is too much for one file.",
            where=corpus.name,
            fix="Save the comparison on the Compare page, and the session without it.",
        )
    if source.kind == "file":
        parts.append((ROWS, rows_bytes(corpus) if space is None else space_bytes(space, ".parquet")))
    made = pack_parts(parts, stored=frozenset({ROWS, COMPARISON}))
    if source.kind == "file" and corpus.images is not None:
        check_size(len(made), corpus.name)
    return made


def _check(contents: SessionContents, corpus: Corpus) -> None:
    """Refuse what no file is opened with; the pages have none, but a program can give anything."""
    if not 0 <= contents.active < len(contents.encoders):
        raise DataError("A session without its encoder cannot be saved.", where=corpus.name)
    chosen = [each.rows for each in (contents.selection, contents.focus) if each is not None]
    for rows in chosen:
        if not len(rows) or (np.diff(rows) <= 0).any():
            raise DataError("Selected rows are not ascending, or there are none.", where=corpus.name)
    for rows in (*chosen, np.array([*contents.examples]), np.array(contents.preferred_rows)):
        if len(rows) and not 0 <= rows.min() <= rows.max() < len(corpus):
            raise DataError(
                "The session is about rows that it does not have.",
                where=corpus.name,
                fix=f"Rows are numbers from 0 to {len(corpus) - 1:,}.",
            )


def check_session_file(corpus: Corpus, *, rows: bool, space: Space | None) -> None:
    """Raise an error for rows that are too many for a file; the arguments are those of `session_bytes`.

    Raises:
        TooLargeError: With the images of the rows, the file would be larger than one that is opened again.
        NotEnoughMemoryError: There is not enough memory for its bytes.
    """
    size = session_size(corpus, rows=rows, space=space)
    if size and corpus.images is not None:
        check_size(size, corpus.name)
    require_memory(2 * size, "The file", "Save it without vectors, or open fewer rows.")


def session_size(corpus: Corpus, *, rows: bool, space: Space | None) -> int:
    """About how many bytes rows take in a file, with their vectors; 0 if it only names them."""
    if space is not None:
        return file_size(space, ".parquet")
    if RowSource.of(corpus, in_file=rows).kind != "file":
        return 0
    own = 0 if corpus.vectors is None else corpus.vectors.nbytes
    return rows_size(corpus) + own


def _document(contents: SessionContents, source: RowSource, *, encoded_by: int | None) -> dict[str, Any]:
    return {
        **format_record(FORMAT, VERSION),
        "rows": source.record,
        "encoders": [named_encoder(spec) for spec in contents.encoders],
        "active": contents.active,
        "encoded_by": encoded_by,
        "selection": _selection_record(contents.selection),
        "focus": _selection_record(contents.focus),
        "filters": format_filters(contents.filters),
        "examples": [name[:NAME_CHARS] for name in contents.examples.values()],
        "cluster_choices": [
            {"rows": rows, "spec": cluster_spec_record(spec)}
            for rows, spec in contents.cluster_choices.items()
        ],
        "clusters": [
            made_record(made, contents.encoders)
            for made in contents.clusters
            if made.encoder in contents.encoders
        ],
        "comparison": comparison_record(contents.comparison),
        "pages": [
            {
                "page": page,
                "settings": [
                    {"name": name, "values": list(values)}
                    for name, values in settings.items()
                    if is_of_a_page(name)
                ],
            }
            for page, settings in contents.pages.items()
            if fit(settings)
        ],
    }


def _selection_record(selection: Selection | None) -> dict[str, Any] | None:
    return None if selection is None else {"origin": selection.origin[:NAME_CHARS]}


def _arrays(contents: SessionContents) -> dict[str, Array]:
    arrays: dict[str, Array] = {
        "examples": np.array(list(contents.examples), np.int64),
        "preferred": np.array(contents.preferred_rows, np.int64),
    }
    for name, selection in (("selection", contents.selection), ("focus", contents.focus)):
        if selection is not None:
            arrays[name] = selection.rows.astype(np.int64, copy=False)
    return arrays | comparison_arrays(contents.comparison)
