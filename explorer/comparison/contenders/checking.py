"""Whether contenders can be compared with one another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explorer.comparison.contenders.contender import Contender
from explorer.comparison.contenders.spec import FEWEST, MOST
from explorer.data.corpus import Corpus
from explorer.errors import QueryError


def check_contenders(contenders: Sequence[Contender]) -> None:
    """Check that contenders can be compared with one another.

    Raises:
        QueryError: There are fewer than 2 or more than 8, two have the same name or rank in the same way, or
            they do not rank the same rows. They may read different text columns of these rows.
    """
    if not FEWEST <= len(contenders) <= MOST:
        raise QueryError(
            f"A comparison has {FEWEST} to {MOST} contenders; there {_are(len(contenders))}.",
            fix="Add a contender." if len(contenders) < FEWEST else "Leave some out.",
        )
    names: set[str] = set()
    seen: dict[str, str] = {}
    first = contenders[0]
    for contender in contenders:
        if contender.name in names:
            raise QueryError(f"Two contenders are called “{contender.name}”.", fix="Rename one.")
        names.add(contender.name)
        twin = seen.setdefault(contender.fingerprint, contender.name)
        if twin != contender.name:
            raise QueryError(
                f"“{twin}” and “{contender.name}” are the same encoder with the same settings.",
                fix="Leave one out.",
            )
        if not _same_rows(first.corpus, contender.corpus):
            raise QueryError(
                f"“{first.name}” and “{contender.name}” do not have the same rows.",
                where=contender.corpus.name,
                fix="Encode the same rows with both.",
            )


def _are(count: int) -> str:
    return f"is {count}" if count == 1 else f"are {count}"


def _same_rows(one: Corpus, other: Corpus) -> bool:
    """Whether two corpora have the same rows, except for what is in their text columns."""
    if one is other:
        return True
    if not np.array_equal(one.source_rows, other.source_rows):
        return False
    texts = {one.text, other.text}
    columns = set(one.table.column_names) - texts
    if columns != set(other.table.column_names) - texts:
        return False
    return all(one.table[name].equals(other.table[name]) for name in columns)
