"""What one visitor has open, kept over reruns, page changes and reloads of the tab."""

from __future__ import annotations

import functools
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import streamlit as st

from explorer.data.corpus import Corpus
from explorer.data.samples import SAMPLES, open_sample
from explorer.encode.models import BUNDLED_MODEL
from explorer.encode.queries import QueryVectors
from explorer.encode.spec import EncoderSpec
from explorer.errors import ExplorerError, ModelNotFoundError
from explorer.jobs.registry import Job, Lane, registry
from explorer.jobs.sizes import Memory
from explorer.settings import settings
from explorer.ui.shell.hub_link import PREFIX, HubRows
from explorer.ui.shell.model_names import choose_model, model_name
from explorer.ui.shell.remembered import remembered

if TYPE_CHECKING:
    from explorer.analysis.space import Space
    from explorer.ui.shell.brought import Brought
    from explorer.ui.widgets.clustering import ClusterChoice

_KEY = "explorer-session"
_KEEP_SELECTIONS = 20
_KEEP_RESULTS = 24
_RESULTS_SHARE = 4  # the results of one session may take this part of EXPLORER_SESSIONS_MB
_XSRF_COOKIE = "_streamlit_xsrf"  # Streamlit sets it in every browser; it tells browsers apart
MAX_PROMPT_CHARS = 500
_MAX_PROVIDER_CHARS = 64
# What the URL says of the encoder; neither a token nor leave to run a model's code is ever in it.
_ENCODER_PARAMETERS = ("model", "precision", "prompt", "query_prompt", "revision", "provider", "vectors")
_OWN = "own"


@dataclass(frozen=True, eq=False)
class Selection:
    """Rows a person picked; it follows them to every page.

    Attributes:
        rows: Rows of the corpus, from 0, ascending: int64, shape (selected,).
        origin: Where they were picked, in a few words.
    """

    rows: np.ndarray
    origin: str

    def __len__(self) -> int:
        return len(self.rows)

    @functools.cached_property
    def key(self) -> str:
        """Names the rows: equal rows, equal keys."""
        return hashlib.blake2b(self.rows.tobytes(), digest_size=16).hexdigest()


@dataclass
class Session:
    """What one visitor has open.

    Attributes:
        visitor: Names the browser; shared by its tabs.
        corpus: The rows under study.
        brought: Where they came from, when a person brought them.
        encoders: What encodes them, in the order they were added.
        active: Position in `encoders` of the one the pages use.
        spaces: The spaces that are ready.
        jobs: The jobs this session asked for.
        results: What pages computed on its spaces, by what it depends on.
        queries: The vectors of what it searched for.
        asking: The job that encodes what it searches for now.
        again_for: The queries for which rows were encoded again, since another model had to encode them.
        awaited: Jobs whose results the page that is being drawn has to do without.
        placed: Jobs whose progress is shown where their results will be, and nowhere else.
        arriving: The job that reads the rows a link names; the corpus is a sample until it has ended.
        notice: Something to say until rows are opened, such as that a link led nowhere.
        focus: The rows that the map and the clusters show alone; None for all.
        focused: The spaces of just those rows.
        cluster_choices: What made the clusters that every page shows, by the rows in focus.
        cluster_names: What a person called clusters, by what made them, their rows and their number.
    """

    visitor: str
    corpus: Corpus
    encoders: list[EncoderSpec]
    active: int = 0
    spaces: dict[EncoderSpec, Space] = field(default_factory=dict)
    jobs: dict[EncoderSpec, Job[Any]] = field(default_factory=dict)
    results: OrderedDict[Hashable, Job[Any]] = field(default_factory=OrderedDict)
    queries: QueryVectors = field(default_factory=QueryVectors)
    asking: Job[Any] | None = None
    again_for: tuple[str, ...] = ()
    awaited: list[Job[Any]] = field(default_factory=list)
    placed: set[Job[Any]] = field(default_factory=set)
    brought: Brought | None = None
    arriving: Job[Any] | None = None
    notice: str = ""
    focus: Selection | None = None
    focused: dict[EncoderSpec, Space] = field(default_factory=dict)
    cluster_choices: dict[str, ClusterChoice] = field(default_factory=dict)
    cluster_names: dict[tuple[ClusterChoice, str, int], str] = field(default_factory=dict)
    _selections: list[Selection | None] = field(default_factory=lambda: [None])

    @property
    def encoder(self) -> EncoderSpec:
        """The active encoder."""
        return self.encoders[self.active]

    def open(self, corpus: Corpus, spec: EncoderSpec, brought: Brought | None = None) -> None:
        """Work on a corpus with an encoder; other rows close those before, with all that was made of them.

        Args:
            corpus: The rows. The same rows by another name keep what was made of them.
            spec: What encodes them.
            brought: Where a person's own rows came from.
        """
        if corpus is not self.corpus:
            if corpus.fingerprint == self.corpus.fingerprint:
                self.spaces = {spec: space.for_corpus(corpus) for spec, space in self.spaces.items()}
            else:
                self._forget_rows()
            self.corpus, self.brought, self.focused = corpus, brought, {}
        if spec not in self.encoders:
            self.encoders.append(spec)
        self.notice = ""
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
        self.asking = None
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
        """Let go of an encoder's space, which no longer is what the encoder makes of the rows."""
        self.spaces.pop(spec, None)
        self.focused.pop(spec, None)
        self.jobs.pop(spec, None)

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


def has_session() -> bool:
    """Whether this tab has a session yet."""
    return _KEY in st.session_state


def current_session() -> Session:
    """The session of this tab; the first call of a tab opens what its URL names, or the first sample."""
    session = cast("Session | None", st.session_state.get(_KEY))
    if session is None:
        session = _opened_from_url()
        st.session_state[_KEY] = session
    return session


def remember(session: Session) -> None:
    """Write the session into the URL and keep it for a reload."""
    remembered().keep(session, corpus_parameter(session.corpus))
    wanted = {"corpus": corpus_parameter(session.corpus)}
    spec, plain = session.encoder, EncoderSpec()
    if spec.model != plain.model:
        wanted["model"] = model_name(spec.model)
    if spec.precision != plain.precision:
        wanted["precision"] = spec.precision
    if spec.prompt is not None:
        wanted["prompt"] = spec.prompt
    if spec.query_prompt is not None:
        wanted["query_prompt"] = spec.query_prompt
    if spec.revision is not None:
        wanted["revision"] = spec.revision
    if spec.provider:
        wanted["provider"] = spec.provider
    if spec.own_vectors:
        wanted["vectors"] = _OWN
    for name in ("corpus", *_ENCODER_PARAMETERS):
        if name in wanted and st.query_params.get(name) != wanted[name]:
            st.query_params[name] = wanted[name]
        elif name not in wanted and name in st.query_params:
            del st.query_params[name]


def corpus_parameter(corpus: Corpus) -> str:
    """How the URL names a corpus: a sample's name, rows of the Hub, or the beginning of a fingerprint."""
    rows = HubRows.of(corpus)
    return corpus.sample or (rows.link if rows else "") or corpus.fingerprint[:12]


def _opened_from_url() -> Session:
    visitor = _visitor()
    asked = st.query_params.get("corpus", "")
    notice = ""
    session = remembered().find(visitor, asked) if asked else None
    came_back = session is not None
    if session is None:
        arriving = None
        if asked.startswith(PREFIX):
            try:
                arriving = _read_rows(HubRows.from_link(asked), visitor)
            except ExplorerError as error:
                notice = str(error)
        elif asked and asked not in SAMPLES:
            notice = "This link leads to rows that only the browser they were opened in can show."
        corpus = open_sample(asked if asked in SAMPLES else next(iter(SAMPLES)))
        session = Session(visitor, corpus, [EncoderSpec()], arriving=arriving)
    try:
        spec = _spec_from_url()
    except ExplorerError as error:
        notice = str(error)
    else:
        unusable = spec is not None and spec.own_vectors and session.corpus.vectors is None
        if spec is not None and (session.arriving is not None or not unusable):
            # This browser's own encoder may have leave to run code, which no link can give.
            own = [session.encoder, *session.encoders]
            spec = next((one for one in own if replace(one, trust_remote_code=False) == spec), spec)
            if spec not in session.encoders:
                # A fresh tab has nothing yet: what the link names replaces the default.
                session.encoders = [*session.encoders, spec] if came_back else [spec]
            session.active = session.encoders.index(spec)
    session.notice = notice
    return session


def _read_rows(rows: HubRows, visitor: str) -> Job[Any]:
    return registry().submit(("rows", rows), f"Reading {rows.id}", rows.read, lane=Lane.ROWS, visitor=visitor)


def _spec_from_url() -> EncoderSpec | None:
    parameters = st.query_params
    if not set(_ENCODER_PARAMETERS) & set(parameters):
        return None
    provider, own = parameters.get("provider", ""), parameters.get("vectors") == _OWN
    model = parameters.get("model", BUNDLED_MODEL)
    if len(provider) > _MAX_PROVIDER_CHARS:
        raise ModelNotFoundError("The link names no server.")
    return EncoderSpec(
        # A model elsewhere is no folder here, and the model of the rows' own vectors need not be known.
        model=model if provider or (own and not model) else choose_model(model),
        precision="float32" if parameters.get("precision") == "float32" else "auto",
        prompt=_cut(parameters.get("prompt")),
        query_prompt=_cut(parameters.get("query_prompt")),
        revision=parameters.get("revision"),
        provider=provider,
        own_vectors=own,
    )


def _cut(prompt: str | None) -> str | None:
    return None if prompt is None else prompt[:MAX_PROMPT_CHARS]


def _visitor() -> str:
    """Names the browser by the secret part of Streamlit's own cookie, hashed; a new name without one."""
    from streamlit.web.server.starlette.starlette_app_utils import decode_xsrf_token_string

    cookie = st.context.cookies.get(_XSRF_COOKIE)
    secret, _ = decode_xsrf_token_string(cookie) if cookie else (None, None)
    if not secret:
        return secrets.token_hex(16)
    return hashlib.blake2b(secret, digest_size=16).hexdigest()
