import os

from . import _kit


@_kit.plan
def attack():
    line = b"spam and eggs " * 4096
    while True:
        for number in (1, 2):
            try:
                os.write(number, line)
            except OSError:
                pass
