"""The dimensions that a model was trained to be cut to."""

from __future__ import annotations

from explorer.encode.models import files_on_disk
from explorer.encode.spec import EncoderSpec, LocalModel
from explorer.errors import ExplorerError


def trained_sizes(encoder: EncoderSpec | None) -> tuple[int, ...]:
    """The sizes that a model's files say it was trained for, largest first; none if they are not known."""
    if not isinstance(encoder, LocalModel):
        return ()
    try:
        files = files_on_disk(
            encoder.model, revision=encoder.revision, trust_remote_code=encoder.trust_remote_code
        )
    except ExplorerError:  # its own job says what is wrong with it
        return ()
    return () if files is None else files.facts.matryoshka
