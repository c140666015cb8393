"""What changes when one contender takes the place of another, as tables."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.judging.judgements import same_texts
from explorer.comparison.judging.retrieval import DEPTH, NDCG
from explorer.comparison.migration.list_changes import Estimate, ListChanges, list_changes
from explorer.comparison.migration.quality_change import QualityChange, quality_change
from explorer.comparison.results import Results
from explorer.data.corpus import Corpus
from explorer.errors import QueryError
from explorer.numbers import percent

if TYPE_CHECKING:
    import pandas as pd

_OF_QUERIES = ("first hit", "hits", "query", "queries")
_OF_ROWS = ("nearest row", "nearest rows", "row", "rows")


@dataclass(frozen=True, eq=False)
class Changes:
    """What changes from one contender to another; `Migration` adds the report.

    Attributes:
        first: The name of the contender in use.
        second: The name of the one that is to take its place.
        corpus: The rows.
        near: How the nearest rows of the sampled rows change.
        asked: How the hits of the judged queries change; None if there are none, or a contender cannot be
            searched by text.
        texts: The texts of the judged queries.
        quality: How nDCG@10 changes; None if `asked` is.
    """

    first: str
    second: str
    corpus: Corpus
    near: ListChanges
    asked: ListChanges | None = None
    texts: tuple[str, ...] = ()
    quality: QualityChange | None = None

    @classmethod
    def between(cls, results: Results, first: str, second: str) -> Self:
        """Take the lists and values of a comparison.

        Args:
            results: The comparison.
            first: The name of the contender in use.
            second: The name of the other one.

        Raises:
            QueryError: A contender does not exist, or both are the same.
        """
        places = [_place(results, name) for name in (first, second)]
        if places[0] == places[1]:
            raise QueryError("A migration is from one contender to another.", fix="Choose two of them.")
        before, after = results.neighbors[places, :, :DEPTH]
        sample, judgements = results.sample, results.judgements
        asked, quality = _asked(results, places), quality_change(results, places)
        known = asked is not None and quality is not None
        return cls(
            first,
            second,
            results.corpus,
            list_changes(sample, before, after, results.groups[sample]),
            asked if known else None,
            () if judgements is None else judgements.queries,
            quality if known else None,
        )

    @property
    def text(self) -> str:
        """What changes, in one or two sentences."""
        if not self.near.depth:
            return f"From {self.first} to {self.second}, nothing changes: there is only one row."
        return f"{self._moves()} {self._says()}"

    @property
    def summary(self) -> pd.DataFrame:
        """The figures: of (`rows` or `queries`), figure, value, low, high, n."""
        import pandas as pd

        found: list[tuple[str, str, Estimate, int]] = []
        for name, own in (("queries", self.asked), ("rows", self.near)):
            if own is not None:
                found.append((name, "first hit changes", own.share_changed, len(own.units)))
                found.append((name, f"overlap@{own.depth}", own.mean_kept, len(own.units)))
        if self.quality is not None:
            judged = int((~np.isnan(self.quality.before)).sum())
            found.insert(2, ("queries", f"change of {NDCG.name}", self.quality.difference, judged))
        return pd.DataFrame(
            [
                {"of": of, "figure": figure, "value": each.value, "low": each.low, "high": each.high, "n": n}
                for of, figure, each, n in found
            ]
        )

    @property
    def distribution(self) -> pd.DataFrame:
        """How many lists keep how many of their first hits: of, kept, lists."""
        import pandas as pd

        lines = [
            {"of": name, "kept": kept, "lists": lists}
            for name, own in (("queries", self.asked), ("rows", self.near))
            if own is not None
            for kept, lists in enumerate(own.distribution().tolist())
        ]
        return pd.DataFrame(lines)

    @property
    def queries(self) -> pd.DataFrame:
        """The judged queries, those that get worse by most first; empty without any.

        Returns:
            Columns query, change (of nDCG@10; NaN without a relevant row), before, after, overlap,
            first_changed.
        """
        import pandas as pd

        columns = ["query", "change", "before", "after", "overlap", "first_changed"]
        if self.asked is None or self.quality is None:
            return pd.DataFrame(columns=columns)
        order = self.query_order()
        own, quality = self.asked, self.quality
        return pd.DataFrame(
            {
                "query": [self.texts[at] for at in own.units[order].tolist()],
                "change": (quality.after - quality.before)[order],
                "before": quality.before[order],
                "after": quality.after[order],
                "overlap": own.kept[order],
                "first_changed": own.first_changed[order],
            }
        )

    @property
    def rows(self) -> pd.DataFrame:
        """The sampled rows, those whose nearest rows change most first: row, overlap, first_changed, text."""
        import pandas as pd

        order, captions = self.row_order(), self.corpus.captions
        rows = self.near.units[order]
        return pd.DataFrame(
            {
                "row": rows,
                "overlap": self.near.kept[order],
                "first_changed": self.near.first_changed[order],
                "text": [captions[row] for row in rows.tolist()],
            }
        )

    def query_order(self) -> NDArray[np.int64]:
        """Positions in `asked`: the queries that get worse by most first, then those that change most."""
        if self.asked is None or self.quality is None:
            return np.empty(0, np.int64)
        change = np.round(np.nan_to_num(self.quality.after - self.quality.before, nan=0.0), 9)
        return np.lexsort((self.asked.kept, change))

    def row_order(self) -> NDArray[np.int64]:
        """Positions in `near`: the rows whose nearest rows change most first; ties in row order."""
        return np.argsort(self.near.kept, kind="stable")

    def _moves(self) -> str:
        own = self.near if self.asked is None else self.asked
        first, hits, one, many = _OF_ROWS if self.asked is None else _OF_QUERIES
        count, share = len(own.units), own.share_changed
        within = (
            "" if math.isnan(share.low) else f" (95 % interval {percent(share.low)} to {percent(share.high)})"
        )
        stay = f"; {own.mean_kept.value * own.depth:.1f} of the first {own.depth} {hits} stay on average"
        return (
            f"From {self.first} to {self.second}, the {first} of {percent(share.value)} of {count:,} "
            f"{one if count == 1 else many} changes{within}{stay if own.depth > 1 else ''}."
        )

    def _says(self) -> str:
        quality = self.quality
        if quality is None or math.isnan(quality.difference.value):
            return "Whether that is better or worse is not known without judged queries."
        if not quality.worse + quality.better:
            return f"{NDCG.name} of every judged query stays the same."
        found = quality.difference
        ends = (
            "" if math.isnan(found.low) else f", 95 % interval {_signed(found.low)} to {_signed(found.high)}"
        )
        sure = "" if quality.significant else ", which may be chance"
        return (
            f"{NDCG.name} changes by {_signed(found.value)}{ends}{sure}: {quality.worse:,} "
            f"{'query gets' if quality.worse == 1 else 'queries get'} worse, {quality.better:,} better."
        )


def _place(results: Results, name: str) -> int:
    if name not in results.names:
        raise QueryError(f"There is no contender “{name}”.", fix=f"Choose one of {', '.join(results.names)}.")
    return results.names.index(name)


def _asked(results: Results, places: list[int]) -> ListChanges | None:
    judgements = results.judgements
    if judgements is None or results.rankings is None:
        return None
    before, after = results.rankings[places, :, :DEPTH]
    if not before.size or (before == -1).any() or (after == -1).any():
        return None
    weights = None if judgements.inclusion is None else 1 / np.array(judgements.inclusion)
    units = np.arange(len(judgements.queries))
    groups = same_texts(judgements.queries)
    return list_changes(units, before, after, groups, weights=weights)


def _signed(value: float) -> str:
    text = f"{abs(value):.3f}"
    sign = "" if float(text) == 0 else "−" if value < 0 else "+"
    return sign + text
