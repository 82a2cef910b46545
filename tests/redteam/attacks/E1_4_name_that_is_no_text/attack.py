import os
import signal
import tempfile
import time

from . import _kit

# who opens it for writing is told whether anybody reads
PIPE = os.path.join(tempfile.gettempdir(), ".rt-nameless")


def rename():
    """Take a name that whoever reads the list of processes as text stumbles over."""
    with open("/proc/self/comm", "wb") as file:
        file.write(b"\xff) Z\n(\xfe")


def serve():
    rename()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if not os.path.exists(PIPE):
        os.mkfifo(PIPE)
    os.open(PIPE, os.O_RDONLY | os.O_NONBLOCK)
    time.sleep(60)


@_kit.plan
def meet():
    os.close(os.open(PIPE, os.O_WRONLY | os.O_NONBLOCK))
    _kit.win("the daemon of an earlier test answers")


@_kit.plan
def settle():
    rename()
    for _ in range(3):
        if os.fork() == 0:
            os.setsid()
            try:
                serve()
            finally:
                os._exit(0)
