"""A comparison: what was measured of contenders, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.comparison.clusters.matched import matched_clusters
from explorer.comparison.clusters.matching import flows
from explorer.comparison.files.saving import packed
from explorer.comparison.migration.migration import Migration
from explorer.comparison.report.report import write_report
from explorer.comparison.results import Results
from explorer.errors import QueryError
from explorer.scratch import whole_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from explorer.comparison.compression.size_sweep import SizeSweep


@dataclass(frozen=True, eq=False)
class Comparison(Results):
    """Contenders over one corpus, and how they differ; see `Results` for what was measured."""

    def clusters(self, k: int = 8) -> pd.DataFrame:
        """k-means clusters of all rows in each contender with vectors, matched by the rows they share.

        Returns:
            Columns `row` (from 0) and one for each contender: the cluster, from 0, where clusters with the
            number of a cluster of the first contender are its partners; see `match`.

        Raises:
            QueryError: k is below 1, or no contender has vectors.
        """
        import pandas as pd

        sides = [contender for contender in self.contenders if contender.space is not None]
        if not sides:
            raise QueryError(
                "No contender has vectors to cluster.",
                fix="Compare encoders, not files or rankings by words.",
            )
        labels = matched_clusters(sides, k, seed=self.seed).labels
        columns = {side.name: own for side, own in zip(sides, labels, strict=True)}
        return pd.DataFrame({"row": range(len(self.corpus))} | columns)

    def flows(self, first: str, second: str, k: int = 8) -> pd.DataFrame:
        """The rows that go from each cluster of one contender to each of another.

        Args:
            first: The name of a contender with vectors.
            second: The name of another one.
            k: Number of clusters.

        Returns:
            Columns `first`, `second`, `rows`, `share_of_first`, `share_of_second`; see
            `explorer.comparison.clusters.matching.flows` and, for the clusters, `clusters`.

        Raises:
            QueryError: As for `clusters`, or there is no such contender.
        """
        table = self.clusters(k)
        for name in (first, second):
            if name not in table.columns[1:]:
                raise QueryError(
                    f"There is no contender with vectors called {name!r}.",
                    fix=f"Choose two of {', '.join(table.columns[1:])}.",
                )
        return flows(table[first].to_numpy(), table[second].to_numpy())

    def save(self, path: str | Path) -> None:
        """Write the comparison into a file that `explorer.open_comparison` opens; without vectors and rows.

        The judgements are in it, with the texts of their queries; the texts of the rows are not.

        Raises:
            OSError: The file cannot be written.
        """
        content = packed(self)
        with whole_file(Path(path)) as file:
            file.write(content)

    def report(self, path: str | Path, *, sweeps: Sequence[SizeSweep] = (), texts: bool = True) -> None:
        """Write a report for people: HTML that opens without a network, or Markdown.

        `explorer.push_page` publishes a report in HTML.

        Args:
            path: Where to; its ending is `.html` or `.md`.
            sweeps: What `explorer.sweep` found of its contenders, to be in the report too.
            texts: Whether it quotes the rows that differ most and their neighbours.

        Raises:
            QueryError: The ending is another one.
            OSError: The file cannot be written.
        """
        write_report(self, Path(path), sweeps, texts=texts)

    def migration(self, first: str, second: str) -> Migration:
        """What changes if one contender takes the place of another: first hits, and judged queries.

        Args:
            first: The name of the contender in use.
            second: The name of the one that is to take its place.

        Raises:
            QueryError: There is no such contender, or both are the same.
        """
        return Migration.between(self, first, second)
