"""Parts of a reference that belong to one homework of several."""

from __future__ import annotations

import pytest

from grader import strip
from grader.errors import MarkerError

SOURCE = '''"""A file of three homeworks."""

import math
### BEGIN PART hw2
import cmath
### END PART

### BEGIN PART hw3

FAR = 3


### END PART
def near(a):
    ### BEGIN YOUR SOLUTION
    return math.sqrt(a)
    ### END YOUR SOLUTION


class Shape:
    ### BEGIN PART hw2
    def draw(self):
        ### BEGIN YOUR SOLUTION
        return cmath.pi
        ### END YOUR SOLUTION

    ### END PART
    def size(self):
        return [
            1,
            ### BEGIN PART hw3
            FAR,
            ### END PART
        ]


### BEGIN PART hw3
def far():
    return FAR


### END PART
'''
STUB = "raise NotImplementedError()"
FIRST = f'''"""A file of three homeworks."""

import math

def near(a):
    ### BEGIN YOUR SOLUTION
    {STUB}
    ### END YOUR SOLUTION


class Shape:
    def size(self):
        return [
            1,
        ]
'''


def cut(source: str, *kept: str, path: str = "m.py") -> str:
    return strip.strip(path, source.encode(), kept_parts=kept).content.decode()


def test_what_is_not_kept_goes_whole() -> None:
    assert cut(SOURCE) == FIRST


def test_of_what_is_kept_only_the_markers_go() -> None:
    lines = [line for line in SOURCE.splitlines() if " PART" not in line]
    text = cut(SOURCE, "hw2", "hw3")
    assert text.count(STUB) == 2
    for line in lines:
        assert line in text or line.strip() in ("return math.sqrt(a)", "return cmath.pi")
    assert "PART" not in text
    assert cut(SOURCE, "hw2").count("FAR") == 0


def test_lines_and_blocks_are_those_of_the_reference() -> None:
    result = strip.strip("m.py", SOURCE.encode(), kept_parts=["hw2"])
    lines = SOURCE.split("\n")
    for line, origin in zip(result.content.decode().split("\n"), result.origins, strict=True):
        assert line == lines[origin - 1] or line.strip() == STUB
    assert [block.name for block in result.blocks] == ["near", "Shape.draw"]
    for block in result.blocks:
        assert lines[block.first_line - 1].endswith("BEGIN YOUR SOLUTION")
    assert [b.name for b in strip.strip("m.py", SOURCE.encode()).blocks] == ["near"]


def test_gaps_are_closed_and_others_stay() -> None:
    source = "a = 1\n\n\n\nb = 2\n"
    assert cut(source) == source
    part = "### BEGIN PART x\nc = 3\n### END PART\n"
    assert cut(f"a = 1\n\n\n{part}\n\nb = 2\n\n\n{part}") == "a = 1\n\n\nb = 2\n"
    assert cut(f"{part}\n\na = 1\n") == "a = 1\n"


def test_cpp() -> None:
    source = "int a;\n  /// BEGIN PART hw4\nint b;\n  /// END PART\nint c;\n"
    assert cut(source, path="m.cu") == "int a;\nint c;\n"
    assert cut(source, "hw4", path="m.cu") == "int a;\nint b;\nint c;\n"


def test_a_part_is_called_after_an_assignment() -> None:
    known = {"hw2", "hw3"}
    kept = strip.strip("m.py", SOURCE.encode(), kept_parts=["hw2"], known_parts=known).content
    assert kept.decode() == cut(SOURCE, "hw2")
    source = SOURCE.replace("PART hw3", "PART hw4")
    with pytest.raises(MarkerError) as caught:
        strip.strip("m.py", source.encode(), kept_parts=["hw2"], known_parts=known)
    assert str(caught.value).startswith(
        "m.py:8: no assignment is called 'hw4'; there are: hw2, hw3"
    )


@pytest.mark.parametrize(
    ("source", "line", "sentence"),
    [
        ("### BEGIN PART\n### END PART\n", 1, "looks like the marker of a part"),
        ("### BEGIN PART hw2 \n### END PART\n", 1, "looks like the marker of a part"),
        ("## BEGIN PART hw2\n### END PART\n", 1, "looks like the marker of a part"),
        ("### BEGIN PART HW2\n### END PART\n", 1, "looks like the marker of a part"),
        ("# BEGIN PART hw2\n", 1, "looks like the marker of a part"),
        ("### BEGIN PART a\n### END PART a\n", 2, "looks like the marker of a part"),
        ("a = 1\n### BEGIN PART a\n", 2, "has no end"),
        ("### END PART\n", 1, "without a BEGIN"),
        ("### BEGIN PART a\n### BEGIN PART b\n### END PART\n", 2, "inside the one of line 1"),
        ('"""\n### BEGIN PART a\n### END PART\n"""\n', 2, "inside a string"),
        (
            "def f():\n    ### BEGIN YOUR SOLUTION\n    ### BEGIN PART a\n    return 1\n"
            "    ### END PART\n    ### END YOUR SOLUTION\n",
            3,
            "inside the solution block that begins on line 2",
        ),
        ("if 1:\n    ### BEGIN PART a\n    b = 2\n    ### END PART\n", 1, "once stripped"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(source: str, line: int, sentence: str) -> None:
    with pytest.raises(MarkerError, match=sentence) as caught:
        cut(source)
    assert str(caught.value).startswith(f"m.py:{line}:")
