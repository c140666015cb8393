"""The record of answers: an append-only log in one SQLite file.

`docs/decisions/0049-the-record.md` explains why it is as it is.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

import numpy as np

from explorer.data.records import DamagedFileError
from explorer.errors import RecordError
from explorer.record.entry import Entry, new_entry, with_words
from explorer.record.lines import COLUMNS, TABLES, from_line, to_line
from explorer.retrieval.options import RankOptions

if TYPE_CHECKING:
    from explorer.analysis.space import Hit, Space
    from explorer.tensor import Metric

_T = TypeVar("_T")
_APPLICATION = 0x45585052  # "EXPR", which tells `file` and others whose database it is
_SCHEMA = 1  # increase it when an older Explorer would read the file wrongly
_BUSY_SECONDS = 2.0  # an answer is a line in a log: nobody waits long for one
_MOST = 100_000
_NO_FILE = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class AnswerRecord:
    """What was asked and answered, in one SQLite file, which threads and processes may share.

    An entry is added in one transaction and never changed; the oldest go when there are too many. A file
    that is damaged, or is something else, is never written.

    Args:
        path: The file; it is created when the first entry is added.
        name: What messages call it; None for the file's name.
        most: The most entries; beyond them the oldest are erased.
    """

    def __init__(self, path: Path, *, name: str | None = None, most: int = _MOST) -> None:
        self.path = path
        self._name = path.name if name is None else name
        self._most = most

    def __len__(self) -> int:
        """How many entries there are."""
        return self._read(lambda db: int(db.execute("SELECT count(*) FROM answers").fetchone()[0]), 0)

    def search(
        self,
        space: Space,
        query: str | int,
        k: int = 10,
        *,
        options: RankOptions | None = None,
        metric: Metric | None = None,
        rows: np.ndarray | None = None,
    ) -> list[Hit]:
        """Search a space and add the answer.

        Args:
            space: The space to search.
            query: A text, or a row (from 0) that others are similar to.
            k: How many hits; the record has at most the first ten.
            options: What ranks the hits besides vectors.
            metric: `cosine`, `dot` or `euclidean`; None for the space's own.
            rows: The rows to search, a mask with one bool per row; None for all.

        Returns:
            The hits, best first.

        Raises:
            QueryError: The query is empty, there is no such row, or k is below 1.
            RecordError: The answer cannot be added.
        """
        options = options or RankOptions()
        began = time.perf_counter()
        hits: list[Hit]
        if options.changes:
            from explorer.retrieval.ranked import ranked_search

            hits = [*ranked_search(space, query, k, options, metric=metric, rows=rows).hits]
        elif isinstance(query, str):
            hits = space.search(query, k, metric=metric, rows=rows)
        else:
            hits = space.similar_to(query, k, metric=metric, rows=rows)
        seconds = time.perf_counter() - began
        searched = len(space) if rows is None else int(np.count_nonzero(rows))
        entry = new_entry(
            space, query, hits, seconds=seconds, searched=searched, metric=metric, ranking=options
        )
        self.add([entry])
        return hits

    def add(self, entries: Iterable[Entry]) -> None:
        """Add entries in one transaction; they get the next numbers.

        Raises:
            RecordError: They cannot be added; none of them is.
        """
        lines = [to_line(entry) for entry in entries]
        columns, marks = ", ".join(COLUMNS), ", ".join("?" * len(COLUMNS))

        def operation(db: sqlite3.Connection) -> None:
            db.executemany(f"INSERT INTO answers ({columns}) VALUES ({marks})", lines)  # noqa: S608
            excess = "SELECT number FROM answers ORDER BY number DESC LIMIT -1 OFFSET ?"
            db.execute(f"DELETE FROM answers WHERE number IN ({excess})", (self._most,))  # noqa: S608

        self._write(operation)

    def entries(self, words: str = "") -> list[Entry]:
        """The entries, newest first.

        Args:
            words: Only those whose query has all of these; see `with_words`.

        Raises:
            RecordError: The file cannot be read.
        """
        query = f"SELECT number, {', '.join(COLUMNS)} FROM answers ORDER BY number DESC"  # noqa: S608

        none: list[Entry] = []
        return with_words(self._read(lambda db: list(map(from_line, db.execute(query))), none), words)

    def erase(self, number: int | None = None) -> None:
        """Erase an entry, or all: nothing of them is left in the file.

        Args:
            number: The entry's number; None for all.

        Raises:
            RecordError: The file cannot be written.
        """
        if not self.path.exists():
            return
        which, values = ("", ()) if number is None else (" WHERE number = ?", (number,))
        self._write(lambda db: db.execute(f"DELETE FROM answers{which}", values))  # noqa: S608
        self._attempt(self._vacuum)

    def _vacuum(self) -> None:
        with self._connection() as db:
            db.execute("VACUUM")

    def _read(self, operation: Callable[[sqlite3.Connection], _T], nothing: _T) -> _T:
        """What an operation reads; `nothing` where there is no file yet."""
        if not self.path.exists():
            return nothing

        def read() -> _T:
            with self._connection() as db:
                return nothing if self._is_new(db) else operation(db)

        return self._attempt(read)

    def _write(self, operation: Callable[[sqlite3.Connection], object]) -> None:
        """Run an operation in one transaction, in a file that is created if it is missing."""

        def write() -> None:
            with self._connection(create=True) as db:
                db.execute("BEGIN IMMEDIATE")  # nobody else creates the tables meanwhile
                if self._is_new(db):
                    for statement in TABLES:
                        db.execute(statement)
                    db.execute(f"PRAGMA application_id = {_APPLICATION}")
                    db.execute(f"PRAGMA user_version = {_SCHEMA}")
                operation(db)
                db.execute("COMMIT")

        self._attempt(write)

    @contextlib.contextmanager
    def _connection(self, *, create: bool = False) -> Iterator[sqlite3.Connection]:
        """A connection of its own for each operation, so that no thread shares one.

        The journal is SQLite's usual one: a write-ahead log would keep erased texts until it is overwritten.
        """
        mode = "rwc" if create else "rw"
        place = f"file:{quote(str(self.path.resolve()))}?mode={mode}"
        db = sqlite3.connect(place, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            db.execute("PRAGMA secure_delete = ON")  # what is erased is overwritten with zeros
            db.execute("PRAGMA temp_store = MEMORY")  # and is in no temporary file
            yield db
        finally:
            db.close()  # rolls back what is not committed

    def _is_new(self, db: sqlite3.Connection) -> bool:
        """Whether the file is empty; raises `RecordError` unless it is that or a record."""
        application, version, tables = (
            db.execute(query).fetchone()[0]
            for query in (
                "PRAGMA application_id",
                "PRAGMA user_version",
                "SELECT count(*) FROM sqlite_master",
            )
        )
        if (application, version, tables) == (0, 0, 0):
            return True
        if application != _APPLICATION:
            raise RecordError(
                "This is another database, not a record, and is left as it is.",
                where=self._name,
                fix="Give a record of Explorer, or a file that does not exist yet.",
            )
        if version > _SCHEMA:
            raise RecordError(
                f"It was made by a newer Explorer (version {version} of the record; this one reads "
                f"{_SCHEMA}), and is left as it is.",
                where=self._name,
                fix="Update Explorer.",
            )
        return False

    def _attempt(self, work: Callable[[], _T]) -> _T:
        """Do something with the file; errors become `RecordError`, without its path: strangers see them."""
        try:
            return work()
        except (DamagedFileError, sqlite3.Error) as error:
            raise self._error(error) from error
        except OSError as error:
            raise RecordError(f"It cannot be read or written: {error.strerror}.", where=self._name) from error

    def _error(self, error: DamagedFileError | sqlite3.Error) -> RecordError:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            what, fix = "Another program is writing it.", "Try again in a moment."
        elif code == sqlite3.SQLITE_FULL:
            what, fix = "The disk is full.", "Free some space."
        elif code in _NO_FILE:
            what, fix = "It cannot be written or opened there.", "Use a folder that can be written."
        elif code in _DAMAGED or isinstance(error, DamagedFileError):
            what = "It is damaged, or not a record, and is left as it is."
            fix = "Move or erase it, and a new one is begun."
        else:
            what, fix = f"SQLite cannot use it: {error}.", "Check the disk."
        return RecordError(what, where=self._name, fix=fix)


def open_record(path: str | Path) -> AnswerRecord:
    """Open a record of answers, or begin one: `open_record("answers.db").search(space, "refund")`.

    Args:
        path: The file; it is created when the first answer is added.

    Raises:
        RecordError: The file is damaged, is something else, or was made by a newer Explorer.
    """
    record = AnswerRecord(Path(path).expanduser())
    len(record)
    return record
