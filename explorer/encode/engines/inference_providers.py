"""Hugging Face Inference Providers as a `Service`."""

from __future__ import annotations

from typing import Any

import numpy as np

from explorer.encode.engines.refusals import Refusal, refusal_of
from explorer.encode.engines.services import ANSWER_SECONDS, Secret
from explorer.errors import ModelError, ModelNotFoundError
from explorer.hub.names import is_model_id

# Those whose feature extraction huggingface_hub 2.4 speaks.
PROVIDERS = ("hf-inference", "deepinfra", "scaleway", "together")


class InferenceProviders:
    """A model run by Hugging Face or a provider behind it, asked through `huggingface_hub`.

    Args:
        model: Hub id.
        token: Of the person who pays. The server's own is never used in its place. Without one nothing can
            be asked, but vectors that are in the cache can be read.
        provider: One of `PROVIDERS`.

    Raises:
        ModelNotFoundError: The model is no Hub id, or the provider none of those.
    """

    def __init__(self, model: str, token: Secret | None, provider: str = "hf-inference") -> None:
        # The client takes a URL for a model too and would send the token there.
        if not is_model_id(model):
            raise ModelNotFoundError("That is not a Hub id.", where=model, fix="It has the form owner/name.")
        if provider not in PROVIDERS:
            raise ModelNotFoundError(
                "No provider of embeddings has that name.",
                where=provider,
                fix=f"Choose one of {', '.join(PROVIDERS)}.",
            )
        self.name = f"Inference Providers ({provider})"
        self.model = model
        self._provider = provider
        self._token = token

    def identity(self) -> dict[str, str]:
        """What the vectors depend on."""
        return {"service": "inference-providers", "provider": self._provider, "model": self.model}

    def ask(self, texts: list[str]) -> Any:  # noqa: ANN401 - unchecked, from outside
        """Vectors of some texts as the server gives them, or a `Refusal`."""
        import httpx2
        from huggingface_hub import InferenceClient
        from huggingface_hub.errors import (
            HfHubHTTPError,
            InferenceTimeoutError,
            OfflineModeIsEnabled,
            RepositoryNotFoundError,
        )

        if self._token is None:
            raise ModelError(
                "Inference Providers need a Hugging Face token.",
                where=self._provider,
                fix="Type yours on the Data page; in Python, give it to explorer.embed.",
            )
        client: Any = InferenceClient(
            provider=self._provider,  # type: ignore[arg-type]  # one of its literals
            token=self._token.reveal(),
            timeout=ANSWER_SECONDS,
        )
        try:
            # The others speak OpenAI's API, which knows no such parameter.
            truncate = True if self._provider == "hf-inference" else None
            with np.errstate(over="ignore"):  # too large for float32 becomes infinite, and is refused as such
                return client.feature_extraction(texts, truncate=truncate, model=self.model)
        except RepositoryNotFoundError:
            return Refusal(404)
        except HfHubHTTPError as error:
            return refusal_of(error.response, self._token)
        except (InferenceTimeoutError, httpx2.TransportError):
            return Refusal(None)
        except OfflineModeIsEnabled:
            return Refusal(403, "HF_HUB_OFFLINE is set, so nothing is asked")
        except UnicodeDecodeError:
            return None
        except ValueError as error:
            # Of the client's own checks before the request, each names the model; an answer that is no
            # JSON, or ragged, is a ValueError too.
            return Refusal(404) if self.model in str(error) else None
        except (AttributeError, KeyError, TypeError):  # the client takes the answer apart without a look
            return None
