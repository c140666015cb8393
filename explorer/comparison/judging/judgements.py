"""What people know about a corpus: judged queries, pairs of texts with scores, plain queries."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from explorer.errors import DataError

SKIPPED = "skipped"  # in place of the grade, in tables of judgements and of answers
MOST_GRADE = 1_000  # evaluation libraries reserve memory for each grade up to the highest
_ID = re.compile(r"\S+")


@dataclass(frozen=True)
class Judgements:
    """Queries, and how relevant some rows are to them.

    Attributes:
        ids: What each query is called in files: without white space, and unique.
        queries: The texts of the queries.
        grades: For each query, the grade of each judged row (from 0): above 0 for a relevant row, and the
            higher the more so.
        inclusion: The probability with which each query was chosen to be judged, if it was chosen at random
            with unequal probabilities; None otherwise.
        skipped: For each query, the rows (from 0, ascending) that somebody looked at and could not judge:
            they are left out of every contender's hits. If none is given, none was skipped.

    Raises:
        DataError: The numbers of ids, queries, grades, probabilities and skipped rows differ, or an id, a
            query, a grade or a probability cannot be used, or a row is both skipped and judged.
    """

    ids: tuple[str, ...]
    queries: tuple[str, ...]
    grades: tuple[Mapping[int, int], ...]
    inclusion: tuple[float, ...] | None = None
    skipped: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        own = self.skipped or ((),) * len(self.queries)
        # Frozen, and one way to write it: equal judgements are equal, and cached under the same name.
        object.__setattr__(self, "skipped", tuple(tuple(sorted(set(rows))) for rows in own))
        lengths = {len(self.ids), len(self.queries), len(self.grades), len(self.skipped)}
        lengths |= set() if self.inclusion is None else {len(self.inclusion)}
        bad = [name for name in self.ids if not _ID.fullmatch(name)]
        if len(lengths) > 1:
            raise DataError("There must be as many ids as queries, grades, probabilities and skipped.")
        if bad or len(set(self.ids)) < len(self.ids):
            raise DataError("Query ids must be unique and without white space.", where=f"{bad[:1]}")
        if not all(query.strip() for query in self.queries):
            raise DataError("A query has no text.", where="judgements")
        if any(abs(grade) > MOST_GRADE for judged in self.grades for grade in judged.values()):
            raise DataError(f"Grades go from −{MOST_GRADE:,} to {MOST_GRADE:,}.", where="judgements")
        if any(row in judged for judged, rows in zip(self.grades, self.skipped, strict=True) for row in rows):
            raise DataError("A row cannot be both skipped and judged.", where="judgements")
        if not all(0 < probability <= 1 for probability in self.inclusion or ()):
            raise DataError("A probability must be above 0 and at most 1.", where="judgements")

    @property
    def count(self) -> int:
        """The number of judgements."""
        return sum(map(len, self.grades))

    @property
    def skips(self) -> int:
        """The number of skipped rows, counted for each query."""
        return sum(map(len, self.skipped))


@dataclass(frozen=True)
class ScoredPairs:
    """Pairs of texts with a score of how alike they are.

    Attributes:
        first: One text of each pair.
        second: The other text.
        scores: The score of each pair, on any scale; larger is more alike.
    """

    first: tuple[str, ...]
    second: tuple[str, ...]
    scores: tuple[float, ...]

    @property
    def fingerprint(self) -> str:
        """Identifies the texts and scores in their order."""
        contents = json.dumps([self.first, self.second, self.scores]).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(contents, digest_size=16).hexdigest()


def judgements_table(judgements: Judgements) -> pa.Table:
    """Judgements as a table: one line each, rows counted from 1 as on the screen.

    Returns:
        Columns `query_id`, `query`, `row`, `grade`, and `inclusion` if it is known. The grade of a skipped
        row is the word `skipped`; grades are texts only if there is one. A query without a judged or skipped
        row has no line.
    """
    every: list[tuple[int, int, int | str]] = []
    for at, (judged, skipped) in enumerate(zip(judgements.grades, judgements.skipped, strict=True)):
        every += [(at, row, grade) for row, grade in judged.items()]
        every += [(at, row, SKIPPED) for row in skipped]
    grades = [grade for _, _, grade in every]
    words = pa.array(map(str, grades), pa.string()) if judgements.skips else pa.array(grades, pa.int64())
    columns = {
        "query_id": pa.array([judgements.ids[at] for at, _, _ in every], pa.string()),
        "query": pa.array([judgements.queries[at] for at, _, _ in every], pa.string()),
        "row": pa.array([row + 1 for _, row, _ in every], pa.int64()),
        "grade": words,
    }
    if judgements.inclusion is not None:
        columns["inclusion"] = pa.array([judgements.inclusion[at] for at, _, _ in every], pa.float64())
    return pa.table(columns)


def qrels_file(judgements: Judgements) -> bytes:
    """Judgements as TREC qrels: query id, 0, row from 1, grade; separated by spaces, one line each.

    The format has no place for the texts of the queries, which are in `queries_file`, for inclusion
    probabilities, and for skipped rows.
    """
    lines = [
        f"{name} 0 {row + 1} {grade}\n"
        for name, judged in zip(judgements.ids, judgements.grades, strict=True)
        for row, grade in judged.items()
    ]
    return "".join(lines).encode()


def queries_file(judgements: Judgements) -> bytes:
    """The texts of the queries by their ids, as TSV with a header, for use beside `qrels_file`."""
    table = pa.table(
        {
            "query_id": pa.array(judgements.ids, pa.string()),
            "query": pa.array(judgements.queries, pa.string()),
        }
    )
    buffer = io.BytesIO()
    pa.csv.write_csv(table, buffer, pa.csv.WriteOptions(delimiter="\t"))
    return buffer.getvalue()


def same_texts(texts: Sequence[str]) -> NDArray[np.int64]:
    """The same group for texts that differ only in case and spaces.

    Returns:
        int64, shape (texts,): groups are numbered from 0 in order of appearance.
    """
    known: dict[str, int] = {}
    plain = (" ".join(text.casefold().split()) for text in texts)
    return np.array([known.setdefault(text, len(known)) for text in plain], dtype=np.int64)
