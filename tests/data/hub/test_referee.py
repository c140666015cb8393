"""Our reading of datasets on the Hub, held against what the library `datasets` reads of the same folders."""

from __future__ import annotations

import datasets
import pyarrow as pa
import pytest
import yaml

from explorer.data.opening import open_corpus
from explorer.hub.dataset_details import dataset_details

pytestmark = pytest.mark.skipif(
    int(pa.__version__.split(".")[0]) >= 26, reason="datasets 5.2 makes no fingerprints on pyarrow 26"
)
FEATURES = datasets.Features(
    {
        "text": datasets.Value("string"),
        "mood": datasets.ClassLabel(names=["sad", "glad", "odd"]),
        "meta": {"kind": datasets.ClassLabel(names=["x", "y"]), "source": {"page": datasets.Value("int32")}},
        "messages": datasets.List({"role": datasets.Value("string"), "content": datasets.Value("string")}),
        "scores": datasets.List(datasets.Value("float64")),
    }
)


def rows(start, end):
    return datasets.Dataset.from_dict(
        {
            "text": [f"message {row}" for row in range(start, end)],
            "mood": [row % 3 for row in range(start, end)],
            "meta": [{"kind": row % 2, "source": {"page": row}} for row in range(start, end)],
            "messages": [
                [{"role": "user", "content": f"ask {row}"}, {"role": "bot", "content": f"say {row}"}]
                for row in range(start, end)
            ],
            "scores": [[row / 2, 1.0] for row in range(start, end)],
        },
        features=FEATURES,
    )


@pytest.fixture
def repository(dataset_hub, tmp_path):
    folder = tmp_path / "rows"
    folder.mkdir()
    dataset_hub.datasets["me/rows"] = folder
    return folder


def write(folder, paths):
    """Give each path rows of its own; the texts by path."""
    for number, path in enumerate(paths):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        part = rows(number * 10, number * 10 + 10)
        if path.endswith(".parquet"):
            part.to_parquet(file)
        else:
            part.select_columns(["text", "mood"]).to_csv(file)


def theirs(folder, tmp_path, name=None):
    return datasets.load_dataset(str(folder), name, cache_dir=str(tmp_path / "theirs"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "paths",
    [
        [
            "data/train-00000-of-00002.parquet",
            "data/train-00001-of-00002.parquet",
            "data/test-00000-of-00001.parquet",
        ],
        ["train.parquet", "validation.parquet", "test.parquet"],
        ["train/0.parquet", "train/1.parquet", "dev/0.parquet"],
        ["my-training-rows.parquet", "my_eval_rows.parquet"],
        ["rows.parquet"],
        ["train.csv", "test.csv"],
        ["train/0.csv", "train/1.csv"],
    ],
    ids=lambda paths: paths[0],
)
def test_splits_and_their_rows_are_those_of_the_library(repository, tmp_path, paths):
    write(repository, paths)
    expected = theirs(repository, tmp_path)
    ours = {split.split for split in dataset_details("me/rows").splits} - set(paths)
    assert ours == set(expected)
    for split in expected:
        corpus = open_corpus("me/rows", split=split, text="text", label=None)
        assert corpus.texts == expected[split]["text"][:]


@pytest.mark.slow
def test_configurations_of_a_card_are_those_of_the_library(dataset_hub, repository, tmp_path):
    write(repository, ["en/a.parquet", "en/b.parquet", "de/a.parquet"])
    configs = [
        {"config_name": "en", "data_files": [{"split": "train", "path": "en/*.parquet"}]},
        {"config_name": "de", "data_files": [{"split": "test", "path": ["de/a.parquet"]}]},
    ]
    card = yaml.safe_dump({"configs": configs})
    (repository / "README.md").write_text(f"---\n{card}---\n")
    dataset_hub.facts["me/rows"] = {"cardData": {"configs": configs}}
    ours = {(split.config, split.split) for split in dataset_details("me/rows").splits}
    assert ours == {
        (config, split)
        for config in datasets.get_dataset_config_names(str(repository))
        for split in theirs(repository, tmp_path, config)
    }
    for config, split in ours:
        expected = theirs(repository, tmp_path, config)[split]["text"][:]
        assert open_corpus("me/rows", config=config, split=split, text="text", label=None).texts == expected


def test_names_of_classes_are_those_of_the_library(repository, tmp_path):
    write(repository, ["train.parquet"])
    (expected,) = theirs(repository, tmp_path).values()
    mood, kind = expected.features["mood"], expected.features["meta"]["kind"]
    corpus = open_corpus("me/rows", text="text", label="mood")
    assert corpus.labels == [mood.int2str(number) for number in expected["mood"]]
    nested = open_corpus("me/rows", text="text", label="meta.kind")
    assert nested.labels == [kind.int2str(meta["kind"]) for meta in expected["meta"]]


@pytest.mark.slow
def test_nested_columns_are_those_of_the_library(repository, tmp_path):
    write(repository, ["train.parquet"])
    (expected,) = theirs(repository, tmp_path).values()
    corpus = open_corpus("me/rows", text="messages[1].content", label="meta.source.page")
    assert corpus.texts == [messages[1]["content"] for messages in expected["messages"]]
    assert corpus.labels == [str(meta["source"]["page"]) for meta in expected["meta"]]
    vectors = open_corpus("me/rows", text="text", label=None, vectors="scores").vectors
    assert vectors.tolist() == [list(scores) for scores in expected["scores"]]
