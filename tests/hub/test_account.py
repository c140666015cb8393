"""Whose token it is, as the Hub says it."""

from __future__ import annotations

import pytest

from explorer.errors import AccessError, HubUnreachableError
from explorer.hub.account import Account, account_of
from tests.data.failing import failure
from tests.hub_pushes import TOKEN, Person
from tests.hub_server import EVERYTHING


def test_the_owner_and_organisations_are_named(push_hub):
    assert account_of(TOKEN) == Account("me", ("acme",), can_write=True)
    push_hub.people["hf_reads"] = Person("you", role="read")
    assert account_of("hf_reads") == Account("you", (), can_write=False)
    assert push_hub.authorizations == [f"Bearer {TOKEN}", "Bearer hf_reads"]


def test_an_unknown_token_is_refused_without_being_repeated(push_hub):
    error = failure(AccessError, account_of, "hf_nobody")
    assert "hf_nobody" not in repr(error)
    assert f"{push_hub.url}/settings/tokens" in error.fix


@pytest.mark.parametrize("name", ["", "a/b", "../x", None, 7, ["me"], "<script>"])
def test_names_that_are_none_are_not_taken(name, push_hub):
    push_hub.people[TOKEN] = Person(name, ("fine", name))
    assert "whose token" in failure(HubUnreachableError, account_of, TOKEN).what
    push_hub.people[TOKEN] = Person("me", ("fine", name))
    assert account_of(TOKEN).organisations == ("fine",)


def test_other_answers_are_errors(push_hub):
    push_hub.limited.add(EVERYTHING)
    assert "60 seconds" in failure(HubUnreachableError, account_of, TOKEN).fix
