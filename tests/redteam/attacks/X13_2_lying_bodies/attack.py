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


def text(number, body, blobs=()):
    return wire.HEADER.pack(wire.MAGIC, wire.VERSION, wire.REPLY, 0, number, len(body), 0, 0) + body


def lie_deep(number):
    return text(number, b"[" * 50_000 + b"]" * 50_000)


def lie_deep_tags(number):
    return text(number, b'["t",' * 400 + b"1" + b"]" * 400)


def lie_nodes(number):
    return text(number, b"[[" + b"[]," * 300_000 + b"[]]]")


def lie_object(number):
    return text(number, b'[{"ok": true, "ok": false}]')


def lie_nan(number):
    return text(number, b"[NaN]")


def lie_infinite(number):
    return text(number, b"[1e400]")


def lie_digits(number):
    return text(number, b"[" + b"9" * 40_000 + b"]")


def lie_half_character(number):
    return text(number, b'["\\ud800"]')


def lie_not_ascii(number):
    return text(number, b'["\xff\xfe"]')


def lie_no_list(number):
    return text(number, b'"passed"')


def lie_tag(number):
    return text(number, b'[["pickle","gASV"]]')


def lie_empty(number):
    return text(number, b"")


def lie_types(number):
    return text(number, b'[["g","builtins.eval"]]')


def lie_range(number):
    return text(number, b'[["r",0,10,0]]')


def forge(kind, number, body, blobs, flags):
    variants = [value for name, value in sorted(globals().items()) if name.startswith("lie_")]
    return variants[os.getpid() % len(variants)](number)
