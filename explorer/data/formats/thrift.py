"""The parts of Thrift's compact protocol that Parquet metadata uses.

pyarrow reads the same metadata, but some damage crashes the process, and it does not expose the sizes of
pages. See https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md.
"""

from __future__ import annotations

import struct
from typing import Any

_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12
_INTEGERS = (4, 5, 6)
_MAX_DEPTH = 16
Fields = dict[int, Any]


class ThriftError(ValueError):
    """The bytes are not a struct, or it holds more values than allowed."""


class Reader:
    """Reads structs from bytes.

    Args:
        data: The bytes.
        values: The most values to read.

    Attributes:
        at: Where the next value begins.
    """

    def __init__(self, data: bytes, values: int) -> None:
        self.at = 0
        self._data = data
        self._left = values

    def struct(self, depth: int = 0) -> Fields:
        """The next struct: values by field number.

        Raises:
            ThriftError: There is no valid struct.
        """
        fields: Fields = {}
        number = 0
        try:
            while head := self._byte():
                kind = head & 15
                number = number + (head >> 4) if head >> 4 else self._zigzag()
                fields[number] = kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind, depth)
        except (IndexError, struct.error):
            raise ThriftError("metadata breaks off") from None
        return fields

    def _value(self, kind: int, depth: int) -> Any:  # noqa: ANN401 - of any type that Thrift has
        if depth > _MAX_DEPTH:
            raise ThriftError("metadata nested too deeply")
        self._left -= 1
        if self._left < 0:
            raise ThriftError("metadata with too many values")
        if kind in _INTEGERS:
            return self._zigzag()
        if kind == _STRUCT:
            return self.struct(depth + 1)
        if kind == _BINARY:
            size = self._varint()
            if self.at + size > len(self._data):
                raise ThriftError("metadata breaks off")
            self.at += size
            return self._data[self.at - size : self.at]
        if kind in (_LIST, _SET):
            head = self._byte()
            size = head >> 4 if head >> 4 < 15 else self._varint()
            return [self._value(head & 15, depth + 1) for _ in range(size)]
        if kind in (_BYTE, _TRUE, _FALSE):
            return self._byte()
        if kind == _DOUBLE:
            self.at += 8
            return struct.unpack_from("<d", self._data, self.at - 8)[0]
        if kind == _MAP:
            size = self._varint()
            kinds = self._byte() if size else 0
            return [
                (self._value(kinds >> 4, depth + 1), self._value(kinds & 15, depth + 1)) for _ in range(size)
            ]
        raise ThriftError(f"metadata of an unknown type {kind}")

    def _byte(self) -> int:
        self.at += 1
        return self._data[self.at - 1]

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
            if shift > 70:
                raise ThriftError("a number in the metadata is too long")

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
