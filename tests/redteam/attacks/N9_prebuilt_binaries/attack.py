import os

from . import _kit

FOLDER = os.path.dirname(__file__)
SENT = (b"not compiled here", b"byte code", b"!<arch>")


@_kit.plan
def arrived():
    for top in (FOLDER, os.path.join(FOLDER, "..", "..", "src")):
        for folder, _, files in os.walk(top):
            for name in files:
                if name.endswith((".so", ".o", ".a", ".pyc")):
                    with open(os.path.join(folder, name), "rb") as file:
                        if any(word in file.read() for word in SENT):
                            _kit.win(f"{name} is where it was sent to")
