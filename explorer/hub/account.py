"""Whose token it is, and what it may do: the Hub's answer to "who am I"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from explorer.errors import AccessError, HubUnreachableError, NotOnHubError
from explorer.hub.client import get_json
from explorer.hub.json_values import as_list, as_table, as_text
from explorer.hub.names import is_model_id

_MAX_CHARS = 100
_MAX_ORGANISATIONS = 200
_READ = "read"


@dataclass(frozen=True)
class Account:
    """The owner of a token.

    Attributes:
        name: The person's name on the Hub.
        organisations: Those the person belongs to.
        can_write: False if the token only reads; the rights of others are seen when they are used.
    """

    name: str
    organisations: tuple[str, ...]
    can_write: bool


def account_of(token: str) -> Account:
    """The account that a token belongs to.

    Raises:
        AccessError: The Hub does not know the token.
        HubUnreachableError: The Hub does not respond, or not as it should.
    """
    try:
        said = as_table(get_json("/api/whoami-v2", insist=True, token=token))
    except NotOnHubError as error:
        raise AccessError(
            "The Hub does not accept this token.", fix=f"Copy it again, or make a new one at {token_page()}."
        ) from error
    name = _name(said)
    if not name:
        raise HubUnreachableError("The Hub does not say whose token it is.", fix="Try again in a minute.")
    owners = (_name(as_table(entry)) for entry in as_list(said.get("orgs"), _MAX_ORGANISATIONS))
    access = as_table(as_table(said.get("auth")).get("accessToken"))
    return Account(name, tuple(filter(None, owners)), can_write=access.get("role") != _READ)


def token_page() -> str:
    """The page of the Hub where tokens are made."""
    from huggingface_hub import constants

    return f"{constants.ENDPOINT}/settings/tokens"


def _name(said: Mapping[str, Any]) -> str:
    name = as_text(said.get("name"), _MAX_CHARS) or ""
    return name if is_model_id(name) and "/" not in name else ""
