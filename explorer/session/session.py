"""What one visitor has open: rows, what encodes them, and all that was made of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.analysis.specs import ClusterSpec
from explorer.data.corpus import Corpus
from explorer.encode.queries import QueryVectors
from explorer.encode.spec import EncoderSpec
from explorer.jobs.registry import Job
from explorer.jobs.sizes import Memory
from explorer.session.linked_rows import LinkedRows
from explorer.session.rows_origin import RowsOrigin
from explorer.session.selection import Selection
from explorer.session.space_jobs import Opened, awaited
from explorer.settings import settings

if TYPE_CHECKING:
    from explorer.analysis.space import Space  # brings torch, which a first page must not wait for

_KEEP_SELECTIONS = 20
_KEEP_RESULTS = 24
_RESULTS_SHARE = 4  # the results of one session may take this part of EXPLORER_SESSIONS_MB


@dataclass
class Session:
    """What one visitor has open.

    Attributes:
        visitor: Names the browser; shared by its tabs.
        corpus: The rows under study.
        encoders: What encodes them, in the order they were added.
        active: Position in `encoders` of the one the pages use.
        spaces: The spaces that are ready, each with the fingerprint that its encoder had when it was opened.
        jobs: The jobs that opened encoders; see `explorer.session.spaces`.
        results: What pages computed on its spaces, by what it depends on, the space's fingerprint included.
        queries: The vectors of what it searched for.
        asking: The jobs that encode what it searches for now, by encoder and texts.
        again_for: By encoder, the queries for which rows were encoded again, since another model had to
            encode them.
        rows_origin: Where the rows came from, when a person brought them.
        linked_rows: The rows that a link names, until they are here; the corpus is a sample until then.
        notice: Something to say until rows are opened, such as that a link led nowhere.
        focus: The rows that the map and the clusters show alone; None for all.
        focused: The spaces of just those rows, by the fingerprint of the whole space.
        cluster_choices: What made the clusters that every page shows, by the rows in focus.
        cluster_names: What a person called clusters, by the space, what made them, their rows and number.
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
    _selections: list[Selection | None] = field(default_factory=lambda: [None])

    @property
    def encoder(self) -> EncoderSpec:
        """The active encoder."""
        return self.encoders[self.active]

    def open(self, corpus: Corpus, spec: EncoderSpec, rows_origin: RowsOrigin | None = None) -> None:
        """Work on a corpus with an encoder; other rows close those before, with all that was made of them.

        Args:
            corpus: The rows. The same rows by another name keep what was made of them.
            spec: What encodes them.
            rows_origin: Where a person's own rows came from.
        """
        if corpus is not self.corpus:
            if corpus.fingerprint == self.corpus.fingerprint:
                self.spaces = {spec: space.for_corpus(corpus) for spec, space in self.spaces.items()}
            else:
                self._forget_rows()
            self.corpus, self.rows_origin, self.focused = corpus, rows_origin, {}
        if spec not in self.encoders:
            self.encoders.append(spec)
        self.notice, self.linked_rows = "", None
        self.active = self.encoders.index(spec)

    def is_open(self, corpus: Corpus) -> bool:
        """Whether these rows are the open ones, by the same name and from the same place."""
        mine = self.corpus
        return corpus is mine or (
            corpus.fingerprint == mine.fingerprint
            and (corpus.name, corpus.sample, corpus.origin, corpus.total_rows, corpus.notes)
            == (mine.name, mine.sample, mine.origin, mine.total_rows, mine.notes)
            and np.array_equal(corpus.source_rows, mine.source_rows)
        )

    def _forget_rows(self) -> None:
        """Rows, vectors and clusters of another corpus mean nothing."""
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

    @property
    def selection(self) -> Selection | None:
        """The rows picked last; None while none are."""
        return self._selections[-1]

    def select(self, rows: Sequence[int] | np.ndarray, origin: str) -> None:
        """Pick rows; picking none clears the selection."""
        picked = np.unique(np.asarray(rows, dtype=np.int64))
        self._selections.append(Selection(picked, origin) if len(picked) else None)
        del self._selections[: -_KEEP_SELECTIONS - 1]

    def undo_selection(self) -> None:
        """Go back to what was picked before."""
        if len(self._selections) > 1:
            self._selections.pop()

    @property
    def can_undo_selection(self) -> bool:
        """Whether something was picked before."""
        return len(self._selections) > 1

    def focus_on(self, rows: Selection | None) -> None:
        """Show these rows alone on the map and among the clusters, or all again."""
        self.focus = rows
        self.focused = {}

    def close_space(self, spec: EncoderSpec) -> None:
        """Let go of an encoder's space, so that its encoder is opened again when it is next asked for."""
        self.spaces.pop(spec, None)
        opening = self.jobs.pop(spec, None)
        if opening is not None:
            awaited(opening).leave(self.visitor)

    def stop_asking(self, wanted: Collection[Hashable] = ()) -> None:
        """Give up the queries that are being encoded, but for those wanted."""
        for key in self.asking.keys() - set(wanted):
            self.asking.pop(key).leave(self.visitor)

    def keep_result(self, key: Hashable, job: Job[Any]) -> None:
        """Hold on to what a page computed, so that coming back shows it without computing again."""
        self.results[key] = job
        self.results.move_to_end(key)
        while len(self.results) > _KEEP_RESULTS:
            self.results.popitem(last=False)
        self.trim_results(Memory(), settings().sessions_mb * 1_000_000 // _RESULTS_SHARE)

    def trim_results(self, memory: Memory, most: int) -> None:
        """Let go of results that do not fit into memory, the oldest first and never the newest.

        Args:
            memory: What is held already; the results kept are counted in.
            most: Bytes it may come to.
        """
        for older, key in enumerate(reversed(list(self.results))):
            parts = self.results[key].parts
            memory.add(parts)
            if older and parts and memory.bytes > most:
                memory.remove(parts)
                del self.results[key]

    def for_another_tab(self) -> Session:
        """The same rows and encoders for another tab, without vectors: those come from the cache again."""
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
            _selections=list(self._selections),
        )
