"""A real MLflow server with SQLite on this machine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

_ENVIRONMENT = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
_SECONDS = 120  # on a busy machine; its tables are made first


class MlflowServer:
    """A server that stores everything in one folder.

    Args:
        folder: An empty folder.

    Attributes:
        folder: What it has written.
        url: Its address.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        options = {
            "--host": "127.0.0.1",
            "--port": str(port),
            "--workers": "1",
            "--backend-store-uri": f"sqlite:///{folder / 'mlflow.db'}",
            "--artifacts-destination": str(folder / "artifacts"),
        }
        command = [sys.executable, "-m", "mlflow", "server"]
        with (folder / "log.txt").open("w") as log:
            self._process = subprocess.Popen(
                [*command, *(part for pair in options.items() for part in pair)],
                cwd=folder,
                env=os.environ | _ENVIRONMENT,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + _SECONDS
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                said = (self.folder / "log.txt").read_text()
                assert self._process.poll() is None, said
                assert time.monotonic() < deadline, said
                time.sleep(0.05)

    def close(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
