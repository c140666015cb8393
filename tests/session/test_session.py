import dataclasses
import gc
import threading
import uuid
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from explorer.analysis.cluster_edits import Merge, as_found
from explorer.analysis.space import Space, make_index
from explorer.analysis.specs import ClusterSpec
from explorer.data.added_rows import add_rows
from explorer.data.corpus_from_table import make_corpus
from explorer.data.filters.specs import Between, Contains, OneOf
from explorer.data.formats.lines import read_lines
from explorer.encode.spec import LocalModel, Tfidf
from explorer.jobs.registry import JobRegistry, Lane
from explorer.session.clusters import ClusteringKey
from explorer.session.judging import answer
from explorer.session.rows_origin import LINES, RowsOrigin
from explorer.session.session import Session
from explorer.session.space_jobs import Opened
from explorer.settings import settings
from tests.session.conftest import done


def test_results_of_a_session_go_where_they_take_too_much_memory_and_never_the_newest(faq, monkeypatch):
    monkeypatch.setenv("EXPLORER_SESSIONS_MB", "20")  # and of these a quarter
    settings.cache_clear()
    session = Session("v", faq, [LocalModel()])
    for number in range(4):
        session.keep_result(number, done(np.zeros(2_000_000, np.uint8)))
    assert list(session.results) == [2, 3]
    session.keep_result("large", done(np.zeros(8_000_000, np.uint8)))
    assert list(session.results) == ["large"]
    session.keep_result("small", done(1))
    assert list(session.results) == ["small"]


def test_only_so_many_results_of_a_session_are_kept(faq):
    session = Session("v", faq, [LocalModel()])
    for number in range(30):
        session.keep_result(number, done(number))
    assert list(session.results) == list(range(6, 30))


def test_selections_are_undone_one_by_one(faq):
    session = Session("v", faq, [LocalModel()])
    session.select([3, 1, 3], "a")
    session.select([], "")
    assert session.selection is None
    session.undo_selection()
    np.testing.assert_array_equal(session.selection.rows, [1, 3])
    session.undo_selection()
    assert session.selection is None
    assert not session.can_undo_selection
    session.undo_selection()
    assert session.selection is None


def test_the_same_rows_by_another_name_keep_what_was_made_of_them(faq):
    session = Session("v", faq, [LocalModel(), Tfidf()], active=1)
    session.select([1], "a test")
    session.results["key"] = "a result"
    renamed = dataclasses.replace(faq, name="another.csv", sample=None, source_rows=faq.source_rows + 1)
    assert not session.is_open(renamed)
    session.open(renamed, LocalModel())
    assert session.is_open(renamed)
    assert session.corpus.name == "another.csv"
    assert session.corpus.source_rows[0] == 2
    assert len(session.selection) == 1
    assert session.results
    assert len(session.encoders) == 2
    session.open(faq.take(np.arange(3)), LocalModel())
    assert session.selection is None
    assert not session.results


def test_added_columns_keep_vectors_selections_filters_and_names(faq):
    session = Session("v", faq, [LocalModel()])
    space = Space(faq, make_index(np.eye(len(faq), dtype=np.float32)))
    session.spaces = {LocalModel(): space}
    session.select([1, 4], "a test")
    session.examples[3] = "costs"
    spec = ClusterSpec(k=2)
    opened, closed = (ClusteringKey(name, spec, "") for name in (space.vectors_origin, "not open now"))
    session.clusters.edits = {opened: (Merge((0, 1)),), closed: (Merge((2, 3)),)}
    session.clusters.names = {(opened, as_found(2)): "mine", (closed, as_found(1)): "another"}
    edits, names = dict(session.clusters.edits), dict(session.clusters.names)
    values = [f"kind {row % 2}" for row in range(len(faq))]
    session.add_columns({"kind": pa.array(values), faq.text: pa.array(values)})
    assert session.corpus.table.column_names == [*faq.table.column_names, "kind 2", f"{faq.text} 2"]
    assert session.corpus.table["kind 2"].to_pylist() == values
    assert session.corpus.sample is None
    (now,) = session.spaces.values()
    assert now.index is space.index
    assert now.fingerprint != space.fingerprint
    assert now.vectors_origin == space.vectors_origin
    assert (session.clusters.edits, session.clusters.names) == (edits, names)
    assert session.selection.rows.tolist() == [1, 4]
    assert session.examples == {3: "costs"}
    session.filter_by([OneOf("kind 2", ("kind 1",))])
    assert session.shown.rows.tolist() == list(range(1, len(faq), 2))


def more_rows(corpus, lines):
    """Rows that follow those of a corpus, and where they are from."""
    source = read_lines("\n".join(lines))
    origin = RowsOrigin(LINES, source, ("text",), None, None, 0, None, corpus)
    return add_rows(corpus, make_corpus(source, text="text")), origin


def test_what_was_chosen_about_rows_is_kept_when_rows_are_added(faq):
    session = Session("v", faq, [LocalModel()])
    session.select([1, 4], "a test")
    session.select([2], "another")
    session.focus_on(session.selection)
    session.filter_by([Contains(faq.text, "a")])
    session.examples[3] = "costs"
    session.prefer(5)
    answer(session, "a query", 2, 1)
    session.keep_result(("r", "of the rows before"), done(1))
    session.clusters.choices = dict.fromkeys(("", session.focus.key), ClusterSpec(k=4))
    whole, some = (ClusteringKey("space", ClusterSpec(k=4), rows) for rows in ("", session.focus.key))
    session.clusters.edits = {whole: (Merge((0, 1)),), some: (Merge((0, 1)),)}
    session.clusters.names = {(whole, as_found(2)): "gone", (some, as_found(2)): "mine"}
    added, origin = more_rows(faq, ["a boat", "b"])
    session.open(added, LocalModel(), origin)
    assert session.selection.rows.tolist() == [2]
    assert session.focus.rows.tolist() == [2]
    session.undo_selection()
    assert session.selection.rows.tolist() == [1, 4]
    assert session.passing[[len(faq), len(faq) + 1]].tolist() == [True, False]
    assert session.filter_notice == ""
    assert session.examples == {3: "costs"}
    assert session.preferred_rows == (5,)
    assert session.comparison.answers == {"a query": {2: 1}}
    assert not session.results
    assert session.clusters.choices == {session.focus.key: ClusterSpec(k=4)}
    assert session.clusters.edits == {some: (Merge((0, 1)),)}
    assert session.clusters.names == {(some, as_found(2)): "mine"}
    of, notice = session.clusters.notice
    assert of is None
    assert notice.startswith("Rows were added, so the clusters were found anew.")


@pytest.mark.parametrize(("line", "kept"), [("who needs Part B", False), ("who needs it", True)])
def test_edits_of_clusters_of_filtered_rows_are_left_out_and_it_is_said_if_others_pass_now(faq, line, kept):
    session = Session("v", faq, [LocalModel()])
    session.filter_by([Contains(faq.text, "Part B")])
    rows = session.shown.key
    key = ClusteringKey("space", ClusterSpec(k=2), rows)
    session.clusters.edits = {key: (Merge((0, 1)),)}
    added, origin = more_rows(faq, [line])
    session.open(added, LocalModel(), origin)
    assert (session.shown.key == rows) == kept
    assert (session.clusters.edits, session.clusters.notice is None) == (
        ({key: (Merge((0, 1)),)}, True) if kept else ({}, False)
    )


def test_a_filter_of_a_column_that_is_gone_after_rows_were_added_is_left_out_and_says_so(faq):
    session = Session("v", faq, [LocalModel()])
    session.add_columns({"size": pa.array(range(len(faq)))})  # as to passages, whose whole rows lack it
    session.filter_by([Between("size", 0, 3), Contains(faq.text, "a")])
    added, origin = more_rows(faq, ["a boat"])
    session.open(added, LocalModel(), origin)
    assert session.filters == (Contains(faq.text, "a"),)
    assert session.filter_notice == 'There is no column "size". Its filter is left out.'


def test_rows_that_take_the_place_of_others_or_move_them_keep_nothing(faq):
    session = Session("v", faq, [LocalModel()])
    added, origin = more_rows(faq, ["a boat", "b"])
    session.select([1], "a test")
    session.open(added, LocalModel(), dataclasses.replace(origin, added_to=None))
    assert session.selection is None
    session.open(faq, LocalModel())
    session.open(added, LocalModel(), origin)
    session.select([len(faq)], "an added row")
    changed, origin = more_rows(faq, ["another boat", "b"])
    session.open(changed, LocalModel(), origin)
    assert session.selection is None


def test_edits_of_clusters_are_of_the_open_rows_and_of_one_tab(faq):
    session = Session("v", faq, [LocalModel()])
    key, step = ClusteringKey("space", ClusterSpec(k=4), ""), Merge((0, 1))
    session.clusters.notice = (key, "left out")
    session.clusters.edit(key, [step])
    assert (session.clusters.edits, session.clusters.notice) == ({key: (step,)}, None)
    session.clusters.names[key, as_found(2)] = "a name"
    session.clusters.notice = (key, "left out")
    tab = session.for_another_tab()
    assert (tab.clusters.edits, tab.clusters.notice) == (session.clusters.edits, None)
    tab.clusters.edit(key, ())
    assert (tab.clusters.edits, session.clusters.edits) == ({}, {key: (step,)})
    session.open(faq.take(np.arange(3)), LocalModel())
    assert (session.clusters.edits, session.clusters.names, session.clusters.notice) == ({}, {}, None)


def test_other_queries_give_up_those_before_and_a_closed_space_is_asked_for_no_more(faq):
    go = threading.Event()
    spec = LocalModel()
    session = Session(uuid.uuid4().hex, faq, [spec])
    registry = JobRegistry()

    def submit(key):
        return registry.submit(key, "T", lambda _say: go.wait(60), lane=Lane.QUERIES, visitor=session.visitor)

    jobs = {key: submit(key) for key in ("before", "wanted")}
    session.asking = dict(jobs)
    session.stop_asking({"wanted"})
    assert [job.awaited_by(session.visitor) for job in jobs.values()] == [False, True]
    assert list(session.asking) == ["wanted"]
    session.jobs[spec] = submit("opening")
    opening = session.jobs[spec]
    session.close_space(spec)
    assert not opening.awaited_by(session.visitor)
    assert spec not in session.jobs
    go.set()


@pytest.fixture
def submit():
    """A function that asks for a job of a visitor which runs until the test has ended."""
    go, registry = threading.Event(), JobRegistry()

    def ask(key, visitor="v"):
        return registry.submit(key, "T", lambda _say: go.wait(60), lane=Lane.QUICK, visitor=visitor)

    yield ask
    go.set()


def test_the_work_on_rows_that_were_closed_is_left(faq, submit):
    session = Session("v", faq, [LocalModel(), Tfidf()])
    session.spaces[LocalModel()] = space = SimpleNamespace(fingerprint="of the closed rows")
    session.jobs[LocalModel()] = submit("opening")
    encoding = submit("encoding")
    session.jobs[Tfidf()] = done(Opened(None, encoding))
    session.asking["query"] = submit("query")
    session.results["map", space.fingerprint] = submit("map")
    session.results["tokens", "of the new rows"] = submit("tokens")
    closed = [session.jobs[LocalModel()], encoding, session.asking["query"]]
    closed.append(session.results["map", space.fingerprint])
    tokens = session.results["tokens", "of the new rows"]
    submit("encoding", visitor="w")
    session.open(faq.take(np.arange(3)), LocalModel())
    assert [job.awaited_by("v") for job in [*closed, tokens]] == [False, False, False, False, True]
    assert not encoding.stopping  # another visitor waits for it


@pytest.mark.parametrize("visitor", ["v", "w"])
def test_what_another_tab_waits_for_is_not_left(faq, submit, visitor):
    session = Session("v", faq, [LocalModel()])
    session.jobs[LocalModel()] = opening = submit("opening")
    tab = dataclasses.replace(session.for_another_tab(), visitor=visitor)
    stored = session.for_another_tab()
    session.enter_tab()
    tab.enter_tab()
    session.open(faq.take(np.arange(3)), LocalModel())
    assert opening.awaited_by("v") is (visitor == "v")
    tab.open(faq.take(np.arange(3)), LocalModel())
    assert not opening.awaited_by("v")
    assert stored.jobs  # a session kept for a reload is no tab


@pytest.mark.slow
def test_a_tab_that_was_closed_waits_for_nothing(faq, submit):
    session = Session("v", faq, [LocalModel()])
    session.jobs[LocalModel()] = opening = submit("opening")
    session.for_another_tab().enter_tab()
    gc.collect()
    session.open(faq.take(np.arange(3)), LocalModel())
    assert not opening.awaited_by("v")
