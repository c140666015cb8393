from types import SimpleNamespace

import numpy as np
import pytest

from explorer.data.images.images import image_item
from explorer.encode.queries import QueryVectors
from tests.drawn_images import Drawing, draw


class Spy:
    """An encoder whose vectors are the lengths of texts; it keeps what it was asked."""

    def __init__(self, fingerprint="one", query_prompt=""):
        self.fingerprint, self.query_prompt = fingerprint, query_prompt
        self.asked = []

    def encode_queries(self, texts, _on_progress=None):
        self.asked.append(list(texts))
        return np.array([[len(text), 1.0] for text in texts], np.float32)


@pytest.fixture
def kept():
    return QueryVectors()


def test_a_query_is_encoded_once_and_only_what_is_new_of_several(kept):
    encoder = Spy()
    assert kept.find(encoder, ["a"]) is None
    kept.encode(encoder, ["a", "bb"])
    np.testing.assert_array_equal(kept.find(encoder, ["bb", "a"]), [[2, 1], [1, 1]])
    np.testing.assert_array_equal(kept.encode(encoder, ["ccc", "a", "ccc"]), [[3, 1], [1, 1], [3, 1]])
    assert encoder.asked == [["a", "bb"], ["ccc"]]


@pytest.mark.parametrize("other", [{"fingerprint": "another"}, {"query_prompt": "query: "}])
def test_another_model_generation_or_prompt_has_its_own(kept, other):
    kept.encode(Spy(), ["a"])
    assert kept.find(Spy(**other), ["a"]) is None


def test_the_memory_is_bounded_and_what_was_not_used_longest_goes(kept):
    encoder, small = Spy(), QueryVectors(max_bytes=3 * 8)
    small.encode(encoder, ["a", "bb", "ccc"])
    small.find(encoder, ["a"])
    small.encode(encoder, ["dddd"])
    assert small.find(encoder, ["bb"]) is None
    assert small.find(encoder, ["a", "ccc", "dddd"]) is not None
    many = [f"{number}" for number in range(20)]
    assert len(small.encode(encoder, many)) == 20  # more than are kept are given all the same
    assert small.find(encoder, many) is None


def test_judged_queries_of_four_encoders_are_encoded_once(kept):
    class Wide(Spy):
        def encode_queries(self, texts, _on_progress=None):
            self.asked.append(list(texts))
            return np.ones((len(texts), 1_024), np.float32)

    encoders = [Wide(name) for name in ("one", "two", "three", "four")]
    queries = [f"query {number}" for number in range(1_000)]
    for encoder in encoders * 2:
        kept.encode(encoder, queries)
    assert [len(encoder.asked) for encoder in encoders] == [1] * 4


def test_what_fails_is_not_kept(kept):
    def fail(*_args):
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - any error
        kept.encode(SimpleNamespace(fingerprint="one", query_prompt="", encode_queries=fail), ["a"])
    assert kept.find(Spy(), ["a"]) is None


def test_an_image_is_kept_by_its_pixels_whatever_its_file_is_called(kept):
    class Sees(Spy):
        def encode_queries(self, queries, _on_progress=None):
            self.asked.append(list(queries))
            return np.arange(2 * len(queries), dtype=np.float32).reshape(-1, 2)

    drawn, other = (draw(Drawing("star", colour), 20) for colour in ("red", "blue"))
    encoder, one, same = Sees(query_prompt="query: "), image_item(drawn, "a"), image_item(drawn, "b")
    first = kept.encode(encoder, [one, "a text"])
    np.testing.assert_array_equal(kept.encode(encoder, [same]), first[:1])
    np.testing.assert_array_equal(kept.find(encoder, ["a text", same]), first[::-1])
    assert kept.find(encoder, [image_item(other)]) is None
    assert len(encoder.asked) == 1
    kept.encode(Sees(query_prompt="another: "), [one])  # no prompt is put before an image
    np.testing.assert_array_equal(kept.find(Sees(query_prompt="another: "), [one]), first[:1])
