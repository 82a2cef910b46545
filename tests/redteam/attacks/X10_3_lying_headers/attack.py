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


def header(kind, number, size=2, count=0, magic=wire.MAGIC, version=wire.VERSION, flags=0, last=0):
    return wire.HEADER.pack(magic, version, kind, flags, number, size, count, last)


def lie_huge_body(number):
    return header(wire.REPLY, number, size=(1 << 32) - 1) + b"[]"


def lie_huge_blob(number):
    return header(wire.REPLY, number, count=1) + (1 << 63).to_bytes(8, "little") + b"[]"


def lie_many_blobs(number):
    return header(wire.REPLY, number, count=65535) + b"\xff" * 8 * 65535


def lie_sum_of_blobs(number):
    return header(wire.REPLY, number, count=2) + (2 * ((1 << 63) - 1).to_bytes(8, "little")) + b"[]"


def lie_kind(number):
    return header(wire.BEGIN, number) + b"[]"


def lie_end(number):
    return header(wire.END, number) + b"[]" + bytes(16)


def lie_version(number):
    return header(wire.REPLY, number, version=9) + b"[]"


def lie_flags(number):
    return header(wire.REPLY, number, flags=0xFFFF) + b"[]"


def lie_random_without_state(number):
    return header(wire.REPLY, number, size=6, flags=wire.RANDOM) + b"[null]"


def forge(kind, number, body, blobs, flags):
    variants = [value for name, value in sorted(globals().items()) if name.startswith("lie_")]
    return variants[os.getpid() % len(variants)](number)
