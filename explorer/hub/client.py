"""The one way to talk to the Hugging Face Hub: bounded in time and size, and every failure explained.

Requests go through huggingface_hub's own session, so HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE and proxies count,
but not through its functions: those ask again and again, for minutes, before they give up.
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
from explorer.hub.contact import Contact, Question

if TYPE_CHECKING:
    import httpx2

RepoKind = Literal["model", "dataset"]

_ANSWER_SECONDS = 5.0  # until an answer begins, and between two pieces of it
_BODY_SECONDS = 30.0  # until an answer is complete, and more for one that keeps arriving at this rate:
_BYTES_PER_SECOND = 50_000
_MAX_JSON_BYTES = 16_000_000
_WHOLE_FILE_BYTES = 8_000_000  # downloaded whole for a part of it, from a server that sends no parts
_PIECE_BYTES = 64 * 1024

# Looking up a name and trying one address after another have no bound of their own: these threads wait.
_waiters = ThreadPoolExecutor(max_workers=32, thread_name_prefix="hub")
_SPARE_SECONDS = 0.5  # more than the client's own bound, which comes first where it holds

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
) -> Any:  # noqa: ANN401
    """What the Hub's API answers, unchecked.

    While the Hub is out of reach (see `Contact`) this fails at once.

    Args:
        path: The path of the endpoint, such as `/api/models`.
        params: The query.
        where: What is asked about, for messages.
        insist: Whether to ask even while the Hub is out of reach.
        server: Which of the Hub's servers to ask, by its address; the one that HF_ENDPOINT names when None.

    Raises:
        NotOnHubError: There is no such repository or revision, or it is private.
        GatedError: Only people approved by its authors may download it.
        HubUnreachableError: The Hub does not answer, or not with JSON.
    """
    question = path, urlencode(params or {}, doseq=True)
    contact = _contact(server)
    if contact.rests(question) and not insist:
        raise _unreachable(where)
    with stream(path, params=params, where=where, question=question, server=server) as response:
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
    repo: str, path: str, commit: str, start: int, end: int, *, kind: RepoKind = "dataset"
) -> bytes:
    """A part of a file: bytes `start` to `end`, without `end`; fewer where the file ends before.

    Raises:
        NotOnHubError: There is no such file.
        GatedError: Only people approved by its authors may download it.
        HubUnreachableError: The Hub does not answer, breaks off, or sends no parts of a large file.
    """
    where = f"{repo}, {path}"
    headers = {"Range": f"bytes={start}-{end - 1}", "Accept-Encoding": "identity"}
    with stream(file_path(repo, path, commit, kind), headers=headers, where=where) as response:
        if response.status_code == 206:
            return _read(response, end - start, where, _contact())
        length = response.headers.get("Content-Length", "")
        if start and (not length.isdigit() or int(length) > _WHOLE_FILE_BYTES):
            raise HubUnreachableError("The Hub does not send parts of this file.", where=where)
        # The whole file comes; reading stops where the part ends.
        content = bytearray()
        for piece in pieces(response, where):
            content += piece
            if len(content) >= end:
                break
    return bytes(content[start:end])


def file_path(repo: str, path: str, commit: str, kind: RepoKind) -> str:
    """Where the Hub serves a file of a repository."""
    prefix = "/datasets" if kind == "dataset" else ""
    return f"{prefix}/{repo}/resolve/{quote(commit, safe='')}/{quote(path)}"


@contextmanager
def stream(
    path: str,
    *,
    params: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    where: str = "",
    question: Question | None = None,
    server: str | None = None,
) -> Iterator[httpx2.Response]:
    """An answer of which nothing but the headers is read yet; its body comes by `pieces`.

    Files are asked for whatever is known of the Hub: a download goes on while it brings something, and that
    it brings nothing says little of what else the Hub answers.

    Args:
        path: The path.
        params: The query.
        headers: More headers.
        where: What is asked about, for messages.
        question: Names what is asked for, if it is no file.
        server: As in `get_json`.

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
        headers={**build_hf_headers(), **(headers or {})},
        timeout=_ANSWER_SECONDS,
    )
    began = time.monotonic()
    waiting: Future[httpx2.Response] = _waiters.submit(client.send, request, stream=True)
    try:
        response = waiting.result(timeout=_ANSWER_SECONDS + _SPARE_SECONDS)
    except (TimeoutError, httpx2.TransportError) as error:
        waiting.add_done_callback(_close_late)
        connected = not isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError)
        if question is None or contact.got_nothing(question, began, connected=connected):
            raise _unreachable(where) from error
        raise HubUnreachableError(
            "The Hub took too long to answer this.", where=where, fix="Try again in a minute."
        ) from error
    except (httpx2.RequestError, httpx2.InvalidURL) as error:
        raise HubUnreachableError("The Hub's answer could not be understood.", where=where) from error
    contact.heard()
    try:
        _check_status(response, path, where)
        yield response
    except httpx2.RequestError as error:
        raise _broke_off(where) from error
    finally:
        response.close()


def pieces(response: httpx2.Response, where: str) -> Iterator[bytes]:
    """The body of an answer as it arrives, in pieces of up to 64 KiB.

    Raises:
        HubUnreachableError: It breaks off or stays silent.
    """
    import httpx2

    try:
        for piece in response.iter_raw():
            _contact().heard()
            for at in range(0, len(piece), _PIECE_BYTES):
                yield piece[at : at + _PIECE_BYTES]
    except httpx2.RequestError as error:
        raise _broke_off(where) from error


def _read(response: httpx2.Response, most: int, where: str, contact: Contact) -> bytes:
    content = bytearray()
    started = time.monotonic()
    for piece in response.iter_bytes():
        contact.heard()
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
        seconds = _seconds_to_wait(response)
        raise HubUnreachableError(
            "The Hub is rate-limiting requests.",
            where=where,
            fix=f"Try again in {seconds:,} seconds." if seconds else "Try again in a few minutes.",
        )
    raise HubUnreachableError(
        f"The Hub answered with status {status}.", where=where, fix="Try again in a minute."
    )


def _seconds_to_wait(response: httpx2.Response) -> int | None:
    """How long the Hub refuses more (huggingface.co/docs/hub/rate-limits); None where it does not say."""
    from huggingface_hub.utils import parse_ratelimit_headers  # type: ignore[attr-defined]  # exported late

    limit = parse_ratelimit_headers(response.headers)
    # Every answer tells the limit: it is the reason only once it is used up.
    if limit is not None and limit.remaining == 0:
        return limit.reset_in_seconds
    told = response.headers.get("Retry-After", "")
    return int(told) if told.isdecimal() and len(told) < 7 else None


def _close_late(waiting: Future[httpx2.Response]) -> None:
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
