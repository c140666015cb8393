"""Models from the Hugging Face Hub: looked at first, then downloaded, never run on the way."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.encode.safety import MODEL_SUFFIXES, check_weights
from explorer.errors import (
    HubUnreachableError,
    ModelNotFoundError,
    TooLargeError,
)
from explorer.settings import settings

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo

_MODEL_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_REVISION = re.compile(r"\w[\w./-]{0,127}")
_ANSWER_SECONDS = 5.0
_WANTED = [f"*{suffix}" for suffix in sorted(MODEL_SUFFIXES)]
_UNWANTED = ["onnx/*", "openvino/*"]  # exports for other runtimes stay on the Hub


def is_model_id(name: str) -> bool:
    """Whether a name has the form of a Hub id: `owner/name`, or one word for the oldest models."""
    return bool(_MODEL_ID.fullmatch(name)) and ".." not in name


def fetch_model(name: str, revision: str | None) -> tuple[Path, str]:
    """Download what a model needs to run, or find it on disk.

    Args:
        name: Hub id.
        revision: Branch, tag or commit; None for the default branch.

    Returns:
        The folder of the snapshot and the commit it is at.

    Raises:
        ModelNotFoundError: The Hub has no such model or revision, or only for those it lets in.
        UnsafeModelError: The weights are pickle files only.
        TooLargeError: More would be downloaded than the host allows.
        HubUnreachableError: The Hub does not answer and the model is not on disk.
    """
    if revision is not None and (not _REVISION.fullmatch(revision) or ".." in revision):
        # It becomes part of a path on disk and of a URL.
        raise ModelNotFoundError(
            "That is no name of a revision.", where=name, fix="Give a branch, tag or commit."
        )
    import httpx2
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    try:
        info = _model_info(name, revision)
    except (httpx2.TransportError, OfflineModeIsEnabled) as error:
        kept = snapshot_on_disk(name, revision)
        if kept is not None:
            return kept, kept.name
        raise HubUnreachableError(
            "The Hugging Face Hub cannot be reached, and the model is not on this machine.",
            where=name,
            fix="Check the network, or use the bundled model.",
        ) from error
    _check_before_download(info, name)
    try:
        folder = Path(
            snapshot_download(name, revision=revision, allow_patterns=_WANTED, ignore_patterns=_UNWANTED)
        )
    except (httpx2.TransportError, HfHubHTTPError, LocalEntryNotFoundError) as error:
        raise HubUnreachableError(
            "The download broke off; what had arrived is kept.", where=name, fix="Try again."
        ) from error
    return folder, folder.name


def _model_info(name: str, revision: str | None) -> ModelInfo:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        return HfApi().model_info(name, revision=revision, files_metadata=True, timeout=_ANSWER_SECONDS)
    except GatedRepoError as error:
        raise ModelNotFoundError(
            "The model is gated: its authors let in only those they approve.",
            where=name,
            fix="Ask for access on its Hub page and set HF_TOKEN on the server.",
        ) from error
    except RevisionNotFoundError as error:
        raise ModelNotFoundError(f"The model has no revision {revision!r}.", where=name) from error
    except RepositoryNotFoundError as error:
        raise ModelNotFoundError(
            "The Hub has no model by that name, or it is private.",
            where=name,
            fix="Check the spelling: owner/name.",
        ) from error
    except HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else "no"
        raise HubUnreachableError(
            f"The Hub answered with status {status}.", where=name, fix="Try again in a minute."
        ) from error


def _check_before_download(info: ModelInfo, name: str) -> None:
    from huggingface_hub.utils._paths import filter_repo_objects

    siblings = info.siblings or []
    check_weights([file.rfilename for file in siblings], name)
    wanted = filter_repo_objects(
        siblings, key=lambda file: file.rfilename, allow_patterns=_WANTED, ignore_patterns=_UNWANTED
    )
    size_mb = sum(file.size or 0 for file in wanted) / 1e6
    if size_mb > settings().max_model_mb:
        raise TooLargeError(
            f"The model is {size_mb:,.0f} MB; this server downloads up to {settings().max_model_mb:,} MB.",
            where=name,
            fix="Choose a smaller model, or ask the host to raise EXPLORER_MAX_MODEL_MB.",
        )


def snapshot_on_disk(name: str, revision: str | None) -> Path | None:
    """The folder of a model that was downloaded before; None when it was not."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(
            snapshot_download(
                name,
                revision=revision,
                local_files_only=True,
                allow_patterns=_WANTED,
                ignore_patterns=_UNWANTED,
            )
        )
    except LocalEntryNotFoundError:
        return None
