"""What a hostile program tries, one function an attempt; `isolation` runs it inside a sandbox.

    python probes.py NAME... < a line of JSON > one JSON list [name, evidence or null] a line

An attempt returns evidence that it succeeded, or None; an OSError means that it was refused. Each
runs in a child of its own, and cleans up after itself should it succeed. Standard library only.
"""

from __future__ import annotations

import ctypes
import errno
import importlib.util
import json
import os
import platform
import resource
import select
import signal
import socket
import stat
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

#: seconds for one attempt
SECONDS = 5


class Targets(NamedTuple):
    """What is outside and must stay there; what is given and must stay as it is."""

    #: word that a process outside has in its arguments and its environment, and files have inside
    canary: str
    #: that process, and the namespace that its number is from
    victim: int
    pid_namespace: str
    #: files of the grader: only its user may read the first, everybody the second
    private_file: str
    public_file: str
    #: folder of the grader's own code
    code: str
    #: listeners outside: a TCP port on loopback, an abstract name, a socket in the file system
    port: int
    abstract: str
    socket_path: str
    #: names of a segment of System V shared memory, and of a file in /dev/shm
    segment: int
    shared_file: str
    #: variables that the command was given, and modules that must not be importable
    variables: list[str]
    modules: list[str]
    #: a mount, scratch space, and the limits
    mount: str
    scratch: str
    scratch_size: int
    file_size: int
    open_files: int


Attempt = Callable[[Targets], str | None]


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(function: Any, *arguments: Any) -> int:
    """Call into libc; raise what it refuses with."""
    result = int(function(*arguments))
    if result == -1:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def _syscall(name: str, *arguments: int) -> int:
    number = NUMBERS[name][0 if platform.machine() == "x86_64" else 1]
    return _call(_libc().syscall, *(ctypes.c_long(word) for word in (number, *arguments)))


#: numbers on x86_64 and aarch64
NUMBERS = {
    "add_key": (248, 217),
    "perf_event_open": (298, 241),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
}


def _others() -> Iterator[str]:
    """Name the folders of all processes but this one."""
    names = (name for name in os.listdir("/proc") if name.isdigit())
    return (f"/proc/{name}" for name in names if int(name) != os.getpid())


def _read(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(1 << 16).decode(errors="replace")
    except OSError:
        return ""


def _opens(path: str, flags: int) -> str | None:
    try:
        os.close(os.open(path, flags))
    except OSError:
        return None
    return f"{path} can be opened"


def private_file(targets: Targets) -> str | None:
    """Read a file that only the grader's user may read."""
    return _opens(targets.private_file, os.O_RDONLY)


def public_file(targets: Targets) -> str | None:
    """Read a file of the grader that every user of the machine may read."""
    return _opens(targets.public_file, os.O_RDONLY)


def grader_code(targets: Targets) -> str | None:
    """List the folder of the grader's own code."""
    return f"{targets.code} has {len(os.listdir(targets.code))} entries"


def command_lines(targets: Targets) -> str | None:
    """Find a process outside by its command line."""
    seen = (path for path in _others() if targets.canary in _read(f"{path}/cmdline"))
    return next((f"{path}/cmdline" for path in seen), None)


def environments(targets: Targets) -> str | None:
    """Read the environment of a process outside, or of the sandbox's own first process."""
    seen = (path for path in _others() if targets.canary in _read(f"{path}/environ"))
    return next((f"{path}/environ" for path in seen), None)


def variables(targets: Targets) -> str | None:
    """Find a variable of the grader in the own environment."""
    extra = sorted(set(os.environ) - set(targets.variables))
    return f"variables {', '.join(extra)}" if extra else None


def descriptors(targets: Targets) -> str | None:
    """Find an open descriptor beside the three pipes."""
    pipes = {"0": True, "1": True, "2": True}
    return None if pipes == AT_START else f"descriptors {', '.join(sorted(AT_START, key=int))}"


def _own_descriptors() -> dict[str, bool]:
    """Return every open descriptor, and whether it is a pipe."""
    # the one that lists the folder is gone when it is looked up
    names = [n for n in os.listdir("/proc/self/fd") if os.path.lexists(f"/proc/self/fd/{n}")]
    return {name: stat.S_ISFIFO(os.fstat(int(name)).st_mode) for name in names}


AT_START = _own_descriptors()
#: of this process, and so of those it forks, whose own may not be readable
STATUS = dict(line.split(":\t", 1) for line in _read("/proc/self/status").splitlines())


def _is_visible(targets: Targets) -> bool:
    """Say whether the victim's number means the same here as outside."""
    return os.readlink("/proc/self/ns/pid") == targets.pid_namespace


def signals(targets: Targets) -> str | None:
    """Send a signal to a process outside."""
    if not _is_visible(targets):
        return None
    os.kill(targets.victim, 0)
    return f"process {targets.victim} takes signals"


def memory_of_others(targets: Targets) -> str | None:
    """Open the memory of a process outside."""
    path = f"/proc/{targets.victim}/mem"
    return _opens(path, os.O_RDONLY) if _is_visible(targets) else None


def tracing(targets: Targets) -> str | None:
    """Attach to a process as a debugger."""
    child = os.fork()
    if child == 0:
        signal.pause()
    try:
        _call(_libc().ptrace, 16, child, 0, 0)
        return "ptrace attaches"
    finally:
        os.kill(child, signal.SIGKILL)


def loopback(targets: Targets) -> str | None:
    """Connect to a port of this machine."""
    with socket.create_connection(("127.0.0.1", targets.port), timeout=2):
        return f"port {targets.port} answers"


def network(targets: Targets) -> str | None:
    """Find a route to another machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        # sends nothing; an address for documentation
        out.connect(("192.0.2.1", 9))
        return f"there is a route, from {out.getsockname()[0]}"


def virtual_sockets(targets: Targets) -> str | None:
    """Make a socket to the host of this virtual machine, which no namespace holds."""
    with socket.socket(40, socket.SOCK_STREAM):
        return "AF_VSOCK sockets can be made"


def abstract_sockets(targets: Targets) -> str | None:
    """Connect to an abstract UNIX socket outside."""
    return "a listener outside answers" if _reached(f"\0{targets.abstract}") else None


def socket_files(targets: Targets) -> str | None:
    """Connect to a UNIX socket in the file system, as Docker has one."""
    return f"{targets.socket_path} answers" if _reached(targets.socket_path) else None


def _reached(address: str) -> bool:
    """Say whether a listener is found, from a new socket or half a pair of datagram sockets."""
    for make in (_single, _half):
        try:
            with make() as out:
                out.connect(address)
        except OSError as error:
            # what is found and is of another kind
            if error.errno == errno.EPROTOTYPE:
                return True
        else:
            return True
    return False


def _single() -> socket.socket:
    return socket.socket(socket.AF_UNIX)


def _half() -> socket.socket:
    kept, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    other.close()
    return kept


def engine_sockets(targets: Targets) -> str | None:
    """Reach the engine that makes containers, which could make one that sees everything."""
    places = ("docker.sock", "containerd/containerd.sock", "podman/podman.sock", "crio/crio.sock")
    paths = (f"{top}/{place}" for top in ("/run", "/var/run") for place in places)
    return next((f"{path} answers" for path in paths if _reached(path)), None)


def metadata(targets: Targets) -> str | None:
    """Ask the service that tells machines in a cloud their credentials."""
    with socket.create_connection(("169.254.169.254", 80), timeout=2):
        return "169.254.169.254 answers"


def kernel_memory(targets: Targets) -> str | None:
    """Read memory or secrets of the kernel."""
    paths = ("/proc/kcore", "/dev/mem", "/dev/kmem", "/dev/kmsg", "/proc/kmsg", "/proc/vmcore")
    return next((f"{path} has content" for path in paths if _first_byte(path)), None)


def _first_byte(path: str) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return b""
    try:
        return os.read(descriptor, 1)
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def keyrings(targets: Targets) -> str | None:
    """Keep a secret in a kernel keyring, which no namespace holds."""
    kind, name = ctypes.create_string_buffer(b"user"), ctypes.create_string_buffer(b"probe")
    words = (ctypes.addressof(kind), ctypes.addressof(name), ctypes.addressof(name), 5)
    # -1: the keyring of this thread, which ends with it
    return f"key {_syscall('add_key', *words, -1)}"


def shared_segments(targets: Targets) -> str | None:
    """Attach to System V shared memory outside."""
    return f"segment {_call(_libc().shmget, targets.segment, 0, 0)}"


def shared_files(targets: Targets) -> str | None:
    """Find a file that a process outside keeps in /dev/shm."""
    return _opens(f"/dev/shm/{targets.shared_file}", os.O_RDONLY)


def namespaces(targets: Targets) -> str | None:
    """Make a user namespace, in which it would be root."""
    _call(_libc().unshare, 0x10000000)
    return "a user namespace can be made"


def mounting(targets: Targets) -> str | None:
    """Mount a file system."""
    folder = f"{targets.scratch}/mounted"
    os.makedirs(folder, exist_ok=True)
    _call(_libc().mount, b"none", folder.encode(), b"tmpfs", 0, None)
    _call(_libc().umount2, folder.encode(), 2)
    return "tmpfs can be mounted"


def devices(targets: Targets) -> str | None:
    """Make a device node, or open a disk or the memory of the machine."""
    node = f"{targets.scratch}/node"
    try:
        os.mknod(node, stat.S_IFCHR | 0o600, os.makedev(1, 3))
        os.unlink(node)
        return "device nodes can be made"
    except OSError:
        disks = (entry.path for entry in os.scandir("/dev") if _is_disk(entry))
        opened = (_opens(path, os.O_RDONLY) for path in (*disks, "/dev/mem", "/dev/kmsg"))
        return next((evidence for evidence in opened if evidence), None)


def _is_disk(entry: os.DirEntry[str]) -> bool:
    return stat.S_ISBLK(entry.stat(follow_symlinks=False).st_mode)


def privileges(targets: Targets) -> str | None:
    """Have or gain privileges: root, capabilities, set-uid programs."""
    held = [name for name in ("CapEff", "CapPrm", "CapAmb") if int(STATUS[name], 16)]
    held += ["uid 0"] if os.getuid() == 0 else []
    held += [] if STATUS["NoNewPrivs"] == "1" else ["set-uid programs"]
    return ", ".join(held) or None


def becoming_root(targets: Targets) -> str | None:
    """Change to another user."""
    os.setuid(0)
    return "setuid(0) works"


def writing(targets: Targets) -> str | None:
    """Write to the system, to Python, or to what is mounted."""
    folders = ("/", "/dev", "/etc", "/usr/lib", os.path.dirname(os.__file__), targets.mount)
    return next((evidence for evidence in map(_writes, folders) if evidence), None)


def _writes(folder: str) -> str | None:
    path = f"{folder}/probe-{os.getpid()}"
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    except OSError:
        return None
    os.unlink(path)
    return f"{folder} can be written"


def kernel_settings(targets: Targets) -> str | None:
    """Open settings of the kernel or of a control group for writing."""
    paths = ["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/sys/fs/cgroup/cgroup.procs"]
    paths += [f"/sys/fs/cgroup/{name}/cgroup.procs" for name in ("memory", "pids")]
    return next((said for said in (_opens(path, os.O_WRONLY) for path in paths) if said), None)


def kernel_interfaces(targets: Targets) -> str | None:
    """Reach the large kernel interfaces: bpf, perf, io_uring, userfaultfd."""
    return next((name for name in NUMBERS if name != "add_key" and _reaches(name)), None)


def _reaches(name: str) -> bool:
    """Say whether a call with nonsense for arguments gets as far as their being checked."""
    try:
        _syscall(name, *(0 if name == "userfaultfd" else -1,) * 5)
    except OSError as error:
        return error.errno not in (errno.EPERM, errno.EACCES, errno.ENOSYS)
    return True


def terminal(targets: Targets) -> str | None:
    """Open the terminal that the grader runs on."""
    return _opens("/dev/tty", os.O_RDWR | os.O_NOCTTY)


def modules(targets: Targets) -> str | None:
    """Import the grader, or a package that students are not given."""
    found = [name for name in targets.modules if importlib.util.find_spec(name)]
    return f"modules {', '.join(found)}" if found else None


def large_files(targets: Targets) -> str | None:
    """Write a file larger than allowed."""
    path = f"{targets.scratch}/large"
    with open(path, "wb", buffering=0) as file:
        try:
            file.seek(targets.file_size)
            return f"{targets.file_size + 1} bytes" if file.write(b"x") else None
        finally:
            os.unlink(path)


def many_files(targets: Targets) -> str | None:
    """Open more files than allowed."""
    opened = [os.open("/dev/null", os.O_RDONLY) for _ in range(targets.open_files)]
    return f"{len(opened)} files beside the pipes"


def core_files(targets: Targets) -> str | None:
    """Leave the image of a crashed process, or lock memory."""
    kinds = {"core": resource.RLIMIT_CORE, "locked memory": resource.RLIMIT_MEMLOCK}
    allowed = [name for name, kind in kinds.items() if resource.getrlimit(kind)[1] != 0]
    return ", ".join(allowed) or None


def scratch_space(targets: Targets) -> str | None:
    """Fill the disk, or the memory behind /dev/shm."""
    return _fills(targets.scratch, targets) or _fills("/dev/shm", targets)


def _fills(folder: str, targets: Targets) -> str | None:
    paths: list[str] = []
    written = 0
    try:
        while written <= targets.scratch_size:
            paths.append(f"{folder}/fill-{os.getpid()}-{len(paths)}")
            with open(paths[-1], "wb", buffering=0) as file:
                written += file.write(bytes(min(1 << 20, targets.file_size)))
        return f"{written} bytes in {folder}"
    except OSError:
        return None
    finally:
        for path in filter(os.path.exists, paths):
            os.unlink(path)


#: every attempt, in the order in which they are made
ATTEMPTS: dict[str, Attempt] = {
    attempt.__name__: attempt
    for attempt in (
        *(private_file, public_file, grader_code, command_lines, environments, variables),
        *(descriptors, signals, memory_of_others, tracing, loopback, network, virtual_sockets),
        *(engine_sockets, metadata, kernel_memory),
        *(abstract_sockets, socket_files, keyrings, shared_segments, shared_files, namespaces),
        *(mounting, devices, privileges, becoming_root, writing, kernel_settings),
        *(kernel_interfaces, terminal, modules, large_files, many_files, core_files),
        scratch_space,
    )
}


def tried(attempt: Attempt, targets: Targets) -> str | None:
    """Make an attempt in a child; return its evidence."""
    out, in_ = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(out)
        os.write(in_, (_evidence(attempt, targets) or "").encode()[:4096])
        os._exit(0)
    os.close(in_)
    answered = select.select([out], [], [], SECONDS)[0]
    evidence = os.read(out, 4096).decode(errors="replace") if answered else "no end"
    os.close(out)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return evidence or None


def _evidence(attempt: Attempt, targets: Targets) -> str | None:
    try:
        return attempt(targets)
    except (OSError, MemoryError):
        return None
    except BaseException as error:
        return f"the probe failed: {type(error).__name__}: {error}"


def main() -> None:
    """Make the attempts named in the arguments."""
    targets = Targets(**json.loads(sys.stdin.readline()))
    for name in sys.argv[1:]:
        print(json.dumps([name, tried(ATTEMPTS[name], targets)]), flush=True)


if __name__ == "__main__":
    main()
