"""What one visitor has open: rows, their encoders, and everything computed from them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from explorer.analysis.specs import ClusterSpec
from explorer.data.corpus import Corpus
from explorer.encode.queries import QueryVectors
from explorer.encode.spec import EncoderSpec
from explorer.jobs.registry import Job
from explorer.jobs.sizes import Memory
from explorer.session.comparison import COMPARISON, ComparisonState
from explorer.session.linked_rows import LinkedRows
from explorer.session.open_tabs import OpenTabs
from explorer.session.rows_origin import RowsOrigin
from explorer.session.selection import Selection
from explorer.session.space_jobs import Opened, awaited
from explorer.settings import settings

if TYPE_CHECKING:
    from explorer.analysis.space import Space  # brings torch, which a first page must not wait for

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
        notice: A message shown until rows are opened, such as that a link could not be followed.
        focus: The only rows that the map and the clusters show; None for all rows.
        focused: The spaces of only those rows, by the fingerprint of the whole space.
        cluster_choices: The specs of the clusters that every page shows, by the rows in focus.
        comparison: What the visitor chose for comparing encoders over these rows.
        other_columns: Sessions of the same rows with another text column, by that column; see
            `explorer.session.contenders.session_reading`.
        cluster_names: Names a person gave to clusters, by space, spec, rows and cluster number.
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
    again_for: dict[EncoderSpec, tuple[str, ...]] = field(default_factory=dict)
    rows_origin: RowsOrigin | None = None
    linked_rows: LinkedRows | None = None
    notice: str = ""
    focus: Selection | None = None
    focused: dict[str, Space] = field(default_factory=dict)
    cluster_choices: dict[str, ClusterSpec] = field(default_factory=dict)
    cluster_names: dict[tuple[str, ClusterSpec, str, int], str] = field(default_factory=dict)
    comparison: ComparisonState = field(default_factory=ComparisonState)
    other_columns: dict[str, Session] = field(default_factory=dict)
    _selections: list[Selection | None] = field(default_factory=lambda: [None])

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

        Args:
            corpus: The rows. The same rows under another name keep their results.
            spec: The encoder.
            rows_origin: Where a person's own rows came from.
        """
        if corpus is not self.corpus:
            if corpus.fingerprint == self.corpus.fingerprint:
                self.spaces = {spec: space.for_corpus(corpus) for spec, space in self.spaces.items()}
            else:
                self._forget_rows()
            self.corpus, self.rows_origin, self.focused = corpus, rows_origin, {}
            self.other_columns = {}
        if spec not in self.encoders:
            self.encoders.append(spec)
        self.notice, self.linked_rows = "", None
        self.active = self.encoders.index(spec)

    def is_open(self, corpus: Corpus) -> bool:
        """Whether these rows are the open ones, with the same name and origin."""
        mine = self.corpus
        return corpus is mine or (
            corpus.fingerprint == mine.fingerprint
            and (corpus.name, corpus.sample, corpus.origin, corpus.total_rows, corpus.notes)
            == (mine.name, mine.sample, mine.origin, mine.total_rows, mine.notes)
            and np.array_equal(corpus.source_rows, mine.source_rows)
        )

    def _forget_rows(self) -> None:
        """Drop selections, vectors and clusters of the previous corpus, and stop the work on it."""
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
        self._selections = [None]
        self.focus_on(None)
        self.cluster_choices = {}
        self.cluster_names = {}
        self.comparison = self.comparison.for_other_rows()

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

    @property
    def can_undo_selection(self) -> bool:
        """Whether there is a previous selection."""
        return len(self._selections) > 1

    def focus_on(self, rows: Selection | None) -> None:
        """Show only these rows on the map and in the clusters, or all rows again (None)."""
        self.focus = rows
        self.focused = {}

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
        self.jobs = {spec: job for spec, job in self.jobs.items() if not awaited(job).ended}

    def release(self) -> None:
        """Drop what was computed, when the tab is closed; jobs go on, since the person may come back."""
        self.spaces, self.focused, self.other_columns = {}, {}, {}
        self.jobs, self.asking, self.results = {}, {}, OrderedDict()
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
            focused={},
            cluster_choices=dict(self.cluster_choices),
            cluster_names=dict(self.cluster_names),
            other_columns={},
            comparison=replace(self.comparison, answers=dict(self.comparison.answers), shown=None),
            _selections=list(self._selections),
        )
