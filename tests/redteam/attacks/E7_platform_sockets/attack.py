import os
import socket
import stat

from . import _kit

GUESSES = ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock", "/run/dbus/system_bus_socket", "/tmp/.X11-unix/X0", "/run/systemd/private")


@_kit.plan
def connect():
    found = list(GUESSES)
    for place in ("/run", "/var/run", "/tmp"):
        for folder, _, files in os.walk(place):
            found += [os.path.join(folder, name) for name in files[:100]]
    for path in found:
        try:
            if stat.S_ISSOCK(os.stat(path).st_mode):
                with socket.socket(socket.AF_UNIX) as client:
                    client.connect(path)
                    _kit.win(f"connected to {path}")
        except OSError as error:
            _kit.say(f"{path}: {error}")


@_kit.plan
def netlink():
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW) as client:
        client.bind((0, 0))
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW):
        _kit.win("a raw packet socket")
