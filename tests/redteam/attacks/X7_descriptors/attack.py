import os
import socket

from . import _kit

HELD = []


@_kit.plan
def open_everything():
    for make in (lambda: os.open("/dev/null", os.O_RDONLY), os.pipe, lambda: socket.socketpair()):
        try:
            for _ in range(100_000):
                HELD.append(make())
        except OSError as error:
            _kit.say(f"{len(HELD)}: {error}")
