import pytest
import torch

from explorer.errors import SettingError
from explorer.tensor import fast_dtype, pick_device

CPU, CUDA, MPS = (torch.device(name) for name in ("cpu", "cuda", "mps"))


@pytest.fixture
def machine(monkeypatch):
    """Pretend to be a machine with these devices."""

    def pretend(*, cuda=0, mps=False):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return pretend


@pytest.mark.parametrize(
    ("cuda", "mps", "device"), [(0, False, CPU), (0, True, MPS), (2, False, CUDA), (1, True, CUDA)]
)
def test_auto_takes_the_fastest(machine, cuda, mps, device):
    machine(cuda=cuda, mps=mps)
    assert pick_device() == device


@pytest.mark.parametrize("name", ["cpu", "CPU ", "mps", "cuda", "cuda:1"])
def test_a_device_is_taken_by_name(machine, name):
    machine(cuda=2, mps=True)
    assert pick_device(name) == torch.device(name.strip().lower())


@pytest.mark.parametrize("name", ["cuda:2", "cuda:x", "mps", "gpu", "meta", "xpu", ""])
def test_a_device_that_is_not_there_is_refused_with_those_that_are(machine, name):
    machine(cuda=2)
    with pytest.raises(SettingError, match="no device") as caught:
        pick_device(name)
    assert caught.value.where == "EXPLORER_DEVICE"
    assert "auto, cuda, cuda:0, cuda:1, cpu" in caught.value.fix


@pytest.mark.parametrize(
    ("capabilities", "dtype"),
    [
        ({"avx512_f": True, "avx512_bf16": True}, torch.bfloat16),
        ({"amx_bf16": True}, torch.bfloat16),
        ({"neon": True, "bf16": True}, torch.bfloat16),
        ({"avx512_f": True, "avx512_bf16": False}, torch.float32),
        ({}, torch.float32),
    ],
)
def test_a_processor_is_fast_in_bfloat16_where_it_has_the_instructions(monkeypatch, capabilities, dtype):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    assert fast_dtype(CPU) == dtype


@pytest.mark.parametrize("device", [CUDA, MPS])
def test_gpus_are_fast_in_float16(device):
    assert fast_dtype(device) == torch.float16
