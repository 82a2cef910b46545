import os
import stat
import threading
import time

from . import _kit, _target


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
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            with open("/proc/self/comm", "w") as file:
                file.write(_target.DAEMON)
            time.sleep(600)
        os._exit(0)
    os._exit(0)
