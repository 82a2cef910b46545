"""The system calls that student code cannot make, as a filter program for the kernel.

Namespaces hide files, processes and the network. What they leave open is closed here: keyrings and
AF_VSOCK are not in any namespace, tracing reaches processes of the same uid, and new user
namespaces, mounts, bpf, perf and io_uring are where kernels break.

There are no sockets but connected pairs, in any back end: with a network namespace a socket would
reach nobody, and without one whoever listens. A submission that makes one meets the same refusal
everywhere, and scores the same.

The program is classic BPF: 8 bytes an instruction (code, jump if true, jump if false, constant).
It runs on `struct seccomp_data`: number, architecture, instruction pointer, six arguments.

    architecture is not ours, or x32  -> kill the process
    number in DENIED                  -> EPERM
    clone3                            -> ENOSYS (its flags are behind a pointer; glibc falls back)
    clone with a new namespace        -> EPERM
    socket                            -> EAFNOSUPPORT
    pair of sockets that take an address -> EAFNOSUPPORT
    ioctl that types into a terminal  -> EPERM
    limits of another process         -> EPERM
    everything else                   -> allowed: NumPy, threads, fork pools and compilers work
"""

from __future__ import annotations

import errno
import os
import platform
import socket
import struct
from collections.abc import Collection, Iterator
from typing import IO, NamedTuple

#: name -> number on x86_64, number on aarch64 (None: that machine has no such call)
DENIED: dict[str, tuple[int | None, int | None]] = {
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    # attributes of other processes: the one that forks the tests would hand them to the next
    "setpriority": (141, 140),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "sched_setaffinity": (203, 122),
    "ioprio_set": (251, 30),
    # kernel objects that no namespace covers
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "flock": (73, 32),
    "lookup_dcookie": (212, 18),
    # large and young kernel interfaces
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    # namespaces and mounts
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    # files by the back door, and watching them
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "fanotify_mark": (301, 263),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "inotify_add_watch": (254, 27),
    # the machine
    "personality": (135, 92),
    "acct": (163, 89),
    "syslog": (103, 116),
    "reboot": (169, 142),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "vhangup": (153, 58),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "uselib": (134, None),
    "ustat": (136, None),
    "sysfs": (139, None),
}

#: objects that outlive their maker; an IPC namespace ends them, without one they are refused
SHARED_MEMORY: dict[str, tuple[int | None, int | None]] = {
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
}


class Machine(NamedTuple):
    """What the filter needs to know about a processor architecture."""

    #: column of the tables above
    column: int
    #: AUDIT_ARCH_*
    audit: int
    clone: int
    clone3: int
    socket: int
    socketpair: int
    ioctl: int
    prlimit: int
    #: first number of a second calling convention (x32), if there is one
    foreign: int | None


MACHINES: dict[str, Machine] = {
    "x86_64": Machine(0, 0xC000003E, 56, 435, 41, 53, 16, 302, 0x4000_0000),
    "aarch64": Machine(1, 0xC00000B7, 220, 435, 198, 199, 29, 261, None),
}

#: CLONE_NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
NEW_NAMESPACE = 0x80 | 0x20000 | 0x2000000 | 0x4000000 | 0x8000000 | 0x10000000
NEW_NAMESPACE |= 0x20000000 | 0x40000000
#: TIOCSTI, TIOCLINUX, TIOCSETD
TERMINAL_INPUT = (0x5412, 0x541C, 0x5423)

ALLOW = 0x7FFF0000
KILL = 0x80000000
REFUSE = 0x00050000
EPERM = REFUSE | errno.EPERM
ENOSYS = REFUSE | errno.ENOSYS
EAFNOSUPPORT = REFUSE | errno.EAFNOSUPPORT

#: kinds of socket that stay with their peer; a datagram can be sent to any address, from a pair too
PAIRED = (socket.SOCK_STREAM, socket.SOCK_SEQPACKET)
#: SOCK_TYPE_MASK: above it are flags
KIND = 0xF

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_NUMBER, _ARCHITECTURE = 0, 4

Instruction = tuple[int, int, int, int]


def _argument(index: int) -> int:
    """Return the offset of the low half of an argument (both machines are little-endian)."""
    return 16 + 8 * index


def _load(offset: int) -> Instruction:
    return (_LOAD, 0, 0, offset)


def _give(verdict: int) -> Instruction:
    return (_RETURN, 0, 0, verdict)


def _when(test: int, constant: int, then: list[Instruction]) -> list[Instruction]:
    """Run `then` only when the loaded word passes `test`; it is skipped otherwise."""
    return [(test, 0, len(then), constant), *then]


def _refuse(numbers: Collection[int], verdict: int) -> Iterator[Instruction]:
    for number in numbers:
        yield from _when(_EQUAL, number, [_give(verdict)])


def _pairs(call: int) -> list[Instruction]:
    """Let a call make pairs of UNIX sockets, of kinds that keep to their peer."""
    kinds = [step for kind in PAIRED for step in _when(_EQUAL, kind, [_give(ALLOW)])]
    unix = [_load(_argument(1)), (_AND, 0, 0, KIND), *kinds]
    steps = [_load(_argument(0)), *_when(_EQUAL, socket.AF_UNIX, unix), _give(EAFNOSUPPORT)]
    return _when(_EQUAL, call, steps)


def _instructions(machine: Machine, shared_memory: bool) -> Iterator[Instruction]:
    table = DENIED if shared_memory else DENIED | SHARED_MEMORY
    numbers = [row[machine.column] for row in table.values()]
    yield _load(_ARCHITECTURE)
    yield (_EQUAL, 1, 0, machine.audit)
    yield _give(KILL)
    yield _load(_NUMBER)
    if machine.foreign is not None:
        yield from _when(_AT_LEAST, machine.foreign, [_give(KILL)])
    yield from _refuse([number for number in numbers if number is not None], EPERM)
    yield from _refuse([machine.clone3], ENOSYS)
    new_namespace = _when(_ANY_BIT, NEW_NAMESPACE, [_give(EPERM)])
    yield from _when(_EQUAL, machine.clone, [_load(_argument(0)), *new_namespace, _give(ALLOW)])
    yield from _refuse([machine.socket], EAFNOSUPPORT)
    yield from _pairs(machine.socketpair)
    own_limits = [_load(_argument(0)), *_when(_EQUAL, 0, [_give(ALLOW)]), _give(EPERM)]
    yield from _when(_EQUAL, machine.prlimit, own_limits)
    typing = list(_refuse(TERMINAL_INPUT, EPERM))
    yield from _when(_EQUAL, machine.ioctl, [_load(_argument(1)), *typing])
    yield _give(ALLOW)


def program(*, machine: str | None = None, shared_memory: bool = True) -> bytes | None:
    """Return the filter for a machine (this one by default), or None if there is no table for it.

    `shared_memory` allows System V and POSIX objects; without an IPC namespace they outlive the
    sandbox.
    """
    known = MACHINES.get(machine or platform.machine())
    if known is None:
        return None
    steps = _instructions(known, shared_memory)
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def as_file(code: bytes) -> IO[bytes]:
    """Return a file without a name from which `code` can be read."""
    file = open(os.memfd_create("filter", os.MFD_CLOEXEC), "w+b")  # noqa: SIM115
    file.write(code)
    file.seek(0)
    return file
