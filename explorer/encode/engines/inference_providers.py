"""Hugging Face Inference Providers as a `Service`."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from explorer.encode.engines.refusals import Refusal, refusal_of
from explorer.encode.engines.services import ANSWER_SECONDS, Secret, ServiceInfo
from explorer.errors import ModelError, ModelNotFoundError, SettingError
from explorer.hub.names import is_model_id
from explorer.settings import settings

# Those for which huggingface_hub 2.4 implements feature extraction.
PROVIDERS = ("hf-inference", "deepinfra", "scaleway", "together")


class InferenceProviders:
    """A model run by Hugging Face or one of its providers, requested through `huggingface_hub`.

    Args:
        model: Hub id.
        token: The visitor's own, whose account is charged; the server's token is never used instead. Without
            one no request is made, but cached vectors can be read.
        provider: One of `PROVIDERS`.

    Raises:
        ModelNotFoundError: The model is not a Hub id, or the provider is not in `PROVIDERS`.
        SettingError: EXPLORER_INFERENCE_BILL_TO is not a valid name.
    """

    def __init__(self, model: str, token: Secret | None, provider: str = "hf-inference") -> None:
        # The client also accepts a URL as the model, and would send the token there.
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
        """See `Service.identity`."""
        return {"service": "inference-providers", "provider": self._provider, "model": self.model}

    def info(self) -> ServiceInfo:
        """Empty: no provider reports it. `hf-inference` truncates long texts; others may or may not."""
        return ServiceInfo()

    def request(self, texts: list[str]) -> Any:  # noqa: ANN401 - unchecked, from outside
        """See `Service.request`."""
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
            # The header X-HF-Bill-To. A provider's own key goes directly to the provider, which bills it.
            bill_to=self._bill_to if token.startswith("hf_") else None,
        )
        try:
            # The others have OpenAI's API, which has no such parameter.
            truncate = True if self._provider == "hf-inference" else None
            with np.errstate(
                over="ignore"
            ):  # too large for float32 becomes infinite, which is rejected later
                return client.feature_extraction(texts, truncate=truncate, model=self.model)
        except RepositoryNotFoundError:
            return Refusal(404, "the Hub has no model by that name, or it is private")
        except HfHubHTTPError as error:
            return refusal_of(error.response, self._token)
        except (InferenceTimeoutError, httpx2.TransportError):
            return Refusal(None)
        except OfflineModeIsEnabled:
            return Refusal(403, "HF_HUB_OFFLINE is set, so no requests are made")
        except UnicodeDecodeError:
            return None
        except ValueError as error:
            # Errors of the client's checks before the request name the model and the reason. A response that
            # is not JSON, or ragged, is a ValueError too.
            message = self._token.hide(str(error)).rstrip(".")
            return Refusal(404, message[:200]) if self.model in message else None
        except (AttributeError, KeyError, TypeError):  # the client does not validate the response
            return None


def _organisation() -> str | None:
    """The organisation that the host wants billed; None if it set none."""
    name = settings().inference_bill_to
    if name and not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,95}", name, re.ASCII):
        raise SettingError(
            "That is not a valid name of an organisation on the Hub.",
            where="EXPLORER_INFERENCE_BILL_TO",
            fix="Give the name in the address of its page: huggingface.co/NAME.",
        )
    return name or None
