import numpy as np
import pytest
from scipy.special import softmax
from sentence_transformers import SentenceTransformer

import explorer
from explorer.classification.by_similarity import classify_by_similarity, predictions_near
from explorer.encode.models import find_model
from explorer.errors import QueryError
from tests.drawn_images import Drawing, draw

CATEGORIES = ["billing: invoices and refunds", "login", "delivery: parcels on their way"]
TEXTS = ["I cannot sign in", "where is my parcel", "a refund for a wrong invoice", "", "I cannot sign in"]


def test_it_is_the_softmax_of_the_library_s_scaled_cosines():
    space = explorer.embed(TEXTS[:3], precision="float32")
    found = classify_by_similarity(space, CATEGORIES)
    model = SentenceTransformer(str(find_model(space.spec.model).folder), device="cpu")
    cosines = model.encode(TEXTS[:3]) @ model.encode(CATEGORIES).T
    np.testing.assert_allclose(found.probabilities, softmax(20 * cosines, axis=1), atol=1e-4)
    assert found.categories == ("billing", "login", "delivery")
    assert [found.categories[place] for place in found.likeliest] == ["login", "delivery", "billing"]


def test_repeats_and_zero_vectors_have_probabilities_too():
    table = {"text": ["a", "b", "a"], "vector": [[1.0, 0.0], [0.0, 0.0], [1.0, 0.0]]}
    corpus = explorer.open_corpus(table, text="text", vectors="vector")
    space = explorer.embed(corpus, "")
    found = predictions_near(space, np.array([[2.0, 0.0], [0.0, 0.0]], dtype=np.float32), ("x", "y"), "made")
    np.testing.assert_allclose(found.probabilities[1], [0.5, 0.5])
    np.testing.assert_array_equal(found.probabilities[0], found.probabilities[2])
    with pytest.raises(QueryError, match="which model made them was not stated"):
        classify_by_similarity(space, ["x", "y"])


def drawings(folder, shapes):
    """A blue drawing of each shape, whose file has its name."""
    for shape in shapes:
        draw(Drawing(shape, "blue"), 64).save(folder / f"{shape}.png")
    return folder


def test_images_are_compared_with_a_sentence_at_the_scale_that_the_model_learned(tiny_clip, tmp_path):
    shapes = ["ring", "arrow", "heart"]
    corpus = explorer.open_corpus(drawings(tmp_path, shapes))
    space = explorer.embed(corpus, str(tiny_clip), precision="float32")
    found = classify_by_similarity(
        space, ["ring", "arrow", "heart: a blue heart"], image_template="one {} here"
    )
    model = SentenceTransformer(str(tiny_clip), device="cpu")
    images = model.encode([str(tmp_path / f"{name}") for name in corpus.texts], normalize_embeddings=True)
    texts = ["one ring here", "one arrow here", "heart: a blue heart"]
    cosines = images @ model.encode([{"text": text} for text in texts], normalize_embeddings=True).T
    learned = next(value for name, value in model.named_parameters() if name.endswith("logit_scale"))
    learned = float(learned.detach().exp())
    assert learned != pytest.approx(20, abs=0.5)
    np.testing.assert_allclose(found.probabilities, softmax(learned * cosines, axis=1), atol=1e-3)
    plain = classify_by_similarity(space, shapes, image_template="{}")
    assert [f"{plain.categories[place]}.png" for place in plain.likeliest] == corpus.texts
    with pytest.raises(QueryError, match="does not have exactly one"):
        classify_by_similarity(space, shapes, image_template="a photo")


def test_of_texts_and_images_each_is_classified_as_its_kind(tiny_clip, tmp_path):
    drawings(tmp_path, ["ring", "arrow"])
    table = {
        "said": ["a ring", "a red heart", "an arrow"],
        "image": [{"bytes": (tmp_path / "ring.png").read_bytes()}, None,
                  {"bytes": (tmp_path / "arrow.png").read_bytes()}],
    }  # fmt: skip
    corpus = explorer.open_corpus(table, text="said", images="image")
    assert corpus.images.present().tolist() == [True, False, True]
    space = explorer.embed(corpus, str(tiny_clip), precision="float32")
    names = ["ring", "heart", "arrow"]
    found = classify_by_similarity(space, names, image_template="a photo of a {}").probabilities
    learned = space.encoder.engine.image_scale
    for rows, texts, scale in (
        ([0, 2], [f"a photo of a {name}" for name in names], learned),
        ([1], names, 20),
    ):
        expected = predictions_near(space, space.encode_queries(texts), tuple(names), "", scale)
        np.testing.assert_allclose(found[rows], expected.probabilities[rows], atol=1e-6)


def test_a_model_of_texts_has_learned_no_such_scale():
    assert explorer.embed(TEXTS[:1], precision="float32").encoder.engine.image_scale is None
