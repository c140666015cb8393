"""Images whose tensors have one shape make batches; others are encoded one by one."""

import numpy as np
import pytest
import torch
from PIL import Image

from explorer.data.images.images import image_item
from explorer.encode.batches import encode_few
from explorer.encode.engines import loaded_models
from explorer.encode.engines.image_batches import stacks
from explorer.encode.engines.torch_engine import TorchEngine
from explorer.encode.models import find_model
from explorer.errors import EncodeError
from tests.sentence_transformer import sentence_transformer
from tests.tiny_architectures import siglip2

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("nothing_loaded", "here")]
CPU = torch.device("cpu")


def test_images_whose_tensors_have_several_shapes_are_encoded_one_by_one(uncropped, pictures, monkeypatch):
    engine = TorchEngine(find_model(str(uncropped)), CPU, torch.float32)
    own = engine._model.preprocess

    def preprocess(inputs, **options):
        return {**own(inputs, **options), "interpolate_pos_encoding": True}

    assert not stacks(own)
    with pytest.raises(ValueError, match="shape"):  # the premise
        own(pictures)
    monkeypatch.setattr(engine._model, "preprocess", preprocess)
    items = list(map(image_item, pictures))
    assert engine.prepare_images(items).lengths.tolist() == [engine.token_budget] * len(items)
    given = encode_few(engine, items)
    with torch.inference_mode():
        expected = [engine._model(preprocess([picture]))["sentence_embedding"] for picture in pictures]
    np.testing.assert_allclose(given, torch.cat(expected).numpy(), atol=1e-6)


def test_an_image_that_the_processor_does_not_take_is_named(tiny_clip, monkeypatch):
    engine = TorchEngine(find_model(str(tiny_clip)), CPU, torch.float32)
    own = engine._model.preprocess

    def preprocess(inputs, **options):
        if max(inputs[0].size) > 2_000:
            raise ValueError("absolute aspect ratio must be smaller than 200")
        return own(inputs, **options)

    monkeypatch.setattr(engine._model, "preprocess", preprocess)
    long = image_item(Image.new("RGB", (2_500, 3)), "long.png")
    with pytest.raises(EncodeError, match=r"long\.png: The model's own processor .* aspect ratio"):
        encode_few(engine, [image_item(Image.new("RGB", (30, 30))), long])


def test_patches_in_tensors_of_one_shape_make_batches(tmp_path, pictures, own_graphs):
    """SigLIP 2 with any aspect ratio: its processor pads the patches of an image to a fixed number."""
    folder = siglip2(tmp_path / "siglip2")
    engine = loaded_models.load(find_model(str(folder)), CPU, "float32")
    assert engine.kind == "torch"
    items = list(map(image_item, pictures))
    tokens = engine.prepare_images(items)
    assert tokens.batch(np.arange(len(items)))["spatial_shapes"].shape == (len(items), 2)
    given = encode_few(engine, items)
    np.testing.assert_allclose(given, sentence_transformer(folder).encode(pictures), atol=1e-5)
