"""Stripping: every dialect, every way to damage a marker, and nothing but the solution removed."""

import ast
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import markers, strip
from grader.errors import MarkerError

PYTHON = '''\
import math


class Circle:
    """A circle."""

    def area(self, radius):
        """Return the area."""
        ### BEGIN YOUR SOLUTION
        square = radius * radius

        return math.pi * square
        ### END YOUR SOLUTION

    def name(self):
        return "circle"
'''

CPP = """\
#include <cmath>
#include <stdexcept>

namespace shapes {

/** Returns the area; braces { in comments and "strings { " do not count. */
template <class T>
double Area(T radius) {
  const char open = '{';
  /// BEGIN SOLUTION
  for (int i = 0; i < 1; i++) { radius *= 1; }
  return M_PI * radius * radius;
  /// END SOLUTION
}

struct Square {
  double Area(double side) const {
    if (side > 0) {
      /// BEGIN SOLUTION
      return side * side;
      /// END SOLUTION
    }
    return 0;
  }
};

}  // namespace shapes
"""


def stripped(text, path="m.py"):
    return strip.strip(path, text.encode()).content.decode()


def problem(text, path="m.py"):
    with pytest.raises(MarkerError) as caught:
        strip.strip(path, text.encode() if isinstance(text, str) else text, shown=f"ref/{path}")
    assert str(caught.value).startswith(f"ref/{path}:{caught.value.line}: ")
    return caught.value.line, str(caught.value)


# -- what is removed and what stays ------------------------------------------------------


def test_a_block_becomes_a_stub_and_the_rest_stays():
    assert stripped(PYTHON) == PYTHON.replace(
        "        square = radius * radius\n\n        return math.pi * square\n",
        "        raise NotImplementedError()\n",
    )


def test_a_block_is_recorded():
    (block,) = strip.strip("lib/circle.py", PYTHON.encode()).blocks
    assert (block.path, block.name) == ("lib/circle.py", "Circle.area")
    assert (block.first_line, block.last_line) == (9, 13)
    assert block.removed == (
        "        square = radius * radius",
        "",
        "        return math.pi * square",
    )
    assert PYTHON.splitlines()[block.first_line] == block.removed[0]


@pytest.mark.parametrize("subject", ["YOUR SOLUTION", "YOUR CODE", "SOLUTION"])
def test_every_python_dialect_is_stripped(subject):
    text = f"def f():\n    ### BEGIN {subject}\n    return 1\n    ### END {subject}\n"
    assert stripped(text) == text.replace("return 1", "raise NotImplementedError()")


@pytest.mark.parametrize("suffix", ["cc", "cpp", "cu", "cuh", "h", "hpp"])
@pytest.mark.parametrize("subject", ["YOUR SOLUTION", "YOUR CODE", "SOLUTION"])
def test_every_cpp_dialect_is_stripped(subject, suffix):
    text = (
        f"#include <stdexcept>\nint f() {{\n  /// BEGIN {subject}\n  return 1;\n"
        f"  /// END {subject}\n}}\n"
    )
    assert stripped(text, f"m.{suffix}") == text.replace(
        "return 1;", 'throw std::runtime_error("f: not implemented");'
    )


def test_cpp_stubs_throw_and_name_their_function():
    result = strip.strip("m.cc", CPP.encode())
    assert [block.name for block in result.blocks] == ["Area", "Square::Area"]
    lines = result.content.decode().splitlines()
    assert '  throw std::runtime_error("Area: not implemented");' in lines
    assert '      throw std::runtime_error("Square::Area: not implemented");' in lines
    assert "M_PI" not in result.content.decode()


def test_code_on_a_gpu_cannot_throw():
    text = (
        "__global__ void Fill(float* out) {\n  /// BEGIN SOLUTION\n  out[0] = 1;\n"
        "  /// END SOLUTION\n}\n"
    )
    assert stripped(text, "m.cu") == text.replace("out[0] = 1;", "__trap();  // not implemented")


def test_a_cpp_block_outside_of_functions_becomes_empty():
    text = "namespace n {\n/// BEGIN SOLUTION\nint f() { return 1; }\n/// END SOLUTION\n}\n"
    assert stripped(text, "m.cc") == text.replace("int f() { return 1; }\n", "")


def test_a_file_without_markers_is_handed_out_as_it_is():
    for name, content in {
        "empty.py": b"",
        "binary.bin": b"\xff\x00### no",
        "mixed.py": b"a = 1\r\nb = 2\n",
        "prose.py": b"# The end: your solution has to be fast. Begin with the code.\n",
        "README.md": b"Write between `### BEGIN YOUR SOLUTION` and `### END YOUR SOLUTION`.\n",
    }.items():
        assert strip.strip(name, content) == strip.Stripped(content=content, blocks=())


def test_crlf_and_a_missing_last_newline_are_kept():
    text = PYTHON.rstrip("\n").replace("\n", "\r\n")
    assert stripped(text) == stripped(PYTHON).rstrip("\n").replace("\n", "\r\n")


def test_part_of_a_suite_may_be_a_block():
    text = textwrap.dedent(
        """\
        def f(x):
            y = x + 1
            ### BEGIN YOUR SOLUTION
            y = y * 2
            ### END YOUR SOLUTION
            return y
        """
    )
    assert stripped(text) == text.replace("y = y * 2", "raise NotImplementedError()")


def test_a_decorated_function_can_be_in_a_block():
    text = textwrap.dedent(
        """\
        def f(x):
            ### BEGIN YOUR SOLUTION
            @cache
            def inner():
                return 1
            return inner()
            ### END YOUR SOLUTION
        """
    )
    (block,) = strip.strip("m.py", text.encode()).blocks
    assert (block.name, len(block.removed)) == ("f", 4)


# -- damaged markers -------------------------------------------------------------------


@pytest.mark.parametrize(
    "damaged",
    [
        "### END YOUR SOLUTION]",  # shipped once
        "### END YOUR SOLUTION ###",
        "### END YOUR SOLUTION ",
        "### END YOUR SOLUTION\t",
        "### END YOUR SOLUTION.",
        "## END YOUR SOLUTION",
        "#### END YOUR SOLUTION",
        "# END YOUR SOLUTION",
        "###END YOUR SOLUTION",
        "###  END YOUR SOLUTION",
        "### END  YOUR SOLUTION",
        "### END\tYOUR SOLUTION",
        "### END YOURSOLUTION",
        "### ENDYOUR SOLUTION",
        "### end your solution",
        "### End Your Solution",
        "### END YOUR SOLUTIONS",
        "### END YOUR SOLUTOIN",
        "### EDN YOUR SOLUTION",
        "### END_YOUR_SOLUTION",
        "/// END YOUR SOLUTION",
        "// END YOUR SOLUTION",
        "x = 1  ### END YOUR SOLUTION",
        'x = "### END YOUR SOLUTION"',
        "END YOUR SOLUTION",
    ],
)
def test_a_damaged_marker_is_named_with_its_line(damaged):
    text = PYTHON.replace("### END YOUR SOLUTION", damaged)
    line, message = problem(text)
    assert line == 13
    assert "`### END YOUR SOLUTION`" in message


def test_the_other_marker_slip_that_was_shipped_is_found():
    line, message = problem(PYTHON.replace("BEGIN YOUR SOLUTION", "BEGIN YOUR SOLUTION ###"))
    assert (line, "write exactly `### BEGIN YOUR SOLUTION`" in message) == (9, True)


def test_a_marker_with_two_damaged_ends_is_still_found():
    text = PYTHON.replace("BEGIN YOUR SOLUTION", "begin your solution")
    assert problem(text.replace("END YOUR SOLUTION", "end your solution"))[0] == 9


@pytest.mark.parametrize(
    "damaged", ["// BEGIN SOLUTION", "///BEGIN SOLUTION", "### BEGIN SOLUTION"]
)
def test_a_damaged_cpp_marker_is_found(damaged):
    line, message = problem(CPP.replace("/// BEGIN SOLUTION", damaged, 1), "m.cc")
    assert (line, "`/// BEGIN SOLUTION`" in message) == (10, True)


def test_a_marker_in_a_docstring_is_refused():
    text = (
        'def f():\n    """Write between\n    ### BEGIN YOUR SOLUTION\n    and\n'
        '    ### END YOUR SOLUTION\n    """\n'
    )
    line, message = problem(text)
    assert (line, "inside a string" in message) == (3, True)


def test_a_marker_in_a_cpp_comment_or_string_is_refused():
    line, message = problem('auto s = R"(\n/// BEGIN SOLUTION\n/// END SOLUTION\n)";\n', "m.cc")
    assert (line, "inside a string" in message) == (2, True)
    assert problem("/*\n/// BEGIN SOLUTION\n/// END SOLUTION\n*/\n", "m.cc")[0] == 2


def test_a_marker_in_a_file_that_is_not_stripped_is_refused():
    assert problem("text\n# BEGIN YOUR SOLUTION\n", "notes.txt")[0] == 2
    cell = '{"source": [\n    "    ### BEGIN YOUR SOLUTION\\n",\n    "x"]}\n'
    assert problem(cell, "hw.ipynb")[0] == 2


# -- markers that do not pair ------------------------------------------------------------


def block(*lines):
    return "def f(a):\n" + "".join(f"    {line}\n" for line in lines) + "    return a\n"


BEGIN, END = "### BEGIN YOUR SOLUTION", "### END YOUR SOLUTION"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (block(BEGIN, "a = 1"), 2, "no end; write `### END YOUR SOLUTION`"),
        (block("a = 1", END), 3, "END without a BEGIN; write `### BEGIN YOUR SOLUTION`"),
        (block(BEGIN, "a = 1", BEGIN, "a = 2", END, END), 4, "blocks do not nest"),
        (block(BEGIN, "a = 1", END, END), 5, "END without a BEGIN"),
        (block(BEGIN, "a = 1", "### END YOUR CODE"), 4, "write `### END YOUR SOLUTION`"),
        (block(BEGIN, "a = 1", "    " + END), 4, "indent both alike"),
        (block("    " + BEGIN, "a = 1", "    " + END), 2, "not indented like the code below"),
        (block(BEGIN, END), 2, "holds no statement"),
        (block(BEGIN, "# only words", END), 2, "holds no statement"),
        (block("a = max(", BEGIN, "a,", END, "1)"), 3, "holds no statement"),
        (block(BEGIN, "a = max(a,", END, "1)"), 4, "the statement that begins on line 3"),
        (block("a = max(", BEGIN, "a, 1)", "a = 2", END), 4, "in the middle of a statement"),
        (block(BEGIN, "if a:", "    a = 1", END, "else:", "    a = 2"), 5, "cuts through"),
        (block("if a:", "    a = 1", BEGIN, "else:", "    a = 2", END), 5, "middle of a statement"),
        (
            block("if a:", "    " + BEGIN, "    a = 1", "else:", "    a = 2", "    " + END),
            3,
            "statements of different suites",
        ),
        (f"{BEGIN}\nx = 1\n{END}\n", 1, "not in a function"),
        (f"class A:\n    {BEGIN}\n    x = 1\n    {END}\n", 2, "not in a function"),
        (f"def f(:\n    {BEGIN}\n    x = 1\n    {END}\n", 1, "not valid Python"),
    ],
)  # fmt: skip
def test_blocks_that_are_not_in_order_are_named(text, line, words):
    found, message = problem(text)
    assert (found, words in message) == (line, True), message


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ("/// BEGIN SOLUTION\n/// END SOLUTION\n", 3, "holds no statement"),
        (
            "int a =\n/// BEGIN SOLUTION\n1;\n/// END SOLUTION\n",
            4,
            "middle of a statement: `int a =",
        ),
        ("/// BEGIN SOLUTION\nint a =\n/// END SOLUTION\n1;\n", 4, "cuts through a statement"),
        (
            "/// BEGIN SOLUTION\nif (1) {\n/// END SOLUTION\n}\n",
            5,
            "before its brackets are closed",
        ),
        ("if (1) {\n/// BEGIN SOLUTION\n}\n/// END SOLUTION\n", 5, "`}` closes what is outside"),
        ("for (;\n/// BEGIN SOLUTION\n;\n/// END SOLUTION\n) {}\n", 4, "in the middle"),
    ],
)
def test_cpp_blocks_that_are_not_in_order_are_named(body, line, words):
    found, message = problem(f"#include <stdexcept>\nvoid f() {{\n{body}}}\n", "m.cc")
    assert (found, words in message) == (line, True), message


def test_a_cpp_file_that_could_not_throw_is_told_what_to_include():
    line, message = problem(CPP.replace("#include <stdexcept>\n", ""), "m.cc")
    assert (line, "add `#include <stdexcept>` here" in message) == (2, True)


def test_an_include_inside_a_block_does_not_help():
    text = (
        "#include <cmath>\n/// BEGIN SOLUTION\n#include <stdexcept>\n/// END SOLUTION\n"
        "void f() {\n  /// BEGIN SOLUTION\n  return;\n  /// END SOLUTION\n}\n"
    )
    assert problem(text, "m.cc")[0] == 2


# -- bytes that are no plain text --------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"\xef\xbb\xbf" + PYTHON.encode(), 1, "byte order mark"),
        (PYTHON.encode().replace(b"circle", b"c\xe9rcle"), 5, "not UTF-8"),
        (PYTHON.encode().replace(b"math\n", b"math\r\n"), 2, "mixed line ends"),
        (PYTHON.encode().replace(b"square\n", b"square\r\n"), 12, "mixed line ends"),
        (PYTHON.encode().replace(b"import math", b"import math\rx = 1"), 1, "carriage return"),
        (PYTHON.encode().replace(b"import math", b"x = '\0'"), 1, "not valid Python"),
    ],
)
def test_files_that_are_no_plain_text_are_refused(content, line, words):
    found, message = problem(content)
    assert (found, words in message) == (line, True), message


# -- any file --------------------------------------------------------------------------

_names = st.from_regex(r"[a-z]{3,8}", fullmatch=True).map(lambda name: f"v_{name}")
_statements = st.one_of(
    st.builds("{} = {} + {}".format, _names, _names, st.integers(0, 99)),
    st.builds("print({!r})".format, _names),
    st.builds("# {} remarks".format, _names),
    st.just(""),
    st.builds("if {}:\n    {} = 1\nelse:\n    pass".format, _names, _names),
    st.builds("{} = [\n    1,\n]".format, _names),
)
_bodies = st.lists(_statements, max_size=4).map(lambda parts: [*parts, "pass"])


@st.composite
def _functions(draw):
    """Return a function as text with {begin}, {end}; and the secret line that its block holds."""
    depth = draw(st.integers(0, 2))
    secret = f"secret_{draw(st.integers(0, 10**9))} = {draw(st.integers(0, 10**9))}"
    inside = [*draw(_bodies), secret, *draw(_bodies)]
    draw(st.randoms()).shuffle(inside)
    head = [f"{'    ' * level}class C{level}:" for level in range(depth)]
    body = [*draw(_bodies), BEGIN, *inside, END, *draw(_bodies)]
    indent = "    " * (depth + 1)
    lines = [line for part in body for line in part.split("\n")]
    name = f"{'    ' * depth}def {draw(_names)}():"
    return [*head, name, *((indent + line).rstrip() for line in lines)], secret


@given(st.lists(_functions(), min_size=1, max_size=4), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=60, deadline=None)
def test_nothing_but_blocks_changes_and_nothing_of_them_survives(functions, newline):
    lines = [line for function, _ in functions for line in function]
    content = newline.join(lines).encode()
    result = strip.strip("m.py", content)

    assert len(result.blocks) == len(functions)
    for _, secret in functions:
        assert secret.encode() not in result.content

    kept = result.content.decode().split(newline)
    outside, position = [], 0
    for block in result.blocks:
        outside += lines[position : block.first_line]
        outside += block.stub
        position = block.last_line - 1
        assert lines[block.first_line : position] == list(block.removed)
        assert lines[block.first_line - 1].strip() == BEGIN
        assert lines[block.last_line - 1].strip() == END
    assert kept == outside + lines[position:]

    ast.parse(result.content)
    again = strip.strip("m.py", result.content)
    assert again.content == result.content
    assert [block.name for block in again.blocks] == [block.name for block in result.blocks]

    for number, line in enumerate(kept, start=1):
        origin = lines[result.origins[number - 1] - 1]
        assert origin == line or line in {s for b in result.blocks for s in b.stub}


@given(st.text(alphabet="#/ \tBEGINDYOURSLTC]begin", max_size=30))
@settings(max_examples=300, deadline=None)
def test_a_line_is_a_marker_a_complaint_or_no_marker_at_all(line):
    """What is not exact and is let through must not contain the words of a marker."""
    exact = {m for d in markers.PYTHON for m in (d.begin, d.end)}
    if line.strip(" \t") not in exact and not markers.mentions(line):
        flat = line.replace(" ", "").replace("\t", "")
        assert not any(m.replace(" ", "").strip("#") in flat for m in exact if "YOUR" in m)
