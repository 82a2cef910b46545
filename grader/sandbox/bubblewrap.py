"""Bubblewrap: own mount, process, network, IPC, host name and control group namespaces; no daemon.

    grader ── bwrap            watches its child; our only child; in our namespaces
                └─ pid 1       reaps; when it ends the kernel ends all below
                    └─ setpriv, prlimit, then the command by exec

With root (R) pid 1 stays root and the command gets a uid of its own. Without (U) everything is in
a user namespace of ours. bwrap reads its options from a pipe, so it has not done anything yet when
it is put into its control group. Every flag below answers a measured leak; see `isolation`.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import select
import shutil
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import IO

from grader.errors import SandboxUnavailable
from grader.sandbox import cgroup, leases, owner, readable, runtime, seccomp, spawn
from grader.sandbox.base import ENVIRONMENT, Limits, Mount, Running, Sandbox
from grader.sandbox.child import Child

#: what of the system is there; not /usr/local and /usr/src, where a checkout may be
SYSTEM = ("bin", "include", "lib", "lib32", "lib64", "libexec", "sbin", "share")
#: what a linker and a compiler look up
CONFIGURATION = ("/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d")

#: the oldest version with all options that are used
MINIMUM = (0, 8)
#: bytes of /dev/shm
SHARED = 64 << 20

_AS_ROOT = (
    *(f"--unshare-{name}" for name in ("ipc", "pid", "net", "uts", "cgroup-try")),
    *("--cap-drop", "ALL"),
    # what setpriv needs; it drops these, too
    *(word for name in ("SETUID", "SETGID", "SETPCAP") for word in ("--cap-add", f"CAP_{name}")),
)
_AS_USER = (
    *("--unshare-all", "--unshare-user", "--disable-userns", "--assert-userns-disabled"),
    *("--cap-drop", "ALL"),
)
#: names, on the command line of each launcher, the grader that started it
OWNER = "GRADER_OWNER"
_START_SECONDS = 10.0
_KILL_SECONDS = 5.0


class Bubblewrap(Sandbox):
    """Run commands with bubblewrap, as root or as an ordinary user."""

    name = "bubblewrap"

    @property
    def isolates(self) -> bool:
        """Say yes: `isolation.probe` holds the back end to it."""
        return True

    @property
    def notes(self) -> tuple[str, ...]:
        """Name the limits that are weaker on this machine than they could be."""
        return tuple(cgroup.DEGRADED[name] for name in cgroup.missing())

    def warm_up(self) -> None:
        """Find programs and control groups, and end what a killed grader left."""
        _programs()
        cgroup.parents()
        _system()
        _interpreter()

    def start(
        self, command: Sequence[str], *, mounts: Sequence[Mount], workdir: str, limits: Limits
    ) -> Running:
        """Start `command` in new namespaces."""
        programs = _programs()
        with contextlib.ExitStack() as undo:
            group = cgroup.create(limits)
            undo.callback(group.remove)
            lease = leases.take(self.name) if os.geteuid() == 0 else None
            if lease is not None:
                undo.callback(lease.close)
                for mount in mounts:
                    readable.require(mount.source, reachable=False)
            inner = [*_drop(programs, lease), *_limited(programs, limits, group), *command]
            options = _options(mounts, workdir, limits, root=lease is not None)
            running = _launch(programs["bwrap"], options, inner, group, lease)
            undo.pop_all()
        return running


class _Running(Child):
    """Watches pid 1 of the sandbox: when that has ended, so has everything in there."""

    def _end(self) -> None:
        spawn.kill(self._watched)
        spawn.ended(self._watched, _KILL_SECONDS)
        self._process.kill()
        self._process.wait()


def _launch(
    program: str,
    options: Iterable[str],
    command: Sequence[str],
    group: cgroup.Group,
    lease: leases.Lease | None,
) -> _Running:
    """Start bwrap, put it into its group, then tell it what to do."""
    with contextlib.ExitStack() as stack:
        options_out, options_in = spawn.pipe(stack)
        status_out, status_in = spawn.pipe(stack)
        # the options begin with --clearenv: this is there only to be found
        words = ["--setenv", OWNER, owner.new_name()]
        words += ["--args", str(options_out.fileno()), "--info-fd", str(status_in.fileno())]
        passed = [options_out.fileno(), status_in.fileno()]
        # the namespace lasts for a submission: what outlives a process would outlive a test
        code = seccomp.program(shared_memory=False)
        if code is not None:
            filter_out = stack.enter_context(seccomp.as_file(code))
            passed.append(filter_out.fileno())
            words += ["--add-seccomp-fd", str(filter_out.fileno())]
        process, pipes = spawn.spawn([program, *words, "--", *command], pass_fds=passed)
        try:
            group.add(process.pid)
            options_out.close()
            status_in.close()
            options_in.write(b"".join(os.fsencode(word) + b"\0" for word in options))
            options_in.close()
            init = _init(status_out)
        except (OSError, ValueError) as error:
            process.kill()
            process.wait()
            said = os.read(pipes.stderr, 4096).decode(errors="replace").strip()
            pipes.close()
            raise SandboxUnavailable(_refusal(program, said or str(error))) from error
    return _Running(process, pipes, init, group, lease)


def _init(status: IO[bytes]) -> int:
    """Read what bwrap says about its child; return a descriptor of that process."""
    said = b""
    while b"}" not in said:
        if not select.select([status], [], [], _START_SECONDS)[0]:
            raise ValueError(f"bwrap said nothing for {_START_SECONDS:.0f} s")
        part = os.read(status.fileno(), 4096)
        if not part:
            raise ValueError("bwrap ended before it started the command")
        said += part
    return os.pidfd_open(json.loads(said)["child-pid"])


def _refusal(program: str, said: str) -> str:
    return (
        f"{program} cannot make a sandbox here: {said}. As an ordinary user it needs unprivileged "
        "user namespaces (sysctl kernel.unprivileged_userns_clone, kernel.apparmor_restrict_"
        "unprivileged_userns, user.max_user_namespaces); as root it needs CAP_SYS_ADMIN"
    )


def _reap() -> None:
    """End what a killed grader left while it started a sandbox.

    A launcher that ends just after its fork leaves a child that waits for it for good, and has
    neither asked to die with it nor, perhaps, got into a control group.
    """
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if os.fsencode(OWNER) not in words or folder.stat().st_uid != os.geteuid():
                continue
            name = os.fsdecode(words[words.index(os.fsencode(OWNER)) + 1])
            if owner.is_abandoned(name):
                os.kill(int(folder.name), signal.SIGKILL)


@functools.cache
def _programs() -> Mapping[str, str]:
    """Find the programs that start a sandbox; those that run inside must be system ones."""
    _reap()
    found = {"bwrap": _find("bwrap", "bubblewrap")}
    found |= {name: _find(name, "util-linux") for name in ("setpriv", "prlimit")}
    version = subprocess.run([found["bwrap"], "--version"], capture_output=True, text=True).stdout
    numbers = re.findall(r"\d+", version)
    if tuple(map(int, numbers[:2])) < MINIMUM:
        raise SandboxUnavailable(
            f"{found['bwrap']} is {version.strip()}, and {'.'.join(map(str, MINIMUM))} is needed "
            "(--size, --disable-userns): install a newer one"
        )
    return found


def _find(name: str, package: str) -> str:
    path = shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/sbin")
    if path is None:
        raise SandboxUnavailable(
            f"program {name} is not installed: run `apt-get install {package}` or the like"
        )
    return path


def _drop(programs: Mapping[str, str], lease: leases.Lease | None) -> list[str]:
    """Give the command a uid of its own and no way back; without root there is nothing to drop."""
    if lease is None:
        return []
    ids = [f"--reuid={lease.uid}", f"--regid={lease.uid}", "--clear-groups", "--no-new-privs"]
    capabilities = [f"--{kind}=-all" for kind in ("inh-caps", "ambient-caps", "bounding-set")]
    return [programs["setpriv"], *ids, *capabilities]


def _limited(programs: Mapping[str, str], limits: Limits, group: cgroup.Group) -> list[str]:
    values = spawn.resource_limits(limits, group.controllers)
    return [programs["prlimit"], *(f"--{name}={value}" for name, value in values.items())]


def _options(mounts: Sequence[Mount], workdir: str, limits: Limits, *, root: bool) -> list[str]:
    options = [*(_AS_ROOT if root else _AS_USER), "--die-with-parent", "--new-session"]
    options += ["--hostname", "sandbox", "--clearenv"]
    for name, value in ENVIRONMENT.items():
        options += ["--setenv", name, value]
    options += [*_system(), *_interpreter()]
    for mount in mounts:
        above = _folders(os.path.dirname(mount.target))
        options += [*above, "--ro-bind", str(mount.source), mount.target]
    options += ["--proc", "/proc", "--dev", "/dev"]
    open_to_all = ["--perms", "1777"] if root else []
    for folder, size in (("/dev/shm", min(limits.scratch, SHARED)), ("/tmp", limits.scratch)):
        options += [*open_to_all, "--size", str(size), "--tmpfs", folder]
    # last: nothing can be mounted on a read-only root
    return [*options, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", workdir]


@functools.cache
def _system() -> Sequence[str]:
    """Mount the system's programs and libraries, as folders or as the links they are."""
    options = []
    for parent in ("/usr", "/etc"):
        options += ["--perms", "0755", "--dir", parent]
    for path in (*(Path("/usr", name) for name in SYSTEM), *(Path("/", name) for name in SYSTEM)):
        if path.is_symlink():
            options += ["--symlink", os.readlink(path), str(path)]
        elif path.is_dir():
            options += ["--ro-bind", str(path), str(path)]
    for configuration in CONFIGURATION:
        options += ["--ro-bind-try", configuration, configuration]
    return options


@functools.cache
def _interpreter() -> Sequence[str]:
    """Mount Python at its own path, which it may compute, without the packages beside it."""
    options = []
    for path in (Path(runtime.python()), *runtime.folders()):
        if not is_system(path):
            options += [*_folders(str(path.parent)), "--ro-bind", str(path), str(path)]
    for folder in map(str, runtime.package_folders()):
        options += ["--perms", "0755", "--size", "4096", "--tmpfs", folder, "--remount-ro", folder]
    return options


def is_system(path: Path) -> bool:
    """Say whether a path is below what of the system is there."""
    return any(path.is_relative_to(Path(top, name)) for top in ("/usr", "/") for name in SYSTEM)


@functools.cache
def _folders(folder: str) -> Sequence[str]:
    """Make a folder, and those above it, ones that every uid can pass."""
    path = PurePosixPath(folder)
    options = []
    for each in (*reversed(path.parents[:-1]), path):
        if each != PurePosixPath("/") and not is_system(Path(each)):
            options += ["--perms", "0755", "--dir", str(each)]
    return options
