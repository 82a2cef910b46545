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


def noise(pipes):
    while True:
        for number in pipes:
            try:
                os.write(number, b"\x01")
            except OSError:
                pass
        time.sleep(0.0005)


@_kit.plan
def attack():
    threading.Thread(target=noise, args=(reply_pipes(),), daemon=True).start()
    time.sleep(0.05)
