"""A space of images is published on a Hub on this machine, without what their files say of places."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from PIL import Image

import explorer
from explorer.data.added_rows import add_rows
from explorer.errors import TooLargeError
from explorer.hub.pushed_repo import CARD, DATASET
from explorer.share.push import preview, publication
from tests.data.failing import failure
from tests.data.images.files import PLACE, saved, with_metadata
from tests.data.images.test_listing import zipped
from tests.data.space_files.test_saved_images import with_vectors
from tests.drawn_images import Drawing, draw
from tests.hub_pushes import TOKEN

LOAD = """
import sys, datasets, numpy
from PIL import Image
rows = datasets.load_dataset("me/photos", split="train")
assert rows.features["image"] == datasets.Image(), rows.features
assert rows.column_names == ["file", "image", "embedding"], rows.column_names
for number, row in enumerate(rows):
    image = row["image"]
    assert isinstance(image, Image.Image)
    assert not image.getexif().get_ifd(0x8825) and set(image.getexif()) <= {0x0112}
    numpy.save(f"{sys.argv[1]}/{number}.npy", numpy.asarray(image.convert("RGB")))
"""


@pytest.fixture
def corpus(tmp_path):
    drawn = [
        (f"{colour}.png", saved(draw(Drawing("circle", colour)), "PNG"))
        for colour in ("red", "blue", "green")
    ]
    photos = [(f"photo.{kind.lower()}", with_metadata(kind)) for kind in ("JPEG", "PNG", "WEBP", "TIFF")]
    assert all(PLACE.encode() in data for _, data in photos)
    (tmp_path / "photos.zip").write_bytes(zipped([*drawn, *photos]))
    return explorer.open_corpus(tmp_path / "photos.zip")


@pytest.mark.slow
def test_images_are_read_back_as_images_and_no_metadata_is_sent(corpus, push_hub, tmp_path, tiny_clip):
    space = explorer.embed(corpus, str(tiny_clip), precision="float32")
    explorer.push_to_hub(space, "me/photos", licence="cc0-1.0", private=False, token=TOKEN)
    sent = [path for path in push_hub.newest("me/photos").rglob("*") if path.is_file()]
    assert {path.name for path in sent} >= {CARD, "train-00000-of-00001.parquet"}
    for path in sent:
        assert PLACE.encode() not in path.read_bytes()
    values = pq.read_table(push_hub.newest("me/photos") / DATASET.file)["image"].to_pylist()
    assert not any(PLACE.encode() in value["bytes"] for value in values)  # which are compressed in the file
    assert {value["path"] for value in values} == {None}

    environment = {"HF_ENDPOINT": push_hub.url, "HF_TOKEN": TOKEN, "HF_HUB_DISABLE_XET": "1"}
    subprocess.run([sys.executable, "-c", LOAD, tmp_path], env={**os.environ, **environment}, check=True)
    for row in range(len(corpus)):
        with corpus.images.item(row).open() as image:
            np.testing.assert_array_equal(np.load(tmp_path / f"{row}.npy"), np.asarray(image))

    after = explorer.open_space("me/photos", model=str(tiny_clip), token=TOKEN)
    assert after.corpus.item_keys == corpus.item_keys
    assert after.vectors.tobytes() == space.vectors.tobytes()
    assert after.search("a red circle", k=1)[0].text == "red.png"
    as_table = explorer.open_corpus("me/photos")
    assert as_table.item_keys == corpus.item_keys


def test_the_card_and_the_preview_say_that_images_go(corpus):
    space = with_vectors(corpus)
    made = publication(space, "me/photos", licence="mit", private=True)
    assert "7 images with their embeddings; which model made them is not known." in made.card
    assert "| Image column | image; the images have no metadata |" in made.card
    assert "load_dataset" in made.card
    assert yaml.safe_load(made.card.split("---\n")[1])["tags"][0] == DATASET.tag
    assert made.saved.images.number == 7
    shown = preview(space, "me/photos", licence="mit", private=True)
    assert shown.card == made.card
    assert shown.images == 7
    assert shown.size > sum(corpus.images.file_sizes())


def test_only_the_chosen_images_go_and_no_name_of_a_file_that_was_left_out(corpus):
    space = with_vectors(corpus.with_columns({"caption": pa.array([f"photo {n}" for n in range(7)])}))
    space = space.for_corpus(_read_by(space.corpus, "caption"))
    rows = [5, 2]
    made = publication(space, "me/photos", licence="mit", private=True, rows=rows, columns=[])
    assert "2 images with their embeddings" in made.card
    assert made.saved.images.images.content_keys() == [corpus.item_keys[row] for row in rows]
    assert preview(space, "me/photos", licence="mit", private=True, rows=rows, columns=[]).card == made.card
    everything = "\n".join([made.card, made.saved.facts, str(made.saved.table.to_pydict())])
    for name in corpus.texts:
        assert name not in everything


def _read_by(corpus, column):
    """The same images with another column as their captions."""
    return dataclasses.replace(corpus, text=column)


def test_texts_among_images_are_counted_apart(corpus):
    mixed = with_vectors(add_rows(explorer.open_corpus(["one", "two", "six", "ten"]), corpus))
    shown = preview(mixed, "me/mixed", licence="mit", private=True)
    assert "11 rows, 7 of which are images, with their embeddings" in shown.card
    assert shown.card == publication(mixed, "me/mixed", licence="mit", private=True).card
    texts = preview(mixed, "me/mixed", licence="mit", private=True, rows=[0, 1])
    assert texts.images == 0
    assert "2 texts with their embeddings" in texts.card
    assert "Image column" not in texts.card


def test_too_many_images_are_refused_before_anything_is_sent(corpus, push_hub, bound):
    noise = np.random.default_rng(0).integers(0, 255, (700, 700, 3), dtype=np.uint8)
    large = explorer.open_corpus({"text": ["noise"], "image": [saved(Image.fromarray(noise), "PNG")]})
    space = with_vectors(large)
    bound("EXPLORER_MAX_FILE_MB", 1)
    for call in (preview, publication):
        failure(TooLargeError, call, space, "me/noise", licence="mit", private=True)
    failure(TooLargeError, explorer.push_to_hub, space, "me/noise", licence="mit", token=TOKEN)
    assert not push_hub.pushed
