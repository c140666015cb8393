"""The encoders of a model for images and texts, as OpenVINO graphs."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from explorer.data.images.images import image_item
from explorer.encode.batches import encode_few
from explorer.encode.engines import convert, convert_images, loaded_models, openvino
from explorer.encode.engines.graphs import TEXT_GRAPH, write_about
from explorer.encode.models import find_model
from tests.sentence_transformer import sentence_transformer

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("nothing_loaded", "here")]
CPU = torch.device("cpu")


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_images_and_texts_are_encoded_by_graphs(dtype, tiny_clip, pictures):
    if dtype == "bfloat16" and not openvino.has_bfloat16():
        pytest.skip("this processor has no bfloat16")
    engine = loaded_models.load(find_model(str(tiny_clip)), CPU, dtype)
    assert (engine.kind, engine.name, engine.notes) == ("openvino", f"OpenVINO {dtype} on cpu", ())
    reference = sentence_transformer(tiny_clip)
    texts = ["a red star", "a", " ".join(["two blue circles"] * 60)]
    given = encode_few(engine, [*map(image_item, pictures), *texts])
    expected = np.concatenate([reference.encode(pictures), reference.encode(texts)])
    cosines = (given * expected).sum(1) / np.linalg.norm(given, axis=1) / np.linalg.norm(expected, axis=1)
    if dtype == "float32":
        np.testing.assert_allclose(given, expected, atol=1e-5)
    else:
        assert not np.array_equal(given, expected)
        assert cosines.min() > 0.999  # `precision` checks on the rows before use


def test_texts_are_encoded_by_torch_where_they_have_no_graph(tiny_clip, pictures, own_graphs):
    files = find_model(str(tiny_clip))
    folder, about = openvino.ready(files, "float32")
    write_about(folder, replace(about, text_inputs=()))
    engine = loaded_models.load(files, CPU, "float32")
    assert engine.name == "OpenVINO float32 for images, torch for texts, on cpu"
    given = encode_few(engine, [image_item(pictures[0]), "a red star"])
    reference = sentence_transformer(tiny_clip)
    expected = np.concatenate([reference.encode(pictures[:1]), reference.encode(["a red star"])])
    np.testing.assert_allclose(given, expected, atol=1e-5)


def test_a_text_encoder_that_cannot_be_checked_leaves_the_graph_of_the_images(
    tiny_clip, own_graphs, monkeypatch
):
    def fail(*_args, **_kwargs):
        raise ValueError("Sequence length must be less than max_position_embeddings")

    monkeypatch.setattr(convert._Check, "outcome", fail)
    folder, about = openvino.ready(find_model(str(tiny_clip)), "float32")
    assert (about.refused, tuple(about.inputs), tuple(about.text_inputs)) == ("", ("pixel_values",), ())
    assert not (folder / TEXT_GRAPH).exists()


@pytest.mark.parametrize("how", ["not converted", "other vectors", "other shapes"])
def test_a_model_whose_part_for_images_has_no_graph_is_run_by_torch(
    how, tiny_clip, uncropped, pictures, own_graphs, monkeypatch
):
    def fail(*_args, **_kwargs):
        raise TypeError("no such operation")

    if how == "not converted":
        monkeypatch.setattr(convert_images.library(), "convert_model", fail)
    elif how == "other vectors":
        monkeypatch.setattr(convert_images, "MAX_APART", -1.0)
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
