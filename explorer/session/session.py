"""What one visitor has open: rows, their encoders, and everything computed from them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from explorer.data.added_rows import follow
from explorer.data.corpus import Corpus, Item
from explorer.data.filters.rows import passing, possible
from explorer.data.filters.specs import Filter
from explorer.data.filters.text import format_filters
from explorer.encode.queries import QueryVectors
from explorer.encode.spec import EncoderSpec
from explorer.jobs.registry import Job
from explorer.jobs.sizes import Memory
from explorer.session.clusters import ClusterState
from explorer.session.comparison import COMPARISON, ComparisonState
from explorer.session.linked_rows import LinkedRows
from explorer.session.open_tabs import OpenTabs
from explorer.session.rows_origin import RowsOrigin
from explorer.session.selection import Selection
from explorer.session.space_jobs import Opened, awaited
from explorer.settings import settings

if TYPE_CHECKING:
    from explorer.analysis.space import Space  # brings torch, which a first page must not wait for

PageSettings = dict[str, dict[str, tuple[str, ...]]]
"""The values of each parameter of a page's link, by the page's title."""

_KEEP_SELECTIONS = 20
_KEEP_RESULTS = 24
_RESULTS_SHARE = 4  # the results of one session can take 1 / this of EXPLORER_SESSIONS_MB


@dataclass(eq=False)
class Session:
    """What one visitor has open.

    Attributes:
        visitor: Identifies the browser; shared by its tabs.
        corpus: The rows under study.
        encoders: The encoders, in the order they were added.
        active: Position in `encoders` of the one the pages use.
        spaces: The spaces that are ready, each with the fingerprint its encoder had when it was opened.
        jobs: The jobs that open encoders; see `explorer.session.spaces`.
        results: Results computed by pages, keyed by what they depend on, including the space's fingerprint.
        queries: The vectors of queries.
        asking: The jobs that are encoding the current queries, by encoder and texts.
        again_for: By encoder, the queries for which the rows were encoded again because the model behind
            the encoder had changed.
        rows_origin: Where the rows came from, if a person brought them.
        linked_rows: The rows that a link names, while they are read; the corpus is a sample until then.
        notice: A message shown until rows are opened, such as that a link's encoder could not be used.
        unopened: Why the rows that a link names cannot be shown; the corpus, a sample, is not shown in their
            place until somebody asks for it.
        filters: What rows have to pass to be shown, one filter for each column at most; see `filter_by`.
        filter_notice: What of the link's filters was left out, as sentences.
        focus: The only rows that the map and the clusters show; None for all rows.
        subspaces: The spaces of only some rows, those in `focus` or in `shown`, by the fingerprint of the
            whole space and the key of the rows.
        kept: What pages computed from these rows for as long as it is shown, by name, each with what it is
            made from; see `explorer.ui.widgets.kept`.
        clusters: What the visitor chose for the clusters of these rows.
        comparison: What the visitor chose for comparing encoders over these rows.
        other_columns: Sessions of the same rows with another text column, by that column; see
            `explorer.session.contenders.session_reading`.
        examples: The categories of rows, from 0, that a person marked as examples.
        preferred_rows: Rows that a person prefers to keep of their near-duplicates, from 0, the latest last.
        workers: The number of processes that encode rows on the CPU; it changes no vectors.
        pages: What the link of each page said when the page was last shown, besides rows and encoder.
        unseen_pages: Pages whose settings are from a session file and were not shown yet.
        times_opened: How many times rows were opened, or an encoder for them.
    """

    visitor: str
    corpus: Corpus
    encoders: list[EncoderSpec]
    active: int = 0
    spaces: dict[EncoderSpec, Space] = field(default_factory=dict)
    jobs: dict[EncoderSpec, Job[Opened]] = field(default_factory=dict)
    results: OrderedDict[Hashable, Job[Any]] = field(default_factory=OrderedDict)
    queries: QueryVectors = field(default_factory=QueryVectors)
    asking: dict[Hashable, Job[Any]] = field(default_factory=dict)
    again_for: dict[EncoderSpec, tuple[Item, ...]] = field(default_factory=dict)
    rows_origin: RowsOrigin | None = None
    linked_rows: LinkedRows | None = None
    notice: str = ""
    unopened: str = ""
    filters: tuple[Filter, ...] = ()
    filter_notice: str = ""
    focus: Selection | None = None
    subspaces: dict[tuple[str, str], Space] = field(default_factory=dict)
    kept: dict[str, tuple[tuple[object, ...], Any]] = field(default_factory=dict)
    clusters: ClusterState = field(default_factory=ClusterState)
    comparison: ComparisonState = field(default_factory=ComparisonState)
    other_columns: dict[str, Session] = field(default_factory=dict)
    examples: dict[int, str] = field(default_factory=dict)
    preferred_rows: tuple[int, ...] = ()
    workers: int = 1
    pages: PageSettings = field(default_factory=dict)
    unseen_pages: frozenset[str] = frozenset()
    times_opened: int = 0
    _selections: list[Selection | None] = field(default_factory=lambda: [None])
    _passing: NDArray[np.bool_] | None = None
    _shown: Selection | None = None

    _tabs: ClassVar[OpenTabs[Session]] = OpenTabs()

    def enter_tab(self) -> None:
        """Record that a tab shows this session, so that other tabs of the browser do not stop its work."""
        self._tabs.add(self)

    @property
    def encoder(self) -> EncoderSpec:
        """The active encoder."""
        return self.encoders[self.active]

    def open(self, corpus: Corpus, spec: EncoderSpec, rows_origin: RowsOrigin | None = None) -> None:
        """Open a corpus with an encoder; opening other rows closes the previous ones and stops their jobs.

        Where rows were added to the open ones, these keep their places, and so what was chosen about them is
        kept: selections, filters, examples, answers, and names and edits of the clusters of some rows.

        Args:
            corpus: The rows. The same rows under another name keep their results.
            spec: The encoder.
            rows_origin: Where a person's own rows came from.
        """
        if corpus is not self.corpus:
            if corpus.fingerprint == self.corpus.fingerprint:
                self.spaces = {spec: space.for_corpus(corpus) for spec, space in self.spaces.items()}
                self.corpus = corpus
            elif rows_origin is not None and rows_origin.added_to is not None and follow(corpus, self.corpus):
                self._forget_results()
                self._keep_choices(corpus)
            else:
                self._forget_results()
                self._forget_choices()
                self.corpus = corpus
            self.rows_origin, self.subspaces, self.other_columns = rows_origin, {}, {}
        if spec not in self.encoders:
            self.encoders.append(spec)
        self.notice, self.unopened, self.linked_rows = "", "", None
        self.active = self.encoders.index(spec)
        self.times_opened += 1

    def add_columns(self, columns: Mapping[str, pa.Array]) -> None:
        """Add columns to the open rows. Vectors, selections, filters, and clusters with their names are kept.

        Args:
            columns: A value for each row, by the name of the column; see `Corpus.with_columns`.
        """
        self.corpus = self.corpus.with_columns(columns)
        self.spaces = {spec: space.for_corpus(self.corpus) for spec, space in self.spaces.items()}
        self.subspaces, self.other_columns = {}, {}
        self.comparison.shown = None

    def is_open(self, corpus: Corpus) -> bool:
        """Whether these rows are the open ones, with the same name and origin."""
        mine = self.corpus
        return corpus is mine or (
            corpus.fingerprint == mine.fingerprint
            and (corpus.name, corpus.sample, corpus.origin, corpus.total_rows, corpus.notes)
            == (mine.name, mine.sample, mine.origin, mine.total_rows, mine.notes)
            and np.array_equal(corpus.source_rows, mine.source_rows)
        )

    def _forget_results(self) -> None:
        """Drop vectors and results of the previous corpus, and stop the work on it."""
        spaces = {space.fingerprint for space in self.spaces.values()}
        # Other results, such as counts of tokens, are of the rows that are opened now.
        results = [job for key, job in self.results.items() if isinstance(key, tuple) and key[-1] in spaces]
        self.leave([*map(awaited, self.jobs.values()), *self.asking.values(), *results])
        self.encoders = []
        self.spaces = {}
        self.jobs = {}
        self.asking = {}
        self.again_for = {}
        self.results = OrderedDict()
        self.kept = {}

    def _forget_choices(self) -> None:
        """Drop what was chosen about the rows."""
        self._selections = [None]
        self.focus_on(None)
        self.preferred_rows = ()
        self.examples = {}
        self.pages, self.unseen_pages = {}, frozenset()
        self.filter_by(())
        self.clusters = ClusterState()
        self.comparison = self.comparison.for_other_rows()

    def _keep_choices(self, corpus: Corpus) -> None:
        """Go on with a corpus that begins with the open rows, and with what was chosen about them."""
        before = self.shown
        self.corpus = corpus
        filters, errors = possible(corpus, self.filters)
        self.filter_by(filters, " ".join(f"{error.what} Its filter is left out." for error in errors))
        gone = {""}
        if before is not None and (self.shown is None or self.shown.key != before.key):
            gone.add(before.key)  # other rows pass the filters now
        self.clusters = self.clusters.for_more_rows(gone)
        self.comparison = self.comparison.for_more_rows(corpus.table.column_names)

    @property
    def selection(self) -> Selection | None:
        """The current selection; None if nothing is selected."""
        return self._selections[-1]

    def select(self, rows: Sequence[int] | np.ndarray, origin: str) -> None:
        """Select rows; no rows clear the selection."""
        picked = np.unique(np.asarray(rows, dtype=np.int64))
        self._selections.append(Selection(picked, origin) if len(picked) else None)
        del self._selections[: -_KEEP_SELECTIONS - 1]

    def undo_selection(self) -> None:
        """Return to the previous selection."""
        if len(self._selections) > 1:
            self._selections.pop()

    def prefer(self, row: int) -> None:
        """Keep this row (from 0) of its near-duplicates."""
        self.preferred_rows = (*(other for other in self.preferred_rows if other != row), row)

    @property
    def can_undo_selection(self) -> bool:
        """Whether there is a previous selection."""
        return len(self._selections) > 1

    def focus_on(self, rows: Selection | None) -> None:
        """Show only these rows on the map and in the clusters, or all rows again (None)."""
        self.focus, self._shown = rows, None
        self.subspaces = {}

    def filter_by(self, filters: Sequence[Filter], notice: str = "") -> None:
        """Show only the rows that pass some filters, on every page.

        Args:
            filters: The filters, one for each column at most.
            notice: What was left out of them.

        Raises:
            FilterError: The filters do not fit the rows, or are too long for a link. Nothing is changed.
        """
        format_filters(filters)
        found = passing(self.corpus, filters) if filters else None
        self.filters, self.filter_notice = tuple(filters), notice
        self._passing, self._shown = found, None
        focus = "" if self.focus is None else self.focus.key
        self.subspaces = {key: space for key, space in self.subspaces.items() if key[1] == focus}

    @property
    def passing(self) -> NDArray[np.bool_] | None:
        """Which rows of the corpus pass the filters, shape (rows,); None without filters."""
        if self.filters and self._passing is None:
            self._passing = passing(self.corpus, self.filters)
        return self._passing

    @property
    def shown(self) -> Selection | None:
        """The rows in focus that pass the filters; None if these are all rows."""
        inside = self.passing
        if inside is None or inside.all():
            return self.focus
        if self._shown is None:
            rows = np.flatnonzero(inside)
            if self.focus is not None:
                rows = self.focus.rows[inside[self.focus.rows]]
            self._shown = Selection(rows, "filters")
        return self._shown

    def close_space(self, spec: EncoderSpec) -> None:
        """Drop an encoder's space, so that the encoder is opened anew when it is next asked for."""
        self.spaces.pop(spec, None)
        opening = self.jobs.pop(spec, None)
        if opening is not None:
            self.leave([awaited(opening)])

    def forget_comparisons(self) -> None:
        """Drop comparisons: their contenders hold encoders, which may hold a token that was taken back."""
        self.comparison.shown = None
        for key in [key for key in self.results if isinstance(key, tuple) and key[0] == COMPARISON]:
            del self.results[key]

    def stop_asking(self, wanted: Collection[Hashable] = ()) -> None:
        """Cancel the queries that are being encoded, except those wanted."""
        self.leave([self.asking.pop(key) for key in self.asking.keys() - set(wanted)])

    def leave(self, jobs: Iterable[Job[Any]]) -> None:
        """Wait for jobs no longer; those that nobody else waits for stop."""
        elsewhere = {
            job for tab in self._tabs.others(self) if tab.visitor == self.visitor for job in tab._awaited()
        }
        for job in jobs:
            if job not in elsewhere:
                job.leave(self.visitor)

    def leave_all(self) -> None:
        """Wait for nothing any longer and forget what is not done, as when the tab shows other rows."""
        self.leave([job for job in self._awaited() if not job.ended])
        self.jobs = {spec: job for spec, job in self.jobs.items() if awaited(job).ended}
        self.results = OrderedDict((key, job) for key, job in self.results.items() if job.ended)
        self.asking = {}

    def _awaited(self) -> set[Job[Any]]:
        """The jobs whose results it waits for or has. Another tab's thread may be changing the lists."""
        opening = map(awaited, list(self.jobs.values()))
        return {*opening, *list(self.asking.values()), *list(self.results.values())}

    def keep_result(self, key: Hashable, job: Job[Any]) -> None:
        """Keep a page's result, so that returning to the page computes nothing again."""
        self.results[key] = job
        self.results.move_to_end(key)
        while len(self.results) > _KEEP_RESULTS:
            self.results.popitem(last=False)
        self.trim_results(Memory(), settings().sessions_mb * 1_000_000 // _RESULTS_SHARE)

    def trim_results(self, memory: Memory, most: int) -> None:
        """Drop results that do not fit into memory, oldest first and never the newest.

        Args:
            memory: What is held already; the remaining results are added to it.
            most: The most bytes to hold.
        """
        for older, key in enumerate(reversed(list(self.results))):
            parts = self.results[key].parts
            memory.add(parts)
            if older and parts and memory.bytes > most:
                memory.remove(parts)
                del self.results[key]

    def forget_results(self) -> None:
        """Drop the results of jobs that have ended, and nothing else."""
        self.results.clear()
        self.kept = {}
        self.jobs = {spec: job for spec, job in self.jobs.items() if not awaited(job).ended}

    def release(self) -> None:
        """Drop what was computed, when the tab is closed; jobs go on, since the person may come back."""
        self.spaces, self.subspaces, self.other_columns = {}, {}, {}
        self._passing = self._shown = None
        self.jobs, self.asking, self.results, self.kept = {}, {}, OrderedDict(), {}
        self.comparison.shown = None

    def for_another_tab(self) -> Session:
        """A session with the same rows and encoders for another tab, without vectors: the cache has those."""
        return replace(
            self,
            encoders=list(self.encoders),
            spaces={},
            jobs={spec: job for spec, job in self.jobs.items() if awaited(job).state != "done"},
            results=OrderedDict(self.results),
            asking={},
            again_for={},
            linked_rows=None,
            notice="",
            unopened="",
            subspaces={},
            _passing=None,
            _shown=None,
            kept={},
            clusters=self.clusters.for_another_tab(),
            examples=dict(self.examples),
            pages=dict(self.pages),
            other_columns={},
            comparison=replace(self.comparison, answers=dict(self.comparison.answers), shown=None),
            _selections=list(self._selections),
        )
