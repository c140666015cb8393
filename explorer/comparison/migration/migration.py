"""A migration: what changes when one contender takes the place of another, and its report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from explorer.comparison.migration.changes import Changes
from explorer.comparison.report.migration_report import write_migration


@dataclass(frozen=True, eq=False)
class Migration(Changes):
    """From a contender in use to another one; see `Changes` for what changes."""

    def report(self, path: str | Path) -> None:
        """Write a report for people: HTML that opens without a network, or Markdown.

        Args:
            path: Where to; its ending is `.html` or `.md`.

        Raises:
            QueryError: The ending is another one.
            OSError: The file cannot be written.
        """
        write_migration(self, Path(path))
