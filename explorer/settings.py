"""What a host can set, all of it through environment variables.

The tables in `docs/settings.md` list every entry and secret; a test compares them.
"""

from __future__ import annotations

import dataclasses
import functools
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from explorer.errors import SettingError

# Secrets are not fields of `Settings`, whose values are shown. The second is followed by a server's name.
INFERENCE_TOKEN = "EXPLORER_INFERENCE_TOKEN"  # noqa: S105 - the name of a variable
EMBEDDING_KEY = "EXPLORER_EMBEDDING_KEY_"


def secret(env: str) -> str:
    """The value of a secret's variable, read each time so that it is not kept in memory; empty when unset."""
    return os.environ.get(env, "").strip()


_SWITCH = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


PROFILE = "EXPLORER_PROFILE"
_SMALL = "small"  # the profile of hosts with about 1 GB of memory


def _setting(env: str, default: object, about: str, *, small: object = None) -> Any:  # noqa: ANN401 - dataclass field
    """A setting; `small` is its default in that profile, if another."""
    return field(default=default, metadata={"env": env, "about": about, _SMALL: small})


@dataclass(frozen=True)
class Settings:
    """The values in force. Numbers are positive whole numbers; switches are yes or no."""

    profile: str = _setting(
        PROFILE,
        "",
        "small: other defaults for a host with about 1 GB of memory. Each of them can still be set.",
    )
    cache_dir: str = _setting(
        "EXPLORER_CACHE_DIR",
        "",
        "Folder for cached vectors, graphs and maps. Empty: the user's cache folder.",
    )
    cache_mb: int = _setting(
        "EXPLORER_CACHE_MB", 4096, "Size limit of the vector cache, in MB; the oldest vectors go first."
    )
    device: str = _setting(
        "EXPLORER_DEVICE", "auto", "Where to compute: auto, cpu, cuda, cuda:1, mps. auto takes the fastest."
    )
    workers: str = _setting(
        "EXPLORER_WORKERS",
        "auto",
        "Most processes that visitors can choose for encoding on the CPU. auto: the cores, if more than 2.",
    )
    memory_mb: int = _setting(
        "EXPLORER_MEMORY_MB",
        256,
        "Memory one search or similarity can use besides the vectors, in MB.",
        small=64,
    )
    max_rows: int = _setting(
        "EXPLORER_MAX_ROWS",
        200_000,
        "Rows a corpus may have; a larger file is sampled to this many.",
        small=20_000,
    )
    max_file_mb: int = _setting(
        "EXPLORER_MAX_FILE_MB", 200, "Size of a file that is opened, in MB.", small=20
    )
    max_cell_chars: int = _setting(
        "EXPLORER_MAX_CELL_CHARS", 1_000_000, "Characters one cell of a file may have."
    )
    read_mb: int = _setting(
        "EXPLORER_READ_MB",
        1000,
        "Memory that reading an uploaded file may take, in MB; enforced on Linux.",
        small=300,
    )
    read_seconds: int = _setting(
        "EXPLORER_READ_SECONDS",
        30,
        "Time that reading an uploaded file may take; of images each one, and all of them ten times as long.",
    )
    model_dir: str = _setting(
        "EXPLORER_MODEL_DIR", "models", "Folder whose model folders visitors may choose on the page."
    )
    max_model_mb: int = _setting(
        "EXPLORER_MAX_MODEL_MB", 2000, "Size of a model that is downloaded from the Hub, in MB."
    )
    models_mb: int = _setting(
        "EXPLORER_MODELS_MB",
        500,
        "Memory that the weights of loaded models may take, in MB; the one used longest ago goes first.",
        small=100,
    )
    sessions_mb: int = _setting(
        "EXPLORER_SESSIONS_MB",
        500,
        "Memory for the rows and results of visitors who may come back, in MB; the oldest go first.",
        small=100,
    )
    allow_pickle: bool = _setting(
        "EXPLORER_ALLOW_PICKLE", False, "Whether models whose weights are pickle files may be used."
    )
    allow_remote_code: bool = _setting(
        "EXPLORER_ALLOW_REMOTE_CODE", False, "Whether visitors may run the code a model brings along."
    )
    allow_mlflow_models: bool = _setting(
        "EXPLORER_ALLOW_MLFLOW_MODELS",
        False,
        "Whether visitors may choose models of the MLflow store or server in MLFLOW_TRACKING_URI.",
    )
    allow_mlflow_logging: bool = _setting(
        "EXPLORER_ALLOW_MLFLOW_LOGGING", False, "Whether visitors may log runs and encoders to it."
    )
    allow_record: bool = _setting(
        "EXPLORER_ALLOW_RECORD", False, "Whether visitors may keep a record of what they ask on this server."
    )
    records_mb: int = _setting(
        "EXPLORER_RECORDS_MB",
        500,
        "Size limit of all visitors' records together, in MB; then no more is added.",
    )
    embedding_servers: str = _setting(
        "EXPLORER_EMBEDDING_SERVERS",
        "",
        "Servers with OpenAI's embeddings API that visitors may choose: name=http://host:port, …",
    )
    inference_bill_to: str = _setting(
        "EXPLORER_INFERENCE_BILL_TO",
        "",
        "Organisation on the Hub that requests to Inference Providers are billed to, by its name.",
    )

    @property
    def cache_folder(self) -> Path:
        """The cache folder, created if missing."""
        if self.cache_dir:
            folder = Path(self.cache_dir).expanduser()
        else:
            import platformdirs

            folder = Path(platformdirs.user_cache_dir("explorer"))
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingError(
                f"The cache folder cannot be created: {error.strerror}.",
                where=str(folder),
                fix="Set EXPLORER_CACHE_DIR to a folder that can be written.",
            ) from error
        return folder


def _parse(env: str, raw: str, default: object) -> object:
    if isinstance(default, bool):
        if raw.lower() not in _SWITCH:
            raise SettingError(f"{raw!r} is neither yes nor no.", where=env, fix="The default is no.")
        return _SWITCH[raw.lower()]
    if not isinstance(default, int):
        return raw
    try:
        value = int(raw)
    except ValueError:
        value = 0
    if value < 1:
        raise SettingError(
            f"{raw!r} is not a positive whole number.", where=env, fix=f"The default is {default}."
        )
    return value


@functools.cache
def settings() -> Settings:
    """The settings of this process, read from the environment once.

    Raises:
        SettingError: A number is not a positive whole number, a switch is neither yes nor no, or there is no
            such profile.
    """
    profile = os.environ.get(PROFILE, "").strip()
    if profile not in ("", _SMALL):
        raise SettingError(
            f"There is no profile {profile!r}.", where=PROFILE, fix=f"The only one is {_SMALL}."
        )
    values: dict[str, Any] = {}
    for entry in dataclasses.fields(Settings):
        env, small = entry.metadata["env"], entry.metadata[_SMALL]
        raw = os.environ.get(env, "").strip()
        if raw:
            values[entry.name] = _parse(env, raw, entry.default)
        elif profile and small is not None:
            values[entry.name] = small
    return Settings(**values)
