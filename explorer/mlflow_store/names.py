"""The names of models in MLflow, as MLflow writes them."""

from __future__ import annotations

import re

# A version of a registered model, a logged model by its id, and a model that a run logged. Aliases and
# `latest` move from one version to another, so that an encoder of that name would not stay the same.
_VERSION = re.compile(r"models:/(?!\.+/)[^/:@\x00-\x1f]{1,100}/[1-9]\d{0,8}")
_LOGGED = re.compile(r"models:/m-[0-9a-f]{32}")
_IN_RUN = re.compile(r"runs:/[0-9a-f]{32}/(?!\.+$)[\w. -]{1,100}")


def is_tracked(name: str) -> bool:
    """Whether a name is that of a model in MLflow: `models:/name/version`, `models:/m-…`, `runs:/…/name`."""
    return any(form.fullmatch(name) for form in (_VERSION, _LOGGED, _IN_RUN))
