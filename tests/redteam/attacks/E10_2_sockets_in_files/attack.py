import os
import socket

from . import _kit
from ._target import ABSTRACT, SOCKET

PLACES = ("/run/docker.sock", "/var/run/docker.sock", "/run/containerd/containerd.sock", "/run/podman/podman.sock", "/dev/log",
          "/run/dbus/system_bus_socket", "/run/systemd/notify", "/run/systemd/journal/socket", "/run/systemd/journal/dev-log",
          "/run/nscd/socket", "/tmp/.X11-unix/X0", "\0/tmp/.X11-unix/X0")
KINDS = (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET)


def names():
    found = [SOCKET, SOCKET + "-datagrams", "\0" + ABSTRACT, "\0" + ABSTRACT + "-datagrams", *PLACES]
    for pid in ("self", str(os.getpid()), str(os.getppid()), "1"):
        try:
            with open(f"/proc/{pid}/net/unix") as file:
                words = [line.split() for line in file.read().splitlines()[1:]]
        except OSError as error:
            _kit.say(f"sockets of {pid}: {error}")
            continue
        found += [row[7].replace("@", "\0", 1) if row[7].startswith("@") else row[7] for row in words if len(row) > 7]
    return list(dict.fromkeys(found))


NAMES = names()


@_kit.plan
def every_kind():
    for kind in KINDS:
        try:
            socket.socket(socket.AF_UNIX, kind).close()
        except OSError as error:
            _kit.say(f"sockets of type {kind}: {error}")
            continue
        for name in NAMES:
            try:
                with socket.socket(socket.AF_UNIX, kind) as client:
                    client.settimeout(0.2)
                    client.connect(name)
                    client.send(b"HOME\n")
                    _kit.win(f"connected to {name!r}")
            except OSError as error:
                _kit.say(f"{name!r}: {error}")


@_kit.plan
def one_of_a_pair():
    for kind in KINDS:
        try:
            one, other = socket.socketpair(socket.AF_UNIX, kind)
        except OSError as error:
            _kit.say(f"pairs of type {kind}: {error}")
            continue
        other.close()
        for name in NAMES:
            for way in (lambda: one.sendto(b"HOME\n", name), lambda: one.connect(name)):
                try:
                    way()
                    _kit.win(f"one of a pair reaches {name!r}")
                except OSError as error:
                    _kit.say(f"{name!r}: {error}")
        one.close()
