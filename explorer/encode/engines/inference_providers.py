"""Hugging Face Inference Providers as a `Service`."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from explorer.encode.engines.refusals import Refusal, refusal_of
from explorer.encode.engines.services import ANSWER_SECONDS, Secret, Terms
from explorer.errors import ModelError, ModelNotFoundError, SettingError
from explorer.hub.names import is_model_id
from explorer.settings import settings

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
        SettingError: EXPLORER_INFERENCE_BILL_TO is no name.
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
        self._bill_to = _organisation()

    def identity(self) -> dict[str, str]:
        """What the vectors depend on."""
        return {"service": "inference-providers", "provider": self._provider, "model": self.model}

    def terms(self) -> Terms:
        """Nothing: no provider tells. `hf-inference` cuts long texts, the others do as they like."""
        return Terms()

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
        token = self._token.reveal()
        client: Any = InferenceClient(
            provider=self._provider,  # type: ignore[arg-type]  # one of its literals
            token=token,
            timeout=ANSWER_SECONDS,
            # The header X-HF-Bill-To. With a provider's own key the provider is asked, and bills, directly.
            bill_to=self._bill_to if token.startswith("hf_") else None,
        )
        try:
            # The others speak OpenAI's API, which knows no such parameter.
            truncate = True if self._provider == "hf-inference" else None
            with np.errstate(over="ignore"):  # too large for float32 becomes infinite, and is refused as such
                return client.feature_extraction(texts, truncate=truncate, model=self.model)
        except RepositoryNotFoundError:
            return Refusal(404, "the Hub has no model by that name, or it is private")
        except HfHubHTTPError as error:
            return refusal_of(error.response, self._token)
        except (InferenceTimeoutError, httpx2.TransportError):
            return Refusal(None)
        except OfflineModeIsEnabled:
            return Refusal(403, "HF_HUB_OFFLINE is set, so nothing is asked")
        except UnicodeDecodeError:
            return None
        except ValueError as error:
            # Of the client's own checks before the request, each names the model and says why; an answer
            # that is no JSON, or ragged, is a ValueError too.
            said = self._token.hide(str(error)).rstrip(".")
            return Refusal(404, said[:200]) if self.model in said else None
        except (AttributeError, KeyError, TypeError):  # the client takes the answer apart without a look
            return None


def _organisation() -> str | None:
    """The organisation that the host has billed, if any."""
    name = settings().inference_bill_to
    if name and not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,95}", name, re.ASCII):
        raise SettingError(
            "That is no name of an organisation on the Hub.",
            where="EXPLORER_INFERENCE_BILL_TO",
            fix="Give the name in the address of its page: huggingface.co/NAME.",
        )
    return name or None
