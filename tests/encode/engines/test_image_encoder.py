"""The part of a model that reads images, as an OpenVINO graph."""

import numpy as np
import pytest
import torch

from explorer.data.images.images import image_item
from explorer.encode.batches import encode_few
from explorer.encode.engines import convert_images, loaded_models, openvino
from explorer.encode.models import find_model
from tests.sentence_transformer import sentence_transformer

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("nothing_loaded", "here")]
CPU = torch.device("cpu")


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_images_are_encoded_by_the_graph_and_texts_by_torch(dtype, tiny_clip, pictures):
    if dtype == "bfloat16" and not openvino.has_bfloat16():
        pytest.skip("this processor has no bfloat16")
    engine = loaded_models.load(find_model(str(tiny_clip)), CPU, dtype)
    assert (engine.kind, engine.notes) == ("openvino", ())
    reference = sentence_transformer(tiny_clip)
    given = encode_few(engine, [*map(image_item, pictures), "a red star"])
    expected = np.concatenate([reference.encode(pictures), reference.encode(["a red star"])])
    cosines = (given * expected).sum(1) / np.linalg.norm(given, axis=1) / np.linalg.norm(expected, axis=1)
    if dtype == "float32":
        np.testing.assert_allclose(given, expected, atol=1e-5)
    else:
        assert not np.array_equal(given, expected)
        assert cosines.min() > 0.999  # `precision` checks on the rows before use


@pytest.mark.parametrize("how", ["not converted", "other vectors", "other shapes"])
def test_a_model_whose_part_for_images_has_no_graph_is_run_by_torch(
    how, tiny_clip, uncropped, pictures, own_graphs, monkeypatch
):
    def fail(*_args, **_kwargs):
        raise TypeError("no such operation")

    if how == "not converted":
        monkeypatch.setattr(convert_images.library(), "convert_model", fail)
    elif how == "other vectors":
        monkeypatch.setattr(convert_images, "_MAX_APART", -1.0)
    folder = uncropped if how == "other shapes" else tiny_clip
    engine = loaded_models.load(find_model(str(folder)), CPU, "float32")
    assert engine.kind == "torch"
    reasons = {
        "not converted": "(no such operation)",
        "other vectors": "from torch's",
        "other shapes": "not tensors of pixels of one shape",
    }
    assert reasons[how] in engine.notes[0]
    if how != "other shapes":
        given = encode_few(engine, list(map(image_item, pictures)))
        np.testing.assert_allclose(given, sentence_transformer(tiny_clip).encode(pictures), atol=1e-5)
    assert len(list(own_graphs.iterdir())) == 1  # the outcome is kept
