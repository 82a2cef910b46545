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


def described(number, first, *, bases=(), builtin=None, name="Tensor", module="needle", flags=0, specials=(), methods=()):
    item = [first, list(bases), builtin, name, module, flags, list(specials), list(methods)]
    return honest(wire.REPLY, number, [["c", first], [item], []])


FIRST = 1_000_000


def lie_truth(number):
    return described(number, 50, specials=["__bool__", "__float__"])


def lie_array(number):
    return described(number, 50, specials=["__array__", "__array_ufunc__"])


def lie_bases(number):
    return described(number, 50, bases=[50])


def lie_unknown_base(number):
    return described(number, 50, bases=[FIRST])


def lie_exception(number):
    return described(number, 50, builtin="SystemExit", name="Skipped", module="_pytest.outcomes")


def lie_names(number):
    return described(number, 50, name="\x00\x1b[2J", module="../../x", specials=["__reduce__"])


def lie_flags(number):
    return described(number, 50, flags=255)


def lie_shape(number):
    return honest(wire.REPLY, number, [["c", 50], [[50, [], None]], []])


def forge(kind, number, body, blobs, flags):
    variants = [value for name, value in sorted(globals().items()) if name.startswith("lie_")]
    return variants[os.getpid() % len(variants)](number)
