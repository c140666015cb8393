"""The format and the version that the JSON of each of Explorer's own files begins with."""

from __future__ import annotations

import datetime
import sys
from typing import Any

from explorer.data.records import Record
from explorer.errors import UnreadableFileError

_PACKAGE = "explorer"


def format_record(name: str, version: int) -> dict[str, Any]:
    """What a file's JSON object says first: its format, and which Explorer saved it on which day (UTC).

    Args:
        name: The name of the format.
        version: Its version.
    """
    return {
        "format": name,
        "version": version,
        "explorer": sys.modules[_PACKAGE].__version__,
        "saved": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }


def check_format(document: Record, name: str, version: int, where: str, instead: str = "") -> None:
    """Raise an error for another format, or for a version that only a newer Explorer reads.

    Args:
        document: A file's JSON object.
        name: The name of the format, such as "explorer space".
        version: Its newest version that is read here.
        where: The file, for messages.
        instead: What to do without a newer Explorer; saving it again if empty.

    Raises:
        DamagedFileError: It is another format, or has no version.
        UnreadableFileError: Its version is newer.
    """
    document.choice("format", (name,))
    found = document.integer("version", 1, 1_000_000)
    if found > version:
        what = name.removeprefix("explorer ")
        raise UnreadableFileError(
            f"The {what} was saved by a newer Explorer (format {found}; this one reads {version}).",
            where=where,
            fix=f"Update Explorer, or {instead or f'save the {what} again with this version'}.",
        )
