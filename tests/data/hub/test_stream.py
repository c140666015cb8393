"""Datasets on the Hub without Parquet files, streamed through `datasets` in a process of its own."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import tarfile

import PIL.Image
import pytest

from explorer.data.hub import stream_process
from explorer.data.hub.preview import preview_split
from explorer.data.opening import open_corpus
from explorer.errors import (
    ColumnError,
    DataError,
    EmptyDataError,
    GatedError,
    HubUnreachableError,
    JobCancelledError,
    TooLargeError,
    UnreadableFileError,
)
from explorer.hub.dataset_details import dataset_details
from explorer.settings import settings
from tests.data.failing import failure


@pytest.fixture(autouse=True)
def _nothing_is_left():
    """Whatever comes of it, no file of it is on the disk; the lock of the folder of temporary ones stays."""
    yield
    left = [path.name for path in settings().cache_folder.rglob("*") if path.is_file()]
    assert set(left) <= {"streams.lock"}


@pytest.fixture
def repository(dataset_hub, tmp_path):
    """The folder of the dataset `me/rows`."""
    folder = tmp_path / "rows"
    folder.mkdir()
    dataset_hub.datasets["me/rows"] = folder
    return folder


@pytest.fixture
def processes(monkeypatch):
    """The processes that were started."""
    started: list[subprocess.Popen] = []

    class Noted(subprocess.Popen):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            self.environment = options["env"]
            started.append(self)

    monkeypatch.setattr(stream_process.subprocess, "Popen", Noted)
    return started


def lines(rows):
    return "".join(
        json.dumps({"text": f"message {row}", "meta": {"kind": "ab"[row % 2]}}) + "\n" for row in rows
    )


def archive(path, rows, *, noise=100):
    """A WebDataset: for each row a picture, its caption and a record."""
    with tarfile.open(path, "w") as tar:
        for row in rows:
            record = json.dumps({"width": row}).encode()
            for suffix, content in (
                ("jpg", os.urandom(noise)),
                ("json", record),
                ("txt", f"picture {row}".encode()),
            ):
                member = tarfile.TarInfo(f"{row:05}.{suffix}")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))


@pytest.mark.slow
def test_several_csv_files_are_one_split_whose_values_stay_the_text_they_are(repository):
    (repository / "train-1.csv").write_text("body,code,kind\n" + "NA is a word,007,x\n" * 3)
    (repository / "train-2.csv").write_text('body,code,kind\n"a, b",1e5,y\n,A,y\n')
    corpus = open_corpus("me/rows", text="body", label="kind")
    assert corpus.texts == ["NA is a word"] * 3 + ["a, b"]
    assert corpus.labels == ["x", "x", "x", "y"]
    assert corpus.empty_rows == 1
    assert (corpus.origin.config, corpus.origin.split) == ("default", "train")
    assert corpus.table.column_names == ["body", "kind", "code"]
    assert corpus.table["code"].to_pylist() == ["007", "007", "007", "1e5"]
    alone = open_corpus("me/rows", split="train-2.csv", text="body")  # as before there was a split of both
    assert alone.texts == ["a, b"]


@pytest.mark.slow
def test_the_first_rows_are_read_file_after_file_up_to_the_limit(repository):
    for part in ("train/1", "train/2"):
        (repository / part).mkdir(parents=True)
        (repository / part / "a.jsonl.gz").write_bytes(gzip.compress(lines(range(40)).encode()))
    corpus = open_corpus("me/rows", text="text", label=None, limit=60)
    assert corpus.texts == [f"message {row}" for row in [*range(40), *range(20)]]
    assert corpus.source_rows.tolist() == list(range(1, 61))
    assert "The first 60 rows were read, file after file." in corpus.notes


@pytest.mark.slow
def test_values_inside_records_are_offered_and_picked_by_path(repository):
    for name in ("1.jsonl", "2.jsonl"):
        (repository / name).write_text(lines(range(6)))
    preview = preview_split(dataset_details("me/rows"))
    assert [(column.path, column.kind) for column in preview.columns] == [
        ("text", "text"),
        ("meta.kind", "label"),
    ]
    assert (preview.text, preview.label) == ("text", "meta.kind")
    assert preview.head.table["text"].to_pylist()[:7] == [f"message {row}" for row in (*range(6), 0)]
    corpus = open_corpus("me/rows", text="text", label="meta.kind")
    assert corpus.labels[:3] == ["a", "b", "a"]


@pytest.mark.slow
def test_names_of_classes_come_from_the_card(dataset_hub, repository):
    for name in ("1.csv", "2.csv"):
        (repository / name).write_text("text,label\n" + "one,0\ntwo,1\n" * 5)
    classes = {"name": "label", "dtype": {"class_label": {"names": {"0": "bad", "1": "good"}}}}
    dataset_hub.facts["me/rows"] = {"cardData": {"dataset_info": {"features": [classes]}}}
    corpus = open_corpus("me/rows")  # both columns are guessed, from a preview
    assert (corpus.text, corpus.label, corpus.labels[:2]) == ("text", "label", ["bad", "good"])


@pytest.mark.slow
def test_captions_of_an_archive_of_pictures_are_read(repository):
    archive(repository / "train-0.tar", range(30))
    archive(repository / "train-1.tar", range(30, 40))
    preview = preview_split(dataset_details("me/rows"))
    kinds = {column.path: column.kind for column in preview.columns}
    assert (kinds["txt"], kinds["jpg"], kinds["json.width"]) == ("text", "image", "number")
    corpus = open_corpus("me/rows", text="txt", label=None)
    assert corpus.texts == [f"picture {row}" for row in range(40)]


@pytest.mark.slow
def test_of_a_folder_of_pictures_none_is_downloaded(dataset_hub, repository):
    for kind in ("cat", "dog"):
        for number in range(3):
            (repository / "train" / kind).mkdir(parents=True, exist_ok=True)
            PIL.Image.new("RGB", (8, 8)).save(repository / "train" / kind / f"{number}.png")
    preview = preview_split(dataset_details("me/rows"))
    assert {column.path: column.kind for column in preview.columns} == {"image": "image", "label": "label"}
    assert preview.head.table["label"].to_pylist() == ["cat"] * 3 + ["dog"] * 3
    assert preview.text is None
    assert "The images are files of their own or in archives" in preview.partial[0]
    assert "No column holds text" in failure(ColumnError, open_corpus, "me/rows").what
    assert dataset_hub.downloaded == 0


@pytest.mark.slow
def test_a_file_over_the_bound_is_streamed_within_it(dataset_hub, repository, bound):
    bound("EXPLORER_MAX_FILE_MB", 1)
    (repository / "train.csv").write_text("body\n" + "".join(f"message {row}\n" for row in range(200_000)))
    corpus = open_corpus("me/rows", text="body", label=None)
    assert 20_000 < len(corpus) < 200_000
    assert corpus.texts[-1] == f"message {len(corpus) - 1}"
    assert dataset_hub.downloaded <= 1_000_000
    assert "The rest is left out: more than 1 MB would have to be downloaded." in corpus.notes


@pytest.mark.slow
def test_a_preview_costs_little(dataset_hub, repository):
    archive(repository / "train.tar", range(60), noise=100_000)
    preview = preview_split(dataset_details("me/rows"))
    assert preview.text == "txt"
    assert 5 < preview.head.table.num_rows < 50
    assert preview.download_bytes(dataset_details("me/rows").splits[0], ["txt"], 10) is None
    assert dataset_hub.downloaded == preview.bytes_read <= 2_000_000


@pytest.mark.slow
def test_work_stops_when_progress_raises(repository, processes):
    for name in ("1.jsonl", "2.jsonl"):
        (repository / name).write_text(lines(range(50_000)))
    seen = []

    def stop(progress):
        seen.append((progress.done, progress.total))
        if progress.done:
            raise JobCancelledError("Stopped.")

    with pytest.raises(JobCancelledError):
        open_corpus("me/rows", text="text", label=None, on_progress=stop)
    assert seen[0] == (0, settings().max_rows)
    assert processes[0].poll() is not None


@pytest.mark.slow
def test_memory_and_time_are_bounded(repository, bound, processes):
    for name in ("1.json.gz", "2.json.gz"):
        (repository / name).write_bytes(gzip.compress(b'[{"text": "' + b"x" * 300_000_000 + b'"}]', 1))
    bound("EXPLORER_READ_MB", 400)
    failure(TooLargeError, open_corpus, "me/rows", text="text", label=None)
    bound("EXPLORER_READ_MB", 1000)
    bound("EXPLORER_READ_SECONDS", 1)
    bound("EXPLORER_MAX_ROWS", 10_000_000)
    (repository / "1.json.gz").unlink()
    for name in ("1.csv", "2.csv"):
        (repository / name).write_text("text,n\n" + "some words,1\n" * 2_000_000)
    error = failure(TooLargeError, open_corpus, "me/rows", text="text", label=None)
    assert "1 second allowed" in error.what
    assert all(process.poll() is not None for process in processes)


@pytest.mark.slow
def test_what_cannot_be_read_says_so(dataset_hub, repository):
    for name in ("1.jsonl", "2.jsonl"):
        (repository / name).write_text("nothing of the kind\n" * 9)
    error = failure(UnreadableFileError, open_corpus, "me/rows", text="text", label=None)
    assert (error.where, error.what[:34]) == ("me/rows, default, train", "The library datasets cannot read i")
    for name in ("1.jsonl", "2.jsonl"):
        (repository / name).write_text("")
    failure(EmptyDataError, open_corpus, "me/rows", text="text", label=None)
    dataset_hub.gated.add("me/rows")
    (repository / "1.jsonl").write_text(lines(range(3)))
    failure(GatedError, open_corpus, "me/rows", text="text", label=None)


@pytest.mark.slow
def test_a_hub_that_breaks_off_is_told_from_a_damaged_file(dataset_hub, repository):
    for name in ("1.jsonl", "2.jsonl"):
        (repository / name).write_text(lines(range(3_000)))
    dataset_hub.broken_files.add("2.jsonl")
    failure(HubUnreachableError, open_corpus, "me/rows", text="text", label=None)


@pytest.mark.slow
def test_no_code_of_a_repository_is_run_and_no_secret_is_given_away(
    dataset_hub, repository, tmp_path, processes, monkeypatch
):
    mark = tmp_path / "was-run"
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("EXPLORER_INFERENCE_TOKEN", "hf_secret")
    (repository / "rows.py").write_text(f"open({str(mark)!r}, 'w')")
    for name in ("1.jsonl", "2.jsonl"):
        (repository / name).write_text(lines(range(3)))
    assert len(open_corpus("me/rows", text="text", label=None)) == 6
    assert not mark.exists()
    assert not [request for request in dataset_hub.requests if ".py" in request]
    assert "hf_secret" not in str(processes[0].environment)


def test_without_the_library_it_says_what_to_install(repository, monkeypatch):
    for name in ("1.txt", "2.txt"):
        (repository / name).write_text("a line\n")
    monkeypatch.setattr("explorer.data.hub.stream.importlib.util.find_spec", lambda _name: None)
    assert "explorer[datasets]" in failure(DataError, open_corpus, "me/rows", label=None).fix
