import json

import numpy as np
import pytest

from explorer.data.base64_arrays import array_text, read_array
from explorer.data.records import DamagedFileError, Record


@pytest.mark.parametrize("dtype", ["f4", "f8", ">f8"])
def test_arrays_come_back(dtype):
    array = np.array([[1.5, -0.0, 1e-30], [3, 4, 5]], dtype).T
    record = Record(json.loads(json.dumps({"a": array_text(array)})), "facts")
    found = read_array(record, "a", dtype[-2:], (3, 2))
    assert found.dtype == np.dtype(dtype[-2:])
    assert found.tobytes() == np.ascontiguousarray(array, dtype[-2:]).tobytes()


@pytest.mark.parametrize(
    "text", [None, 3, "", "AAAA", "AAAAAAA", "AAAA AAA=", "ä", "AADAfw==", "AACAfw=="]
)  # the last two are NaN and infinity
def test_other_values_are_refused(text):
    with pytest.raises(DamagedFileError):
        read_array(Record({"a": text}, "facts"), "a", "f4", (1,))
