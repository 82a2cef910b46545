import os
import signal
import tempfile
import time

from . import _kit, _target

# who opens it for writing is told whether anybody reads
PIPE = os.path.join(tempfile.gettempdir(), ".rt-daemon")


def serve():
    with open("/proc/self/comm", "w") as file:
        file.write(_target.DAEMON)
    for number in range(1, 32):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
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
    for _ in range(3):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                try:
                    serve()
                finally:
                    os._exit(0)
            os._exit(0)
