"""A space is published on the Hub and opened from it; the real client talks to a Hub on this machine."""

from __future__ import annotations

import getpass
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

import explorer
from explorer.data.space_files.facts import KEY
from explorer.data.space_files.parquet import write_parquet
from explorer.errors import (
    AccessError,
    ColumnError,
    EmptyDataError,
    HubSilentError,
    HubUnreachableError,
    JobCancelledError,
    ModelError,
    NameTakenError,
    NotOnHubError,
    PushError,
    QueryError,
    TooLargeError,
    UnreadableFileError,
)
from explorer.hub.pushed_repo import DATASET
from explorer.share.push import preview, publication
from tests.data.failing import failure
from tests.hub_pushes import TOKEN, Person, Repository

FILE = DATASET.file
QUERY = "How can Medicare help me?"
LOAD = """
import sys, datasets
datasets.load_dataset("me/faq", split="train").save_to_disk(sys.argv[1])
"""
ROWS = {
    "body": ["a red bicycle", "an apple | <b>pie</b>", "a parcel that came late", "the sea at night"],
    "kind": ["toy", "food", "post", None],
    "salary": [10, 20, 30, 47110815],
}


@pytest.fixture
def faq(prepared, tmp_path):
    shutil.copytree(prepared.vectors(), tmp_path / "cache", dirs_exist_ok=True)
    return explorer.embed("medicare-faq", precision="float32")


@pytest.fixture
def words():
    corpus = explorer.open_corpus(ROWS, text="body", label="kind", name="rows.csv")
    return explorer.embed(corpus, "tfidf")


def push(space, name="me/words", **options):
    return explorer.push_to_hub(space, name, **{"licence": "cc0-1.0", "token": TOKEN, **options})


def everything(made):
    """All that can be read in what is pushed, as one text."""
    facts = json.dumps(json.loads(made.saved.facts), ensure_ascii=False)
    return "\n".join([made.card, facts, str(made.saved.table.to_pydict())])


def front_matter(card):
    return yaml.safe_load(card.split("---\n")[1])


@pytest.mark.slow
def test_the_tutorials_matrix_is_pushed_and_loaded_back_by_its_id(faq, push_hub, published, tmp_path):
    pushed = push(faq, "me/faq", licence="other")
    assert pushed.address == f"{push_hub.url}/datasets/me/faq"
    environment = {"HF_ENDPOINT": push_hub.url, "HF_TOKEN": TOKEN, "HF_HUB_DISABLE_XET": "1"}
    subprocess.run(
        [sys.executable, "-c", LOAD, tmp_path / "loaded"], env={**os.environ, **environment}, check=True
    )
    by_datasets = explorer.open_corpus(tmp_path / "loaded", text="question", vectors="embedding")
    by_id = explorer.open_space("me/faq", token=TOKEN)
    at_a_commit = explorer.open_space("me/faq", revision=pushed.commit, token=TOKEN)
    for space in (explorer.embed(by_datasets, precision="float32"), by_id, at_a_commit):
        assert space.vectors.tobytes() == faq.vectors.tobytes()
        for hit, wanted in zip(space.search(QUERY, k=5), published["published"]["hits"], strict=True):
            assert hit.row == wanted["corpus_id"]
            assert hit.score == pytest.approx(wanted["score"], abs=1e-5)
    assert by_id.report.encoded == 0
    assert by_id.corpus.name == faq.corpus.name
    assert by_id.corpus.queries == faq.corpus.queries


@pytest.mark.slow
def test_it_is_private_unless_asked_and_pushing_again_adds_a_version(words, push_hub):
    first = push(words)
    assert push_hub.pushed["me/words"].private
    assert failure(NotOnHubError, explorer.open_space, "me/words", token="hf_other").where == "me/words"
    second = push(words, columns=["kind"])
    assert first.commit != second.commit
    assert explorer.open_space("me/words", token=TOKEN).corpus.table.column_names == ["body", "kind"]
    before = explorer.open_space("me/words", revision=first.commit, token=TOKEN)
    assert before.corpus.table.equals(words.corpus.table)
    assert [hit.row for hit in before.search("late parcel", k=2)] == [
        hit.row for hit in words.search("late parcel", k=2)
    ]
    error = failure(PushError, push, words, private=False)
    assert "is there and private, and was asked for as public" in error.what
    assert sorted(path.name for path in push_hub.newest("me/words").rglob("*") if path.is_file()) == [
        ".gitattributes",
        "README.md",
        Path(FILE).name,
    ]


def test_the_card_says_what_is_in_the_file_and_nothing_is_read_as_markup(words, faq):
    made = publication(words, "acme/words-1", licence="cc-by-nc-4.0", private=True)
    card = made.card
    assert front_matter(card)["license"] == "cc-by-nc-4.0"
    assert front_matter(card)["configs"][0]["data_files"] == [{"split": "train", "path": FILE}]
    for line in (
        "# words-1",
        "| Model | TF-IDF, fitted on the rows |",
        "| Rows | 4 |",
        "| Text column | body |",
        "| Label column | kind |",
        "| Other columns | salary |",
        "| The rows are from | rows.csv |",
        "| Licence of the rows | Creative Commons Attribution NonCommercial 4.0 (`cc-by-nc-4.0`) |",
        'space = explorer.open_space("acme/words-1")',
        'rows = load_dataset("acme/words-1", split="train")',
        'hf_hub_download("acme/words-1", "data/train-00000-of-00001.parquet", repo_type="dataset")',
    ):
        assert line in card
    assert "private" in card
    assert "private" not in publication(words, "me/words", licence="mit", private=False).card
    model = publication(faq.truncate(64), "me/faq", licence="mit", private=False).card
    link = "[sentence-transformers/all-MiniLM-L6-v2](https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2)"
    assert f"| Model | {link} |" in model
    assert "| Precision | computed in float32, stored as float32 |" in model
    assert "| Dimensions | 64 |" in model
    assert "| Changed after encoding | fewer dimensions |" in model
    assert re.search(r"\| Revision \| files with the SHA-256 [0-9a-f]{64} \|", model)
    evil = "x | [y](javascript:z) <script>\n---\nlicense: mit"
    rows = explorer.embed(
        explorer.open_corpus({evil: ["a b", "c d"], "n": [1, 2]}, text=evil, name=evil), "tfidf"
    )
    card = publication(rows, "me/evil", licence="unknown", private=False).card
    assert front_matter(card)["license"] == "unknown"
    assert card.count("\n---\n") == 1
    assert "| Text column | x \\| \\[y\\](javascript:z) &lt;script&gt; --- license: mit |" in card


@pytest.mark.slow
def test_what_is_pushed_names_no_token_path_or_user(faq, push_hub, tmp_path, monkeypatch, tiny_model):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.csv").write_text("body\nan apple\nthe sea\n")
    model = shutil.copytree(tiny_model, tmp_path / "models" / "own-model")
    space = explorer.embed(explorer.open_corpus(tmp_path / "mine.csv", text="body"), str(model))
    push(space, "me/mine", private=False)
    read = pq.read_table(push_hub.newest("me/mine") / FILE)
    told = "\n".join(
        [
            (push_hub.newest("me/mine") / "README.md").read_text(encoding="utf-8"),
            pq.read_metadata(push_hub.newest("me/mine") / FILE).metadata[KEY.encode()].decode(),
            str(read.drop_columns("embedding").to_pydict()),
            *(f"{path} {body[:10_000]!r}" for path, body in push_hub.bodies_received.items()),
        ]
    )
    assert pq.read_metadata(push_hub.newest("me/mine") / FILE).metadata.keys() == {
        b"ARROW:schema",
        KEY.encode(),
    }
    assert "own-model" in told
    assert "own-model](" not in told  # a folder is no model of the Hub, so it is no link
    for secret in (TOKEN, str(tmp_path), str(Path.home()), tempfile.gettempdir(), str(Path.cwd())):
        assert secret not in told
    for name in (getpass.getuser(), socket.gethostname()):
        assert not re.search(rf"\b{re.escape(name)}\b", told)
    assert not list((tmp_path / "cache" / "pushes").iterdir())


def test_no_row_or_column_outside_the_choice_is_in_it(words):
    everywhere = everything(publication(words, "me/w", licence="mit", private=True))
    assert "47110815" in everywhere
    assert "salary" in everywhere
    made = publication(words, "me/w", licence="mit", private=True, rows=[2, 0], columns=["kind"])
    assert made.saved.table.to_pydict() == {
        "body": ["a parcel that came late", "a red bicycle"],
        "kind": ["post", "toy"],
    }
    assert made.saved.vectors.tobytes() == words.vectors[[2, 0]].tobytes()
    for gone in ("47110815", "salary", "sea at night", "apple"):
        assert gone not in everything(made)
    assert publication(words, "me/w", licence="mit", private=True, columns=[]).saved.table.column_names == [
        "body"
    ]
    for error, options in (
        (QueryError, {"rows": [4]}),
        (QueryError, {"rows": [-1]}),
        (QueryError, {"rows": [[0]]}),
        (EmptyDataError, {"rows": []}),
        (ColumnError, {"columns": ["wages"]}),
        (PushError, {"licence": "made-up"}),
        (PushError, {"licence": None}),
    ):
        failure(error, publication, words, "me/w", **{"licence": "mit", "private": True, **options})


@pytest.mark.slow
def test_a_part_of_rows_that_tfidf_was_fitted_on_says_that_it_takes_no_queries(words, push_hub):
    push(words, rows=[2, 0])
    card = (push_hub.newest("me/words") / "README.md").read_text(encoding="utf-8")
    assert "2 texts with their embeddings by TF-IDF, fitted on more rows than these." in card
    assert "| Searches | for rows like a row; not for texts" in card
    space = explorer.open_space("me/words", token=TOKEN)
    failure(QueryError, space.search, "late parcel")
    options = {"licence": "mit", "private": True}
    assert not preview(words, "me/w", rows=[2, 0], **options).takes_queries
    for rows in (None, [3, 2, 1, 0]):
        assert preview(words, "me/w", rows=rows, **options).takes_queries
        assert "fitted on the rows" in publication(words, "me/w", rows=rows, **options).card


def test_the_preview_tells_what_the_file_tells(faq):
    options = {"licence": "mit", "private": True}
    for rows in (None, [0, 1]):
        record = json.loads(publication(faq, "me/w", rows=rows, **options).saved.facts)["corpus"]
        shown = preview(faq, "me/w", rows=rows, **options)
        assert shown.name == record["name"]
        assert shown.notes == (*record["notes"], *record["queries"])
        assert bool(shown.notes) == (rows is None)
        assert shown.card == publication(faq, "me/w", rows=rows, **options).card


def test_notes_on_the_columns_that_stay_are_left_out(words):
    corpus = explorer.open_corpus({"a": ["x y", "", "z"], "n": [1, 2, 3]}, text="a", name="rows")
    made = publication(
        explorer.embed(corpus, "tfidf"), "me/w", licence="mit", private=True, rows=[1], columns=[]
    )
    record = json.loads(made.saved.facts)["corpus"]
    assert record["source_row"] is None
    assert (record["total_rows"], record["empty_rows"], record["notes"]) == (1, 0, [])


@pytest.mark.parametrize(
    ("token", "error", "says"),
    [
        ("hf_nobody", AccessError, "does not accept this token"),
        ("hf_reads", AccessError, "can only read"),
    ],
)
def test_a_token_that_cannot_write_is_refused_before_anything_is_sent(token, error, says, words, push_hub):
    push_hub.people["hf_reads"] = Person("me", role="read")
    found = failure(error, push, words, token=token)
    assert says in found.what
    assert "settings/tokens" in found.fix
    assert token not in str(found)
    assert not push_hub.pushed


@pytest.mark.parametrize("token", ["hf_with\nnewline", "hf_ünï"])
def test_what_cannot_be_a_token_is_sent_nowhere_and_quoted_nowhere(token, words, push_hub):
    for error in (
        failure(ModelError, push, words, token=token),
        failure(ModelError, explorer.open_space, "me/words", token=token),
    ):
        assert error.fix == "Copy it again."
        assert token not in repr(error)
    assert not push_hub.requests


def test_without_a_token_it_says_how_to_sign_in(words, push_hub, monkeypatch):
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    error = failure(AccessError, push, words, token=None)
    assert "hf auth login" in error.fix
    assert not push_hub.requests


def test_a_dataset_of_another_kind_is_never_overwritten(words, push_hub, tmp_path):
    (tmp_path / "tickets").mkdir()
    (tmp_path / "tickets" / "train.csv").write_text("a\n1\n")
    for name, other in (("me/tickets", "me/tickets-2"), ("acme/t-2", "acme/t-3")):
        push_hub.datasets[name] = tmp_path / "tickets"
        error = failure(NameTakenError, push, words, name)
        assert error.other == other
        assert other in error.fix
        assert error.what.startswith("You have" if name.startswith("me/") else "acme has")
    assert failure(PushError, push, words, "no name").where == "no name"
    assert [path.name for path in (tmp_path / "tickets").iterdir()] == ["train.csv"]
    assert not push_hub.pushed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "status", "error", "what", "fix"),
    [
        ("/api/repos/create", 403, AccessError, "may not make datasets of me", "another owner: me, acme"),
        ("/api/repos/create", 409, NameTakenError, "not a space pushed from Explorer", "me/words-2"),
        ("/api/datasets/me/words/commit/main", 403, AccessError, "may not write to", "the token that right"),
        ("/api/datasets/me/words/commit/main", 500, HubUnreachableError, "status 500", "push again"),
        ("/datasets/me/words.git/info/lfs/objects/batch", 413, PushError, "No room: […]", "without the new"),
        ("/api/datasets/me/words/preupload/main", 404, PushError, "(404)", "too old for huggingface_hub"),
    ],
)
def test_what_the_hub_refuses_is_explained_and_can_be_pushed_again(
    path, status, error, what, fix, words, push_hub
):
    said = f"No room: [{TOKEN}]".ljust(295) + TOKEN  # only the first 300 characters are shown
    push_hub.refused[path] = (status, said.replace(" " * 2, "- "))
    found = failure(error, push, words)
    assert what in found.what
    assert fix in found.fix
    assert TOKEN[:4] not in repr(found)
    push_hub.refused.clear()
    push(words)
    assert (push_hub.newest("me/words") / FILE).is_file()


@pytest.mark.slow
def test_of_two_pushes_of_a_new_name_the_second_is_told_to_push_again(words, push_hub, monkeypatch):
    make = push_hub._create

    def made_by_another_just_before(handler, person, wanted):
        name = f"{person.name}/{wanted['name']}"
        push_hub.pushed[name] = Repository(private=True)
        push_hub._keep("datasets", name, {".gitattributes": b""}, "initial commit")
        make(handler, person, wanted)

    monkeypatch.setattr(push_hub, "_create", made_by_another_just_before)
    assert failure(PushError, push, words).fix == "Push again."
    push(words)
    assert (push_hub.newest("me/words") / FILE).is_file()


@pytest.mark.slow
@pytest.mark.parametrize("answer", [{"ok": True}, b"<html>Sign in</html>"])
def test_a_server_that_answers_otherwise_than_the_hub_is_told_from_a_broken_connection(
    answer, words, push_hub, monkeypatch
):
    monkeypatch.setattr(push_hub, "_modes", lambda handler, *_: push_hub._send(handler, 200, answer))
    found = failure(PushError, push, words)
    assert found.what.startswith(f"{push_hub.url} does not take pushes as the Hub does (")
    assert "without the new rows" in found.fix


@pytest.mark.slow
@pytest.mark.parametrize("private", [True, False])
def test_no_row_goes_to_a_dataset_that_was_made_with_the_other_visibility(
    private, words, push_hub, monkeypatch
):
    make = push_hub._create
    other = "public" if private else "private"
    monkeypatch.setattr(
        push_hub, "_create", lambda handler, who, wanted: make(handler, who, {**wanted, "visibility": other})
    )
    found = failure(PushError, push, words, private=private)
    assert "Nothing was uploaded" in found.what
    assert [path.name for path in push_hub.newest("me/words").iterdir()] == [".gitattributes"]
    assert not any("upload" in path for path in push_hub.bodies_received)


@pytest.mark.slow
def test_a_rate_limit_says_when_to_push_again_without_waiting(words, push_hub):
    push_hub.limited.add("/api/datasets/me/words/preupload/main")
    error = failure(HubUnreachableError, push, words)
    assert error.fix == "Push again in 60 seconds."


@pytest.mark.slow
def test_an_upload_that_breaks_off_once_is_tried_again_by_itself(words, push_hub):
    push_hub.broken_uploads = 1
    push(words)
    assert explorer.open_space("me/words", token=TOKEN).vectors.tobytes() == words.vectors.tobytes()


@pytest.mark.slow
def test_an_upload_that_breaks_off_leaves_an_empty_dataset_and_goes_on_when_pushed_again(words, push_hub):
    push_hub.broken_uploads = 100
    error = failure(HubUnreachableError, push, words)
    assert error.what == "The connection to the Hub broke."
    assert error.fix == "The dataset is there without the new rows. Push again to go on."
    assert [path.name for path in push_hub.newest("me/words").iterdir()] == [".gitattributes"]
    push_hub.broken_uploads = 0
    push(words)
    assert explorer.open_space("me/words", token=TOKEN).vectors.tobytes() == words.vectors.tobytes()


@pytest.mark.slow
def test_a_hub_that_falls_silent_is_given_up(words, push_hub, monkeypatch):
    monkeypatch.setattr("explorer.hub.push._SILENT_SECONDS", 1.0)
    push_hub.silent.add("/api/repos/create")
    push_hub.silent.add("/api/datasets/me/words/commit/main")
    error = failure(HubSilentError, push, words)
    assert error.what == "The Hub stopped answering."


@pytest.mark.slow
def test_an_upload_is_stopped_on_request(words, push_hub):
    def stop(progress):
        if progress.phase == "Uploading":
            raise JobCancelledError("It was stopped.")

    failure(JobCancelledError, push, words, on_progress=stop)
    assert [path.name for path in push_hub.newest("me/words").iterdir()] == [".gitattributes"]


def served(push_hub, table, tmp_path, name="me/other"):
    """A dataset with a file where that of a space would be."""
    folder = tmp_path / "other"
    (folder / FILE).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / FILE)
    push_hub.datasets[name] = folder


def test_other_datasets_are_not_opened_as_spaces(push_hub, tmp_path):
    served(push_hub, pa.table({"a": ["x"]}), tmp_path)
    assert "open_corpus" in failure(UnreadableFileError, explorer.open_space, "me/other").fix
    failure(NotOnHubError, explorer.open_space, "me/missing")
    error = failure(UnreadableFileError, explorer.open_space, "me/other", revision="main")
    assert error.where == "me/other"


def test_a_space_over_the_hosts_limits_is_not_downloaded(push_hub, tmp_path, bound):
    vectors = np.random.default_rng(0).normal(size=(1_000, 400)).tolist()
    corpus = explorer.open_corpus(
        {"t": [f"row {n}" for n in range(1_000)], "v": vectors}, text="t", vectors="v"
    )
    made = publication(explorer.embed(corpus, ""), "me/other", licence="mit", private=False)
    (tmp_path / "other" / FILE).parent.mkdir(parents=True)
    with (tmp_path / "other" / FILE).open("wb") as sink:
        write_parquet(made.saved, sink)
    push_hub.datasets["me/other"] = tmp_path / "other"
    assert len(explorer.open_space("me/other")) == 1_000
    sent = push_hub.downloaded
    bound("EXPLORER_MAX_FILE_MB", 1)
    assert "up to 1 MB are downloaded" in failure(TooLargeError, explorer.open_space, "me/other").what
    bound("EXPLORER_MAX_ROWS", 999)
    assert "1,000 rows" in failure(TooLargeError, explorer.open_space, "me/other").what
    assert push_hub.downloaded - sent < 200_000
