from __future__ import annotations

import pytest

from explorer.hub.dataset_details import dataset_details
from explorer.settings import settings
from tests.hub_datasets import serve, splits


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("data/train-00000-of-00005.parquet", "train"),
        ("data/unsupervised-00000-of-00001-abcdef0123456789.parquet", "unsupervised"),
        ("my_validation_rows.parquet", "validation"),
        ("dev/0001.parquet", "validation"),
        ("eval.parquet", "test"),
        ("rows.parquet", "train"),
        ("latest.parquet", "train"),
    ],
)
def test_a_files_name_tells_its_split(dataset_hub, tmp_path, path, split):
    serve(dataset_hub, tmp_path, path)
    assert splits(dataset_details("me/tickets")) == {("default", split): [path]}


def test_without_parquet_its_tables_are_listed(dataset_hub, tmp_path):
    serve(
        dataset_hub, tmp_path, "train.csv", "test.jsonl", ".hidden.csv", "dataset_infos.json", "picture.png"
    )
    details = dataset_details("me/tickets")
    assert splits(details) == {("default", "train"): ["train.csv"], ("default", "test"): ["test.jsonl"]}
    assert details.find_split(None, "test").kind == "jsonl"
    serve(dataset_hub, tmp_path, "a.csv", "b.csv", name="me/two")
    assert splits(dataset_details("me/two")) == {
        ("default", "train"): ["a.csv", "b.csv"],  # streamed
        ("default", "a.csv"): ["a.csv"],
        ("default", "b.csv"): ["b.csv"],
    }


@pytest.mark.parametrize(
    ("paths", "builder", "read"),
    [
        (["a.csv.gz"], "csv", ["a.csv.gz"]),
        (["a.tar", "b.tar", "notes.pdf"], "webdataset", ["a.tar", "b.tar"]),
        (["cat/1.png", "dog/2.JPG"], "imagefolder", ["cat/1.png", "dog/2.JPG"]),
        (["1.jsonl", "2.jsonl", "x.csv", "plot.png"], "json", ["1.jsonl", "2.jsonl"]),
    ],
)
def test_what_no_reader_here_reads_whole_is_streamed(dataset_hub, tmp_path, paths, builder, read):
    serve(dataset_hub, tmp_path, *paths)
    split = dataset_details("me/tickets").find_split(None, None)
    assert (split.kind, split.builder, [file.path for file in split.files]) == ("streamed", builder, read)


def test_a_table_over_the_bound_is_streamed_and_beside_pictures_it_is_read(
    dataset_hub, tmp_path, monkeypatch
):
    serve(dataset_hub, tmp_path, "train/metadata.csv", "train/1.png")
    assert dataset_details("me/tickets").find_split(None, None).kind == "csv"
    monkeypatch.setenv("EXPLORER_MAX_FILE_MB", "1")
    settings.cache_clear()
    (tmp_path / "datasets/me/tickets/train/metadata.csv").write_bytes(bytes(1_000_001))
    assert dataset_details("me/tickets").find_split(None, None).kind == "streamed"
