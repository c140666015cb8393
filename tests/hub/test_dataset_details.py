from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.errors import GatedError, HubUnreachableError, NotOnHubError
from explorer.hub import dataset_viewer
from explorer.hub.dataset_details import dataset_details, is_dataset_id
from explorer.hub.dataset_search import DatasetFilter, search_datasets
from explorer.hub.ranges import read_small
from tests.hub_datasets import CONVERTED_COMMIT, serve, splits
from tests.hub_server import COMMIT, LocalHub


def test_the_hubs_conversion_comes_before_the_files_of_the_dataset(dataset_hub, tmp_path):
    serve(
        dataset_hub,
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


def test_half_a_conversion_is_used_only_where_the_dataset_has_no_parquet(dataset_hub, tmp_path):
    half = ["default/partial-train/0000.parquet"]
    serve(dataset_hub, tmp_path, "data/train-00000-of-00001.parquet", converted=half)
    serve(dataset_hub, tmp_path, "rows.csv", name="me/csv", converted=half)
    assert dataset_details("me/tickets").find_split(None, None).complete
    assert not dataset_details("me/csv").find_split(None, None).complete


def test_a_split_of_more_than_ten_thousand_files_is_one(dataset_hub, tmp_path):
    serve(dataset_hub, tmp_path, "data.csv", converted=["default/test/0000.parquet"])
    shards = [f"en/train-part{part}/{file:04}.parquet" for part in range(12) for file in (0, 9999)]
    partly = [f"de/partial-train-part{part}/0000.parquet" for part in range(2)]
    dataset_hub.bodies["/api/datasets/me/tickets/revision/refs/convert/parquet"] = {
        "sha": CONVERTED_COMMIT,
        "siblings": [{"rfilename": path, "size": 5} for path in sorted([*shards, *partly])],
    }
    details = dataset_details("me/tickets")
    assert splits(details) == {("de", "train"): partly, ("en", "train"): shards}
    assert [split.complete for split in details.splits] == [False, True]
    assert sum(split.size for split in details.splits) == 5 * len(shards + partly)


SIZES = {
    "size": {
        "dataset": {"dataset": "me/tickets", "num_rows": 30},
        "splits": [
            {"dataset": "me/tickets", "config": "default", "split": "train", "num_rows": 20},
            {"dataset": "me/tickets", "config": "default", "split": "test", "num_rows": 10},
        ],
    },
    "pending": [],
    "failed": [],
    "partial": False,
}
TWO_FILES = [f"default/{split}/{number:04}.parquet" for split in ("train", "test") for number in range(2)]


@pytest.fixture
def viewer(dataset_hub, monkeypatch):
    """The dataset viewer, which is another server of the Hub's."""
    server = LocalHub()
    server.bodies["/size"] = SIZES
    monkeypatch.setattr("explorer.hub.dataset_viewer.viewer_address", lambda: server.url)
    yield server
    server.close()


def test_rows_that_the_card_does_not_tell_come_from_the_dataset_viewer(dataset_hub, viewer, tmp_path):
    card = {"dataset_info": {"splits": [{"name": "test", "num_examples": 7}]}}
    serve(dataset_hub, tmp_path, "data.csv", converted=TWO_FILES, facts={"cardData": card})
    details = dataset_details("me/tickets")
    assert {split.split: split.rows for split in details.splits} == {"train": 20, "test": 7}
    assert viewer.queries == [{"dataset": ["me/tickets"]}]


def test_rows_of_a_split_that_is_converted_in_part_are_those_of_the_part(dataset_hub, viewer, tmp_path):
    half = [f"default/partial-train/{number:04}.parquet" for number in range(2)]
    card = {"dataset_info": {"splits": [{"name": "train", "num_examples": 1_000}]}}
    serve(dataset_hub, tmp_path, "rows.csv", converted=half, facts={"cardData": card})
    assert [(split.rows, split.complete) for split in dataset_details("me/tickets").splits] == [(20, False)]


def test_the_viewer_is_not_asked_what_is_known(dataset_hub, viewer, tmp_path):
    one = ["default/train/0000.parquet"]  # its footer says its rows
    serve(dataset_hub, tmp_path, "data.csv", converted=one)
    serve(dataset_hub, tmp_path, "a.parquet", "b.parquet", name="me/own")  # not what the viewer counts
    dataset_details("me/tickets")
    assert dataset_details("me/own").splits[0].rows is None
    assert dataset_details("me/own", "main").splits[0].rows is None
    assert viewer.requests == []


@pytest.mark.parametrize(
    "answer", [[], {}, {"size": 3}, {"size": {"splits": [{"config": 1}, None, {"num_rows": "x"}]}}]
)
def test_a_viewer_that_says_nothing_leaves_the_rows_open(dataset_hub, viewer, tmp_path, answer):
    serve(dataset_hub, tmp_path, "data.csv", converted=TWO_FILES)
    viewer.bodies["/size"] = answer
    assert [split.rows for split in dataset_details("me/tickets").splits] == [None, None]


@pytest.mark.parametrize("fault", ["failing", "limited", "nonsense"])
def test_a_viewer_that_fails_leaves_the_rows_open(dataset_hub, viewer, tmp_path, fault):
    serve(dataset_hub, tmp_path, "data.csv", converted=TWO_FILES)
    getattr(viewer, fault).add("/size")
    assert [split.rows for split in dataset_details("me/tickets").splits] == [None, None]


def test_only_the_public_hub_has_its_viewer_asked(dataset_hub, monkeypatch):
    from huggingface_hub import constants

    assert dataset_viewer.viewer_address() is None
    monkeypatch.setattr(constants, "ENDPOINT", "https://huggingface.co")
    assert dataset_viewer.viewer_address() == constants.DATASETS_SERVER_ENDPOINT


def test_the_card_tells_configurations_rows_and_features(dataset_hub, tmp_path):
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
        dataset_hub,
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


def test_what_is_not_there_says_so_and_what_there_is(dataset_hub, tmp_path):
    serve(dataset_hub, tmp_path, "train.csv")
    details = dataset_details("me/tickets")
    with pytest.raises(NotOnHubError, match=r'no split "best".*There is: train'):
        details.find_split(None, "best")
    with pytest.raises(NotOnHubError, match=r'no configuration "fr".*There is: default'):
        details.find_split("fr", None)
    with pytest.raises(NotOnHubError):
        dataset_details("me/nothing")
    with pytest.raises(NotOnHubError):
        dataset_details("me/tickets", "v9")
    serve(dataset_hub, tmp_path, "model.bin", name="me/pictures")
    with pytest.raises(NotOnHubError, match="no file of rows"):
        dataset_details("me/pictures").find_split(None, None)


def test_names_that_would_lead_elsewhere_are_never_asked_for(dataset_hub):
    for name in ("../etc/passwd", "me", "me/../you", "me/a?b", "me/a/b", "https://x/y", "me/" + "a" * 200):
        assert not is_dataset_id(name)
        with pytest.raises(NotOnHubError):
            dataset_details(name)
    with pytest.raises(NotOnHubError):
        dataset_details("me/tickets", "../main")
    assert dataset_hub.requests == []


def test_a_gated_dataset_is_described_and_says_how_to_get_in(dataset_hub, tmp_path):
    serve(dataset_hub, tmp_path, "train.csv", "README.md")
    dataset_hub.gated.add("me/tickets")
    details = dataset_details("me/tickets")
    assert (details.listing.gated, details.card) == (True, None)
    with pytest.raises(GatedError, match="HF_TOKEN"):
        read_small(details.find_split(None, None).files[0], 100)


def test_a_hub_that_fails_says_so(dataset_hub, tmp_path):
    serve(dataset_hub, tmp_path, "train.csv")
    dataset_hub.failing.add("me/tickets")
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


@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(HOSTILE | JSON, max_size=3), HOSTILE)
def test_whatever_the_hub_says_nothing_breaks(dataset_hub, listed, said):
    said = {
        "siblings": [{"rfilename": "a/train.csv", "size": -3}, {"rfilename": 5}, None],
        **said,
        "sha": COMMIT,
    }
    dataset_hub.bodies["/api/datasets"] = [
        {**item, "id": "me/x"} if isinstance(item, dict) else item for item in listed
    ]
    dataset_hub.bodies["/api/datasets/me/x"] = said
    for listing in search_datasets(DatasetFilter()):
        assert listing.downloads is None or listing.downloads >= 0
    for split in dataset_details("me/x").splits:
        assert split.size is None or split.size >= 0
