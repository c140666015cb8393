"""The figures of the modality gap, against their formulas in float64."""

import numpy as np
import pytest

from explorer.analysis.modality_gap import DEPTHS, align_means, modality_gap
from explorer.analysis.space import Space, make_index
from explorer.data.opening import open_corpus
from explorer.errors import QueryError


def spaces(images, texts, captions=None):
    """Spaces of vectors; rows with equal captions have the same text."""
    captions = captions or [f"caption {row}" for row in range(len(texts))]
    names = [f"image {row}" for row in range(len(images))]
    made = [np.asarray(vectors, np.float32) for vectors in (images, texts)]
    return Space(open_corpus(names), make_index(made[0])), Space(open_corpus(captions), make_index(made[1]))


def unit(vectors):
    wide = np.asarray(vectors, np.float32).astype(np.float64)
    return wide / np.linalg.norm(wide, axis=1, keepdims=True)


def reference(images, texts, captions, k):
    """Every figure, written out row by row."""
    v, t, rows = unit(images), unit(texts), len(images)
    distance = np.linalg.norm(v.mean(0) - t.mean(0))
    both = np.concatenate([v, t])
    total = ((both - both.mean(0)) ** 2).sum(1).mean()
    between = (((v.mean(0) - both.mean(0)) ** 2).sum() + ((t.mean(0) - both.mean(0)) ** 2).sum()) / 2
    overlap, other = [], []
    found = {"text": dict.fromkeys(DEPTHS, 0), "image": dict.fromkeys(DEPTHS, 0)}
    for row in range(rows):
        near = []
        for kind in (v, t):
            order = np.argsort(-(kind @ kind[row]), kind="stable")
            near.append(set(order[order != row][:k]))
        overlap.append(len(near[0] & near[1]) / k)
        for place, kind, opposite, name in ((row, v, t, "image"), (row + rows, t, v, "text")):
            order = np.argsort(-(both @ kind[row]), kind="stable")
            other.append(np.mean([(i < rows) != (place < rows) for i in order[order != place][:k]]))
            across = np.argsort(-(opposite @ kind[row]), kind="stable")
            hit = [captions[i] == captions[row] for i in across]
            for depth in DEPTHS:
                found[name][depth] += any(hit[:depth])
    return {
        "distance": distance,
        "variance_share": between / total,
        "overlap": np.mean(overlap),
        "other_share": np.mean(other),
        "text_to_image": {depth: count / rows for depth, count in found["text"].items()},
        "image_to_text": {depth: count / rows for depth, count in found["image"].items()},
    }


def data(rows=60, dims=8, gap=1.0, seed=0):
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(rows, dims))
    images = shared + 0.6 * rng.normal(size=(rows, dims))
    texts = shared + 0.6 * rng.normal(size=(rows, dims))
    images[:, 0] += gap
    texts[:, 0] -= gap
    return images, texts


@pytest.mark.parametrize(("rows", "gap", "k"), [(60, 1.0, 10), (60, 0.0, 3), (700, 3.0, 10), (2, 1.0, 10)])
def test_figures_equal_their_formulas(rows, gap, k):
    images, texts = data(rows, gap=gap)
    captions = [f"caption {row // 2}" for row in range(rows)]
    found = modality_gap(*spaces(images, texts, captions), k=k)
    expected = reference(images, texts, captions, min(k, rows - 1))
    for name in ("distance", "variance_share", "overlap", "other_share"):
        assert getattr(found, name) == pytest.approx(expected[name], abs=1e-6), name
    assert found.text_to_image == pytest.approx(expected["text_to_image"])
    assert found.image_to_text == pytest.approx(expected["image_to_text"])
    assert found.chance_overlap == pytest.approx(min(k, rows - 1) / (rows - 1))
    assert found.chance_other_share == pytest.approx(rows / (2 * rows - 1))


def test_aligned_means_close_the_gap():
    images, texts = data(400, gap=3.0)
    before = modality_gap(*spaces(images, texts))
    after = modality_gap(*align_means(*spaces(images, texts)))
    v, t = unit(images), unit(texts)
    expected = reference(v - v.mean(0), t - t.mean(0), [f"{row}" for row in range(400)], 10)
    assert after.distance == pytest.approx(expected["distance"], abs=1e-6)
    assert before.distance > 1.3
    assert after.distance < 0.15  # the means are equal; scaled to length 1 again, they move a little
    assert after.variance_share < 0.01
    assert before.other_share < 0.02
    assert after.other_share > 0.3  # of 0.5 without any gap
    assert after.text_to_image[1] >= before.text_to_image[1]


def test_equal_images_and_texts_have_no_gap():
    images, _ = data(50)
    found = modality_gap(*spaces(images, images))
    assert found.distance == pytest.approx(0, abs=1e-7)
    assert found.variance_share == pytest.approx(0, abs=1e-7)
    assert found.overlap == 1
    assert found.text_to_image[1] == 1


def test_vectors_of_zeros_are_left_out_of_the_means():
    images, texts = data(30)
    images[3] = texts[7] = 0
    found = modality_gap(*spaces(images, texts))
    v, t = unit(np.delete(images, 3, 0)), unit(np.delete(texts, 7, 0))
    assert found.distance == pytest.approx(np.linalg.norm(v.mean(0) - t.mean(0)), abs=1e-6)


def test_of_many_rows_the_neighbours_of_a_sample_are_found_among_all(monkeypatch):
    images, texts = data(300, gap=1.0)
    whole = modality_gap(*spaces(images, texts))
    assert whole.rows == 300
    monkeypatch.setattr("explorer.analysis.modality_gap.ROWS", 200)
    found = modality_gap(*spaces(images, texts))
    assert found.rows == 200
    assert found.distance == whole.distance
    assert found.chance_overlap == whole.chance_overlap
    assert found.overlap == pytest.approx(whole.overlap, abs=0.03)
    assert found.text_to_image[10] == pytest.approx(whole.text_to_image[10], abs=0.1)


def test_too_few_rows_are_an_error():
    images, texts = data(3)
    with pytest.raises(QueryError, match="3 images and 2 texts"):
        modality_gap(*spaces(images, texts[:2]))
    with pytest.raises(QueryError, match="1 images and 1 texts"):
        modality_gap(*spaces(images[:1], texts[:1]))
    with pytest.raises(QueryError, match="0 neighbours"):
        modality_gap(*spaces(images, texts), k=0)
