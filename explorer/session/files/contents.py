"""What a session file holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from explorer.analysis.specs import ClusterSpec
from explorer.comparison.contenders.spec import ContenderSpec
from explorer.data.corpus import Corpus
from explorer.data.filters.specs import Filter
from explorer.encode.spec import EncoderSpec, LocalModel
from explorer.session.clusters import MadeClusters
from explorer.session.rows_origin import RowsOrigin
from explorer.session.selection import Selection
from explorer.session.session import PageSettings

if TYPE_CHECKING:
    from explorer.comparison.comparison import Comparison
    from explorer.comparison.judging.judgements import Judgements, ScoredPairs
    from explorer.comparison.judging.queue import Answers

FORMAT = "explorer session"
VERSION = 1  # increase it when an older Explorer would read a file wrongly
ENDING = ".explorer"
DOCUMENT, ROWS, COMPARISON = "session.json", "rows.parquet", "comparison"
"""The parts of the file besides arrays, which are called `NAME.npy`."""
MOST_PART_BYTES = 64_000_000  # of all parts together, without the rows
MOST_CONTAINERS = 300_000  # see `explorer.comparison.files.archive`
PAGES = ("Overview", "Search", "Similarity", "Clusters", "Map", "Compare", "Classify")
"""The pages whose settings are kept, by their titles."""
MOST_PARAMETERS = 60  # of one page
MOST_PARAMETER_CHARS = 150_000  # of one page's settings; 50 queries of 2,000 characters are the longest
NAME_CHARS = 500  # of clusters, categories, and where rows were selected


@dataclass(frozen=True, eq=False)
class ChosenComparison:
    """What was chosen for comparing encoders; see `explorer.session.comparison.ComparisonState`.

    Attributes:
        name: What the comparison is called; empty for its default name.
        contenders: The contenders; None for the usual ones.
        k: Neighbours per row.
        groups: The column that names the group of a row; None for near-copies.
        views: Two columns that should find each other; None for the two halves of a text.
        judgements: Which rows are relevant to which queries.
        pairs: Pairs of texts with scores.
        queries: Queries to be judged.
        answers: The person's own judgements of them.
        result: The comparison itself, if it was made; from a file, without vectors.
    """

    name: str = ""
    contenders: tuple[ContenderSpec, ...] | None = None
    k: int = 10
    groups: str | None = None
    views: tuple[str, str] | None = None
    judgements: Judgements | None = None
    pairs: ScoredPairs | None = None
    queries: tuple[str, ...] = ()
    answers: Answers = field(default_factory=dict)
    result: Comparison | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class SessionContents:
    """Everything that was open; see `SavedSession`.

    Attributes:
        corpus: The rows; None if they cannot be had here.
        encoders: The encoders, in the order they were added; those that cannot be had here are left out.
        active: Position in `encoders` of the one that pages use.
        selection: The selected rows; None if nothing is selected.
        focus: The only rows that the map and the clusters show; None for all.
        filters: What rows have to pass to be shown.
        examples: The categories of rows, from 0, that a person marked as examples.
        preferred_rows: Rows to keep of their near-duplicates, from 0, the latest last.
        cluster_choices: The clusters that pages show, by the key of the rows; see `Selection.key`.
        clusters: The names, merges and splits of clusters.
        comparison: What was chosen and judged for a comparison.
        pages: The settings of each page, as its link says them.
        missing: What of the file could not be had here, as sentences; empty if nothing was missing.
        rows_origin: Where the rows came from, if the file itself has them.
    """

    corpus: Corpus | None
    encoders: tuple[EncoderSpec, ...] = (LocalModel(),)
    active: int = 0
    selection: Selection | None = None
    focus: Selection | None = None
    filters: tuple[Filter, ...] = ()
    examples: Mapping[int, str] = field(default_factory=dict)
    preferred_rows: tuple[int, ...] = ()
    cluster_choices: Mapping[str, ClusterSpec] = field(default_factory=dict)
    clusters: tuple[MadeClusters, ...] = ()
    comparison: ChosenComparison = field(default_factory=ChosenComparison)
    pages: PageSettings = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    rows_origin: RowsOrigin | None = field(default=None, repr=False)

    @property
    def encoder(self) -> EncoderSpec:
        """The encoder that pages use."""
        return self.encoders[self.active]
