"""Writing a report of a migration: one HTML file, or Markdown."""

from __future__ import annotations

from pathlib import Path

from explorer.comparison.migration.changes import Changes
from explorer.comparison.report.migration_content import migration_content
from explorer.comparison.report.report import check_report_name, page_of


def write_migration(changes: Changes, path: Path) -> None:
    """Write a report; see `Migration.report`."""
    text = migration_text(changes, path.name)
    path.write_text(text, encoding="utf-8", newline="\n")


def migration_text(changes: Changes, name: str) -> str:
    """The text of a report.

    Args:
        changes: The migration.
        name: The name of the file, whose ending, `.html` or `.md`, chooses the format.

    Raises:
        QueryError: The ending is another one.
    """
    check_report_name(name)
    return page_of(migration_content(changes), name)
