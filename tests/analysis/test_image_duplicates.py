"""Copies of images: exact ones by their pixels, and crops, rescales and recompressions by their vectors."""

import numpy as np
import pytest
from PIL import Image

from explorer import open_corpus
from explorer.analysis.duplicates import MOST_PAIRS, find_close_pairs, usual_floor
from explorer.analysis.space import Space, make_index
from explorer.analysis.threshold_advice import threshold_shares
from tests.drawn_images import COLOURS, SHAPES, draw, random_drawing

ORIGINALS, EACH = 200, 12
COPIES = {
    "exact.bmp": lambda image: image,
    "crop.png": lambda image: image.crop((2, 2, 94, 94)),
    "rescale.png": lambda image: image.resize((150, 150)),
    "recompressed.jpg": lambda image: image,
}


def drawing_of_four(rng, seed):
    """Four shapes in colours, so that no two pictures are alike."""
    whole = Image.new("RGB", (96, 96))
    for part in range(4):
        one = random_drawing(str(rng.choice(SHAPES)), str(rng.choice(list(COLOURS))), rng, noise=4)
        whole.paste(draw(one, 48, seed=4 * seed + part), (part % 2 * 48, part // 2 * 48))
    return whole


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    """Pictures and copies of some, with the pixels of tiny versions as vectors.

    The small CLIP of the tests is no use here: it was trained to leave out what tells two drawings of a kind
    apart.
    """
    folder, rng = tmp_path_factory.mktemp("copies"), np.random.default_rng(8)
    for number in range(ORIGINALS):
        image = drawing_of_four(rng, number)
        image.save(folder / f"{number:03}-original.png")
        if number < EACH * len(COPIES):
            name = list(COPIES)[number // EACH]
            COPIES[name](image).save(folder / f"{number:03}-{name}", quality=40)
    corpus = open_corpus(folder)
    tiny = []
    for row in range(len(corpus)):
        with corpus.images.item(row).open() as image:
            tiny.append(np.asarray(image.resize((12, 12), Image.Resampling.BOX), np.float32).ravel())
    vectors = np.stack(tiny)
    return Space(corpus, make_index(vectors - vectors.mean(axis=0)))


def test_copies_are_found_beside_exact_ones_at_the_advised_threshold(space):
    names = space.corpus.texts
    close = find_close_pairs(space, usual_floor(space), limit=MOST_PAIRS, closest=True)
    advised = threshold_shares(close.pairs.scores, close.floor, close.texts).advised(0.05)
    assert advised is not None
    found = close.duplicates(advised)
    groups = [{names[row] for row in group.rows} for group in found.groups]
    made = [name for name in names if "original" not in name]
    assert len(made) == EACH * len(COPIES)
    originals = {name: f"{name[:3]}-original.png" for name in made}
    missed = [name for name in made if not any({name, originals[name]} <= group for group in groups)]
    assert missed == []
    false = [group for group in groups if len({name[:3] for name in group}) > 1]
    assert len(false) <= 0.05 * len(groups)
    # Equal pixels are equal, whatever the format of their files; nothing else is.
    repeated = [names[row] for row in np.flatnonzero(found.first != np.arange(len(names)))]
    assert {name[:3] for name in repeated} == {name[:3] for name in made if "exact" in name}
    exact = [group for group in found.groups if group.texts == 1]
    assert len(exact) == EACH
    assert found.repeated == EACH
