"""The settings of a container: what it sees, what it may use, and what is taken from it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from grader.sandbox import spawn
from grader.sandbox.base import Limits, Mount
from grader.sandbox.bubblewrap import SHARED
from grader.sandbox.docker import profile
from grader.sandbox.docker.device import VARIABLES, Gpu

#: what the engine hides by default, and all else of the machine that it would show
MASKED = (
    *("/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/kallsyms"),
    *("/proc/keys", "/proc/key-users", "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi"),
    *("/proc/timer_list", "/proc/timer_stats", "/sys", "/etc/resolv.conf"),
    # message queues, which student code may make none of, and which bubblewrap does not show
    "/dev/mqueue",
)
READ_ONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")
#: the launcher
OVERHEAD = 1


def container(
    image: str,
    command: Sequence[str],
    *,
    uid: int,
    mounts: Sequence[Mount],
    hidden: Sequence[str],
    limits: Limits,
    labels: Mapping[str, str],
    gpu: Gpu | None = None,
) -> dict[str, Any]:
    """Return what the engine's `create` takes."""
    return {
        "Image": image,
        "Entrypoint": list(command),
        "Cmd": [],
        "User": f"{uid}:{uid}",
        "Env": [f"{key}={value}" for key, value in VARIABLES.items()] if gpu else [],
        "WorkingDir": "/",
        "Hostname": "sandbox",
        "Labels": dict(labels),
        "AttachStdin": False,
        "AttachStdout": False,
        "AttachStderr": False,
        "Tty": False,
        "NetworkDisabled": True,
        "StopTimeout": 1,
        "Healthcheck": {"Test": ["NONE"]},
        "HostConfig": _host(mounts, hidden, limits, gpu),
    }


def _host(
    mounts: Sequence[Mount], hidden: Sequence[str], limits: Limits, gpu: Gpu | None
) -> dict[str, Any]:
    ulimits = spawn.resource_limits(limits, ("memory", "pids"))
    if gpu is not None:
        # the driver locks memory
        del ulimits["memlock"]
    return {
        "NetworkMode": "none",
        "IpcMode": "private",
        "PidMode": "",
        "UTSMode": "",
        "CgroupnsMode": "private",
        "Privileged": False,
        "ReadonlyRootfs": True,
        "Mounts": [_bind(mount) for mount in mounts],
        "Tmpfs": {"/tmp": f"rw,nosuid,nodev,exec,mode=1777,size={limits.scratch}"},
        "ShmSize": min(limits.scratch, SHARED),
        "MaskedPaths": [*MASKED, *hidden],
        "ReadonlyPaths": list(READ_ONLY),
        "Memory": limits.memory,
        # the same: no swap
        "MemorySwap": limits.memory,
        "PidsLimit": limits.processes + OVERHEAD,
        # where this job runs: two processes that take turns are faster on one processor
        "CpusetCpus": ",".join(map(str, sorted(os.sched_getaffinity(0)))),
        "OomScoreAdj": 500,
        "Ulimits": [{"Name": n, "Soft": value, "Hard": value} for n, value in ulimits.items()],
        "DeviceRequests": [gpu.request()] if gpu else [],
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges", f"seccomp={profile.profile()}"],
        "LogConfig": {"Type": "none", "Config": {}},
        "RestartPolicy": {"Name": "no"},
        "AutoRemove": False,
        "Init": False,
    }


def _bind(mount: Mount) -> dict[str, Any]:
    return {
        "Type": "bind",
        "Source": str(mount.source),
        "Target": mount.target,
        "ReadOnly": True,
        "BindOptions": {"Propagation": "private", "NonRecursive": True},
    }
