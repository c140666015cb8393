"""The parts of a session file that are about rows, and the settings of pages, checked as they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from explorer.comparison.files.arrays import Arrays
from explorer.data.records import DamagedFileError, Record
from explorer.session.files.contents import MOST_PARAMETER_CHARS, MOST_PARAMETERS, NAME_CHARS, PAGES
from explorer.session.page_link import is_of_a_page
from explorer.session.selection import Selection
from explorer.session.session import PageSettings

_PARAMETER_CHARS = 100


def selection_from(document: Record, arrays: Arrays, name: str, rows: int) -> Selection | None:
    """Rows that a person selected, or that the map shows alone.

    Raises:
        DamagedFileError: It is something else.
    """
    record = document.optional(name, document.record)
    if record is None:
        return None
    found = arrays.integers(name, None, low=0, high=rows - 1)
    if not len(found) or (np.diff(found) <= 0).any():
        raise DamagedFileError(f"the rows of its {name} are damaged")
    return Selection(found, record.text("origin", NAME_CHARS))


def examples_from(document: Record, arrays: Arrays, rows: int) -> dict[int, str]:
    """The categories of rows that a person marked as examples.

    Raises:
        DamagedFileError: It is something else.
    """
    names = document.texts("examples")
    found = arrays.integers("examples", len(names), low=0, high=rows - 1)
    if any(len(name) > NAME_CHARS for name in names):
        raise DamagedFileError("its examples are damaged")
    return dict(zip(found.tolist(), names, strict=True))


def preferred_from(arrays: Arrays, rows: int) -> tuple[int, ...]:
    """The rows to keep of their near-duplicates.

    Raises:
        DamagedFileError: They are something else.
    """
    return tuple(dict.fromkeys(arrays.integers("preferred", None, low=0, high=rows - 1).tolist()))


def pages_from(document: Record) -> PageSettings:
    """The settings of pages; those of other pages, as a newer Explorer may have them, are left out.

    Raises:
        DamagedFileError: They are something else, or longer than any link.
    """
    found: PageSettings = {}
    for record in document.records("pages"):
        given = {
            each.text("name", _PARAMETER_CHARS): each.texts("values") for each in record.records("settings")
        }
        if not fit(given):
            raise DamagedFileError("the settings of a page are too long")
        page = record.text("page", _PARAMETER_CHARS)
        if page in PAGES:
            # Rows and encoder are said elsewhere, and no page may name others.
            found[page] = {name: values for name, values in given.items() if is_of_a_page(name) and values}
    return found


def fit(settings: Mapping[str, Sequence[str]]) -> bool:
    """Whether the settings of a page are not more than a file holds."""
    chars = sum(len(name) + sum(map(len, values)) for name, values in settings.items())
    return len(settings) <= MOST_PARAMETERS and chars <= MOST_PARAMETER_CHARS
