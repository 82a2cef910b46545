"""`grader data`: fetching from a real server, digests, archives, and nothing half done."""

from __future__ import annotations

import functools
import gzip
import hashlib
import http.server
import io
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from grader.cli import main
from grader.datasets import FOLDER, LIST, UNPACKED, DataSets

IMAGES = b"pixels " * 1000
WORDS = b" no it was n't black monday \n"
BATCH = b"a batch of pictures"


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A folder with files as they are published."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    (folder / "images.gz").write_bytes(gzip.compress(IMAGES))
    (folder / "words.txt").write_bytes(WORDS)
    with tarfile.open(folder / "pictures.tar.gz", "w:gz") as bundle:
        for name, content in {"pictures/batch": BATCH, "pictures/readme": b"hello"}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            bundle.addfile(member, io.BytesIO(content))
    return folder


@pytest.fixture
def server(shelf: Path) -> Iterator[str]:
    """The address of a server that hands out the shelf."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(shelf))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.fixture
def course(tmp_path: Path, server: str, shelf: Path) -> Path:
    """A course with three data sets."""
    root = tmp_path / "course"
    root.mkdir()
    archive = hashlib.sha256((shelf / "pictures.tar.gz").read_bytes()).hexdigest()
    (root / LIST).write_text(
        f"""
[digits]
title = "Digits"
[[digits.file]]
path = "images.gz"
urls = ["{server}/gone.gz", "{server}/images.gz"]
gzip = true
sha256 = "{hashlib.sha256(IMAGES).hexdigest()}"

[words]
title = "Words"
[[words.file]]
path = "text/train.txt"
urls = ["{server}/words.txt"]
md5 = "{hashlib.md5(WORDS).hexdigest()}"

[pictures]
title = "Pictures"
[[pictures.file]]
path = "pictures.tar.gz"
urls = ["{server}/pictures.tar.gz"]
sha256 = "{archive}"
unpacks = ["pictures/batch"]
"""
    )
    return root


def run(course: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["data", *words, "--course", str(course)])


def states(course: Path) -> dict[str, str]:
    found = DataSets(course)
    return {name: found.state(dataset.file[0]) for name, dataset in found.known.items()}


def test_data_sets_are_fetched_checked_and_unpacked(course: Path) -> None:
    assert set(states(course).values()) == {"missing"}
    result = run(course, "digits", "words", "pictures")
    assert result.exit_code == 0, result.output
    assert gzip.decompress((course / FOLDER / "images.gz").read_bytes()) == IMAGES
    assert (course / FOLDER / "text" / "train.txt").read_bytes() == WORDS
    assert hashlib.sha256(WORDS).hexdigest() in result.output
    assert (course / FOLDER / "pictures" / "batch").read_bytes() == BATCH
    assert not (course / FOLDER / "pictures" / "readme").exists()
    assert states(course) == {"digits": "there", "words": "there", "pictures": "there"}


def test_what_is_there_is_not_fetched_again(course: Path, shelf: Path) -> None:
    run(course, "digits", "pictures")
    for file in shelf.iterdir():
        file.unlink()
    result = run(course, "digits", "pictures")
    assert result.exit_code == 0
    assert result.output.count("is there, and right") == 2


def test_a_wrong_digest_puts_nothing_in_place(course: Path, shelf: Path) -> None:
    (shelf / "words.txt").write_bytes(b"something else")
    result = run(course, "words", "digits")
    assert result.exit_code == 2
    assert "nothing was put in place" in result.output
    assert hashlib.md5(WORDS).hexdigest() in result.output
    assert states(course) == {"digits": "there", "words": "missing", "pictures": "missing"}
    assert sorted(path.name for path in (course / FOLDER).iterdir()) == ["images.gz"]


def test_after_a_wrong_file_the_next_address_is_tried(course: Path, shelf: Path) -> None:
    (shelf / "gone.gz").write_bytes(b"<html>Please sign in.</html>")
    result = run(course, "digits")
    assert result.exit_code == 0
    assert states(course)["digits"] == "there"


def test_without_a_server_it_says_where_files_go(course: Path, shelf: Path) -> None:
    (shelf / "words.txt").unlink()
    result = run(course, "words")
    assert result.exit_code == 3
    assert "HTTP 404, File not found" in result.output
    assert "grader data NAME --from FOLDER" in result.output
    assert "words.txt  (md5" in result.output
    assert "images.gz" not in result.output


def test_files_that_were_downloaded_elsewhere(course: Path, shelf: Path) -> None:
    (shelf / "pictures.tar.gz").unlink()
    result = run(course, "digits", "words", "pictures", "--from", str(shelf))
    assert result.exit_code == 2
    assert f"{shelf} has no file pictures.tar.gz" in result.output
    assert states(course) == {"digits": "there", "words": "there", "pictures": "missing"}


def test_states_of_damaged_and_of_unchecked_files(course: Path) -> None:
    run(course, "digits", "words", "pictures")
    (course / FOLDER / "images.gz").write_bytes(b"no gzip file")
    (course / FOLDER / "text" / "train.txt").write_bytes(WORDS[:-1])
    (course / FOLDER / UNPACKED).unlink()
    assert states(course) == {"digits": "wrong", "words": "wrong", "pictures": "unchecked"}
    result = run(course)
    assert result.exit_code == 0
    assert "unchecked" in result.output
    run(course, "digits", "words", "pictures")
    assert set(states(course).values()) == {"there"}


def test_a_name_that_is_nearly_right(course: Path) -> None:
    result = run(course, "digit")
    assert result.exit_code == 2
    assert "did you mean 'digits'?" in result.output


def test_a_list_with_two_digests_names_the_line(course: Path) -> None:
    text = (course / LIST).read_text().replace("gzip = true", f'md5 = "{"0" * 32}"')
    (course / LIST).write_text(text)
    result = run(course)
    assert result.exit_code == 2
    assert f"{LIST}:4: 0: Value error, images.gz: give one digest" in result.output


def test_the_list_of_this_course_is_valid() -> None:
    known = DataSets(Path(__file__).parents[1]).known
    assert {name: len(dataset.file) for name, dataset in known.items()} == {
        "mnist": 4,
        "cifar10": 1,
        "ptb": 3,
    }
