"""GPUs are leased whole and checked; a program stands for nvidia-smi."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from grader import manifest, orders, record
from grader.errors import SandboxUnavailable, UsageError
from grader.order import Order
from grader.sandbox import leases
from grader.sandbox.base import Limits
from grader.sandbox.docker import device, options

FIRST, SECOND = "GPU-00000000-aaaa", "GPU-11111111-bbbb"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have two GPUs; what `busy-UUID` says computes on one."""
    program = tmp_path / "nvidia-smi"
    program.write_text(
        "#!/bin/sh\n"
        f'case "$1" in --query-gpu=uuid) printf "{FIRST}\\n{SECOND}\\n" ;;\n'
        '--query-gpu=name) printf "NVIDIA A100\\nNVIDIA A100\\n" ;;\n'
        f'*) cat "{tmp_path}/busy-${{2#--id=}}" 2>/dev/null; true ;; esac\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    monkeypatch.setattr(leases, "runtime_folder", lambda: runtime)
    return tmp_path


def test_each_job_has_a_gpu_of_its_own(machine: Path) -> None:
    first, second = device.take(), device.take()
    assert (first.uuid, second.uuid) == (FIRST, SECOND)
    with pytest.raises(SandboxUnavailable, match="in use by another submission"):
        device.take()
    first.close()
    assert device.take().uuid == FIRST


def test_no_more_jobs_run_than_there_are_gpus(machine: Path) -> None:
    assert [orders.jobs_on("cuda", "docker", jobs) for jobs in (1, 16)] == [1, 2]
    assert orders.jobs_on("cpu", "docker", 16) == 16


def test_a_report_names_the_gpu(machine: Path, tiny: Path) -> None:
    def gpu(kind: str) -> str | None:
        made = orders.make(
            manifest.find("tiny", tiny),
            [tiny / "submissions/right"],
            out=machine / "out",
            server=SimpleNamespace(scratch=machine),
            box=SimpleNamespace(name="docker", settings="{}"),
            isolated=True,
            device=kind,
        )
        return record.origin(Order.from_json(made[0].to_json()), "0" * 64).gpu

    assert gpu("cuda") == "NVIDIA A100"
    assert gpu("cpu") is None


def test_a_gpu_on_which_something_is_left_is_out_of_use(machine: Path) -> None:
    first = device.take()
    (machine / f"busy-{FIRST}").write_text("4711\n")
    first.close()
    (machine / f"busy-{SECOND}").write_text("4712\n")
    with pytest.raises(SandboxUnavailable, match=r"out of use \(after a .*4711.*4712"):
        device.take()


def test_the_container_gets_one_gpu(machine: Path) -> None:
    made = options.container(
        "image",
        ["x"],
        uid=60_600,
        mounts=[],
        hidden=[],
        limits=Limits(),
        labels={},
        gpu=device.take(),
    )
    request = made["HostConfig"]["DeviceRequests"]
    assert request == [{"Driver": "", "DeviceIDs": [FIRST], "Capabilities": [["gpu"]]}]
    assert "memlock" not in {limit["Name"] for limit in made["HostConfig"]["Ulimits"]}
    assert "NVIDIA_DRIVER_CAPABILITIES=compute,utility" in made["Env"]


def test_the_reason_is_clear(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxUnavailable, match="nvidia-smi is not installed"):
        orders.jobs_on("cuda", "docker", 4)
    with pytest.raises(UsageError, match="--sandbox docker"):
        orders.jobs_on("cuda", "bubblewrap", 4)
