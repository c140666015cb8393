import sys
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import save_file

from explorer.encode.engines.model_memory import opening_bytes, weights_bytes
from explorer.encode.models import BUNDLED_MODEL, find_model
from explorer.settings import Settings, settings

SMALL = 33_400_000  # parameters of bge-small, e5-small and gte-small


@pytest.mark.parametrize(("dtype", "size"), [("float32", 4), ("bfloat16", 2), ("float16", 2)])
def test_weights_take_their_parameters_in_the_type_they_are_loaded_in(tmp_path, dtype, size):
    save_file({"a": torch.zeros(10, 3), "b": torch.zeros(5, dtype=torch.float16)}, tmp_path / "m.safetensors")
    assert weights_bytes(SimpleNamespace(folder=tmp_path), dtype) == 35 * size


def test_pickle_weights_take_what_their_files_do(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_ALLOW_PICKLE", "yes")
    settings.cache_clear()
    (tmp_path / "pytorch_model.bin").write_bytes(b"x" * 70)
    (tmp_path / "training_args.bin").write_bytes(b"x" * 9)
    assert weights_bytes(SimpleNamespace(folder=tmp_path), "float32") == 70


def test_four_small_models_stay_loaded_by_default():
    bundled = weights_bytes(find_model(BUNDLED_MODEL), "float32")
    assert bundled == pytest.approx(90.9e6, rel=0.01)
    assert bundled + 3 * 4 * SMALL <= Settings().models_mb * 1_000_000


@pytest.mark.parametrize(("dtype", "size"), [("float32", 4), ("bfloat16", 2)])
def test_opening_a_model_takes_less_than_its_weights_where_the_token_table_stays_in_its_file(
    dtype, size, monkeypatch
):
    files = find_model(BUNDLED_MODEL)
    without_table = weights_bytes(files, dtype) - size * 30_522 * 384
    assert without_table == pytest.approx(size * 11e6, rel=0.02)
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert opening_bytes(files, dtype) == without_table + 20_000_000
    monkeypatch.delitem(sys.modules, "openvino")
    assert opening_bytes(files, dtype) == without_table + 60_000_000  # with the library, for the first model
