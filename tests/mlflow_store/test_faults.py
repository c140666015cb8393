"""Faults of MLflow: each says what to do, and nothing that the server says is repeated."""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler

import pytest

import explorer
from explorer.errors import (
    JobCancelledError,
    NotTrackedError,
    TrackingError,
    TrackingRefusedError,
    TrackingSilentError,
)
from explorer.mlflow_store import connection
from explorer.mlflow_store.connection import connected, is_installed
from explorer.tracking.runs import open_run
from tests.local_server import LocalServer

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("mlflow")]
SAID = "/home/somebody and a token"


class Faulty(LocalServer):
    """An MLflow server that answers the first requests well, and then fails.

    Args:
        status: What it answers then; 0 to break off.
        body: With what.
        well: The requests that it answers.
    """

    def __init__(self, status, body="", well=0):
        self.left, self.asked = well, []

        self.status, self.body = status, body
        super().__init__(_Answering)


class _Answering(BaseHTTPRequestHandler):
    server: Faulty

    def do_GET(self):
        server = self.server
        server.asked.append(self.path)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        server.left -= 1
        if server.left < 0 and not server.status:
            self.close_connection = True
            return
        answered = (200, json.dumps(_answer(self.path)))
        code, text = answered if server.left >= 0 else (server.status, server.body)
        self.send_response(code)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_POST(self):
        self.do_GET()

    def log_message(self, *_):
        pass


def _answer(path):
    if "experiments/get-by-name" in path:
        return {"experiment": {"experiment_id": "1", "name": "explorer", "lifecycle_stage": "active"}}
    if "runs/create" in path:
        info = {
            "run_id": "0" * 32,
            "run_uuid": "0" * 32,
            "experiment_id": "1",
            "artifact_uri": "mlflow-artifacts:/1",
        }
        return {"run": {"info": info, "data": {}}}
    return {}


@pytest.fixture
def faulty(monkeypatch):
    """Makes a faulty server the one that the host named."""
    servers = []

    def begin(*args, **more):
        servers.append(Faulty(*args, **more))
        monkeypatch.setenv("MLFLOW_TRACKING_URI", servers[-1].url)
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        return servers[-1]

    yield begin
    for server in servers:
        server.close()


def _log_two(on_progress=None):
    """A run with two requests after it was made, and a file."""
    with open_run("two", {}, on_progress) as run:
        run.log_params({"one": 1})
        run.log_params({"two": 2})
        run.log_file("a text", "file.txt")


def _experiments():
    from mlflow import MlflowClient

    return [each.experiment_id for each in MlflowClient().search_experiments()]


def _json(code):
    return json.dumps({"error_code": code, "message": SAID})


@pytest.mark.parametrize(
    ("status", "body", "kind", "fix"),
    [
        (403, _json("PERMISSION_DENIED"), TrackingRefusedError, "MLFLOW_TRACKING_TOKEN"),
        (401, "You are not authenticated", TrackingRefusedError, "MLFLOW_TRACKING_TOKEN"),
        (404, "<html>not found</html>", TrackingError, "MLflow 3 or newer"),
        (404, _json("RESOURCE_DOES_NOT_EXIST"), NotTrackedError, "Check the name"),
        (400, _json("RESOURCE_ALREADY_EXISTS"), TrackingError, "another name"),
        (400, _json("INVALID_PARAMETER_VALUE"), TrackingError, "another name"),
        (500, _json("INTERNAL_ERROR"), TrackingSilentError, "Try again"),
        (200, "<html>a page of another server</html>", TrackingSilentError, "MLFLOW_TRACKING_URI"),
        (0, "", TrackingSilentError, "Try again"),
    ],
)
def test_each_fault_says_what_to_do(status, body, kind, fix, faulty):
    faulty(status, body)
    with pytest.raises(kind) as caught, connected("faq") as client:
        client.get_run("0" * 32)
    assert fix in caught.value.fix
    assert caught.value.where == "faq"
    for told in (SAID, "127.0.0.1", "html"):
        assert told not in str(caught.value)


def test_a_server_that_is_not_there_says_so(monkeypatch, tiny_model):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://user:secret@127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(TrackingSilentError, match="did not answer") as caught:
        explorer.log_encoder(str(tiny_model), "faq")
    assert "secret" not in str(caught.value)


def test_a_server_that_stops_half_way_says_so_and_the_run_is_ended_if_it_can_be(faulty):
    server = faulty(500, _json("INTERNAL_ERROR"), well=3)
    with pytest.raises(TrackingSilentError, match="half way"):
        _log_two()
    assert [path for path in server.asked if "runs/update" in path]


def test_work_that_is_cancelled_ends_its_run(mlflow_store):
    from mlflow import MlflowClient

    def cancel(progress):
        if progress.phase.startswith("Sending"):
            raise JobCancelledError("stopped")

    with pytest.raises(JobCancelledError):
        _log_two(cancel)
    (run,) = MlflowClient().search_runs(_experiments(), "run_name = 'two'")
    assert run.info.status == "KILLED"


def test_a_deleted_experiment_says_how_to_have_it_again(faulty, monkeypatch):
    faulty(200, json.dumps({"experiment": {"experiment_id": "1", "lifecycle_stage": "deleted"}}))
    with pytest.raises(TrackingError, match="mlflow gc"), open_run("faq", {}, None):
        pass


def test_without_mlflow_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    monkeypatch.setattr(connection, "is_installed", lambda: False)
    with pytest.raises(TrackingError) as caught:
        explorer.log_encoder()
    assert 'pip install "explorer[mlflow]"' in caught.value.fix


def test_it_is_installed_here():
    assert is_installed()
