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


def array(number, code="<f4", shape=(3, 2), index=0, order="C", blobs=(bytes(24),)):
    return honest(wire.REPLY, number, [["v", code, shape, index, order]], blobs)


def lie_negative(number):
    return array(number, shape=[-3, -2])


def lie_huge(number):
    return array(number, shape=[1 << 62, 4])


def lie_overflow(number):
    return array(number, shape=[1 << 32, 1 << 32, 6])


def lie_empty_huge(number):
    return array(number, shape=[0, 1 << 30, 1 << 30], blobs=(b"",))


def lie_dimensions(number):
    return array(number, shape=[1] * 64 + [3, 2])


def lie_fraction(number):
    return array(number, shape=[3.0, 2.0])


def lie_bool(number):
    return array(number, shape=[True, 6])


def lie_object(number):
    return array(number, code="|O")


def lie_string(number):
    return array(number, code="<U6", shape=[1])


def lie_record(number):
    return array(number, code=[["x", "<f4"]], shape=[6])


def lie_bytes(number):
    return array(number, shape=[300, 200])


def lie_order(number):
    return array(number, order="K")


def lie_index(number):
    return array(number, index=-1)


def lie_twice(number):
    node = ["v", "<f4", [3, 2], 0, "C"]
    return honest(wire.REPLY, number, [["t", node, node]], (bytes(24),))


def forge(kind, number, body, blobs, flags):
    variants = [value for name, value in sorted(globals().items()) if name.startswith("lie_")]
    return variants[os.getpid() % len(variants)](number)
