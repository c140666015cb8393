import inspect
import re

from explorer import errors


def test_the_tree_drawn_at_the_top_is_the_tree():
    drawn = []
    depth_names = {}
    for line in errors.__doc__.splitlines():
        if match := re.match(r"^([│├└─ ]*)(\w+Error)\b", line):
            depth = len(match[1]) // 4
            depth_names[depth] = match[2]
            drawn.append((match[2], depth_names[depth - 1] if depth else "Exception"))
    real = [
        (name, kind.__mro__[1].__name__)
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, Exception)
    ]
    assert sorted(drawn) == sorted(real)


def test_an_error_reads_as_one_sentence_after_the_other():
    assert str(errors.DataError("It is empty.", where="a.csv", fix="Choose another.")) == (
        "a.csv: It is empty. Choose another."
    )
    assert str(errors.DataError("It is empty.")) == "It is empty."
