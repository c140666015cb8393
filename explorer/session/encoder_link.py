"""How a link names an encoder. It never carries a token or permission to run a model's code."""

from __future__ import annotations

from collections.abc import Mapping

from explorer.encode.model_names import choose_model, model_path
from explorer.encode.models import BUNDLED_MODEL
from explorer.encode.spec import TFIDF, EncoderSpec, HostedModel, LocalModel, OwnVectors, Tfidf, spec_for
from explorer.errors import ModelNotFoundError

PARAMETERS = ("model", "precision", "prompt", "query_prompt", "task", "revision", "provider", "vectors")
MAX_PROMPT_CHARS = 500
_MAX_PROVIDER_CHARS = 64
_OWN = "own"


def to_parameters(spec: EncoderSpec) -> dict[str, str]:
    """The link parameters that name an encoder; none for the bundled model with its defaults."""
    named: dict[str, str | None]
    match spec:
        case LocalModel():
            named = {
                "model": model_path(spec.model),
                "precision": spec.precision,
                "prompt": spec.prompt,
                "query_prompt": spec.query_prompt,
                "task": spec.task,
                "revision": spec.revision,
            }
        case HostedModel():
            named = {
                "model": spec.model,
                "prompt": spec.prompt,
                "query_prompt": spec.query_prompt,
                "task": spec.task,
                "provider": spec.provider,
            }
        case Tfidf():
            named = {"model": TFIDF}
        case OwnVectors(query_model=LocalModel() | HostedModel() | Tfidf() as queries):
            named = {**to_parameters(queries), "vectors": _OWN}
        case OwnVectors():
            named = {"model": "", "vectors": _OWN}
    usual = {"model": BUNDLED_MODEL, "precision": "auto", "task": "search"}
    return {name: value for name, value in named.items() if value is not None and value != usual.get(name)}


def from_parameters(parameters: Mapping[str, str]) -> EncoderSpec | None:
    """The encoder that a link names; None if it names none.

    Raises:
        ModelNotFoundError: The link does not name a valid server, or names a model that visitors cannot
            open; see `choose_model`.
        VectorError: It names an invalid combination; see `spec_for`.
    """
    if not set(PARAMETERS) & set(parameters):
        return None
    provider, own = parameters.get("provider", ""), parameters.get("vectors") == _OWN
    model = parameters.get("model", BUNDLED_MODEL)
    if len(provider) > _MAX_PROVIDER_CHARS:
        raise ModelNotFoundError("The link does not name a valid server.")
    if own and model == TFIDF and not provider:
        return OwnVectors(Tfidf())
    return spec_for(
        # A hosted model is not a local folder, and the model of the rows' own vectors need not be known.
        model if provider or (own and not model) else choose_model(model),
        precision="float32" if parameters.get("precision") == "float32" else "auto",
        prompt=_cut(parameters.get("prompt")),
        query_prompt=_cut(parameters.get("query_prompt")),
        task="clustering" if parameters.get("task") == "clustering" else "search",
        revision=parameters.get("revision"),
        provider=provider,
        own_vectors=own,
    )


def _cut(prompt: str | None) -> str | None:
    return None if prompt is None else prompt[:MAX_PROMPT_CHARS]
