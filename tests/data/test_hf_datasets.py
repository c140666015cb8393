"""Datasets of the library `datasets`, in memory and saved."""

from __future__ import annotations

import subprocess
import sys

import datasets
import numpy as np
import pyarrow as pa
import pytest

from explorer.data.opening import open_corpus
from explorer.errors import DataError, EmptyDataError, UnreadableFileError
from tests.data.failing import failure

from .conftest import ROOT

pytestmark = pytest.mark.skipif(
    int(pa.__version__.split(".")[0]) >= 26, reason="datasets 5.2 makes no fingerprints on pyarrow 26"
)
FEATURES = datasets.Features(
    {
        "body": datasets.Value("string"),
        "mood": datasets.ClassLabel(names=["sad", "glad"]),
        "tags": datasets.List(datasets.Value("string")),
        "emb": datasets.List(datasets.Value("float32"), length=80),
    }
)


@pytest.fixture
def dataset():
    rows = range(30)
    return datasets.Dataset.from_dict(
        {
            "body": [f"a message about thing {row}" for row in rows],
            "mood": [row % 2 for row in rows],
            "tags": [[f"t{row}", "all"] for row in rows],
            "emb": np.random.default_rng(0).standard_normal((30, 80)).astype("float32").tolist(),
        },
        features=FEATURES,
    )


def test_a_dataset_opens_with_the_names_of_its_classes(dataset):
    corpus = open_corpus(dataset, vectors="emb")
    assert (corpus.name, corpus.text, corpus.label) == ("dataset", "body", "mood")
    assert corpus.texts == dataset["body"][:]
    assert corpus.labels == [FEATURES["mood"].int2str(number) for number in dataset["mood"]]
    assert corpus.table["tags"][3].as_py() == '["t3", "all"]'
    np.testing.assert_array_equal(corpus.vectors, np.array(dataset["emb"][:], "float32"))
    assert open_corpus(dataset, name="mine").name == "mine"


def test_rows_that_were_chosen_and_shuffled_come_as_they_stand(dataset):
    chosen = dataset.filter(lambda row: row["mood"] == 1, load_from_cache_file=False).shuffle(seed=3)
    assert open_corpus(chosen).texts == chosen["body"][:]
    formatted = chosen.with_format("numpy", columns=["mood"])
    assert open_corpus(formatted, text="body").texts == chosen["body"][:]


def test_a_saved_dataset_opens_by_its_folder(dataset, tmp_path, monkeypatch):
    folder = tmp_path / "saved"
    dataset.shuffle(seed=1).save_to_disk(folder, num_shards=3)
    corpus = open_corpus(folder)
    assert corpus.name == "saved"
    assert corpus.fingerprint == open_corpus(dataset.shuffle(seed=1)).fingerprint
    assert set(corpus.labels) == {"sad", "glad"}
    monkeypatch.chdir(tmp_path)
    (tmp_path / "me").mkdir()
    folder.rename(tmp_path / "me" / "saved")
    assert len(open_corpus("me/saved")) == 30  # spelled as a dataset on the Hub is


def test_several_splits_are_refused_by_their_names(dataset, tmp_path):
    splits = datasets.DatasetDict({"train": dataset, "test": dataset.select(range(5))})
    error = failure(DataError, open_corpus, splits)
    assert (error.what, error.fix) == (
        "This dataset has splits: train, test.",
        'Give one of them: dataset["train"].',
    )
    splits.save_to_disk(tmp_path / "both")
    error = failure(DataError, open_corpus, tmp_path / "both")
    assert error.what == "This dataset has splits: test, train."
    assert len(open_corpus(tmp_path / "both" / "test")) == 5


def test_what_is_empty_or_damaged_says_so(dataset, tmp_path):
    failure(EmptyDataError, open_corpus, dataset.select([]))
    dataset.save_to_disk(tmp_path / "saved")
    (file,) = (tmp_path / "saved").glob("*.arrow")
    file.write_bytes(b"nothing of the kind" * 9)
    assert "save_to_disk" in failure(UnreadableFileError, open_corpus, tmp_path / "saved").fix
    file.unlink()
    failure(UnreadableFileError, open_corpus, tmp_path / "saved")
    (tmp_path / "saved" / "dataset_info.json").unlink()
    failure(UnreadableFileError, open_corpus, tmp_path / "saved")


def test_a_saved_dataset_without_the_library_says_what_to_install(dataset, tmp_path, monkeypatch):
    dataset.save_to_disk(tmp_path / "saved")
    monkeypatch.setitem(sys.modules, "datasets", None)
    assert "explorer[datasets]" in failure(DataError, open_corpus, tmp_path / "saved").fix


@pytest.mark.slow
def test_the_library_is_imported_only_when_it_is_needed():
    code = (
        "import sys, explorer; explorer.open_corpus('medicare-faq'); explorer.open_corpus(['a', 'b']);"
        "print([name for name in ('datasets', 'pandas') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "datasets" not in told.stdout
