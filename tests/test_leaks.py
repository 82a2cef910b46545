"""What a release gives away is found, however it is written; what everybody knows is not a leak."""

import base64
import codecs
import shutil
from pathlib import Path

import pytest

from grader import leaks, manifest, release, secrecy, texts

COURSE = Path(__file__).parents[1] / "examples" / "tiny"

REFERENCE = '''\
"""Operators."""


def transposed(a):
    return a.swapaxes(-1, -2)


class PowerScalar:
    """Raises to a power."""

    def compute(self, a):
        ### BEGIN YOUR SOLUTION
        return a ** self.scalar
        ### END YOUR SOLUTION

    def gradient(self, out_grad, node):
        ### BEGIN YOUR SOLUTION
        a = node.inputs[0]
        # the exponent goes down by one and comes out in front
        return (
            out_grad
            * self.scalar
            * power_scalar(a, self.scalar - 1)
        )
        ### END YOUR SOLUTION


class Negate:
    def compute(self, a):
        ### BEGIN YOUR SOLUTION
        return -a
        ### END YOUR SOLUTION

    def gradient(self, out_grad, node):
        ### BEGIN YOUR SOLUTION
        return out_grad
        ### END YOUR SOLUTION


class Transpose:
    def compute(self, a):
        ### BEGIN YOUR SOLUTION
        return a.swapaxes(-1, -2)
        ### END YOUR SOLUTION


# HERE
'''
HIDDEN = '''\
"""What only the grader sees."""

import ops


def test_powers():
    """Powers with negative and with broken exponents are right everywhere."""
    for exponent in (-3, 0.25, 1.75):
        found = ops.PowerScalar(exponent).compute([2.0, 8.0, 0.125])
        assert found == [x ** exponent for x in (2.0, 8.0, 0.125)]
    assert ops.Negate().compute(4) == -4
'''
PUBLIC = '''\
"""What students are shown."""

import ops


def test_negate():
    """Negate changes the sign."""
    assert ops.Negate().compute(4) == -4
    # HERE
'''
MANIFEST = """\
name = "ops"
title = "Operators"
reference = "reference"
template = "template"
public = "public"
hidden = "hidden"
[release]
files = ["ops.py"]
readme = "assignments/ops.md"
[submission]
accept = ["*.py"]
path = ["."]
[[question]]
id = "q"
title = "Q"
file = "test_ops.py"
public.test_negate = 1
hidden.test_powers = 1
"""


@pytest.fixture
def course(tmp_path):
    """Return a small course, in which the comments HERE are places for a leak."""
    for name, text in {
        "assignments/ops.toml": MANIFEST,
        "assignments/ops.md": "# Operators\n\nHERE\n",
        "reference/ops.py": REFERENCE,
        "public/test_ops.py": PUBLIC,
        "hidden/test_ops.py": HIDDEN,
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def search(course):
    assignment = manifest.load(course / "assignments/ops.toml")
    return leaks.search(assignment, release.build(assignment), assignment.template_dir)


def plant(course, file, text):
    path = course / file
    before = path.read_text()
    assert before.count("HERE") == 1
    path.write_text(before.replace("HERE", text))
    return before[: before.index("HERE")].count("\n") + 1


def number(text, words):
    return next(n for n, line in enumerate(text.splitlines(), start=1) if words in line)


POWER = "return out_grad * self.scalar * power_scalar(a, self.scalar - 1)"


def test_a_sound_release_says_nothing(course):
    found = search(course)
    assert found.findings == ()
    assert (found.solution_lines, found.hidden_lines) == (5, 4)


LATER = """\
### BEGIN PART later
class Root:
    \"\"\"The root, which a later homework adds to what there is so far.\"\"\"

    def gradient(self, out_grad, node):
        ### BEGIN YOUR SOLUTION
        return divide(out_grad, mul_scalar(node, 2))
        ### END YOUR SOLUTION

    def name(self):
        return "root of " + self.operand_name


### END PART
"""


@pytest.mark.parametrize(
    ("leak", "origin"),
    [
        ("return divide(out_grad, mul_scalar(node, 2))", "divide(out_grad"),
        ("it is divide( out_grad,mul_scalar(node,2) )", "divide(out_grad"),
        ('so return "root of " + self.operand_name here', "root of"),
        ("the root, which a later homework adds to what there is so far", "The root"),
    ],
)
def test_what_belongs_to_another_assignment_is_found(course, leak, origin):
    path = course / "reference/ops.py"
    path.write_text(path.read_text() + LATER)
    (course / "assignments/later.toml").touch()
    assert search(course).findings == ()
    line = plant(course, "reference/ops.py", leak)
    (finding,) = search(course).findings
    secret = path.read_text().count("\n") - LATER.count("\n") + number(LATER, origin)
    assert f"a part of another assignment, reference/ops.py:{secret}:" in finding.sentence
    assert finding.sentence.endswith(f"reword reference/ops.py:{line}")


def test_a_part_that_is_kept_is_no_secret(course):
    (course / "assignments/ops.toml").write_text(
        MANIFEST.replace("[submission]", 'parts = ["later"]\n[submission]')
    )
    path = course / "reference/ops.py"
    path.write_text(path.read_text() + LATER)
    (course / "assignments/later.toml").touch()
    plant(course, "reference/ops.py", 'so return "root of " + self.operand_name here')
    assert search(course).findings == ()


@pytest.mark.parametrize(
    ("leak", "origin"),
    [
        ("hint: " + POWER, "return ("),
        (POWER.upper(), "return ("),
        ("out_grad*self.scalar*power_scalar( a,self.scalar-1 ) does it", "return ("),
        (
            "   * self.scalar   ".join(["out_grad", "*power_scalar(a,\tself.scalar - 1)"]),
            "return (",
        ),
        ("out_grad * self.scalar\n# * power_scalar(a, self.scalar - 1)", "return ("),
        ("so we `return a ** self.scalar`, of course", "return a ** self.scalar"),
        ("return -a", "return -a"),
        ("The exponent goes down by one, and comes out in front.", "# the exponent goes"),
        ("a hint: * power_scalar(a, self.scalar - 1)", "return ("),
        (base64.b64encode(b"x" + POWER.encode()).decode(), None),
        (codecs.encode("return a ** self.scalar", "rot13"), "return a ** self.scalar"),
        (b"return a ** self.scalar".hex().upper(), "return a ** self.scalar"),
        (base64.b64encode(b"    return a ** self.scalar\n").decode(), "return a ** self.scalar"),
        (base64.urlsafe_b64encode(b" return a ** self.scalar").decode(), "return a ** self.scalar"),
    ],
)
def test_a_line_of_the_solution_in_a_comment_is_found(course, leak, origin):
    line = plant(course, "reference/ops.py", leak)
    findings = search(course).findings
    if origin is None:  # the solution has this on several lines, so it is no line of it
        assert findings == ()
        return
    made = release.build(manifest.load(course / "assignments/ops.toml"))
    template = made.files["ops.py"].decode()
    assert {f.path for f in findings} == {"template/ops.py"}
    assert template.splitlines()[findings[0].line - 1].endswith(leak.split("\n")[0])
    assert f"reference/ops.py:{number(REFERENCE, origin)}: `" in findings[0].sentence
    assert findings[0].sentence.endswith(f"; reword reference/ops.py:{line}")


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        ("assignments/ops.md", "template/README.md"),
        ("public/test_ops.py", "template/tests/ops/test_ops.py"),
    ],
)
def test_documents_and_tests_are_searched_too(course, file, shown):
    line = plant(course, file, POWER)
    (finding,) = search(course).findings
    assert (finding.path, finding.line) == (shown, line)
    assert finding.sentence.endswith(f"reword {file}:{line}")


def test_a_docstring_is_searched_too(course):
    path = course / "reference/ops.py"
    path.write_text(path.read_text().replace("Raises to a power.", f"Raises.\n\n    {POWER}\n    "))
    (finding,) = search(course).findings
    assert (finding.path, finding.line) == ("template/ops.py", 11)


def test_solution_code_in_a_public_test_is_found(course):
    with (course / "public/test_ops.py").open("a") as file:
        file.write(f"\n\ndef gradient(self, out_grad, a, power_scalar):\n    {POWER}\n")
    (finding,) = search(course).findings
    assert "reference/ops.py:20" in finding.sentence


@pytest.mark.parametrize(
    "innocent",
    [
        "return a.swapaxes(-1, -2) is what transposed does",  # handed out as code
        "Return the power of a.",
        "raise NotImplementedError()",
        "else:",
        "the exponent is one",
        "return out_grad",
    ],
)
def test_what_says_nothing_or_is_known_is_no_leak(course, innocent):
    plant(course, "reference/ops.py", innocent)
    assert search(course).findings == ()


@pytest.mark.parametrize(
    ("leak", "origin"),
    [
        ("for exponent in (-3, 0.25, 1.75)", "for exponent"),
        ("we try ops.PowerScalar(exponent).compute([2.0, 8.0, 0.125])", "found ="),
        ("Powers with negative and with broken exponents are right everywhere.", '"""Powers'),
    ],
)
@pytest.mark.parametrize("file", ["reference/ops.py", "assignments/ops.md", "public/test_ops.py"])
def test_text_of_a_hidden_test_is_found(course, file, leak, origin):
    is_shared_prose = leak.startswith("Powers") and file.startswith("public")
    plant(course, file, leak)
    findings = search(course).findings
    if is_shared_prose:  # docstrings of hidden tests are no secret among those of public tests
        assert findings == ()
        return
    assert f"a hidden test, hidden/test_ops.py:{number(HIDDEN, origin)}" in findings[0].sentence


def test_a_copied_hidden_test_is_found(course):
    with (course / "public/test_ops.py").open("a") as file:
        file.write("\n\n" + HIDDEN[HIDDEN.index("def test_powers") :].replace('"""Powers', '"""P'))
    with (course / "assignments/ops.toml").open("a") as file:
        file.write("public.test_powers = 1\n")
    (finding,) = search(course).findings
    assert finding.path == "template/tests/ops/test_ops.py"
    assert "copies the hidden test_powers, hidden/test_ops.py:6" in finding.sentence


def test_data_of_the_hidden_suite_does_not_disturb(course):
    (course / "hidden/data.npy").write_bytes(bytes(range(256)))
    assert search(course).findings == ()


def test_a_leak_in_the_committed_template_alone_is_found(course):
    assignment = manifest.load(course / "assignments/ops.toml")
    release.write(release.build(assignment), assignment.template_dir)
    line = plant(course, "template/ops.py", POWER)
    (course / "template/notes.txt").write_text("return a ** self.scalar\n")
    assert [(f.path, f.line) for f in search(course).findings] == [
        ("template/notes.txt", 1),
        ("template/ops.py", line),
    ]
    assert search(course).findings[0].sentence.endswith("edited by hand; release again")


def test_solutions_left_in_the_committed_template_are_found(course):
    assignment = manifest.load(course / "assignments/ops.toml")
    release.write(release.build(assignment), assignment.template_dir)
    shutil.copy(course / "reference/ops.py", course / "template/ops.py")
    assert number(REFERENCE, "return (") in [f.line for f in search(course).findings]


# -- C++ -------------------------------------------------------------------------------


def test_leaks_of_cpp_are_found(course):
    (course / "reference/fill.cc").write_text(
        "#include <stdexcept>\n// HERE\nvoid Fill(float* out, int size, float value) {\n"
        "  /// BEGIN SOLUTION\n  for (int i = 0; i < size; i++) {\n    out[i] = value * 2;\n  }\n"
        "  /// END SOLUTION\n}\n"
    )
    path = course / "assignments/ops.toml"
    path.write_text(path.read_text().replace('"ops.py"', '"ops.py", "fill.cc"'))
    assert search(course).findings == ()
    plant(course, "reference/fill.cc", "/* out[i]=value*2 */")
    (finding,) = search(course).findings
    assert (finding.path, finding.line) == ("template/fill.cc", 2)
    assert "reference/fill.cc:6" in finding.sentence


# -- parts -----------------------------------------------------------------------------


def test_tokens_ignore_spelling_that_does_not_matter():
    assert texts.tokens("# Return  OUT_grad*2.5e-3, `x`;") == [
        "return",
        "out_grad",
        "*",
        "2.5e-3",
        "x",
    ]
    assert texts.weight(texts.tokens("return (self.a + b[0])")) == 4
    assert texts.weight(texts.tokens("else:")) == 0


def test_a_haystack_knows_where_words_stand():
    stack = texts.of_pieces(
        [("a.py", "x = 1  # one\n# two\n# three\n"), ("b.py", "# three four\n")], {texts.Kind.PROSE}
    )
    assert list(stack.find("two three")) == [("a.py", 2)]
    assert list(stack.find("three")) == [("a.py", 3), ("b.py", 1)]
    assert list(stack.find("three three")) == []
    assert list(stack.find("thre")) == []
    assert "one two three" in stack
    assert "x" not in stack


def test_the_right_hand_side_is_what_is_returned_or_assigned():
    def part(text):
        _, parts = secrecy._forms(texts.tokens(text))
        return " ".join(parts[0]) if parts else ""

    assert part("return (a + b)") == "a + b"
    assert part("return (a) + (b)") == "( a ) + ( b )"
    assert part("x, y = f(k=1)") == "f ( k = 1 )"
    assert part("x: int = 3") == "3"
    assert part("x += y * z") == "y * z"
    assert part("f(k=1)") == ""
    assert part("if a == b:") == ""
    assert part("if a <= b: pass") == ""
