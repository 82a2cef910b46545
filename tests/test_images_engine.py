"""The images that `make image` built: nothing in them that students may not see. CI only."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from parts import require

from grader import cli
from grader.images import making
from grader.sandbox.docker import engine

ROOT = Path(__file__).parents[1]
NAME = "needle-grader"
#: seconds after which a batch hangs; on a busy machine it takes one or two minutes
PATIENCE = 600.0

pytestmark = pytest.mark.skipif(
    not os.environ.get("CI"), reason="needs the images of `make image`: CI only"
)


@pytest.fixture(scope="module")
def there() -> engine.Engine:
    require(engine.answers(), "a container engine")
    found = engine.Engine(engine.address())
    require(found.image(f"{NAME}-worker:latest") is not None, f"the image {NAME}: make image")
    return found


@pytest.fixture
def planted(there: engine.Engine) -> Iterator[str]:
    """Build an image of which one layer adds a hidden test and the next removes it."""
    name = f"needle-test-{uuid.uuid4().hex[:12]}"
    test = (ROOT / "tests_hidden/hw1/test_softmax_loss.py").read_bytes()
    recipe = f"FROM {NAME}-worker:latest\nCOPY notes /tmp/notes\nUSER 0\nRUN rm /tmp/notes\n"
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        for path, content in (("Dockerfile", recipe.encode()), ("notes", test)):
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    _docker(
        "build", "-q", "--network", "host", "-t", f"{name}-worker", "-", given=context.getvalue()
    )
    yield name
    _docker("rmi", f"{name}-worker")


def _docker(*words: str, given: bytes = b"") -> str:
    done = subprocess.run(["docker", *words], input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def _check(name: str) -> tuple[int, str]:
    words = ["image", "check", "--name", name, "--course", str(ROOT)]
    done = CliRunner().invoke(cli.main, words)
    return done.exit_code, done.output


def test_a_removed_test_is_found_by_layer_and_path(planted: str) -> None:
    code, said = _check(planted)
    assert code == 2
    assert "it runs as 0" in said
    lines = [line for line in said.splitlines() if "/tmp/notes" in line]
    assert len(lines) > 10
    assert all(": /tmp/notes " in line and "layer 5 (" in line for line in lines)
    assert any(
        line.endswith("/tmp/notes is tests_hidden/hw1/test_softmax_loss.py") for line in lines
    )


def test_images_say_what_is_in_them(there: engine.Engine) -> None:
    for name, role in ((f"{NAME}-worker:latest", "worker"), (f"{NAME}:latest", "grader")):
        about = there.image(name)
        assert about is not None
        labels = making.labels(about)
        assert labels["role"] == role
        assert len(labels["constraints"]) == 64
        assert about["Config"]["Healthcheck"]["Test"]
    assert len(labels["digest"]) == len(labels["course"]) == 64


def test_an_image_that_is_missing_is_named(there: engine.Engine) -> None:
    code, said = _check("needle-no-such-image")
    assert code == 2
    assert "needle-no-such-image-worker:latest is not here: run `grader image build" in said


def test_an_image_that_is_removed_in_the_middle_of_a_batch_stops_it(
    there: engine.Engine, tmp_path: Path
) -> None:
    name = f"needle-test-{uuid.uuid4().hex[:12]}"
    recipe = f"FROM {NAME}-worker:latest\nLABEL grader.test={name}\n"
    digest = _docker("build", "-q", "-t", name, "-", given=recipe.encode()).strip()
    copies = [tmp_path / f"student{i}" for i in range(4)]
    for copy in copies:
        shutil.copytree(ROOT / "examples/submissions/hw1/right", copy)
    words = ["grade", "hw1", *map(str, copies), "--out", str(tmp_path / "out"), "--jobs", "1"]
    command = [sys.executable, "-m", "grader", *words, "--sandbox", "docker", "--image", name]
    run = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + PATIENCE
    try:
        while run.poll() is None and not list(tmp_path.glob("out/*/report.json")):
            assert time.monotonic() < deadline, "no submission was graded"
            time.sleep(0.05)
        while run.poll() is None and there.image(digest) is not None:
            assert time.monotonic() < deadline, "the image cannot be removed"
            _remove_with_containers(digest)
        said = run.communicate(timeout=PATIENCE)[1]
    finally:
        run.kill()
        _remove_with_containers(digest)
    assert run.returncode == 3, said
    assert f"image {name} ({digest}) was removed" in said
    reports = [json.loads(path.read_text()) for path in tmp_path.glob("out/*/report.json")]
    assert {report["score"] for report in reports} <= {100, None}
    assert 1 <= sum(report["score"] == 100 for report in reports) < len(copies)


def _remove_with_containers(image: str) -> None:
    """Try to remove an image: that is refused while a container uses it, so those go first."""
    for container in _docker("ps", "-aq", "--filter", f"ancestor={image}").split():
        subprocess.run(["docker", "rm", "--force", container], capture_output=True, check=False)
    subprocess.run(["docker", "rmi", "--force", image], capture_output=True, check=False)
