"""How a link names the contenders of a comparison, one parameter each."""

from __future__ import annotations

from typing import get_args
from urllib.parse import parse_qsl, urlencode

from explorer.comparison.contenders.spec import ContenderSpec, StoredPrecision
from explorer.encode.spec import LocalModel
from explorer.errors import ExplorerError
from explorer.numbers import number_from
from explorer.session.encoder_link import from_parameters, to_parameters

_BM25 = "bm25"
_MAX_CHARS = 1_000
_MAX_DIMS = 100_000


def contender_parameter(spec: ContenderSpec) -> str:
    """The parameter of a contender, such as `model=tfidf` or `first=256&stored_as=int8`."""
    named: dict[str, str | int | None] = {
        "text": spec.text,
        "aligned": 1 if spec.aligned else None,
        "first": spec.first,
        "pca": spec.pca,
        "centred": 1 if spec.centred else None,
        "stored_as": None if spec.stored_as == "float32" else spec.stored_as,
        "csls": 1 if spec.csls else None,
    }
    encoder = {"model": _BM25} if spec.encoder is None else to_parameters(spec.encoder)
    return urlencode(encoder | {name: value for name, value in named.items() if value is not None})


def contender_from(parameter: str) -> ContenderSpec | None:
    """The contender that a parameter of a link names; None if it names none that can be opened."""
    if len(parameter) > _MAX_CHARS:
        return None
    try:
        given = dict(parse_qsl(parameter, keep_blank_values=True, max_num_fields=20))
        stored_as: StoredPrecision = "float32"
        for precision in get_args(StoredPrecision):
            stored_as = precision if given.get("stored_as") == precision else stored_as
        return ContenderSpec(
            None if given.get("model") == _BM25 else from_parameters(given) or LocalModel(),
            text=given.get("text"),
            aligned=given.get("aligned") == "1",
            first=number_from(given.get("first", ""), 1, _MAX_DIMS),
            pca=number_from(given.get("pca", ""), 1, _MAX_DIMS),
            centred=given.get("centred") == "1",
            stored_as=stored_as,
            csls=given.get("csls") == "1",
        )
    except (ValueError, ExplorerError):  # too many fields; a model that visitors cannot open
        return None
