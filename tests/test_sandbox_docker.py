"""The docker back end, on a real engine: what a container sees, its limits, its end."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from parts import require
from sandbox_kit import close, drain, run, start

from grader import isolation
from grader.errors import Crashed, MemoryExceeded, ProcessesExceeded, SandboxUnavailable
from grader.sandbox import owner, pausing, runtime, seccomp
from grader.sandbox.base import Limits, Mount
from grader.sandbox.docker import (
    Docker,
    engine,
    launcher,
    pipes,
    profile,
    reaper,
    versions,
)
from grader.sandbox.docker.engine import Engine

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def there() -> Engine:
    """Ask for an engine that answers."""
    require(engine.answers(), "a container engine")
    return Engine(engine.address())


@pytest.fixture
def sandbox(there: Engine) -> Iterator[Docker]:
    yield Docker()
    left = [c for c in there.labelled(reaper.OWNER) if f"-{os.getpid()}-" in c["Names"][0]]
    assert not left


def test_every_hostile_attempt_fails(sandbox: Docker) -> None:
    probes = isolation.probe(sandbox)
    assert [(p.id, p.evidence) for p in probes if not p.held] == []


def test_a_command_sees_its_mounts_and_no_network_or_kernel_settings(
    sandbox: Docker, tmp_path: Path
) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "word").write_text("seen")
    code = """
import os
print(open("/given/word").read(), os.listdir("/sys"), os.path.exists("/root"), os.getuid() > 60000)
print(sorted(os.environ), [line.split(":")[0].strip() for line in open("/proc/net/dev")][2:])
"""
    result = run(sandbox, code, mounts=[Mount(source=tmp_path, target="/given")])
    first, second = result.stdout.splitlines()
    assert first == "seen [] False True"
    assert "HOSTNAME" not in second
    assert second.endswith(" ['lo']")
    assert isinstance(result.fault, Crashed)
    assert result.fault.code == 0


@pytest.fixture
def image(there: Engine) -> Iterator[str]:
    """Make an image of nothing that nobody else has."""
    name = f"grader-test-{uuid.uuid4().hex[:12]}:latest"
    there.import_image(b"\0" * 1024, name, f"grader.test={name}")
    yield name
    subprocess.run(["docker", "rmi", name], capture_output=True, check=False)


def test_an_image_goes_by_its_digest(there: Engine, image: str) -> None:
    settings = json.loads(Docker(image=image).settings)
    assert settings["image"] == there.image(image)["Id"]  # type: ignore[index]
    assert settings["image"].startswith("sha256:")


def test_an_image_that_is_removed_meanwhile_is_named(image: str) -> None:
    box = Docker(image=image)
    digest = json.loads(box.settings)["image"]
    box.require()
    subprocess.run(["docker", "rmi", image], capture_output=True, check=True)
    with pytest.raises(SandboxUnavailable, match=rf"image {image} \({digest}\) was removed"):
        box.require()


def test_an_image_that_was_never_there_was_not_removed(there: Engine) -> None:
    name = f"grader-test-{uuid.uuid4().hex[:12]}:latest"
    with pytest.raises(SandboxUnavailable, match=f"^the engine has no image {name}: run `grader"):
        Docker(image=name).require()


def test_a_command_that_ends_at_once_was_ready_all_the_same() -> None:
    ends = pipes.Ends(owner.new_name())
    try:
        status = os.open(ends.mounted / launcher.STATUS, os.O_WRONLY)
        os.write(status, f"{launcher.READY}\n0\n".encode())
        os.close(status)
        assert ends.ready(10) == launcher.READY
        assert os.read(ends.status, 64) == b"0\n"
    finally:
        ends.close()


def test_memory_processes_and_signals_are_told_apart(sandbox: Docker) -> None:
    limits = Limits(memory=64 << 20, processes=16)
    eats = run(sandbox, "x = bytearray(200 << 20)", limits=limits)
    forks = run(
        sandbox, "import os\ntry:\n  while os.fork(): pass\nexcept OSError: pass", limits=limits
    )
    dies = run(sandbox, "import os; os.kill(os.getpid(), 11)", limits=limits)
    assert isinstance(eats.fault, MemoryExceeded)
    assert isinstance(forks.fault, ProcessesExceeded)
    assert "SIGSEGV" in str(dies.fault)


def test_the_first_process_cannot_be_seen_into_or_stopped(sandbox: Docker) -> None:
    code = """
import os, time
for name in ("mem", "environ", "fd/3", "maps"):
    try:
        open(f"/proc/1/{name}", "rb").read(1)
        print(name)
    except OSError:
        pass
for number in range(1, 65):
    os.kill(1, number)
end = time.monotonic() + 30  # the name goes once both sides have the pipe
while os.path.exists("/opt/pipes/order") and time.monotonic() < end:
    time.sleep(0.01)
print("alive", os.path.exists("/opt/pipes/order"))
"""
    result = run(sandbox, code)
    assert result.stdout == "alive False\n"


def test_processes_can_be_paused(sandbox: Docker) -> None:
    running = start(sandbox, "import time\nwhile True: print(1, flush=True); time.sleep(0.01)")
    try:
        if running.root is None:
            pytest.skip("only root may stop processes of another user")
        assert os.read(running.stdout, 1)
        with pausing.paused(running.root):
            os.set_blocking(running.stdout, False)
            while True:
                try:
                    os.read(running.stdout, 4096)
                except BlockingIOError:
                    break
            time.sleep(0.2)
            with pytest.raises(BlockingIOError):
                os.read(running.stdout, 1)
        os.set_blocking(running.stdout, True)
        assert os.read(running.stdout, 1)
    finally:
        close(running)


def test_a_container_does_not_outlive_its_grader(there: Engine) -> None:
    code = f"""
import os, sys
sys.path[:0] = [{str(ROOT / "tests")!r}]
from sandbox_kit import start
from grader.sandbox.docker import Docker
running = start(Docker(), "import time; time.sleep(600)")
print(running._container, running._first, flush=True)
input()
"""
    grader = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with grader:
        assert grader.stdout is not None
        container, _ = grader.stdout.readline().split()
        grader.kill()
        grader.wait()
        deadline = time.monotonic() + 60
        while there.state(container).get("Running") and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not there.state(container).get("Running")
    # another grader may be at it
    while there.state(container) and time.monotonic() < deadline:
        reaper.reap(there)
    assert there.state(container) == {}


def test_the_end_from_outside_is_not_the_students(sandbox: Docker, there: Engine) -> None:
    running = start(sandbox, "import time; time.sleep(600)")
    try:
        there.remove(running._container)  # type: ignore[attr-defined]
        drain(running)
        with pytest.raises(SandboxUnavailable, match="ended from outside"):
            running.fault()
    finally:
        close(running)


def test_an_engine_that_is_silent_or_missing_is_unavailable(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "silent"))
        silent.listen()
        with pytest.raises(SandboxUnavailable, match=r"no answer for 0\.2 s"):
            Engine(f"unix://{tmp_path}/silent", seconds=0.2).version()
    with pytest.raises(SandboxUnavailable, match="DOCKER_HOST"):
        Engine(f"unix://{tmp_path}/nothing").version()
    with pytest.raises(SandboxUnavailable, match="not on this machine"):
        Engine("tcp://192.0.2.1:2375")


def test_an_engine_that_is_started_again_is_waited_for(there: Engine, tmp_path: Path) -> None:
    late = tmp_path / "late.sock"
    timer = threading.Timer(0.5, late.symlink_to, [there.where.removeprefix("unix://")])
    timer.start()
    Engine(f"unix://{late}").await_answer(60)
    timer.join()


def test_a_missing_image_is_never_fetched(there: Engine) -> None:
    with pytest.raises(SandboxUnavailable, match="grader image build"):
        run(Docker(image="needle-grader-no-such-image:1"), "")


def test_settings_travel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Engine, "image", lambda _, __: {"Id": "sha256:1234"})
    box = Docker(image="some:1", engine="unix:///tmp/x.sock")
    assert json.loads(box.settings)["image"] == "sha256:1234"
    assert Docker.configured(box.settings).settings == box.settings


def test_a_dead_engine_is_called_so(tmp_path: Path) -> None:
    def refuse(_: object) -> None:
        raise ConnectionRefusedError(111, "Connection refused")

    (tmp_path / "left").touch()
    with pytest.raises(SandboxUnavailable, match=r"/left, ping: nobody listens there; start"):
        Engine(f"unix://{tmp_path}/left")._call("ping", refuse)


def test_the_profile_refuses_what_the_filter_refuses() -> None:
    made = json.loads(profile.profile("x86_64"))
    names = {name for rule in made["syscalls"] for name in rule["names"]}
    assert names >= seccomp.DENIED.keys() | seccomp.SHARED_MEMORY.keys() | {"socket", "clone3"}
    assert made["architectures"] == ["SCMP_ARCH_X86_64"]


def test_known_holes_are_named_by_version() -> None:
    assert "CVE-2024-21626" in versions.of({"runc": "1.1.5+ds1"})[0]
    assert not versions.of({"runc": "1.2.8", "nvidia-container-toolkit": "1.17.8"})
    assert len(versions.of({"runc": "1.3.2"})) == 1
    assert not versions.of({"runc": "1.4.0"})


def test_python_is_the_hosts_own(sandbox: Docker) -> None:
    result = run(sandbox, "import sys; print(sys.executable)")
    assert result.stdout.strip() == runtime.python()
