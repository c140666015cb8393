"""The only client for the Hugging Face Hub: time and size are limited, and every error is explained.

Requests use huggingface_hub's session, so HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE and proxies apply. Its
functions are not used, because they retry for minutes before they fail.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlencode

from explorer.errors import (
    FileNotOnHubError,
    GatedError,
    HubError,
    HubSilentError,
    HubUnreachableError,
    NotOnHubError,
)
from explorer.hub.contact import Contact, Request

if TYPE_CHECKING:
    import httpx2

RepoKind = Literal["model", "dataset"]

_ANSWER_SECONDS = 5.0  # until a response begins, and between two pieces of it
_BODY_SECONDS = 30.0  # until a response is complete; longer if it keeps arriving at this rate:
_BYTES_PER_SECOND = 50_000
_MAX_JSON_BYTES = 16_000_000
_WHOLE_FILE_BYTES = 8_000_000  # largest file to read from the start if a server does not support ranges
_PIECE_BYTES = 64 * 1024

# Name resolution and connection attempts have no timeout of their own, so they run in these threads.
_waiters = ThreadPoolExecutor(max_workers=32, thread_name_prefix="hub")
_SPARE_SECONDS = 0.5  # added so that the client's own timeout normally comes first

_contacts: defaultdict[str, Contact] = defaultdict(Contact)  # by endpoint


def _contact(server: str | None = None) -> Contact:
    return _contacts[server or _hub()]


def _hub() -> str:
    from huggingface_hub import constants

    return constants.ENDPOINT


def get_json(
    path: str,
    params: Mapping[str, Any] | None = None,
    *,
    where: str = "",
    insist: bool = False,
    server: str | None = None,
    token: str | None = None,
) -> Any:  # noqa: ANN401
    """The JSON response of the Hub's API, unchecked.

    While the Hub is unreachable (see `Contact`), this fails immediately.

    Args:
        path: The path of the endpoint, such as `/api/models`.
        params: The query.
        where: The repository or file, for error messages.
        insist: Whether to send the request even while the Hub is unreachable.
        server: Base URL of the server; None for HF_ENDPOINT.
        token: The token to send; None for HF_TOKEN or the stored login.

    Raises:
        NotOnHubError: There is no such repository or revision, or it is private.
        GatedError: Only people approved by its authors may download it.
        HubUnreachableError: The Hub does not respond, or not with JSON.
    """
    target = path, urlencode(params or {}, doseq=True)
    contact = _contact(server)
    if contact.is_paused(target) and not insist:
        raise _unreachable(where)
    with stream(path, params=params, where=where, target=target, server=server, token=token) as response:
        content = _read(response, _MAX_JSON_BYTES, where, contact)
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise HubUnreachableError(
            "Something other than the Hub answered in its place.",
            where=where,
            fix="Check whether the network asks you to sign in, and HF_ENDPOINT.",
        ) from error


def get_bytes(
    repo: str,
    path: str,
    commit: str,
    start: int,
    end: int,
    *,
    kind: RepoKind = "dataset",
    token: str | None = None,
) -> bytes:
    """Bytes `start` to `end` (exclusive) of a file; fewer if the file ends earlier; `token` as in `get_json`.

    Raises:
        NotOnHubError: There is no such file.
        GatedError: Only people approved by its authors may download it.
        HubUnreachableError: The Hub does not respond, the download is interrupted, or the server does not
            support ranges and the file is large.
    """
    where = f"{repo}, {path}"
    headers = {"Range": f"bytes={start}-{end - 1}", "Accept-Encoding": "identity"}
    with stream(file_path(repo, path, commit, kind), headers=headers, where=where, token=token) as response:
        if response.status_code == 206:
            return _read(response, end - start, where, _contact())
        length = response.headers.get("Content-Length", "")
        if start and (not length.isdigit() or int(length) > _WHOLE_FILE_BYTES):
            raise HubUnreachableError("The Hub does not send parts of this file.", where=where)
        # The server sends the whole file; stop at the end of the range.
        content = bytearray()
        for piece in pieces(response, where):
            content += piece
            if len(content) >= end:
                break
    return bytes(content[start:end])


def file_path(repo: str, path: str, commit: str, kind: RepoKind) -> str:
    """The URL path of a file in a repository."""
    prefix = "/datasets" if kind == "dataset" else ""
    return f"{prefix}/{repo}/resolve/{quote(commit, safe='')}/{quote(path)}"


@contextmanager
def stream(
    path: str,
    *,
    params: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    where: str = "",
    target: Request | None = None,
    server: str | None = None,
    token: str | None = None,
) -> Iterator[httpx2.Response]:
    """A response of which only the headers have been read; read its body with `pieces`.

    Files are requested even while the Hub is unreachable, and a file that is not sent is not recorded in
    `Contact`: it says little about other requests.

    Args:
        path: The path.
        params: The query.
        headers: Additional headers.
        where: The repository or file, for error messages.
        target: Path and query for `Contact`; None for a file.
        server: As in `get_json`.
        token: As in `get_json`.

    Raises:
        HubError: As in `get_json`, also while the body is read.
    """
    import httpx2
    from huggingface_hub import constants, get_session
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]  # documented there

    contact = _contact(server)
    if constants.is_offline_mode():
        raise _unreachable(where)
    client = get_session()
    request = client.build_request(
        "GET",
        (server or _hub()) + path,
        params=params,
        headers={**build_hf_headers(token=token), **(headers or {})},
        timeout=_ANSWER_SECONDS,
    )
    began = time.monotonic()
    waiting: Future[httpx2.Response] = _waiters.submit(client.send, request, stream=True)
    try:
        response = waiting.result(timeout=_ANSWER_SECONDS + _SPARE_SECONDS)
    except (TimeoutError, httpx2.TransportError) as error:
        waiting.add_done_callback(_close_late_response)
        connected = not isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError)
        if target is None or contact.no_response(target, began, connected=connected):
            raise _unreachable(where) from error
        raise HubUnreachableError(
            "The Hub took too long to answer this.", where=where, fix="Try again in a minute."
        ) from error
    except (httpx2.RequestError, httpx2.InvalidURL) as error:
        raise HubUnreachableError("The Hub's answer could not be understood.", where=where) from error
    contact.received()
    try:
        _check_status(response, path, where)
        yield response
    except httpx2.RequestError as error:
        raise _broke_off(where) from error
    finally:
        response.close()


def pieces(response: httpx2.Response, where: str) -> Iterator[bytes]:
    """The body of a response as it arrives, in pieces of up to 64 KiB.

    Raises:
        HubUnreachableError: The download is interrupted or stalls.
    """
    import httpx2

    try:
        for piece in response.iter_raw():
            _contact().received()
            for at in range(0, len(piece), _PIECE_BYTES):
                yield piece[at : at + _PIECE_BYTES]
    except httpx2.RequestError as error:
        raise _broke_off(where) from error


def _read(response: httpx2.Response, most: int, where: str, contact: Contact) -> bytes:
    content = bytearray()
    started = time.monotonic()
    for piece in response.iter_bytes():
        contact.received()
        content += piece
        if len(content) > most:
            raise HubUnreachableError("The Hub's answer is too long.", where=where)
        if time.monotonic() - started > _BODY_SECONDS + len(content) / _BYTES_PER_SECOND:
            raise _broke_off(where)
    return bytes(content)


def _check_status(response: httpx2.Response, path: str, where: str) -> None:
    from huggingface_hub import constants

    status, code = response.status_code, response.headers.get("X-Error-Code", "")
    if response.is_success:
        return
    if code == "GatedRepo":
        page = constants.ENDPOINT + path.partition("/resolve/")[0]
        raise GatedError(
            "It is gated: the Hub gives it only to people who have accepted its terms.",
            where=where,
            fix=f"Accept them at {page}, with the account whose token the server has as HF_TOKEN.",
            page=page,
        )
    if code == "RevisionNotFound":
        raise NotOnHubError("It has no such revision.", where=where, fix="Give a branch, tag or commit.")
    if code == "EntryNotFound":
        raise FileNotOnHubError("The Hub does not have this file.", where=where)
    if status in (401, 403, 404):
        raise NotOnHubError(
            "The Hub has nothing with that name, or it is private.",
            where=where,
            fix="Check the spelling: owner/name.",
        )
    if status == 429:
        seconds = seconds_to_wait(response)
        raise HubUnreachableError(
            "The Hub is rate-limiting requests.",
            where=where,
            fix=f"Try again in {seconds:,} seconds." if seconds else "Try again in a few minutes.",
        )
    raise HubUnreachableError(
        f"The Hub answered with status {status}.", where=where, fix="Try again in a minute."
    )


def seconds_to_wait(response: httpx2.Response) -> int | None:
    """Seconds until the rate limit is reset (huggingface.co/docs/hub/rate-limits); None if not stated."""
    from huggingface_hub.utils import parse_ratelimit_headers  # type: ignore[attr-defined]  # exported late

    limit = parse_ratelimit_headers(response.headers)
    # Every response states the limit; it is the reason only if nothing remains.
    if limit is not None and limit.remaining == 0:
        return limit.reset_in_seconds
    stated = response.headers.get("Retry-After", "")
    return int(stated) if stated.isdecimal() and len(stated) < 7 else None


def _close_late_response(waiting: Future[httpx2.Response]) -> None:
    if not waiting.cancelled() and waiting.exception() is None:
        waiting.result().close()


def _unreachable(where: str) -> HubError:
    return HubSilentError(
        "The Hugging Face Hub cannot be reached.",
        where=where,
        fix="Check the network; what is on this machine works without it.",
    )


def _broke_off(where: str) -> HubError:
    return HubUnreachableError("The download was interrupted.", where=where, fix="Try again.")
