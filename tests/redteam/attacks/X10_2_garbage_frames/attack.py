import os
import stat
import threading
import time

from . import _kit


def reply_pipes():
    """Return every pipe of this process that can be written, but standard output and error."""
    found = []
    for number in range(3, 4096):
        try:
            if stat.S_ISFIFO(os.fstat(number).st_mode):
                os.write(number, b"")
                found.append(number)
        except OSError:
            pass
    return found


@_kit.plan
def attack():
    for number in reply_pipes():
        os.write(number, os.urandom(64) + b'{"ok": true}\n\x80\x04\x95' + bytes(64))
