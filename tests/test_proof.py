"""The proof of a sound assignment holds; breaking any one thing fails it with file and line."""

import dataclasses
import shutil
import sys
import traceback
from pathlib import Path

import pytest

from grader import blame, manifest, proof, release, template_imports
from grader.errors import InfrastructureError, ManifestError, MarkerError, ProofError
from grader.results import Provenance, Report, RunStatus, Status, TestResult

TINY = Path(__file__).parents[1] / "examples" / "tiny"
PROVENANCE = Provenance(
    submission_digest="",
    assignment_digest="",
    tests_digest="",
    grader_version="",
    grader_digest="",
    sandbox="fake",
    isolated=False,
    image=None,
    device="cpu",
    seed=0,
    limits={},
    host={},
)


@pytest.fixture
def course(tmp_path):
    """Return a copy of the tiny course with a current template."""
    ignore = shutil.ignore_patterns("template", "__pycache__")
    course = Path(shutil.copytree(TINY, tmp_path / "course", ignore=ignore))
    release_again(course)
    return course


def load(course):
    return manifest.load(course / "assignments/tiny.toml")


def release_again(course):
    assignment = load(course)
    release.write(release.build(assignment), assignment.template_dir)


def prove(course):
    assignment = load(course)
    return proof.prove(assignment, InProcess(assignment))


def edit(course, file, old, new):
    path = course / file
    assert path.read_text().count(old) == 1, (old, path.read_text())
    path.write_text(path.read_text().replace(old, new))


def line_of(course, file, words):
    lines = (course / file).read_text().splitlines()
    return next(number for number, line in enumerate(lines, start=1) if words in line)


@dataclasses.dataclass
class InProcess:
    """Grades the tiny course without a sandbox: its submissions are ours."""

    assignment: manifest.Assignment

    def __call__(self, submission):
        results = tuple(self.run(spec, submission) for spec in self.assignment.tests)
        return Report(
            submission=submission.name,
            assignment="tiny",
            status=RunStatus.GRADED,
            score=sum(result.score for result in results),
            max_score=self.assignment.max_score,
            tests=results,
            provenance=PROVENANCE,
        )

    def run(self, spec, submission):
        status, message = Status.PASSED, ""
        source = submission / "src/intervals.py"
        module = type(sys)("intervals")
        sys.modules["intervals"] = module
        try:
            exec(compile(source.read_text(), "/submission/src/intervals.py", "exec"), vars(module))
            names = {}
            exec((self.assignment.root / spec.path).read_text(), names)
            names[spec.function]()
        except Exception as error:
            status = Status.FAILED if isinstance(error, AssertionError) else Status.ERROR
            message = f"{status}: {type(error).__name__}\n{traceback.format_exc()}"
        finally:
            del sys.modules["intervals"]
        return result(spec, status, message)


def result(spec, status, message=""):
    return TestResult(
        id=spec.id,
        question=spec.question,
        status=status,
        score=spec.points if status is Status.PASSED else 0.0,
        max_score=spec.points,
        visibility=spec.visibility,
        seconds=0.0,
        staff_message=message,
    )


def failed(proof_):
    return [number for number, part in enumerate(proof_.parts, start=1) if not part.ok]


# -- a sound assignment ------------------------------------------------------------------


def test_a_sound_assignment_is_proven(course):
    made = prove(course)
    assert made.ok, made.render()
    assert [line[:11] for line in made.render().splitlines()] == [
        f"{n}. ok      " for n in range(1, 6)
    ]
    assert "3 of 3 points in 2 tests" in made.render()
    assert "1 modules imported, 0 of 3 points" in made.render()


# -- the four breakages of the issue -----------------------------------------------------


def test_a_broken_marker_is_named(course):
    edit(course, "reference/src/intervals.py", "### END YOUR SOLUTION", "### END YOUR SOLUTION]")
    with pytest.raises(MarkerError, match=r"^reference/src/intervals.py:19: "):
        prove(course)


def test_a_broken_reference_is_named_with_its_tests_and_blocks(course):
    edit(course, "reference/src/intervals.py", "first <= merged", "first < merged")
    made = prove(course)
    assert failed(made) == [1]
    hidden = "tests_hidden/test_intervals.py"
    assert [str(finding) for finding in made.parts[0].findings] == [
        "reference/src/intervals.py:11: look at merge: 1 of the 2 tests that mention it fail",
        f"{hidden}:{line_of(course, hidden, 'def test_order')}: "
        "test_order_and_touching_ends_do_not_matter ends with failed on the reference: "
        "failed: AssertionError",
    ]
    assert "1. FAILED  the reference earns all points: 1 of 3 points in 2 tests" in made.render()
    assert f"     {hidden}:6: test_order" in made.render()


def test_a_reference_that_raises_is_named_with_the_line_that_raised(course):
    edit(course, "reference/src/intervals.py", "merged = []", "merged = [] + 1")
    line = line_of(course, "reference/src/intervals.py", "[] + 1")
    findings = [str(finding) for finding in prove(course).parts[0].findings]
    raised = [finding for finding in findings if "came from here" in finding]
    assert raised == [
        f"reference/src/intervals.py:{line}: an exception of a failed test came from here"
    ]


def test_a_leaked_line_in_a_comment_of_the_reference_is_named(course):
    leak = "# for first, last in sorted(intervals) does it\n"
    edit(course, "reference/src/intervals.py", "def merge", f"{leak}def merge")
    release_again(course)
    made = prove(course)
    assert failed(made) == [3]
    (finding,) = made.parts[2].findings
    assert (finding.path, finding.line) == ("template/src/intervals.py", 9)
    assert "reference/src/intervals.py:14: `for first, last" in finding.sentence
    assert finding.sentence.endswith("reword reference/src/intervals.py:9")


def test_a_leaked_line_in_the_committed_template_is_named(course):
    edit(
        course,
        "template/src/intervals.py",
        "def merge",
        "# merged.append((first, last))\ndef merge",
    )
    made = prove(course)
    assert failed(made) == [3, 4]
    assert [(f.path, f.line) for f in made.parts[2].findings] == [("template/src/intervals.py", 9)]
    assert [(f.path, f.line) for f in made.parts[3].findings] == [("template/src/intervals.py", 9)]
    assert "run `grader release tiny`" in made.parts[3].findings[0].sentence


def test_a_test_without_points_is_named(course):
    with (course / "tests_public/test_intervals.py").open("a") as file:
        file.write("\n\ndef test_forgotten():\n    assert merge([]) == []\n")
    line = line_of(course, "tests_public/test_intervals.py", "test_forgotten")
    with pytest.raises(
        ManifestError, match=rf"test_intervals.py:{line}: test_forgotten has no poi"
    ):
        prove(course)


# -- the rest of the five parts ----------------------------------------------------------


def test_a_template_that_earns_points_is_named(course):
    with (course / "tests_public/test_intervals.py").open("a") as file:
        file.write(
            "\n\ndef test_length():\n    from intervals import length\n    assert length([]) == 0\n"
        )
    edit(course, "assignments/tiny.toml", "become_one = 1\n", "become_one = 1\ntest_length = 1\n")
    release_again(course)
    made = prove(course)
    assert failed(made) == [2]
    public = "tests_public/test_intervals.py"
    assert [str(finding) for finding in made.parts[1].findings] == [
        f"{public}:{line_of(course, public, 'def test_length')}: "
        "test_length gives 1 points for nothing but the template"
    ]


def test_a_template_that_cannot_be_imported_is_named_by_its_line_in_the_reference(course):
    with (course / "reference/src/intervals.py").open("a") as file:
        file.write("\n\nEMPTY = merge([])\n")
    release_again(course)
    made = prove(course)
    assert failed(made) == [2]
    (finding,) = made.parts[1].findings
    line = line_of(course, "reference/src/intervals.py", "### BEGIN")
    assert (finding.path, finding.line) == ("reference/src/intervals.py", line)
    assert finding.sentence == "the template cannot be imported: NotImplementedError"


def test_a_file_below_two_folders_of_the_path_is_one_module(course):
    edit(course, "assignments/tiny.toml", 'path = ["src"]', 'path = ["src", "."]')
    assignment = load(course)
    made = release.build(assignment)
    assert template_imports.modules(assignment, made) == ["intervals"]


def test_a_stale_template_is_named(course):
    edit(course, "assignments/tiny.md", "shortest", "shortest possible")
    made = prove(course)
    assert failed(made) == [4]
    assert [(f.path, f.line) for f in made.parts[3].findings] == [
        ("template/README.md", 4),
        ("template/release.json", line_of(course, "template/release.json", "README.md")),
    ]


def test_a_missing_template_is_one_finding(course):
    shutil.rmtree(course / "template")
    assert [str(finding) for finding in prove(course).parts[3].findings] == [
        "template:1: is not there; run `grader release tiny` and commit the result"
    ]


def test_a_release_that_is_made_differently_each_time_is_named(course, monkeypatch):
    program = proof._BUILD.replace("sys.argv[1])))", "sys.argv[1])))\nimport os")
    program = program.replace(
        "print(",
        "made = type('R', (), {'files': {'x': os.environ['PYTHONHASHSEED'].encode()}})\nprint(",
    )
    monkeypatch.setattr(proof, "_BUILD", program)
    assert [str(finding) for finding in prove(course).parts[3].findings] == [
        "template/x:1: is made differently each time"
    ]


def test_losses_that_are_not_recorded_and_records_that_are_not_lost_are_named(course):
    edit(
        course,
        "assignments/tiny.toml",
        '["tests_hidden/test_intervals.py::test_order_and_touching_ends_do_not_matter"]',
        '[\n  "tests_public/test_intervals.py::test_overlapping_intervals_become_one",\n]',
    )
    made = prove(course)
    assert failed(made) == [5]
    loses = line_of(course, "assignments/tiny.toml", "loses = [")
    assert [(f.path, f.line) for f in made.parts[4].findings] == [
        ("assignments/tiny.toml", loses + 1),
        ("assignments/tiny.toml", loses),
    ]
    assert "passes tests_public" in made.parts[4].findings[0].sentence
    assert "which is not recorded" in made.parts[4].findings[1].sentence


def test_a_wrong_solution_that_is_right_is_named(course):
    edit(course, "assignments/tiny.toml", "submissions/forgets_to_sort", "submissions/right")
    assert failed(prove(course)) == [5]


# -- verdicts that are none ----------------------------------------------------------------


def reporting(**changes):
    """Return a grade that gives every submission the same changed report."""

    def grade(submission):
        report = InProcess(load(TINY))(submission)
        return dataclasses.replace(report, **changes)

    return grade


def test_a_refused_submission_is_an_error(course):
    grade = reporting(status=RunStatus.REJECTED, tests=(), message="not an archive")
    with pytest.raises(ProofError, match="reference is refused on intake: not an archive"):
        proof.prove(load(course), grade)


def test_a_report_without_results_is_the_graders_failure(course):
    grade = reporting(
        status=RunStatus.BROKEN, tests=(), message="out of order", flags=("disk full",)
    )
    with pytest.raises(InfrastructureError, match="no result for 2 tests: out of order; disk full"):
        proof.prove(load(course), grade)


def test_a_broken_test_proves_nothing(course):
    assignment = load(course)
    tests = tuple(result(spec, Status.BROKEN, "no memory") for spec in assignment.tests)
    made = release.build(assignment)
    grade = reporting(status=RunStatus.BROKEN, tests=tests)
    assert len(proof.reference_part(assignment, made, grade).findings) >= 2
    with pytest.raises(InfrastructureError, match="no memory"):
        proof.template_part(assignment, made, grade)
    with pytest.raises(InfrastructureError, match="no memory"):
        proof.wrong_part(assignment, grade)


def test_a_long_list_of_findings_is_cut():
    finding = release.Finding(path="a.py", line=1, sentence="wrong")
    part = proof.Part(title="t", summary="s", findings=(finding,) * 30)
    lines = proof.Proof(assignment="x", parts=(part,)).render().splitlines()
    assert (len(lines), lines[-1].strip()) == (27, "... and 5 more")


# -- guesses -----------------------------------------------------------------------------


def test_a_block_goes_by_the_functions_that_make_its_class(tmp_path, course):
    (course / "reference/src/ops.py").write_text(
        "class EWisePow:\n    def compute(self, a, b):\n        ### BEGIN YOUR SOLUTION\n"
        "        return a**b\n        ### END YOUR SOLUTION\n\n\n"
        "def power(a, b):\n    return EWisePow()(a, b)\n"
    )
    assignment = load(course)
    blocks = release.build(assignment).blocks
    names = {block.name: blame._aliases(assignment, block) for block in blocks}
    assert names == {"EWisePow.compute": {"ewisepow", "power"}, "merge": {"merge"}}


# -- wrong solutions as edits --------------------------------------------------------------

_WRONG = """
[[wrong]]
mistake = "does not sort"
loses = ["tests_public/test_intervals.py::test_overlapping_intervals_become_one"]
[[wrong.edits]]
file = "src/intervals.py"
find = "sorted("
replace = "list("
"""


def record_edit(course, **changes):
    text = _WRONG
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    path = course / "assignments/tiny.toml"
    path.write_text(path.read_text() + text)


def test_edits_of_the_reference_are_graded_as_a_wrong_solution(course):
    before = (course / "reference/src/intervals.py").read_text()
    record_edit(course)
    part = prove(course).parts[4]
    assert part.summary == "2 wrong solutions graded"
    lost = [str(finding) for finding in part.findings]
    assert any("'does not sort' loses" in sentence for sentence in lost), lost
    assert (course / "reference/src/intervals.py").read_text() == before


def test_an_edit_of_what_occurs_never_names_file_and_text(course):
    record_edit(course, find=('find = "sorted("', 'find = "nowhere"'))
    with pytest.raises(
        ManifestError, match=r"tiny.toml:\d+: src/intervals.py has 'nowhere' 0 time"
    ):
        load(course)


def test_a_wrong_solution_is_a_submission_or_edits(course):
    record_edit(course, mistake=('mistake = "does not sort"\n', ""))
    with pytest.raises(ManifestError, match="a `submission`, or a `mistake` in words and"):
        load(course)
