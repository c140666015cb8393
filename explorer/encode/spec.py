"""What a person chooses when they choose an encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from explorer.encode.models import BUNDLED_MODEL

Precision = Literal["auto", "float32"]
TFIDF = "tfidf"  # the name of the encoder that needs no model


@dataclass(frozen=True)
class EncoderSpec:
    """What a person chooses.

    Attributes:
        model: The bundled model's id, a folder, a Hub id, `tfidf`, or the name a server has for its model.
        precision: `auto` computes in a short type where that was checked on this machine; `float32` never.
        prompt: Put before each row; None takes the model's own document prompt, if it has one.
        query_prompt: Put before each query; None takes the model's own query prompt, if it has one.
        revision: Branch, tag or commit on the Hub.
        provider: Who runs the model: this machine when empty, else one of `services.PROVIDERS`, or the name
            of a server the host listed in EXPLORER_EMBEDDING_SERVERS.
        own_vectors: The rows brought their vectors along; the model, if one is named, encodes queries only.
        trust_remote_code: The model's own code may run: a person confirmed this model at this revision, which
            is a full commit, or a folder in the host's model folder. The host has to allow it as well.
    """

    model: str = BUNDLED_MODEL
    precision: Precision = "auto"
    prompt: str | None = None
    query_prompt: str | None = None
    revision: str | None = None
    provider: str = ""
    own_vectors: bool = False
    trust_remote_code: bool = False
