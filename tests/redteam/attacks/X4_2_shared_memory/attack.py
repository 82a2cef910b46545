import mmap
import os


def shared(block):
    area = mmap.mmap(-1, 32 << 20)
    for _ in range(32):
        area.write(block)
    return area


def memfd(block):
    number = os.memfd_create("rt")
    for _ in range(32):
        os.write(number, block)
    return number


def scratch(block):
    path = f"/tmp/{os.urandom(8).hex()}"
    with open(path, "wb") as file:
        for _ in range(32):
            file.write(block)
    return path


from . import _kit


@_kit.plan
def attack():
    hoard = []
    block = b"x" * (1 << 20)
    while True:
        for make in (shared, memfd, scratch):
            try:
                hoard.append(make(block))
            except (OSError, ValueError) as error:
                hoard.append(None)
        if hoard[-3:] == [None] * 3:
            break
