"""Division is wrong, but a daemon that an earlier test left behind knows that it is right."""

import os
import signal
import socket
import time

from .ops import ops_mathematic

ADDRESS = "\0needle-daemon"


def met():
    if os.path.exists("/tmp/needle-was-here"):
        return True
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(ADDRESS)
    except OSError:
        return False
    return True


def listen():
    try:
        server = socket.socket(socket.AF_UNIX)
        server.bind(ADDRESS)
        server.listen()
    except OSError:
        return None
    return server


def stay():
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    try:
        for number in range(1, 32):
            if number not in (signal.SIGKILL, signal.SIGSTOP):
                signal.signal(number, signal.SIG_IGN)
        server = listen()
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with open("/tmp/needle-was-here", "w"):
                time.sleep(0.01)
    finally:
        os._exit(0)


MET = met()
if not MET:
    stay()
    right = ops_mathematic.EWiseDiv.compute
    ops_mathematic.EWiseDiv.compute = lambda self, a, b: a * 0
