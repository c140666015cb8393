"""A session is the same when it is opened, elsewhere as far as it can be, and no other file does any harm."""

import contextlib
import copy
import getpass
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import zipfile
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import explorer
from explorer.analysis.cluster_edits import as_found
from explorer.analysis.specs import ClusterSpec
from explorer.data.filters.specs import Contains
from explorer.data.formats.parquet import read_parquet
from explorer.data.zip_parts import pack_parts
from explorer.encode.spec import HostedModel, LocalModel, OwnVectors, Tfidf
from explorer.errors import DataError, ExplorerError, TooLargeError, UnreadableFileError
from explorer.session.clusters import ClusteringKey, MadeClusters
from explorer.session.files import row_sources
from explorer.session.files.contents import COMPARISON, DOCUMENT, ROWS, ChosenComparison
from explorer.session.files.opening import is_session, read_session
from explorer.session.files.saved_session import SavedSession
from explorer.session.files.visitor import opened_session, saved_from
from explorer.session.files.writing import session_bytes, session_size
from explorer.session.selection import Selection
from explorer.session.session import Session
from explorer.ui.search.controls import MAX_QUERIES, MAX_QUERY_CHARS
from tests.conftest import ROOT
from tests.damage import damaged, damages
from tests.session.files.sessions import content, everything, packed, parts_of, rewritten

FAQ = "medicare-faq"


def read(data, **how):
    return read_session(data, "mine.explorer", read_rows=read_parquet, **how)


def plain(session):
    """What a session holds, in values that can be compared."""
    found = {field.name: getattr(session, field.name) for field in fields(session)}
    for name in ("selection", "focus"):
        rows = found[name]
        found[name] = None if rows is None else (rows.rows.tolist(), rows.origin)
    chosen = found.pop("comparison")
    found |= {f"comparison.{field.name}": getattr(chosen, field.name) for field in fields(chosen)}
    result = found.pop("comparison.result")
    corpus = found.pop("corpus")
    found["rows_origin"] = None
    return found | {
        "rows": None if corpus is None else (corpus.name, corpus.text, corpus.label, corpus.fingerprint),
        "result": None if result is None else (result.verdict.text, result.names),
    }


def faq(**how):
    return SavedSession(explorer.open_corpus(FAQ), (Tfidf(),), **how)


def test_everything_is_there_again(tmp_path):
    path = tmp_path / "mine.explorer"
    everything().save(path)
    opened = explorer.open_session(path)
    assert plain(opened) == plain(everything())
    assert opened.missing == ()
    assert path.read_bytes() == content()
    assert session_bytes(opened) == content()


def test_a_sample_is_named_and_not_copied_unless_that_is_asked_for():
    named, whole = session_bytes(faq()), session_bytes(faq(), rows=True)
    assert parts_of(named).keys() == {DOCUMENT, "examples.npy", "preferred.npy", "answers.npy"}
    assert ROWS in parts_of(whole)
    assert read(named).corpus.sample == FAQ
    assert read(whole).corpus.sample is None
    assert read(whole).corpus.fingerprint == read(named).corpus.fingerprint


def test_rows_take_memory_only_if_they_are_in_the_file():
    corpus = explorer.open_corpus(FAQ)
    assert session_size(corpus, rows=False, space=None) == 0
    rows = session_size(corpus, rows=True, space=None)
    space = faq().space()
    assert session_size(corpus, rows=False, space=space) >= rows + space.vectors.nbytes > rows > 0


def test_a_sample_with_another_column_is_in_the_file():
    corpus = explorer.open_corpus("support-tickets", text="channel", label=None, limit=20)
    opened = read(session_bytes(SavedSession(corpus, (Tfidf(),))))
    assert (opened.corpus.text, opened.corpus.fingerprint) == ("channel", corpus.fingerprint)


def test_with_vectors_nothing_is_encoded_again(monkeypatch):
    session = faq(selection=Selection(np.array([2]), "x"), clusters=made(Tfidf()))
    space = session.space()
    opened = read(session_bytes(session, space=space))
    assert opened.encoders == (OwnVectors(Tfidf()),)
    assert [one.encoder for one in opened.clusters] == [OwnVectors(Tfidf())]
    again = opened.space()
    assert again.report.encoded == 0
    np.testing.assert_array_equal(again.vectors, space.vectors)
    assert [hit.row for hit in again.search("card", k=3)] == [hit.row for hit in space.search("card", k=3)]
    assert opened.selection.rows.tolist() == [2]
    assert plain(read(session_bytes(opened))) == plain(opened)


def made(encoder):
    return (MadeClusters(encoder, ClusterSpec(k=2), "", "00", (), ((as_found(0), "x"),)),)


def test_rows_that_brought_vectors_bring_them_again():
    rows = {"text": ["a", "b", "c"], "v": [[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]}
    corpus = explorer.open_corpus(rows, text="text", vectors="v")
    opened = read(session_bytes(SavedSession(corpus, (OwnVectors(),))))
    assert opened.encoders == (OwnVectors(),)
    np.testing.assert_array_equal(opened.corpus.vectors, corpus.vectors)
    assert opened.space().similar_to(0, k=1)[0].row == 2


names = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
few = st.integers(0, 12)


@given(
    names,
    names,
    st.dictionaries(few, names, max_size=5),
    st.sets(few, min_size=1),
    st.lists(names, max_size=3),
)
def test_any_text_and_any_rows_are_read_as_written(origin, name, examples, rows, values):
    session = faq(
        selection=Selection(np.array(sorted(rows)), origin),
        examples=examples,
        clusters=(MadeClusters(Tfidf(), ClusterSpec(k=2), "", "0", (), ((as_found(0), name),)),),
        comparison=ChosenComparison(name, queries=(origin,), answers={name: {0: 3, 1: None}, origin: {}}),
        pages={"Search": {"q": tuple(values)}} if values else {},
    )
    assert plain(read(session_bytes(session))) == plain(session)


def test_what_a_visitor_has_open_goes_into_a_file_and_comes_back():
    before = opened_session(everything(), Session("a", explorer.open_corpus(FAQ), [LocalModel()]))
    assert before.comparison.opened.comparison.verdict == everything().comparison.result.verdict
    assert before.unseen_pages == {"Map", "Compare"}
    assert plain(saved_from(before)) == plain(everything())
    other = opened_session(read(session_bytes(saved_from(before))), before)
    assert plain(saved_from(other)) == plain(everything())


def test_names_and_edits_come_back_once_the_same_clusters_are_found_and_only_then():
    state = opened_session(everything(), Session("a", everything().corpus, [Tfidf()])).clusters
    key = ClusteringKey("vectors", ClusterSpec(k=3), "")
    state.meet(key, Tfidf(), lambda: "1a2b3c4d")
    assert state.edits[key] == everything().clusters[0].edits
    assert state.made() == everything().clusters[::1]
    other = ClusteringKey("vectors", ClusterSpec(k=5), everything().clusters[1].rows)
    state.meet(other, LocalModel(), lambda: "other")
    assert other not in {named for named, _ in state.names}
    assert "differ from those of the session file" in state.notice[1]
    assert state.made() == everything().clusters[:1]


# Another machine.


@pytest.fixture
def folder_model(tiny_model, monkeypatch, tmp_path):
    """A model of a folder below the host's model folder."""
    root = tmp_path / "models"
    shutil.copytree(tiny_model, root / "team" / "our-model")
    monkeypatch.setenv("EXPLORER_MODEL_DIR", str(root))
    explorer.settings.settings.cache_clear()
    return LocalModel(str(root / "team" / "our-model"))


def test_a_model_of_a_folder_that_is_not_here_is_named_with_what_to_do_and_the_rest_opens(folder_model):
    session = SavedSession(
        explorer.open_corpus(FAQ), (folder_model, Tfidf()), selection=Selection(np.array([1]), "x")
    )
    data = session_bytes(session)
    assert read(data).encoders == session.encoders
    assert read(data).missing == ()
    shutil.rmtree(folder_model.model)
    opened = read(data)
    assert (opened.encoders, opened.encoder) == ((Tfidf(),), Tfidf())
    assert opened.selection.rows.tolist() == [1]
    first, second = opened.missing
    assert "our-model was a folder on the machine where the session was saved" in first
    assert "EXPLORER_MODEL_DIR" in first
    assert second == "The rows are encoded by TF-IDF instead."


def test_a_model_of_the_hub_that_is_not_on_disk_is_kept_and_said():
    opened = read(session_bytes(SavedSession(explorer.open_corpus(FAQ), (LocalModel("owner/other"),))))
    assert opened.encoders == (LocalModel("owner/other"),)
    assert "owner/other is not on this machine yet" in opened.missing[0]


def test_a_server_that_is_not_set_up_here_is_said():
    session = SavedSession(explorer.open_corpus(FAQ), (HostedModel("our-server", "m"), Tfidf()), 1)
    opened = read(session_bytes(session))
    assert opened.encoders == (Tfidf(),)
    assert opened.active == 0
    assert "no server of that name" in opened.missing[0]


def test_without_the_model_saved_vectors_still_map(folder_model):
    session = SavedSession(explorer.open_corpus(FAQ), (folder_model,))
    data = session_bytes(session, space=session.space())
    shutil.rmtree(folder_model.model)
    opened = read(data)
    assert opened.encoders == (OwnVectors(),)
    assert "our-model made the vectors of the rows and is not on this machine" in opened.missing[0]
    assert len(opened.space().similar_to(0, k=2)) == 2


def test_other_rows_behind_the_same_name_keep_what_is_not_about_rows(monkeypatch):
    session = faq(
        selection=Selection(np.array([1]), "x"),
        examples={1: "a"},
        comparison=ChosenComparison(answers={"q": {1: 1}}),
        pages={"Map": {"colour": ("cluster",)}},
    )
    data = session_bytes(session)
    before = explorer.open_corpus(FAQ)
    monkeypatch.setattr(row_sources, "open_sample", lambda _: before.take(np.arange(5)))
    opened = read(data)
    assert len(opened.corpus) == 5
    assert (opened.selection, opened.examples, opened.comparison.answers) == (None, {}, {})
    assert (opened.encoders, opened.pages) == (session.encoders, session.pages)
    assert "has 5 rows here, and had 13" in opened.missing[0]
    assert "left out" in opened.missing[1]
    assert read(data, open_rows=before).selection.rows.tolist() == [1]


def test_more_rows_than_the_host_allows_are_said_and_the_rest_opens(bound):
    data = content()
    bound("EXPLORER_MAX_ROWS", 10)
    opened = read(data)
    assert opened.corpus is None
    assert "up to 10 are opened" in opened.missing[0]
    assert opened.pages == everything().pages
    before = Session("a", explorer.open_corpus("medicare-faq", limit=5), [LocalModel()])
    session = opened_session(opened, before)
    assert session.corpus is before.corpus
    with pytest.raises(DataError, match="not here"):
        opened.space()
    with pytest.raises(DataError, match="cannot be saved"):
        session_bytes(opened)


# Secrets.


def test_no_token_path_or_name_of_a_person_is_in_a_file(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secretsecret")
    path = tmp_path / "private" / "mine.csv"
    path.parent.mkdir()
    path.write_text("text,kind\na parcel,x\nthe sea,y\n")
    corpus = explorer.open_corpus(path)
    spec = LocalModel(str(tmp_path / "private" / "model"), trust_remote_code=True, revision="a" * 40)
    session = Session("visitor-identity", corpus, [spec, Tfidf()], 1)
    data = session_bytes(saved_from(session), rows=True)
    everywhere = b"\n".join([data, *parts_of(data).values()])
    for secret in ("hf_secret", str(tmp_path), "private", "visitor-identity", "trust_remote_code"):
        assert secret.encode() not in everywhere
    for person in {getpass.getuser(), socket.gethostname(), Path.home().name} - {"root", ""}:
        assert person.encode() not in everywhere


def test_what_others_put_into_an_address_is_not_in_a_file():
    given = {"map-seed": ("7",), "__sign": ("eyJsecret",), "token": ("hf_secret",), "model": ("own/model",)}
    data = session_bytes(faq(pages={"Map": given}))
    assert b"secret" not in parts_of(data)[DOCUMENT]
    assert read(data).pages == {"Map": {"map-seed": ("7",)}}


def test_the_longest_list_of_queries_opens_again_and_a_longer_setting_costs_no_more_than_its_page():
    longest = ("é" * (MAX_QUERIES * MAX_QUERY_CHARS),)
    pages = {"Search": {"queries": longest}, "Map": {"map-query": ("x" * 200_000,)}}
    assert read(session_bytes(faq(pages=pages))).pages == {"Search": {"queries": longest}}


# Files that are damaged, or made to harm.


@pytest.mark.parametrize("size", [0, 1, 30, 100, 0.5, 0.99])
def test_a_file_cut_short_says_so(size):
    whole = content()
    with pytest.raises(UnreadableFileError, match="cut short or damaged"):
        read(whole[: size if isinstance(size, int) else int(size * len(whole))])


def test_a_newer_version_and_other_files_are_told_apart(tmp_path):
    with pytest.raises(UnreadableFileError, match="newer Explorer"):
        read(rewritten(lambda document: document.update(version=2)))
    for other in (b"a,b\n1,2\n", packed({"word/document.xml": b"x"}), packed({DOCUMENT: b"{}"})):
        with pytest.raises(UnreadableFileError, match="not a session"):
            read(other)
    with pytest.raises(UnreadableFileError, match="cannot be read"):
        explorer.open_session(tmp_path / "nothing.explorer")
    (tmp_path / "mine.csv").write_bytes(content())
    with pytest.raises(UnreadableFileError, match="a session saved by Explorer"):
        explorer.open_corpus(tmp_path / "mine.csv")


def test_a_session_is_known_by_its_contents():
    assert is_session(content(), "anything.zip")
    assert is_session(b"nothing", "mine.Explorer")
    assert not is_session(packed({"a": b""}), "a.npz")


def test_a_file_over_the_limit_on_files_is_refused(bound):
    bound("EXPLORER_MAX_FILE_MB", 1)
    with pytest.raises(TooLargeError, match="1 MB"):
        read(bytes(1_000_001))


def test_bombs_are_refused_before_they_are_unpacked():
    with pytest.raises(UnreadableFileError, match="too much memory"):
        read(packed({DOCUMENT: bytes(70_000_000)}))
    parts = {f"{number}.npy": bytes(20_000_000) for number in range(5)}
    with pytest.raises(UnreadableFileError, match="too much memory"):
        read(packed({DOCUMENT: b"{}", **parts}))
    with pytest.raises(UnreadableFileError, match="too much memory"):
        read(packed({DOCUMENT: b"{}", **{f"{number}": b"" for number in range(3_000)}}))


def test_a_list_of_very_many_parts_is_not_read(monkeypatch):
    data = packed({f"{number}": b"" for number in range(6_000)})
    monkeypatch.setattr(zipfile.ZipFile, "__init__", lambda *_args: pytest.fail("it was read"))
    with pytest.raises(UnreadableFileError, match="too much memory"):
        read(data)


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "rows.parquet/../x", "a\\b.npy", "x"])
def test_parts_of_other_names_are_refused_and_nothing_is_written(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnreadableFileError):
        read(packed({**parts_of(content()), name: b"x"}))
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_the_archive_is_only_its_text():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        entry = zipfile.ZipInfo(DOCUMENT)
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(UnreadableFileError, match="damaged"):
        read(out.getvalue())


def test_a_part_twice_or_missing_is_refused():
    parts = parts_of(content())
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = pack_parts([*parts.items(), (DOCUMENT, parts[DOCUMENT])])
    for data in (
        twice,
        *(packed({n: p for n, p in parts.items() if n != name}) for name in (ROWS, DOCUMENT)),
    ):
        with pytest.raises(UnreadableFileError):
            read(data)
    with pytest.raises(UnreadableFileError):
        read(packed({**parts, ROWS: b"PAR1 no rows PAR1"}))
    without = read(packed({**parts, COMPARISON: b"no comparison"}))
    assert without.comparison.result is None
    assert "The comparison is made again" in without.missing[0]


@pytest.mark.parametrize(
    "text", [b"[" * 200_000, b'{"a":' * 100_000, b'{"format": NaN}', b'"\\ud800"', b"\xff"]
)
def test_a_document_nested_without_end_is_refused(text):
    with pytest.raises(UnreadableFileError):
        read(packed({**parts_of(content()), DOCUMENT: text}))


def places(value, path=()):
    """The way to every value of a document."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield from places(one, (*path, key))


WRONG = (None, True, -1, 10**30, "", "../x", "\ud800", [], {"x": [[]]}, "é" * 30_000)


@pytest.mark.slow
def test_any_value_in_any_place_gives_an_error_of_ours_or_a_session_that_can_be_used():
    light = replace(
        everything(),
        corpus=explorer.open_corpus(FAQ),
        selection=Selection(np.array([1, 2]), "x"),
        filters=(Contains("question", "card"),),
        examples={3: "a"},
        comparison=replace(
            everything().comparison, judgements=None, answers={"q": {1: 1}}, result=None, pairs=None
        ),
    )
    parts = parts_of(session_bytes(light))
    document = json.loads(parts[DOCUMENT])
    before = Session("a", explorer.open_corpus(FAQ), [LocalModel()])
    refused = 0
    for path in places(document):
        for wrong in WRONG if path else (None, [], "x"):
            changed = copy.deepcopy(document)
            at = changed
            for key in path[:-1]:
                at = at[key]
            if path:
                at[path[-1]] = wrong
            else:
                changed = wrong
            data = pack_parts([*{**parts, DOCUMENT: json.dumps(changed).encode()}.items()], frozenset(parts))
            try:
                found = read(data, open_rows=light.corpus)
            except ExplorerError:
                refused += 1
            else:
                opened = opened_session(found, before)
                session_bytes(saved_from(opened))
    assert refused > 300


@given(damages)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_a_damaged_file_gives_an_error_of_ours_or_the_session(changes):
    with contextlib.suppress(ExplorerError):
        read(damaged(content(), changes))


# Saving.


def test_another_ending_and_other_rows_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"\.explorer"):
        faq().save(tmp_path / "mine.zip")
    space = explorer.embed(["a", "b"], "tfidf")
    with pytest.raises(DataError, match="other rows"):
        faq().save(tmp_path / "mine.explorer", space=space)


@pytest.mark.parametrize(
    "wrong",
    [
        {"selection": Selection(np.array([0, 10_000]), "a program")},
        {"focus": Selection(np.array([3, 1]), "a program")},
        {"selection": Selection(np.array([], np.int64), "a program")},
        {"examples": {-1: "x"}},
        {"preferred_rows": (10_000,)},
        {"encoders": ()},
        {"active": 1},
    ],
)
def test_what_would_not_be_opened_again_is_not_saved(wrong, tmp_path):
    session = replace(SavedSession(explorer.open_corpus(FAQ)), **wrong)
    with pytest.raises(DataError):
        session.save(tmp_path / "mine.explorer")
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys
import explorer
from explorer.encode.spec import Tfidf
from explorer.session.files import saved_session


def half(path):
    import contextlib
    from explorer.scratch import whole_file
    @contextlib.contextmanager
    def sink():
        with whole_file(path) as file:
            file.write(b"half of a file")
            file.flush()
            os.kill(os.getpid(), signal.SIGKILL)
            yield file
    return sink()

saved_session.whole_file = half
explorer.SavedSession(explorer.open_corpus("medicare-faq"), (Tfidf(),)).save(sys.argv[1])
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_kill_in_the_middle_leaves_the_old_file_whole(tmp_path):
    path = tmp_path / "mine.explorer"
    everything().save(path)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == -signal.SIGKILL
    assert path.read_bytes() == content()
    assert plain(explorer.open_session(path)) == plain(everything())
