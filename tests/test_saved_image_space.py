"""A space of images is saved, and opened again as the same space, searched by words and by images."""

from __future__ import annotations

import numpy as np
import pytest

import explorer
from explorer.encode import local_encoder
from explorer.errors import QueryError
from tests.data.failing import failure
from tests.drawn_images import Drawing, draw
from tests.image_archives import drawn_archive

RED = Drawing("circle", "red")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("archive") / "shapes.zip"
    path.write_bytes(drawn_archive(captions=True))
    return path


@pytest.fixture
def space(archive, tiny_clip):
    return explorer.embed(explorer.open_corpus(archive), str(tiny_clip), precision="float32")


def hits(space, query):
    return [(hit.row, pytest.approx(hit.score, abs=1e-6)) for hit in space.search(query, k=5)]


@pytest.mark.parametrize("name", ["whole", "aligned", "shorter"])
def test_it_finds_the_same_by_words_and_by_images(space, tiny_clip, tmp_path, name):
    derived = {"whole": lambda: space, "aligned": space.align, "shorter": lambda: space.truncate(8)}
    before = derived[name]()
    before.save(tmp_path / "s.parquet")
    after = explorer.open_space(tmp_path / "s.parquet", model=str(tiny_clip))
    assert after.report.encoded == 0
    assert after.vectors.tobytes() == before.vectors.tobytes()
    assert after.corpus.item_keys == before.corpus.item_keys
    for query in ("a red circle", draw(RED)):
        assert hits(after, query) == hits(before, query)
    assert after.encoder.takes_images
    assert after.caption_space().vectors.tobytes() == before.caption_space().vectors.tobytes()
    after.save(tmp_path / "again.parquet")
    again = explorer.open_space(tmp_path / "again.parquet", model=str(tiny_clip))
    assert hits(again, draw(RED)) == hits(before, draw(RED))


def test_the_images_can_be_encoded_again_to_the_same_vectors(space, tiny_clip, tmp_path):
    space.save(tmp_path / "s.parquet")
    corpus = explorer.open_space(tmp_path / "s.parquet", model=str(tiny_clip)).corpus
    again = explorer.embed(corpus, str(tiny_clip), precision="float32")
    assert again.report.encoded == 0  # under the hashes of the same pixels
    assert again.vectors.tobytes() == space.vectors.tobytes()


def test_images_scaled_by_another_library_are_still_of_the_same_model(
    space, tiny_clip, tmp_path, monkeypatch
):
    space.save(tmp_path / "s.parquet")
    found = local_encoder.importlib.util.find_spec
    with monkeypatch.context() as other:
        other.setattr(
            local_encoder.importlib.util,
            "find_spec",
            lambda name, *rest: found("PIL") if name == "torchvision" else found(name, *rest),
        )
        after = explorer.open_space(tmp_path / "s.parquet", model=str(tiny_clip))
        assert not any("another model" in note for note in after.report.notes)


def test_without_its_model_it_still_finds_images_like_an_image(space, tmp_path):
    space.save(tmp_path / "s.parquet")
    after = explorer.open_space(tmp_path / "s.parquet")
    assert [hit.row for hit in after.similar_to(0, k=3)] == [hit.row for hit in space.similar_to(0, k=3)]
    failure(QueryError, after.search, "a red circle")
    assert len(np.unique(after.vectors, axis=0)) > 1
