import contextlib
import datetime
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.analysis.space import Space
from explorer.data.records import DamagedFileError
from explorer.data.tables.values import without_surrogates
from explorer.errors import QueryError, RecordError
from explorer.record.answer_record import AnswerRecord, open_record
from explorer.record.entry import RecordedHit, hits_from, hits_text, new_entry
from explorer.record.lines import COLUMNS, from_line, to_line
from explorer.retrieval.options import RankOptions
from tests.record.entries import an_entry, an_odd_entry, space_of

TEXTS = st.text(st.characters(), max_size=50)  # surrogates, NUL, emoji and line breaks included


@pytest.fixture
def record(tmp_path):
    return AnswerRecord(tmp_path / "answers.db")


def test_an_entry_comes_back_as_it_was_with_a_number(record):
    record.add([an_entry("first"), an_odd_entry()])
    second, first = record.entries()
    assert (first.number, second.number) == (1, 2)
    assert replace(first, number=0) == an_entry("first")
    assert replace(second, number=0) == an_odd_entry()
    assert len(record) == 2


@given(query=TEXTS, text=TEXTS)
def test_any_text_comes_back_or_loses_only_halves_of_characters(tmp_path_factory, query, text):
    record = AnswerRecord(tmp_path_factory.mktemp("texts") / "answers.db")
    space = space_of([text + " one", "two"])
    record.search(space, query + " asked")
    (entry,) = record.entries()
    assert entry.query == without_surrogates(query + " asked")
    assert {hit.text for hit in entry.hits} == {without_surrogates(text + " one"), "two"}


def test_long_texts_are_cut_and_ten_hits_kept(record):
    record.search(space_of([f"{row} {'x' * 2000}" for row in range(20)]), "q" * 5000, k=15)
    (entry,) = record.entries()
    assert len(entry.query) == 2000
    assert [len(hit.text) for hit in entry.hits] == [300] * 10


def test_a_search_is_recorded_with_all_that_made_it(record):
    space = space_of(["a red house", "a blue house", "the weather"])
    hits = record.search(space, "red", 2, metric="dot")
    (entry,) = record.entries()
    assert [(hit.row, hit.score, hit.text) for hit in entry.hits] == [
        (hit.row, hit.score, hit.text) for hit in hits
    ]
    assert entry.hits[0].percentile == space.percentile(hits[0].score, "dot")
    assert (entry.encoder, entry.corpus, entry.rows, entry.searched) == ("TF-IDF", "texts", 3, 3)
    assert (entry.metric, entry.ranking, entry.like_row) == ("dot", "vectors", None)
    assert entry.corpus_fingerprint == space.corpus.fingerprint
    assert entry.vectors_origin == space.vectors_origin
    assert 0 < entry.seconds < 60
    assert abs(datetime.datetime.now(datetime.UTC) - entry.at) < datetime.timedelta(minutes=1)


def test_a_row_and_a_ranking_in_stages_are_recorded_too(record):
    space = space_of(["a red house", "a blue house", "the weather"])
    mask = [True, True, False]
    assert [hit.row for hit in record.search(space, 0, rows=mask)] == [1]
    record.search(space, "house", options=RankOptions(words=True, variety=0.3))
    ranked, like = record.entries()
    assert (like.query, like.like_row, like.searched) == ("a red house", 0, 2)
    assert ranked.ranking == "vectors and words, with 30 % variety"


def test_a_space_without_an_encoder_and_a_folder_of_a_model_leave_no_path(record):
    space = space_of(["a red house", "a blue house"])
    bare = Space(space.corpus, space.index)
    record.search(bare, 0)
    record.add([new_entry(bare, "x", [], seconds=0, ranking=RankOptions(rerank=5, model="/home/me/cross"))])
    reranked, like = record.entries()
    assert (like.encoder, like.revision, like.precision, like.metric) == ("", "", "", "cosine")
    assert reranked.ranking == "vectors, the first 5 re-ranked by cross"


def test_what_is_refused_is_not_recorded(record):
    with pytest.raises(QueryError):
        record.search(space_of(["a", "b"]), " ")
    assert not record.path.exists()


def test_entries_are_found_by_words_in_any_case(record):
    record.add(map(an_entry, ["Reset my PASSWORD", "password forgotten", "invoice", "STRASSE"]))
    assert [entry.query for entry in record.entries("password")] == [
        "password forgotten",
        "Reset my PASSWORD",
    ]
    assert [entry.query for entry in record.entries("my pass")] == ["Reset my PASSWORD"]
    assert [entry.query for entry in record.entries("straße")] == ["STRASSE"]


def test_nothing_can_be_changed(record):
    record.add([an_entry("as it was")])
    with sqlite3.connect(record.path) as db, pytest.raises(sqlite3.IntegrityError, match="never changed"):
        db.execute("UPDATE answers SET query = 'other'")
    db.close()
    assert record.entries()[0].query == "as it was"


def test_the_oldest_go_when_there_are_too_many(tmp_path):
    record = AnswerRecord(tmp_path / "answers.db", most=3)
    record.add(an_entry(f"marked-{number}") for number in range(5))
    record.add([an_entry("last")])
    assert [entry.query for entry in record.entries()] == ["last", "marked-4", "marked-3"]
    assert b"marked-1" not in everything_in(tmp_path)


def everything_in(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("many", [3, 300])
def test_what_is_erased_is_not_in_the_file(tmp_path, many):
    record = AnswerRecord(tmp_path / "answers.db")
    record.add(an_entry(f"ordinary {number} {'x' * 500}") for number in range(many))
    secret = an_entry("a SECRET query", hit="a SECRET hit")
    record.add([secret, an_entry("after it")])
    record.add(an_entry(f"more {number}") for number in range(many))
    assert b"SECRET" in everything_in(tmp_path)
    record.erase(many + 1)
    assert b"SECRET" not in everything_in(tmp_path)
    assert len(record) == 2 * many + 1
    assert record.entries("after it")
    record.erase()
    assert len(record) == 0
    assert b"ordinary" not in everything_in(tmp_path)
    record.add([an_entry("new")])
    assert record.entries()[0].number > 2 * many  # a number is never given twice


def test_erasing_where_there_is_nothing_makes_no_file(record):
    record.erase()
    record.erase(7)
    assert record.entries() == []
    assert not record.path.exists()


def _append(path, name):
    record = AnswerRecord(path)
    for number in range(20):
        record.add([an_entry(f"{name}-{number}")])


def test_two_processes_append_at_once(tmp_path):
    path = tmp_path / "answers.db"
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_append, args=(path, name)) for name in ("one", "two")]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    entries = AnswerRecord(path).entries()
    assert sorted(entry.number for entry in entries) == list(range(1, 41))
    for name in ("one", "two"):  # each in its own order
        mine = [entry.query for entry in entries[::-1] if entry.query.startswith(name)]
        assert mine == [f"{name}-{number}" for number in range(20)]


WRITER = """
import sys
from pathlib import Path
from explorer.record.answer_record import AnswerRecord
from tests.record.entries import an_entry
record = AnswerRecord(Path(sys.argv[1]))
for number in range(1_000_000):
    record.add([an_entry(f"killed-{number}", hit="x" * 300)] * 20)
    print(number, flush=True)
"""


def test_a_process_that_is_killed_leaves_whole_transactions(tmp_path):
    path = tmp_path / "answers.db"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    for _ in range(5):
        told = int(writer.stdout.readline())
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    entries = AnswerRecord(path).entries()
    assert len(entries) % 20 == 0
    assert len(entries) >= 20 * (told + 1)
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
    AnswerRecord(path).add([an_entry("after")])
    assert AnswerRecord(path).entries()[0].query == "after"


def test_a_newer_version_is_refused_and_left_alone(record):
    record.add([an_entry("kept")])
    with sqlite3.connect(record.path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = record.path.read_bytes()
    for work in (record.entries, record.erase, lambda: record.add([an_entry("x")])):
        with pytest.raises(RecordError, match=r"answers\.db: .*newer Explorer \(version 99"):
            work()
    assert record.path.read_bytes() == before


def test_a_database_of_something_else_is_left_alone(tmp_path):
    with sqlite3.connect(tmp_path / "other.db") as db:
        db.execute("CREATE TABLE mine (x)")
    db.close()
    before = (tmp_path / "other.db").read_bytes()
    with pytest.raises(RecordError, match="another database, not a record"):
        open_record(tmp_path / "other.db")
    assert (tmp_path / "other.db").read_bytes() == before


@pytest.mark.parametrize("damage", ["not a database at all, but some text" * 100, "cut", "hits"])
def test_a_damaged_file_is_told_and_left_alone(record, damage):
    record.add(an_entry(f"{number} {'x' * 1000}") for number in range(50))
    whole = record.path.read_bytes()
    if damage == "cut":
        record.path.write_bytes(whole[: len(whole) // 2])
    elif damage == "hits":
        record.path.write_bytes(whole.replace(b'"score": 0.5', b'"score": "a"'))
    else:
        record.path.write_text(damage)
    before = record.path.read_bytes()
    with pytest.raises(RecordError, match="is damaged, or not a record") as caught:
        record.entries()
    assert str(record.path.parent) not in str(caught.value)
    assert record.path.read_bytes() == before


def test_a_file_locked_by_another_program_is_told(record, monkeypatch):
    monkeypatch.setattr("explorer.record.answer_record._BUSY_SECONDS", 0.01)
    record.add([an_entry("before")])
    other = sqlite3.connect(record.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(RecordError, match="Another program is writing it"):
            record.add([an_entry("lost")])
    finally:
        other.close()
    assert [entry.query for entry in record.entries()] == ["before"]


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordError, match="cannot be written or opened"):
        AnswerRecord(tmp_path / "file" / "answers.db").add([an_entry("x")])


FULL = """
import resource, sys
from pathlib import Path
from explorer.errors import RecordError
from explorer.record.answer_record import AnswerRecord
from tests.record.entries import an_entry
record = AnswerRecord(Path(sys.argv[1]))
record.add([an_entry("before")])
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
try:
    record.add([an_entry("x" * 2000)] * 100)
except RecordError as error:
    print(error)
print([entry.query for entry in record.entries()])
"""


def test_what_does_not_fit_is_told_and_leaves_the_rest(tmp_path):
    run = [sys.executable, "-c", FULL, str(tmp_path / "answers.db")]
    said, kept = subprocess.run(run, capture_output=True, text=True, check=True).stdout.splitlines()
    assert said.startswith("answers.db: ")
    assert "disk" in said.split(".db: ")[1]
    assert kept == "['before']"


@given(
    st.lists(
        st.builds(
            RecordedHit,
            st.integers(0, 2**40),
            st.floats(allow_nan=False, allow_infinity=False),
            st.none() | st.floats(0, 100),
            st.text(max_size=20),
        ),
        max_size=10,
    )
)
def test_hits_come_back_as_they_were(hits):
    assert hits_from(hits_text(hits)) == tuple(hits)


@given(
    st.dictionaries(
        st.sampled_from(COLUMNS), st.none() | st.integers() | st.floats() | st.text() | st.binary()
    )
)
def test_a_line_of_anything_is_an_entry_or_damaged(changes):
    line = {**dict(zip(COLUMNS, to_line(an_entry("x")), strict=True)), **changes}
    with contextlib.suppress(DamagedFileError):
        assert from_line((1, *line.values())).number == 1
