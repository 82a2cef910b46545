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


NAMES = ("os", "sys", "builtins", "_reference.needle", "grader.testing", "numpy.testing", "subprocess")


def forge(kind, number, body, blobs, flags):
    return honest(wire.REPLY, number, [["m", NAMES[os.getpid() % len(NAMES)], 1]])
