"""The comparison that a visitor builds: contenders, and what is known about the rows."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from explorer.comparison.comparison import Comparison
    from explorer.comparison.compression.size_sweep import SizeSweep
    from explorer.comparison.contenders.spec import ContenderSpec
    from explorer.comparison.judging.judgements import Judgements, ScoredPairs
    from explorer.comparison.judging.queue import Answers

COMPARISON = "compare"  # the kind of job that compares


@dataclass(frozen=True, eq=False)
class OpenedComparison:
    """A comparison opened from a file.

    Attributes:
        comparison: The comparison, without vectors.
        chosen: The contenders and options it is of.
    """

    comparison: Comparison
    chosen: tuple[object, ...]


@dataclass
class ComparisonState:
    """What a visitor chose for comparing encoders over the open rows.

    Attributes:
        name: What the comparison is called; empty for its default name.
        contenders: The contenders, in the order they were added; None for the usual ones, see
            `explorer.session.contenders.contenders_of`.
        judgements: Which rows are relevant to which queries, if a file was opened.
        pairs: Pairs of texts with scores, if a file was opened.
        k: Neighbours per row.
        groups: The column that names the group of a row; None for near-copies.
        views: Two columns that should find each other; None for the two halves of a text.
        queries: Queries to be judged.
        answers: The visitor's own judgements of them.
        notice: A message about the contenders, such as that some could not be kept; shown until they change.
        opened: A comparison opened from a file; it is shown as long as nothing else is chosen.
        checked_for: The fingerprint of the rows that are known to allow the contenders.
        sweeps: What smaller vectors cost, by everything that depends on; kept for the report.
        shown: The comparison on the page, and what it depends on. Results that take too much memory are
            dropped; this one stays, since the page would at once compute it again.
    """

    name: str = ""
    contenders: tuple[ContenderSpec, ...] | None = None
    judgements: Judgements | None = None
    pairs: ScoredPairs | None = None
    k: int = 10
    groups: str | None = None
    views: tuple[str, str] | None = None
    queries: tuple[str, ...] = ()
    answers: Answers = field(default_factory=dict)
    notice: str = ""
    opened: OpenedComparison | None = None
    checked_for: str = ""
    sweeps: dict[Hashable, SizeSweep] = field(default_factory=dict)
    shown: tuple[Hashable, Comparison] | None = None

    def for_other_rows(self) -> ComparisonState:
        """The same contenders for other rows; everything else belongs to the rows."""
        return ComparisonState(contenders=self.contenders)

    def for_more_rows(self, columns: Collection[str]) -> ComparisonState:
        """The same when other rows follow: what was chosen and judged, and nothing that was computed.

        Args:
            columns: The columns of all rows.
        """
        return ComparisonState(
            name=self.name,
            contenders=self.contenders,
            judgements=self.judgements,
            pairs=self.pairs,
            k=self.k,
            groups=self.groups if self.groups in columns else None,
            views=self.views if set(self.views or ()) <= set(columns) else None,
            queries=self.queries,
            answers=self.answers,
        )
