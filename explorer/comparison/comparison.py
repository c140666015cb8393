"""A comparison: what was measured of contenders, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from explorer.comparison.files.saving import packed
from explorer.comparison.migration.migration import Migration
from explorer.comparison.report.report import write_report
from explorer.comparison.results import Results


@dataclass(frozen=True, eq=False)
class Comparison(Results):
    """Contenders over one corpus, and how they differ; see `Results` for what was measured."""

    def save(self, path: str | Path) -> None:
        """Write the comparison into a file that `explorer.open_comparison` opens; without vectors and rows.

        The judgements are in it, with the texts of their queries; the texts of the rows are not.

        Raises:
            OSError: The file cannot be written.
        """
        Path(path).write_bytes(packed(self))

    def report(self, path: str | Path) -> None:
        """Write a report for people: HTML that opens without a network, or Markdown.

        Args:
            path: Where to; its ending is `.html` or `.md`.

        Raises:
            QueryError: The ending is another one.
            OSError: The file cannot be written.
        """
        write_report(self, Path(path))

    def migration(self, first: str, second: str) -> Migration:
        """What changes if one contender takes the place of another: first hits, and judged queries.

        Args:
            first: The name of the contender in use.
            second: The name of the one that is to take its place.

        Raises:
            QueryError: There is no such contender, or both are the same.
        """
        return Migration.between(self, first, second)
