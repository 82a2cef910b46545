import os

from . import _kit
from grader.proxy import wire

armed = []
honest = wire.frame


def frame(kind, number, body, blobs=(), flags=0):
    if armed and kind in (wire.REPLY, wire.RAISED):
        armed.clear()
        _kit.say("forged a reply")
        return forge(kind, number, body, blobs, flags)
    return honest(kind, number, body, blobs, flags)


wire.frame = frame


@_kit.plan
def arm():
    armed.append(True)


import struct

LAYOUT = struct.Struct("<iidq2496s")
STATES = (
    LAYOUT.pack(0, 0, 0.0, -1, bytes(2496)),
    LAYOUT.pack(1 << 30, 0, 0.0, -1, bytes(2496)),
    LAYOUT.pack(-5, 7, float("nan"), 1 << 62, bytes(2496)),
    LAYOUT.pack(624, 1, float("nan"), 5, os.urandom(2496)),
    LAYOUT.pack(624, 1, 1e308, 42, os.urandom(2496)),
    bytes(10),
)


def forge(kind, number, body, blobs, flags):
    state = STATES[os.getpid() % len(STATES)]
    return honest(kind, number, body, [*blobs[: len(blobs) - (1 if flags else 0)], state], wire.RANDOM)
