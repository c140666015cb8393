"""Sessions over images: they come back with the session, pixel for pixel and without their metadata."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import explorer
from explorer.encode.spec import LocalModel, OwnVectors
from explorer.errors import TooLargeError
from explorer.session.files.contents import ROWS
from explorer.session.files.saved_session import SavedSession
from explorer.session.files.writing import check_session_file, session_bytes, session_size
from explorer.session.selection import Selection
from tests.data.failing import failure
from tests.data.images.files import PLACE, saved, with_metadata
from tests.data.images.test_listing import zipped
from tests.data.space_files.test_saved_images import with_vectors
from tests.drawn_images import Drawing, draw
from tests.session.files.sessions import parts_of

KINDS = ("JPEG", "PNG", "WEBP", "TIFF")


@pytest.fixture
def corpus(tmp_path):
    files = [(f"{kind}.{kind.lower()}", with_metadata(kind)) for kind in KINDS]
    files += [(f"{colour}.png", saved(draw(Drawing("ring", colour)), "PNG")) for colour in ("red", "blue")]
    (tmp_path / "photos.zip").write_bytes(zipped(files))
    return explorer.open_corpus(tmp_path / "photos.zip")


@pytest.fixture
def model(tiny_clip, bound):
    """The small CLIP model, in the host's folder of models."""
    bound("EXPLORER_MODEL_DIR", tiny_clip.parent)
    return LocalModel(str(tiny_clip), "float32")


def opened(session, path, **how):
    session.save(path, **how)
    assert PLACE.encode() not in path.read_bytes()
    return explorer.open_session(path)


def test_images_come_back_with_what_was_selected(corpus, tmp_path):
    session = SavedSession(corpus, (LocalModel(),), selection=Selection(np.array([1, 4]), "a lasso"))
    again = opened(session, tmp_path / "mine.explorer")
    assert again.corpus.item_keys == corpus.item_keys
    assert again.corpus.fingerprint == corpus.fingerprint
    assert again.corpus.table.equals(corpus.table)
    assert again.selection.rows.tolist() == [1, 4]
    assert not any("rows" in sentence for sentence in again.missing)
    assert session_bytes(again) == (tmp_path / "mine.explorer").read_bytes()


@pytest.mark.slow
def test_with_vectors_no_image_is_encoded_again(corpus, model, tmp_path):
    session = SavedSession(corpus, (model,))
    space = session.space()
    again = opened(session, tmp_path / "mine.explorer", space=space)
    assert again.encoders == (OwnVectors(model),)
    found = again.space()
    assert found.report.encoded == 0
    assert found.vectors.tobytes() == space.vectors.tobytes()
    query = draw(Drawing("ring", "red"))
    assert found.search(query, k=3) == space.search(query, k=3)
    assert found.search("a red ring", k=1)[0].text == "red.png"
    third = opened(again, tmp_path / "again.explorer")
    assert third.corpus.item_keys == corpus.item_keys
    assert third.space().vectors.tobytes() == space.vectors.tobytes()


def test_a_sample_of_images_is_named():
    session = SavedSession(explorer.open_corpus("drawn-shapes"), (LocalModel(),))
    assert session_size(session.corpus, rows=False, space=None) == 0
    assert ROWS not in parts_of(session_bytes(session))
    assert ROWS in parts_of(session_bytes(session, rows=True))


def test_images_over_the_limit_on_files_are_refused_first(tmp_path, bound):
    noise = np.random.default_rng(0).integers(0, 255, (700, 700, 3), dtype=np.uint8)
    corpus = explorer.open_corpus({"text": ["noise"], "image": [saved(Image.fromarray(noise), "PNG")]})
    session, space = SavedSession(corpus, (LocalModel(),)), with_vectors(corpus)
    bound("EXPLORER_MAX_FILE_MB", 1)
    for vectors in (None, space):
        error = failure(TooLargeError, check_session_file, corpus, rows=False, space=vectors)
        assert error.what == "With its images, the file has 1.5 MB or more; up to 1 MB are opened."
        assert (
            error.fix == "Save fewer rows or smaller images, or ask the host to raise EXPLORER_MAX_FILE_MB."
        )
    failure(TooLargeError, session.save, tmp_path / "mine.explorer")
    assert not (tmp_path / "mine.explorer").exists()
