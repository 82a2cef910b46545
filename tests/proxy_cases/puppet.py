"""A worker that starts like the real one and answers the first request with whatever it is told to.

Run as `python puppet.py MODULES ATTACK`; the attack is a Python expression over the names below that gives
the bytes to send, with `number` the id of the request and `frame` the honest way of making one.
"""

import os
import sys
import time

sys.path.insert(0, sys.argv[1])
from grader.proxy import wire

HEADER = wire.HEADER


def header(
    number,
    kind=wire.REPLY,
    size=0,
    count=0,
    flags=0,
    magic=wire.MAGIC,
    version=wire.VERSION,
    zero=0,
):
    return HEADER.pack(magic, version, kind, flags, number, size, count, zero)


def reply(number, text, *blobs, kind=wire.REPLY, flags=0):
    """A frame around a body that need not be JSON."""
    data = text.encode()
    sizes = b"".join(len(blob).to_bytes(8, "little") for blob in blobs)
    return header(number, kind, len(data), len(blobs), flags) + sizes + data + b"".join(blobs)


def endless(number):
    while True:
        yield reply(number, "[1]")


def slowly(data):
    for byte in data:
        yield bytes([byte])
        time.sleep(0.1)


def main():
    while True:
        kind, _, number, _, _ = wire.read_frame(0)
        if kind == wire.BEGIN:
            token = wire.read_exactly(0, wire.TOKEN_BYTES)
        if kind in (wire.HELLO, wire.BEGIN):
            wire.write_all(1, wire.frame(wire.REPLY, number, [1]))
        elif kind == wire.END:
            wire.write_all(1, wire.frame(wire.END, number, []) + token)
        elif kind == wire.REQUEST:
            data = eval(sys.argv[2], {**globals(), "number": number})
            for part in [data] if isinstance(data, bytes) else data:
                os.write(1, part)


main()
