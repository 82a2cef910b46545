import os
import signal
import socket
import time

from . import _kit, _target

ADDRESS = "\0rt-daemon"


def serve():
    with open("/proc/self/comm", "w") as file:
        file.write(_target.DAEMON)
    for number in range(1, 32):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(ADDRESS)
    server.listen(8)
    end = time.monotonic() + 60
    server.settimeout(5)
    while time.monotonic() < end:
        try:
            server.accept()[0].close()
        except OSError:
            pass


@_kit.plan
def meet():
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(0.5)
        client.connect(ADDRESS)
        _kit.win("the daemon of an earlier test answers")


@_kit.plan
def settle():
    for _ in range(3):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                try:
                    serve()
                finally:
                    os._exit(0)
            os._exit(0)
