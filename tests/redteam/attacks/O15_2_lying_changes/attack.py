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


def changed(number, *changes, blobs=()):
    return honest(wire.REPLY, number, [None, [], list(changes)], blobs)


def lie_index(number):
    return changed(number, [99, 0], blobs=(bytes(24),))


def lie_negative(number):
    return changed(number, [-1, 0], blobs=(bytes(24),))


def lie_size(number):
    return changed(number, [0, 0], blobs=(bytes(8),))


def lie_form(number):
    return changed(number, "all")


def lie_pair(number):
    return changed(number, [0])


def forge(kind, number, body, blobs, flags):
    variants = [value for name, value in sorted(globals().items()) if name.startswith("lie_")]
    return variants[os.getpid() % len(variants)](number)
