"""Which device computes, and the dtype in which it is fastest."""

from __future__ import annotations

import torch

from explorer.errors import SettingError


def _available() -> list[str]:
    """The names `pick_device` accepts on this machine, fastest first, without `auto`."""
    names = []
    if torch.cuda.is_available():
        names += ["cuda", *(f"cuda:{number}" for number in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        names.append("mps")
    return [*names, "cpu"]


def pick_device(name: str = "auto") -> torch.device:
    """Find the device to compute on.

    Args:
        name: `auto` for the fastest available (CUDA, then MPS, then the CPU), or one of
            `cpu`, `cuda`, `cuda:1`, `mps`.

    Returns:
        The device.

    Raises:
        SettingError: No device of this machine has that name.
    """
    available = _available()
    wanted = name.strip().lower()
    if wanted == "auto":
        return torch.device(available[0])
    if wanted not in available:
        raise SettingError(
            f"There is no device {name!r} on this machine.",
            where="EXPLORER_DEVICE",
            fix=f"Available: auto, {', '.join(available)}.",
        )
    return torch.device(wanted)


def fast_dtype(device: torch.device) -> torch.dtype:
    """Find the dtype in which a device multiplies matrices fastest.

    A CPU without bfloat16 instructions emulates them with float32 and is slower, so for it the answer is
    float32.

    Args:
        device: The device.

    Returns:
        float16 on CUDA and MPS; on a CPU bfloat16 if it has the instructions, else float32.
    """
    if device.type in ("cuda", "mps"):
        return torch.float16
    # As in `torch.cpu.get_capabilities`: the first two are x86-64's names, the last two ARM's.
    native = ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16")
    has = torch.cpu.get_capabilities()
    return torch.bfloat16 if any(has.get(name, False) for name in native) else torch.float32


def exact_device(device: torch.device | None) -> torch.device:
    """Where float64 scores are computed for a device: there, or on the CPU.

    MPS has no float64; None means the CPU.
    """
    return torch.device("cpu") if device is None or device.type == "mps" else device
