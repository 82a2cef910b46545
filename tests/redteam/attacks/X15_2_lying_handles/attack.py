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


def lie_never_issued(number):
    return honest(wire.REPLY, number, [["h", 987654, 1]])


def lie_retyped(number):
    return honest(wire.REPLY, number, [["a", 2, "<f4", [3, 2], 0, 1]], (bytes(24),))


def lie_negative(number):
    return honest(wire.REPLY, number, [["h", -1, -1]])


def lie_huge(number):
    return honest(wire.REPLY, number, [["h", 1 << 80, 1]])


def lie_fraction(number):
    return honest(wire.REPLY, number, [["h", 1.0, 1]])


def lie_text(number):
    return honest(wire.REPLY, number, [["h", "1", "1"]])


def lie_class_without_description(number):
    return honest(wire.REPLY, number, [["c", 100000]])


def lie_list_handle(number):
    return honest(wire.REPLY, number, [["l", 0, 1, 2, 3]])


def forge(kind, number, body, blobs, flags):
    variants = [value for name, value in sorted(globals().items()) if name.startswith("lie_")]
    return variants[os.getpid() % len(variants)](number)
