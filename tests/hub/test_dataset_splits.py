from __future__ import annotations

import pytest

from explorer.hub.dataset_details import dataset_details
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
    assert {split.split for split in dataset_details("me/two").splits} == {"a.csv", "b.csv"}
