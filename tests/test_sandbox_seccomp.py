"""The call filter: its numbers against the kernel's headers, its verdicts by interpreting it."""

from __future__ import annotations

import errno
import platform
import re
import socket
import struct
from pathlib import Path

import pytest

from grader.sandbox import seccomp

HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
LOAD, EQUAL, AT_LEAST, ANY_BIT, AND, RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06


def verdict(code: bytes, audit: int, number: int, *arguments: int) -> int:
    """Run the filter on one call, as the kernel does."""
    padded = (*arguments, *[0] * (6 - len(arguments)))
    data = struct.pack("=IIQ6Q", number, audit, 0, *padded)
    steps = list(struct.iter_unpack("=HBBI", code))
    tests = {
        EQUAL: lambda a, k: a == k,
        AT_LEAST: lambda a, k: a >= k,
        ANY_BIT: lambda a, k: bool(a & k),
    }
    loaded = at = 0
    while True:
        kind, when_true, when_false, constant = steps[at]
        at += 1
        if kind == RETURN:
            return constant
        if kind == LOAD:
            (loaded,) = struct.unpack_from("=I", data, constant)
        elif kind == AND:
            loaded &= constant
        else:
            at += when_true if tests[kind](loaded, constant) else when_false


@pytest.fixture(params=sorted(seccomp.MACHINES))
def machine(request: pytest.FixtureRequest) -> str:
    return request.param


def test_numbers_are_those_of_the_kernel(machine: str) -> None:
    if not HEADERS[machine].exists():
        pytest.skip(f"{HEADERS[machine]} is not installed")
    text = HEADERS[machine].read_text()
    known = {name: int(n) for name, n in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)}
    column = seccomp.MACHINES[machine].column
    table = seccomp.DENIED | seccomp.SHARED_MEMORY
    ours = {name: row[column] for name, row in table.items() if name in known}
    assert ours == {name: known[name] for name in ours}
    assert len(ours) > 55
    calls = ("clone", "clone3", "socket", "socketpair", "ioctl")
    assert [getattr(seccomp.MACHINES[machine], name) for name in calls] == [known[n] for n in calls]


def test_denied_calls_are_refused_and_others_allowed(machine: str) -> None:
    about = seccomp.MACHINES[machine]
    code = seccomp.program(machine=machine)
    assert code is not None
    for row in seccomp.DENIED.values():
        number = row[about.column]
        if number is not None:
            assert verdict(code, about.audit, number) == seccomp.EPERM
    denied = {row[about.column] for row in seccomp.DENIED.values()}
    special = {about.clone3, about.socket, about.socketpair}
    others = set(range(460)) - denied - special
    assert {verdict(code, about.audit, number) for number in others} == {seccomp.ALLOW}


@pytest.mark.parametrize(
    ("call", "argument", "expected"),
    [
        ("clone", 0x01200011, seccomp.ALLOW),
        ("clone", 0x003D0F00, seccomp.ALLOW),
        ("clone", 0x10000011, seccomp.EPERM),
        ("clone", 0x00020011, seccomp.EPERM),
        ("clone3", 0, seccomp.ENOSYS),
        ("socket", socket.AF_UNIX, seccomp.EAFNOSUPPORT),
        ("socket", socket.AF_INET, seccomp.EAFNOSUPPORT),
        ("socket", 40, seccomp.EAFNOSUPPORT),
    ],
)
def test_arguments_decide(machine: str, call: str, argument: int, expected: int) -> None:
    about = seccomp.MACHINES[machine]
    code = seccomp.program(machine=machine)
    assert code is not None
    assert verdict(code, about.audit, getattr(about, call), argument) == expected


@pytest.mark.parametrize(
    ("family", "kind", "expected"),
    [
        (socket.AF_UNIX, socket.SOCK_STREAM, seccomp.ALLOW),
        (socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC, seccomp.ALLOW),
        (socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK, seccomp.ALLOW),
        (socket.AF_UNIX, socket.SOCK_DGRAM, seccomp.EAFNOSUPPORT),
        (socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, seccomp.EAFNOSUPPORT),
        # the kernel makes a datagram socket of it
        (socket.AF_UNIX, socket.SOCK_RAW, seccomp.EAFNOSUPPORT),
        (socket.AF_INET, socket.SOCK_STREAM, seccomp.EAFNOSUPPORT),
        (30, socket.SOCK_STREAM, seccomp.EAFNOSUPPORT),
    ],
)
def test_pairs_of_sockets_keep_to_themselves(
    machine: str, family: int, kind: int, expected: int
) -> None:
    about = seccomp.MACHINES[machine]
    code = seccomp.program(machine=machine)
    assert code is not None
    assert verdict(code, about.audit, about.socketpair, family, kind) == expected


def test_typing_into_a_terminal_is_refused(machine: str) -> None:
    about = seccomp.MACHINES[machine]
    code = seccomp.program(machine=machine)
    assert code is not None
    assert verdict(code, about.audit, about.ioctl, 1, 0x5412) == seccomp.EPERM
    assert verdict(code, about.audit, about.ioctl, 1, 0x5401) == seccomp.ALLOW


def test_another_architecture_is_killed(machine: str) -> None:
    code = seccomp.program(machine=machine)
    assert code is not None
    assert verdict(code, 0x40000003, 1) == seccomp.KILL
    if machine == "x86_64":
        assert verdict(code, 0xC000003E, 0x4000_0000 + 1) == seccomp.KILL


def test_without_namespaces_more_is_refused(machine: str) -> None:
    about = seccomp.MACHINES[machine]
    code = seccomp.program(machine=machine, shared_memory=False)
    assert code is not None
    number = seccomp.SHARED_MEMORY["shmget"][about.column]
    assert number is not None
    assert verdict(code, about.audit, number) == seccomp.REFUSE | errno.EPERM


def test_an_unknown_processor_has_no_filter() -> None:
    assert seccomp.program(machine="abacus") is None
    assert platform.machine() not in seccomp.MACHINES or seccomp.program() is not None
