"""What the tests here ask of every error."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from explorer.errors import ExplorerError


def failure(expected: type[ExplorerError], call: Callable, /, *args, **options) -> ExplorerError:
    """The error that a call raises: of exactly this expected, and written for a person."""
    with pytest.raises(expected) as caught:
        call(*args, **options)
    error = caught.value
    assert type(error) is expected
    assert error.what.endswith(".")
    assert "Traceback" not in str(error)
    assert "pyarrow" not in str(error)
    return error


def outcome(call: Callable, /, *args, **options) -> tuple[object, ExplorerError | None]:
    """What a call gives, or the plain error it raises; any other error is a failure of the test."""
    try:
        return call(*args, **options), None
    except ExplorerError as error:
        return None, error
