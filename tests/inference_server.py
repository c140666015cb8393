"""A small server that speaks the Hub's feature-extraction pipeline and OpenAI's embeddings API."""

from __future__ import annotations

import base64
import json
import math
import os
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from tests.local_server import LocalServer

MODEL = "tiny/served"
DIMS = 4


@dataclass
class Answer:
    """One answer, after `seconds`. A body that is no bytes is sent as JSON; `cut` closes half way."""

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    cut: bool = False


def by_length(texts: list[str]) -> list[list[float]]:
    """Vectors that tell texts of different lengths apart."""
    return [[float(len(text)), 1.0, 2.0, 3.0] for text in texts]


def by_another_model(texts: list[str]) -> list[list[float]]:
    """Vectors of other directions: as if another model had taken the place of that of `by_length`."""
    return [[1.0, 2.0, 3.0, float(len(text))] for text in texts]


def by_a_wider_model(texts: list[str]) -> list[list[float]]:
    """Vectors of more dimensions."""
    return [[float(len(text))] + [1.0] * (2 * DIMS) for text in texts]


def talk_to(server: LocalInference, monkeypatch) -> None:
    """Have the real client of the Inference Providers ask a server, and try again soon."""
    from huggingface_hub.inference._providers import PROVIDERS

    for module in ("huggingface_hub.constants", "huggingface_hub.hf_api"):
        monkeypatch.setattr(f"{module}.ENDPOINT", server.url, raising=False)
    helper = PROVIDERS["hf-inference"]["feature-extraction"]
    monkeypatch.setattr(helper, "base_url", f"{server.url}/hf-inference")
    monkeypatch.setattr("explorer.encode.engines.batch_requests._FIRST_WAIT", 0.02)


def settings_to_talk_to(server: LocalInference, folder: Path) -> dict[str, str]:
    """What has a new process's real client of the Inference Providers ask a server; writes into a folder."""
    # No variable of huggingface_hub's sets the router's address: Python runs this before the app.
    (folder / "sitecustomize.py").write_text(
        "from huggingface_hub import constants\n\n"
        f"constants.INFERENCE_PROXY_TEMPLATE = {server.url + '/{provider}'!r}\n"
    )
    path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))
    return {"HF_ENDPOINT": server.url, "PYTHONPATH": path}


class LocalInference:
    """Gives the prepared answers first, then vectors; keeps what it was asked.

    Attributes:
        info: What `/info` says, as of text-embeddings-inference; None where there is no such page.
    """

    def __init__(self) -> None:
        self.info: dict[str, Any] | None = None
        self.headers: list[dict[str, str]] = []  # of each request
        self.encode: Callable[[list[str]], list[list[float]]] = by_length
        self.prepared: deque[Answer] = deque()
        self.asked: list[list[str]] = []  # the texts of each request
        self.bodies: list[dict[str, Any]] = []
        self.tokens: list[str | None] = []  # the Authorization of each request
        self.paths: list[str] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_args):
                pass

            def do_GET(self):
                server.describe(self)

            def do_POST(self):
                server.answer(self)

        self._server = LocalServer(Handler)

    @property
    def url(self) -> str:
        return self._server.url

    def close(self) -> None:
        self._server.close()

    def describe(self, handler: BaseHTTPRequestHandler) -> None:
        if handler.path == "/info" and self.info is not None:
            self._send(handler, Answer(body=self.info))
            return
        name = handler.path.partition("?")[0].removeprefix("/api/models/")
        if name != MODEL:
            self._send(
                handler, Answer(404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
            )
            return
        task = "feature-extraction"
        self._send(handler, Answer(body={"id": name, "modelId": name, "pipeline_tag": task, "tags": [task]}))

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        openai = handler.path.endswith("/embeddings")
        texts = body["input"] if openai else body["inputs"]
        with self._lock:
            self.asked.append(texts)
            self.bodies.append(body)
            self.tokens.append(handler.headers.get("Authorization"))
            self.paths.append(handler.path)
            self.headers.append(dict(handler.headers))
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            answer = self.prepared.popleft() if self.prepared else None
        try:
            if answer is None:
                answer = self._vectors(texts, body, openai=openai)
            time.sleep(answer.seconds)
        finally:
            with self._lock:
                self._at_once -= 1
        self._send(handler, answer)

    def _vectors(self, texts: list[str], body: dict[str, Any], *, openai: bool) -> Answer:
        vectors = self.encode(texts)
        if isinstance(vectors, Answer):
            return vectors
        if not openai:
            return Answer(body=vectors)
        if body.get("encoding_format") == "base64":
            vectors = [_as_base64(vector) for vector in vectors]
        # In any order: the index says which is whose.
        data = [{"index": number, "embedding": vector} for number, vector in enumerate(vectors)]
        return Answer(body={"object": "list", "data": data[::-1]})

    @staticmethod
    def _send(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        try:
            handler.send_response(answer.status)
            handler.send_header("Content-Length", str(len(content)))
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(content[: len(content) // 2] if answer.cut else content)
        except (BrokenPipeError, ConnectionResetError):
            pass  # who asked has gone
        handler.close_connection = answer.cut


def _as_base64(vector: Any) -> Any:
    """A vector as float32 in base64; what is none as it is."""
    numbers = [value for value in vector if isinstance(value, float) and math.isfinite(value)]
    if not numbers or len(numbers) < len(vector) or max(map(abs, numbers)) > 3e38:
        return vector
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
