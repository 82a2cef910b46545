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


def relay(source, target):
    while True:
        data = os.read(source, 1 << 20)
        if not data:
            return
        os.write(target, data)
        os.write(target, data)


@_kit.plan
def attack():
    for number in reply_pipes():
        target = os.dup(number)
        source, sink = os.pipe()
        os.dup2(sink, number)
        threading.Thread(target=relay, args=(source, target), daemon=True).start()
