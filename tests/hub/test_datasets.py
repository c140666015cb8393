from __future__ import annotations

import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.errors import GatedError, HubUnreachableError, NotOnHubError
from explorer.hub.datasets import DatasetFilter, dataset_details, is_dataset_id, search_datasets
from explorer.hub.ranges import read_small
from tests.hub_datasets import CONVERTED_COMMIT, DatasetHub
from tests.hub_server import COMMIT, talk_to

FACTS = {
    "downloads": 120,
    "likes": 7,
    "lastModified": "2026-03-01T10:00:00.000Z",
    "tags": ["license:mit", "language:en", "language:de", "size_categories:1K<n<10K", "task_categories:x-y"],
    "description": "Tickets.",
}


@pytest.fixture
def hub(monkeypatch, tmp_path):
    server = DatasetHub()
    talk_to(server, monkeypatch, tmp_path / "hub-cache")
    yield server
    server.close()


def serve(hub, tmp_path, *paths, name="me/tickets", facts=None, converted=()):
    """Serve a dataset of empty files."""
    for kind, listed in (("datasets", paths), ("conversions", converted)):
        folder = tmp_path / kind / name
        folder.mkdir(parents=True)
        for path in listed:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(b"12345")
        if kind == "datasets" or listed:
            getattr(hub, kind)[name] = folder
    hub.facts[name] = facts or {}


def splits(details):
    return {(s.config, s.split): [file.path for file in s.files] for s in details.splits}


def test_a_listing_says_what_the_hub_says_and_nothing_else(hub, tmp_path):
    serve(hub, tmp_path, facts=FACTS)
    serve(hub, tmp_path, name="me/bare")
    full, bare = search_datasets(DatasetFilter())
    assert (full.id, full.author, full.downloads, full.likes, full.licence) == (
        "me/tickets",
        "me",
        120,
        7,
        "mit",
    )
    assert (full.languages, full.size, full.tasks) == (("en", "de"), "1K<n<10K", ("x-y",))
    assert full.modified == datetime.datetime(2026, 3, 1, 10, tzinfo=datetime.UTC)
    assert (bare.downloads, bare.likes, bare.licence, bare.modified, bare.size) == (None,) * 5


def test_a_search_asks_for_words_tags_order_and_no_gated_ones(hub, tmp_path):
    serve(hub, tmp_path, facts=FACTS)
    for name, downloads in (("me/other", 500), ("you/tickets-2", 900), ("you/secret-tickets", 1)):
        serve(hub, tmp_path, name=name, facts={**FACTS, "downloads": downloads})
    hub.gated.add("you/secret-tickets")
    found = search_datasets(DatasetFilter(search="tickets", task="x-y", language="de", licence="mit"))
    assert [listing.id for listing in found] == ["you/tickets-2", "me/tickets"]
    assert len(search_datasets(DatasetFilter(search="tickets", gated=True))) == 3
    assert search_datasets(DatasetFilter(size="n>1T")) == []
    assert len(search_datasets(DatasetFilter(), limit=1)) == 1


def test_the_hubs_conversion_comes_before_the_files_of_the_dataset(hub, tmp_path):
    serve(
        hub,
        tmp_path,
        "data.csv",
        converted=["default/train/0000.parquet", "default/train/0001.parquet", "default/test/0000.parquet"],
    )
    details = dataset_details("me/tickets")
    assert details.commit == COMMIT
    assert splits(details) == {
        ("default", "train"): ["default/train/0000.parquet", "default/train/0001.parquet"],
        ("default", "test"): ["default/test/0000.parquet"],
    }
    train = details.find_split(None, None)
    assert (train.split, train.commit, train.size, train.complete) == ("train", CONVERTED_COMMIT, 10, True)
    assert splits(dataset_details("me/tickets", CONVERTED_COMMIT)) == splits(details)


def test_half_a_conversion_is_used_only_where_the_dataset_has_no_parquet(hub, tmp_path):
    half = ["default/partial-train/0000.parquet"]
    serve(hub, tmp_path, "data/train-00000-of-00001.parquet", converted=half)
    serve(hub, tmp_path, "rows.csv", name="me/csv", converted=half)
    assert dataset_details("me/tickets").find_split(None, None).complete
    assert not dataset_details("me/csv").find_split(None, None).complete


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
def test_a_files_name_tells_its_split(hub, tmp_path, path, split):
    serve(hub, tmp_path, path)
    assert splits(dataset_details("me/tickets")) == {("default", split): [path]}


def test_the_card_tells_configurations_rows_and_features(hub, tmp_path):
    features = [{"name": "label", "dtype": {"class_label": {"names": {"0": "no", "1": "yes"}}}}]
    card_data = {
        "configs": [
            {"config_name": "en", "data_files": [{"split": "train", "path": "en/*.parquet"}]},
            {"config_name": "de", "data_files": "de/*.parquet"},
        ],
        "dataset_info": [
            {"config_name": "en", "features": features, "splits": [{"name": "train", "num_examples": 42}]}
        ],
    }
    serve(
        hub,
        tmp_path,
        "en/a.parquet",
        "en/b.parquet",
        "de/test.parquet",
        "README.md",
        facts={"cardData": card_data},
    )
    details = dataset_details("me/tickets")
    assert splits(details) == {
        ("de", "test"): ["de/test.parquet"],
        ("en", "train"): ["en/a.parquet", "en/b.parquet"],
    }
    assert details.find_split("en", None).rows == 42
    assert details.find_split("de", None).rows is None
    assert details.features["en"] == features
    assert details.card == "12345"


def test_without_parquet_its_tables_are_listed(hub, tmp_path):
    serve(hub, tmp_path, "train.csv", "test.jsonl", ".hidden.csv", "dataset_infos.json", "picture.png")
    details = dataset_details("me/tickets")
    assert splits(details) == {("default", "train"): ["train.csv"], ("default", "test"): ["test.jsonl"]}
    assert details.find_split(None, "test").kind == "jsonl"
    serve(hub, tmp_path, "a.csv", "b.csv", name="me/two")
    assert {split.split for split in dataset_details("me/two").splits} == {"a.csv", "b.csv"}


def test_what_is_not_there_says_so_and_what_there_is(hub, tmp_path):
    serve(hub, tmp_path, "train.csv")
    details = dataset_details("me/tickets")
    with pytest.raises(NotOnHubError, match=r'no split "best".*There is: train'):
        details.find_split(None, "best")
    with pytest.raises(NotOnHubError, match=r'no configuration "fr".*There is: default'):
        details.find_split("fr", None)
    with pytest.raises(NotOnHubError):
        dataset_details("me/nothing")
    with pytest.raises(NotOnHubError):
        dataset_details("me/tickets", "v9")
    serve(hub, tmp_path, "picture.png", name="me/pictures")
    with pytest.raises(NotOnHubError, match="no file of rows"):
        dataset_details("me/pictures").find_split(None, None)


def test_names_that_would_lead_elsewhere_are_never_asked_for(hub):
    for name in ("../etc/passwd", "me", "me/../you", "me/a?b", "me/a/b", "https://x/y", "me/" + "a" * 200):
        assert not is_dataset_id(name)
        with pytest.raises(NotOnHubError):
            dataset_details(name)
    with pytest.raises(NotOnHubError):
        dataset_details("me/tickets", "../main")
    assert hub.requests == []


def test_a_gated_dataset_is_described_and_says_how_to_get_in(hub, tmp_path):
    serve(hub, tmp_path, "train.csv", "README.md")
    hub.gated.add("me/tickets")
    details = dataset_details("me/tickets")
    assert (details.listing.gated, details.card) == (True, None)
    with pytest.raises(GatedError, match="HF_TOKEN"):
        read_small(details.find_split(None, None).files[0], 100)


def test_a_hub_that_fails_says_so(hub, tmp_path):
    serve(hub, tmp_path, "train.csv")
    hub.failing.add("me/tickets")
    with pytest.raises(HubUnreachableError):
        dataset_details("me/tickets")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("author", "downloads", "likes", "lastModified", "gated", "tags", "description", "siblings")
HOSTILE = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(FIELDS, JSON)
    | {
        "cardData": st.fixed_dictionaries(
            {},
            optional={
                "configs": JSON | st.lists(st.fixed_dictionaries({"config_name": JSON, "data_files": JSON})),
                "dataset_info": JSON | st.fixed_dictionaries({"splits": JSON, "features": JSON}),
            },
        )
    },
)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(HOSTILE | JSON, max_size=3), HOSTILE)
def test_whatever_the_hub_says_nothing_breaks(hub, listed, said):
    said = {
        "siblings": [{"rfilename": "a/train.csv", "size": -3}, {"rfilename": 5}, None],
        **said,
        "sha": COMMIT,
    }
    hub.bodies["/api/datasets"] = [
        {**item, "id": "me/x"} if isinstance(item, dict) else item for item in listed
    ]
    hub.bodies["/api/datasets/me/x"] = said
    for listing in search_datasets(DatasetFilter()):
        assert listing.downloads is None or listing.downloads >= 0
    for split in dataset_details("me/x").splits:
        assert split.size is None or split.size >= 0
