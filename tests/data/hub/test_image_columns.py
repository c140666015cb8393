"""Columns of images of datasets on the Hub."""

import json

import pyarrow as pa
import pytest

from explorer import open_corpus
from explorer.data.hub.preview import preview_split
from explorer.data.hub.rows_link import HubRows
from explorer.errors import ColumnError
from explorer.hub.dataset_details import dataset_details
from explorer.jobs.progress import ignore_progress
from tests.data.failing import failure
from tests.data.hub.test_dataset import serve
from tests.data.images.files import picture, saved

PNGS = [saved(picture(seed=seed), "PNG") for seed in range(4)]
RECORDS = [{"bytes": data, "path": f"{row}.png"} for row, data in enumerate(PNGS)]


def rows(*, captions, features=True):
    columns = {"image": RECORDS, "kind": pa.array([0, 1, 1, 0])}
    described = {"image": {"_type": "Image"}, "kind": {"_type": "ClassLabel", "names": ["cat", "dog"]}}
    if captions:
        columns["caption"] = [f"a picture of thing {row}" for row in range(4)]
    metadata = {"huggingface": json.dumps({"info": {"features": described}})} if features else None
    return pa.table(columns).replace_schema_metadata(metadata)


@pytest.mark.slow
@pytest.mark.parametrize("captions", [True, False])
def test_bytes_are_read_from_parquet(dataset_hub, tmp_path, captions):
    serve(dataset_hub, tmp_path, [rows(captions=captions)])
    named = open_corpus("me/rows", text="kind", label=None)
    assert len(named.images) == 4
    corpus = open_corpus("me/rows")
    assert [corpus.images.read(row) for row in range(4)] == PNGS
    assert corpus.table["kind"].to_pylist() == ["cat", "dog", "dog", "cat"]
    assert corpus.label == "kind"
    assert corpus.text == ("caption" if captions else "file")
    assert corpus.origin.images == "image"


@pytest.mark.slow
def test_the_card_can_say_that_a_column_has_images(dataset_hub, tmp_path):
    serve(dataset_hub, tmp_path, [rows(captions=True, features=False)])
    assert preview_split(dataset_details("me/rows")).image is None
    assert open_corpus("me/rows").images is None
    assert len(open_corpus("me/rows", images="image").images) == 4
    features = [{"name": "image", "dtype": "image"}]
    dataset_hub.facts["me/rows"] = {"cardData": {"dataset_info": {"features": features}}}
    assert preview_split(dataset_details("me/rows")).image == "image"
    assert len(open_corpus("me/rows").images) == 4


@pytest.mark.slow
def test_images_can_be_left_on_the_hub(dataset_hub, tmp_path):
    serve(dataset_hub, tmp_path, [rows(captions=True)])
    corpus = open_corpus("me/rows", images=None)
    assert (corpus.images, corpus.text) == (None, "caption")
    error = failure(ColumnError, open_corpus, "me/rows", images="no.zip")
    assert error.what == 'There is no column "no.zip".'


@pytest.mark.slow
@pytest.mark.parametrize("captions", [True, False])
def test_a_link_opens_the_same_images_again(dataset_hub, tmp_path, captions):
    serve(dataset_hub, tmp_path, [rows(captions=captions)])
    corpus = open_corpus("me/rows")
    link = HubRows.of(corpus).link
    assert HubRows.from_link(link) == HubRows.of(corpus)
    assert HubRows.from_link(link).read(ignore_progress).item_keys == corpus.item_keys
    texts = HubRows.of(open_corpus("me/rows", images=None))
    assert texts.link.count(",") == link.count(",") - 1  # as before there were images
    assert HubRows.from_link(texts.link).read(ignore_progress).images is None


@pytest.mark.slow
def test_addresses_are_not_fetched_and_this_is_said(dataset_hub, tmp_path):
    table = pa.table(
        {
            "image": [f"https://example.org/{row}.jpg" for row in range(4)],
            "caption": [f"a picture of thing {row}" for row in range(4)],
        }
    )
    features = {"info": {"features": {"image": {"_type": "Image"}}}}
    serve(dataset_hub, tmp_path, [table.replace_schema_metadata({"huggingface": json.dumps(features)})])
    corpus = open_corpus("me/rows")
    assert (corpus.images, corpus.text) == (None, "caption")
    assert any('Column "image" has URLs of images, which are not fetched' in note for note in corpus.notes)
