"""Columns of images of datasets on the Hub."""

import json

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

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


@pytest.mark.slow
def test_the_preview_has_the_first_images_and_stays_within_its_bound(dataset_hub, tmp_path):
    serve(dataset_hub, tmp_path, [rows(captions=True)])
    preview = preview_split(dataset_details("me/rows"))
    assert [name for name, _ in preview.thumbnails] == [f"{row}.png" for row in range(4)]
    assert all(data.startswith(b"\xff\xd8\xff") for _, data in preview.thumbnails)
    assert preview.bytes_read == dataset_hub.downloaded <= 2_000_000
    assert preview.partial == ()
    split = dataset_details("me/rows").find_split(None, None)
    images = preview.download_bytes(split, ["caption", "image"], 4)
    assert images > preview.download_bytes(split, ["caption"], 4) + sum(map(len, PNGS)) // 2


@pytest.mark.slow
def test_images_too_large_for_the_preview_are_not_downloaded_for_it(dataset_hub, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (12, 400, 400, 3), np.uint8)
    records = [{"bytes": saved(Image.fromarray(pixels), "PNG"), "path": None} for pixels in noise]
    table = pa.table({"image": records, "caption": [f"noise number {row}" for row in range(12)]})
    described = {"huggingface": json.dumps({"info": {"features": {"image": {"_type": "Image"}}}})}
    serve(dataset_hub, tmp_path, [table.replace_schema_metadata(described)])
    preview = preview_split(dataset_details("me/rows"))
    assert preview.thumbnails == ()
    assert preview.partial == (
        'The images of column "image" are too large to be shown before they are read.',
    )
    assert dataset_hub.downloaded <= 2_000_000
    assert len(open_corpus("me/rows", limit=3).images) == 3


@pytest.mark.slow
def test_the_preview_says_that_addresses_are_not_fetched(dataset_hub, tmp_path):
    table = pa.table(
        {
            "image": [f"https://example.org/{row}.jpg" for row in range(4)],
            "caption": [f"a picture of thing {row}" for row in range(4)],
        }
    )
    serve(dataset_hub, tmp_path, [table])
    preview = preview_split(dataset_details("me/rows"))
    assert preview.text == "caption"
    assert any("has URLs of images, which are not fetched" in said for said in preview.partial)


@pytest.mark.slow
def test_a_repository_of_image_files_with_captions_says_why_there_are_no_images(dataset_hub, tmp_path):
    folder = tmp_path / "files"
    (folder / "train").mkdir(parents=True)
    for row, data in enumerate(PNGS):
        (folder / "train" / f"{row}.png").write_bytes(data)
    lines = [f"{row}.png,a picture of thing {row}" for row in range(4)]
    (folder / "train" / "metadata.csv").write_text("\n".join(["file_name,caption", *lines]))
    dataset_hub.datasets["me/rows"] = folder
    preview = preview_split(dataset_details("me/rows"))
    assert preview.text == "caption"
    assert any("The images are files of their own or in archives" in said for said in preview.partial)
    corpus = open_corpus("me/rows")
    assert corpus.images is None
    assert corpus.texts == [f"a picture of thing {row}" for row in range(4)]
    assert not any(path.endswith(".png") for path in dataset_hub.bytes_sent)
