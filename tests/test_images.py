"""Images without an engine: what is built from, what is searched for, where it is found."""

from __future__ import annotations

import gzip
import io
import json
import marshal
import re
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import pytest

from grader.errors import InfrastructureError, UsageError
from grader.images import base, canaries, context, engine, making, scanning

COURSE = Path(__file__).parents[1] / "examples" / "tiny"
HIDDEN = (COURSE / "tests_hidden" / "test_intervals.py").read_bytes()
NAME = "test_order_and_touching_ends_do_not_matter"


def _layer(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return made.getvalue()


class Saved:
    """Stands for an engine that has one image."""

    def __init__(self, *layers: Mapping[str, bytes], environment: tuple[str, ...] = ()) -> None:
        history = [{"created_by": f"/bin/sh -c step {n}"} for n, _ in enumerate(layers, 1)]
        history.insert(1, {"created_by": "/bin/sh -c #(nop) USER 2000", "empty_layer": True})
        configuration = {"history": history, "config": {"Env": list(environment)}}
        names = [f"{number}/layer.tar" for number, _ in enumerate(layers)]
        manifest = [{"Config": "configuration.json", "Layers": names}]
        self.content = _layer(
            {
                **{name: _layer(layer) for name, layer in zip(names, layers, strict=True)},
                "configuration.json": json.dumps(configuration).encode(),
                "manifest.json": json.dumps(manifest).encode(),
            }
        )

    def save(self, name: str, file: IO[bytes]) -> None:
        file.write(self.content)


def _scan(*layers: Mapping[str, bytes], environment: tuple[str, ...] = ()) -> list[str]:
    saved: Any = Saved(*layers, environment=environment)
    return [str(leak) for leak in scanning.scan(saved, "some:1", canaries.of(COURSE)).leaks]


def test_what_a_later_layer_deletes_is_found_in_the_earlier() -> None:
    solution = b"    merged[-1] = (merged[-1][0], max(last, merged[-1][1]))\n"
    said = _scan(
        {"usr/bin/true": b"\x7fELF"},
        {"opt/.notes": HIDDEN, "opt/mine.txt": b"So:\n\n" + solution},
        {"opt/.wh..notes": b""},
    )
    assert all(sentence.startswith("layer 2 (step 2): /opt/") for sentence in said)
    assert "layer 2 (step 2): /opt/.notes is tests_hidden/test_intervals.py" in said
    assert f"layer 2 (step 2): /opt/.notes names the hidden {NAME}" in said
    assert any("/.notes says what is in tests_hidden/test_intervals.py:" in line for line in said)
    assert any("/mine.txt says what is in reference/src/intervals.py:15" in line for line in said)


def test_disguises_are_looked_into() -> None:
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("package/module.py", HIDDEN)
    compiled = marshal.dumps(compile(HIDDEN, "x.py", "exec"))
    said = _scan(
        {"a.gz": gzip.compress(HIDDEN), "b.whl": wheel.getvalue(), "c.pyc": compiled},
        {"grader/__init__.py": b"", "broken.gz": b"\x1f\x8bno", "broken.zip": b"PK\x03\x04no"},
        environment=(f"HINT={NAME}",),
    )
    places = {re.split(" (?:is|names|says) ", sentence)[0] for sentence in said}
    assert places == {
        "configuration: configuration",
        "layer 1 (step 1): /a.gz!a",
        "layer 1 (step 1): /b.whl!package/module.py",
        "layer 1 (step 1): /c.pyc",
        "layer 2 (step 2): /grader/__init__.py",
    }


def test_what_cannot_be_looked_into_is_told() -> None:
    odd = {
        "a.gz": b"\x1f\x8bno",
        "b.zip": b"PK\x03\x04no",
        "c.xz": b"\xfd7zXZ\x00...",
        "d.txt": b"x",
    }
    saved: Any = Saved(odd)
    assert scanning.scan(saved, "some:1", canaries.of(COURSE)).unread == (
        "/a.gz",
        "/b.zip",
        "/c.xz",
    )


def test_an_image_without_any_of_it_is_clean() -> None:
    assert _scan({"usr/lib/python3/statistics.py": b"def median(data):\n    return data\n"}) == []


def test_the_archive_is_the_same_for_every_clone(tmp_path: Path) -> None:
    archives = []
    for name, mode in (("one", 0o664), ("other", 0o600)):
        root = tmp_path / name
        (root / "grader").mkdir(parents=True)
        (root / "secret").mkdir()
        (root / ".dockerignore").write_text("*\n!Dockerfile\n!grader\n**/*.pyc\n")
        for file in ("Dockerfile", "grader/a.py", "grader/a.pyc", "secret/key"):
            (root / file).write_text(file)
            (root / file).chmod(mode)
        archives.append(context.archive(context.files(root)).read())
    assert archives[0] == archives[1]
    with tarfile.open(fileobj=io.BytesIO(archives[0])) as archive:
        assert archive.getnames() == [".dockerignore", "Dockerfile", "grader/a.py"]


def test_outside_of_a_clone_nothing_can_be_built(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no Dockerfile here or above"):
        context.root_of(tmp_path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("debian", ("debian", "latest")),
        ("debian:12", ("debian", "12")),
        ("host:5000/some/debian", ("host:5000/some/debian", "latest")),
        ("host:5000/debian:12", ("host:5000/debian", "12")),
        ("debian@sha256:12", ("debian@sha256:12", None)),
    ],
)
def test_names_are_split_into_repository_and_tag(
    name: str, expected: tuple[str, str | None]
) -> None:
    assert engine._split(name) == expected


class NoRegistry:
    """Stands for an engine that has some images and can pull none."""

    where = "unix:///nowhere"

    def __init__(self, *there: str) -> None:
        self.there = there

    def find(self, name: str) -> Mapping[str, Any] | None:
        return {} if name in self.there else None

    def pull(self, name: str) -> str:
        return "no such host"

    def tag(self, name: str, other: str) -> None:
        assert (name in self.there, other) == (True, base.LATEST)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text("# two\nARG BASE=vendor/cuda:1\nFROM ${BASE}\n")
    (tmp_path / "scripts").mkdir()
    script = tmp_path / base.SCRIPT
    script.write_text("#!/bin/sh\necho debootstrap is missing >&2\nexit 3\n")
    script.chmod(0o755)
    return tmp_path


def test_a_base_that_is_there_is_taken_and_one_that_is_not_made(root: Path) -> None:
    made = base.made_name(root)
    for there, wanted, expected in (
        (("vendor/cuda:1",), "", "vendor/cuda:1"),
        (("mine:2",), "mine:2", "mine:2"),
        ((made,), "", made),
        ((made,), "made", made),
    ):
        said: list[str] = []
        images: Any = NoRegistry(*there)
        found = base.obtain(images, root, wanted, fresh=False, say=said.append)
        assert found == expected
        assert ("CUDA will be emulated" in "".join(said)) == (there == (made,) and not wanted)


def test_a_base_that_cannot_be_had_says_why_and_what_to_do(root: Path) -> None:
    images: Any = NoRegistry()
    with pytest.raises(InfrastructureError, match=r"mine:2 .* no such host; .*--base made"):
        base.obtain(images, root, "mine:2", fresh=False, say=print)
    with pytest.raises(InfrastructureError, match=r"debootstrap is missing\n.*--base NAME"):
        base.obtain(images, root, "", fresh=False, say=print)


def test_an_image_that_runs_as_root_is_unsafe() -> None:
    assert making.unsafe({"Config": {"User": "2000:2000"}}) == []
    assert making.unsafe({"Config": {"User": "0:0"}}) == ["it runs as 0:0"]
    assert making.unsafe({"Config": {}}) == ["it runs as root"]
