"""Manifests are read strictly, and every complaint names a line."""

import hashlib
import shutil
import textwrap
from pathlib import Path

import pytest

from grader import manifest, toml_lines
from grader.errors import ManifestError
from grader.results import Visibility

TINY = Path(__file__).parents[1] / "examples" / "tiny"


@pytest.fixture
def course(tmp_path):
    """Return a copy of the tiny course."""
    return Path(shutil.copytree(TINY, tmp_path / "course"))


def edit(course, old, new, file="assignments/tiny.toml"):
    path = course / file
    text = path.read_text()
    assert text.count(old) == 1, (old, text)
    path.write_text(text.replace(old, new))


def line_of(course, words, file="assignments/tiny.toml"):
    lines = (course / file).read_text().splitlines()
    return next(number for number, line in enumerate(lines, start=1) if words in line)


def load(course):
    return manifest.load(course / "assignments" / "tiny.toml")


def complaint(course):
    with pytest.raises(ManifestError) as caught:
        load(course)
    assert caught.value.exit_code == 2
    return str(caught.value)


# -- what a sound manifest gives --------------------------------------------------------


def test_an_assignment_knows_its_tests(course):
    assignment = load(course)
    visible, hidden = assignment.tests
    assert (visible.id, hidden.id) == (
        "tests_public/test_intervals.py::test_overlapping_intervals_become_one",
        "tests_hidden/test_intervals.py::test_order_and_touching_ends_do_not_matter",
    )
    assert (visible.visibility, hidden.visibility) == (Visibility.VISIBLE, Visibility.HIDDEN)
    assert (visible.points, hidden.points, assignment.max_score) == (1.0, 2.0, 3.0)
    assert visible.question == hidden.question == "merge"
    assert hidden.summary.startswith("The order of the input does not matter")
    assert (assignment.root / visible.path).is_file()
    lines = (assignment.root / visible.path).read_text().splitlines()
    assert lines[visible.line - 1] == f"def {visible.function}():"
    assert lines[visible.last_line - 1].strip().startswith("assert")


def test_an_assignment_knows_its_folders_and_limits(course):
    assignment = load(course)
    assert assignment.reference_dir == course / "reference"
    assert assignment.template_dir == course / "template"
    assert assignment.public_dir == course / "tests_public"
    assert assignment.hidden_dir == course / "tests_hidden"
    assert (assignment.limits.test_seconds, assignment.limits.memory) == (10.0, 2 << 30)


def test_a_method_of_a_test_class_is_a_test(course):
    (course / "tests_public/test_more.py").write_text(
        "class TestMore:\n    def helper(self): ...\n    def test_it(self):\n        '''Works.'''\n"
    )
    append(course, 'file = "test_more.py"\n[question.public]\n"TestMore::test_it" = 0.5\n')
    extra = load(course).tests[-1]
    assert extra.id == "tests_public/test_more.py::TestMore::test_it"
    assert (extra.points, extra.function) == (0.5, "TestMore::test_it")


def append(course, question):
    path = course / "assignments/tiny.toml"
    head, tail = path.read_text().split("[[wrong]]")
    path.write_text(f'{head}[[question]]\nid = "more"\ntitle = "More"\n{question}\n[[wrong]]{tail}')


def test_tests_of_one_file_may_belong_to_two_questions(course):
    with (course / "tests_public/test_intervals.py").open("a") as file:
        file.write("\n\ndef test_nothing():\n    assert merge([]) == []\n")
    append(course, 'file = "test_intervals.py"\n[question.public]\ntest_nothing = 0\n')
    assert [test.question for test in load(course).tests] == ["merge", "merge", "more"]


def test_find_walks_up_to_the_course(course):
    assert manifest.find("tiny", course / "reference" / "src").path == (
        course / "assignments/tiny.toml"
    )
    assert manifest.find(str(course / "assignments/tiny.toml")).name == "tiny"


def test_find_names_what_was_probably_meant(course):
    with pytest.raises(
        ManifestError, match=r"no assignment 'tinny'; there are: tiny; did you mean 'tiny'\?"
    ):
        manifest.find("tinny", course)


def test_find_outside_of_a_course_says_what_a_course_is(tmp_path):
    with pytest.raises(ManifestError, match="not in a course"):
        manifest.find("tiny", tmp_path)


def test_find_does_not_leave_the_folder_of_manifests(course):
    shutil.copy(course / "assignments/tiny.toml", course / "outside.toml")
    with pytest.raises(ManifestError, match="no assignment"):
        manifest.find("../outside", course)
    with pytest.raises(ManifestError, match="lies in the folder assignments/"):
        manifest.load(course / "outside.toml")


# -- digests ---------------------------------------------------------------------------


def test_digests_do_not_depend_on_where_the_course_lies_or_on_leftovers(course, tmp_path):
    other = Path(shutil.copytree(course, tmp_path / "elsewhere"))
    (other / "reference/src/__pycache__").mkdir()
    (other / "reference/src/__pycache__/intervals.pyc").write_bytes(b"leftover")
    assert load(course).digest() == load(other).digest()
    assert load(course).tests_digest() == load(other).tests_digest()


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("assignments/tiny.toml", "digest"),
        ("assignments/tiny.md", "digest"),
        ("reference/src/intervals.py", "digest"),
        ("tests_public/test_intervals.py", "tests_digest"),
        ("tests_hidden/test_intervals.py", "tests_digest"),
    ],
)
def test_each_digest_follows_its_own_files(course, file, changes):
    before = {name: getattr(load(course), name)() for name in ("digest", "tests_digest")}
    with (course / file).open("a") as text:
        text.write("\n# one more line\n")
    after = {name: getattr(load(course), name)() for name in ("digest", "tests_digest")}
    assert {name for name in before if before[name] != after[name]} == {changes}
    assert all(len(digest) == len(hashlib.sha256().hexdigest()) for digest in after.values())


# -- what is refused -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('readme = "', 'raedme = "', "unknown key 'raedme'; did you mean 'readme'?"),
        ("[limits]", "[limit]", "unknown key 'limit'; did you mean 'limits'?"),
        ("test_seconds", "test_second", "unknown limit; did you mean 'test_seconds'?"),
        ("test_seconds = 10.0", "test_seconds = -1", "is not between 0 and"),
        ("test_seconds = 10.0", "test_seconds = inf", "is not between 0 and"),
        ("test_seconds = 10.0", "test_seconds = true", "True is not a number"),
        ("test_seconds = 10.0", "test_seconds = 61.0", "more than job_seconds"),
        ("test_seconds = 10.0", "memory = 2048", "2048 is less than 67108864"),
        ("test_seconds = 10.0", "memory = 2.5e9", "not a whole number"),
        ("become_one = 1", 'become_one = "1"', "valid number"),
        ("become_one = 1", "become_one = true", "valid number"),
        ("become_one = 1", "become_one = -1", "greater than or equal to 0"),
        ("become_one = 1", "become_one = nan", "finite"),
        ('reference = "reference"', 'reference = "refrence"', "no such folder: refrence"),
        ('readme = "assignments/tiny.md"', 'readme = "no.md"', "no such file: no.md"),
        ('submission = "submissions/forgets', 'submission = "submissions/x', "no such submission"),
        ('name = "tiny"', 'name = "other"', "in a file called tiny.toml"),
        ('files = ["src/*.py"]', "files = []", "at least 1 item"),
        ('files = ["src/*.py"]', 'files = "src/*.py"', "valid array"),
        ('files = ["src/*.py"]', 'files = ["../*.py"]', "without .."),
        ('files = ["src/*.py"]', 'files = ["/etc/*"]', "a path is relative"),
        (
            'template = "template"',
            'template = "tests_hidden/t"',
            "template = 'tests_hidden/t' lies",
        ),
        ('hidden = "tests_hidden"', 'hidden = "tests_public"', "keep the trees apart"),
    ],
)
def test_a_bad_value_is_named_with_its_line(course, old, new, words):
    edit(course, old, new)
    text = complaint(course)
    line = next(t for t in text.splitlines() if words in t)
    assert f"assignments/tiny.toml:{line_of(course, new)}: " in text
    assert line.startswith("assignments/tiny.toml:")


def test_a_missing_key_is_named(course):
    edit(course, 'title = "Merging intervals"\n', "")
    assert "'title' is missing" in complaint(course)


def test_broken_toml_is_named_with_its_line(course):
    edit(course, "job_seconds = 60.0", "job_seconds = = 60.0")
    assert complaint(course).startswith("assignments/tiny.toml:20: not TOML")


def test_all_problems_are_told_at_once(course):
    edit(course, 'readme = "', 'raedme = "')
    edit(course, "become_one = 1", "become_one = -1")
    assert [line.split(": ", 1)[1] for line in complaint(course).splitlines()] == [
        "'readme' is missing",
        "unknown key 'raedme'; did you mean 'readme'?",
        "test_overlapping_intervals_become_one = -1: Input should be greater than or equal to 0",
    ]


def test_a_test_without_points_is_named_with_its_line(course):
    with (course / "tests_hidden/test_intervals.py").open("a") as file:
        file.write("\n\ndef test_forgotten():\n    assert merge([]) == []\n")
    line = line_of(course, "def test_forgotten", "tests_hidden/test_intervals.py")
    assert complaint(course) == (
        f"tests_hidden/test_intervals.py:{line}: test_forgotten has no points; add it to "
        "[question.hidden] of the question 'merge' in assignments/tiny.toml"
    )


def test_points_without_a_test_are_named_with_their_line(course):
    edit(course, "test_overlapping_intervals_become_one = 1", "test_overlapping_becomes_one = 1")
    text = complaint(course)
    place = f"assignments/tiny.toml:{line_of(course, 'becomes_one = 1')}: "
    assert f"{place}test_overlapping_becomes_one has points, but" in text
    assert "did you mean 'test_overlapping_intervals_become_one'?" in text


def test_a_question_without_tests_is_refused(course):
    append(course, 'file = "test_intervals.py"\n')
    assert "question 'more' has no tests" in complaint(course)


def test_a_question_about_a_missing_file_is_refused(course):
    append(course, 'file = "test_none.py"\n[question.hidden]\ntest_x = 1\n')
    assert "there is no test file tests_hidden/test_none.py" in complaint(course)


def test_points_given_twice_are_refused(course):
    append(
        course,
        'file = "test_intervals.py"\n'
        "[question.public]\ntest_overlapping_intervals_become_one = 1\n",
    )
    assert "already has points at assignments/tiny.toml:27" in complaint(course)


def test_two_questions_of_one_id_are_refused(course):
    with (course / "tests_public/test_intervals.py").open("a") as file:
        file.write("\n\ndef test_nothing():\n    assert merge([]) == []\n")
    append(course, 'file = "test_intervals.py"\n[question.public]\ntest_nothing = 1\n')
    edit(course, 'id = "more"', 'id = "merge"')
    assert "'merge' is the id of 2 questions" in complaint(course)


def test_a_test_file_that_no_question_names_is_refused(course):
    (course / "tests_public/test_stray.py").write_text("def test_stray(): ...\n")
    (course / "tests_public/test_empty.py").write_text("")
    text = complaint(course)
    assert "tests_public/test_stray.py:1: test_stray has no points" in text
    assert "tests_public/test_empty.py:1: no test here, and no question" in text


def test_an_assignment_without_points_is_refused(course):
    edit(course, "become_one = 1", "become_one = 0")
    edit(course, "not_matter = 2", "not_matter = 0")
    assert "no test has points" in complaint(course)


def test_a_recorded_loss_that_names_no_test_is_refused(course):
    edit(course, 'ends_do_not_matter"]', 'ends_matter"]')
    text = complaint(course)
    assert text.startswith(f"assignments/tiny.toml:{line_of(course, 'ends_matter')}: no such test")
    assert "did you mean 'tests_hidden/test_intervals.py::test_order_and" in text


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("def test_x(): ...\ndef test_x(): ...", ":2: test_x is also defined on line 1"),
        ("if True:\n    def test_x(): ...", ":2: test_x has no points"),
        ("try:\n    x = 1\nexcept KeyError:\n    def test_x(): ...", ":4: test_x has no points"),
        ("from other import test_x", ":1: test_x is not written as a function here"),
        ("from other import y as test_x", ":1: test_x is not written as a function here"),
        ("x, test_x = make()", ":1: test_x is not written as a function here"),
        ("async def test_x(): ...", ":1: test_x is a coroutine"),
        ("class TestX(Base):\n    def test_x(self): ...", ":1: TestX derives from Base"),
        ("def test_x(:", ":1: not valid Python"),
    ],
)
def test_a_test_cannot_hide_from_the_manifest(course, code, words):
    (course / "tests_hidden/test_odd.py").write_text(code + "\n")
    assert f"tests_hidden/test_odd.py{words}" in complaint(course)


# -- lines of keys ---------------------------------------------------------------------


def test_every_key_is_found_where_it_is_written():
    text = textwrap.dedent(
        '''\
        name = "x"          # 1
        [release]
        files = [
            "a = b",        # 4
            # "no"
            "c", "d",
        ]
        text = """
        name = 3
        [limits]
        """
        [[question]]
        id = 1
        [question.public]   # 14
        "T::t" = 2
        [[question]]        # 16
        public.test_x = 3
        '''
    )
    expected = {
        ("name",): 1,
        ("release",): 2,
        ("release", "files", 0): 4,
        ("release", "files", 2): 6,
        ("limits",): 1,
        ("question", 0, "id"): 13,
        ("question", 0, "public"): 14,
        ("question", 0, "public", "T::t"): 15,
        ("question", 1): 16,
        ("question", 1, "title"): 16,
        ("question", 1, "public", "test_x"): 17,
    }
    assert {keys: toml_lines.locate(text, keys) for keys in expected} == expected


def test_parts_are_called_after_assignments_of_the_course(course):
    edit(course, "[release]", '[release]\nparts = ["tiny", "tinny"]')
    line = line_of(course, "parts")
    assert complaint(course) == (
        f"assignments/tiny.toml:{line}: no assignment is called 'tinny'; did you mean 'tiny'?"
    )
    edit(course, '"tinny"', '"later"')
    shutil.copy(course / "assignments/tiny.toml", course / "assignments/later.toml")
    assert load(course).siblings == ("later", "tiny")
