"""Talking to MLflow: where it is, and its errors in plain words."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from explorer.errors import (
    ExplorerError,
    NotTrackedError,
    TrackingError,
    TrackingRefusedError,
    TrackingSilentError,
)
from explorer.settings import settings

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

EXPERIMENT = "explorer"
INSTALL = 'pip install "explorer[mlflow]"'
# MLflow would send usage data, print addresses, and wait for a silent server for minutes. What is set counts.
_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
_REFUSED = ("PERMISSION_DENIED", "CUSTOMER_UNAUTHORIZED", "UNAUTHENTICATED")
_TOO_OLD = ("ENDPOINT_NOT_FOUND", "NOT_IMPLEMENTED")
_MISSING = ("RESOURCE_DOES_NOT_EXIST", "NOT_FOUND")
_TAKEN = ("RESOURCE_ALREADY_EXISTS", "ALREADY_EXISTS", "RESOURCE_CONFLICT")
_INVALID = ("INVALID_PARAMETER_VALUE", "BAD_REQUEST", "INVALID_STATE")
_own_store = threading.RLock()  # MLflow's functions read which store to use from the process


def is_installed() -> bool:
    """Whether MLflow is installed; it is not imported."""
    return importlib.util.find_spec("mlflow") is not None


def missing() -> TrackingError:
    """The error for MLflow that is not installed."""
    return TrackingError("MLflow is not installed.", fix=f"Install it: {INSTALL}")


@contextlib.contextmanager
def connected(where: str = "MLflow") -> Iterator[MlflowClient]:
    """A client of the store in MLFLOW_TRACKING_URI, else of one in the cache folder; errors become ours.

    What the server says is not repeated: it may contain addresses, paths and names that visitors must not
    learn.

    Args:
        where: What an error concerns.

    Raises:
        TrackingError: MLflow is not installed, the server is too old, or a name is taken or not valid.
        TrackingSilentError: The server did not answer, or stopped half way.
        TrackingRefusedError: The server does not allow it.
        NotTrackedError: There is no such model or run.
    """
    if not is_installed():
        raise missing()
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    import mlflow
    import requests

    try:
        with _store() as uri:
            yield mlflow.MlflowClient(uri)
    except ExplorerError:
        raise
    except mlflow.MlflowException as error:
        raise _ours(error, where) from error
    except requests.HTTPError as error:
        raise _of_status(error.response.status_code, where) from error
    except requests.RequestException as error:
        raise _silent(where) from error


@contextlib.contextmanager
def _store() -> Iterator[str]:
    """The store's address; while the block runs, MLflow's own functions use it too."""
    import mlflow

    own = _own_address()
    if mlflow.is_tracking_uri_set() and mlflow.get_tracking_uri() != own:
        yield mlflow.get_tracking_uri()
        return
    with _own_store:
        outermost = not mlflow.is_tracking_uri_set()
        (settings().cache_folder / "mlflow").mkdir(exist_ok=True)
        mlflow.set_tracking_uri(own)
        try:
            yield own
        finally:
            if outermost:
                mlflow.set_tracking_uri(None)


def _own_address() -> str:
    return f"sqlite:///{settings().cache_folder / 'mlflow' / 'mlflow.db'}"


def experiment_id(client: MlflowClient) -> str:
    """The experiment of everything that Explorer logs; it is made if it is missing.

    Raises:
        TrackingError: It was deleted, so that its name is taken.
    """
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is None:
        artifacts = settings().cache_folder / "mlflow" / "artifacts"
        # MLflow would put the artifacts of a local store into the current folder.
        own = client.tracking_uri == _own_address()
        return str(
            client.create_experiment(EXPERIMENT, artifact_location=artifacts.as_uri() if own else None)
        )
    if found.lifecycle_stage == "deleted":
        raise TrackingError(
            f"The experiment “{EXPERIMENT}” was deleted there, and its name is still taken.",
            where="MLflow",
            fix="Restore it in MLflow, or delete it for good with `mlflow gc`.",
        )
    return str(found.experiment_id)


def _ours(error: MlflowException, where: str) -> TrackingError:
    """Our error for one of MLflow's."""
    import requests

    code = error.error_code
    if isinstance(error.__context__, requests.RequestException):
        return _silent(where)
    if code in _REFUSED:
        return _refused(where)
    if code in _TOO_OLD:
        return _too_old(where)
    if code in _MISSING:
        return NotTrackedError(
            "MLflow has no model or run by that name.",
            where=where,
            fix="Check the name and the version; the model may have been deleted.",
        )
    if code in _TAKEN:
        return TrackingError("That name is taken in MLflow.", where=where, fix="Choose another name.")
    if code in _INVALID:
        return TrackingError("MLflow does not accept this.", where=where, fix="Choose another name.")
    return _silent(where)


def _of_status(status: int, where: str) -> TrackingError:
    """The error for the status of an answer about a file."""
    match status:
        case 401 | 403:
            return _refused(where)
        case 404 | 405 | 501:
            return _too_old(where)
        case 413:
            return TrackingError(
                "The MLflow server does not take files of that size.",
                where=where,
                fix="Its host can allow larger ones.",
            )
    return _silent(where)


def _silent(where: str) -> TrackingSilentError:
    return TrackingSilentError(
        "The MLflow server did not answer, or stopped half way. Nothing is lost here.",
        where=where,
        fix="Try again once it runs; MLFLOW_TRACKING_URI is its address.",
    )


def _refused(where: str) -> TrackingRefusedError:
    return TrackingRefusedError(
        "The MLflow server does not allow this. Nothing is lost here.",
        where=where,
        fix="Set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, to those "
        "of an account that may.",
    )


def _too_old(where: str) -> TrackingError:
    return TrackingError(
        "The MLflow server is too old, or the address is not one of MLflow. Nothing is lost here.",
        where=where,
        fix="It takes MLflow 3 or newer; check MLFLOW_TRACKING_URI.",
    )
