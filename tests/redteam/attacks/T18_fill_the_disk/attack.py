import os

from . import _kit


def fill(folder):
    block = bytes(1 << 20)
    for number in range(8):
        try:
            with open(f"{folder}/fill{number}", "wb") as file:
                for _ in range(1000):
                    file.write(block)
        except OSError as error:
            _kit.say(f"{folder}: {error}")


@_kit.plan
def bytes_everywhere():
    for folder in ("/tmp", "/dev/shm", "/var/tmp", ".", "/dev", "/run"):
        fill(folder)


@_kit.plan
def names_everywhere():
    left = _kit.deadline(0.5)
    try:
        for number in range(100_000):
            os.close(os.open(f"/tmp/n{number}", os.O_CREAT | os.O_WRONLY))
            if not left():
                break
    except OSError as error:
        _kit.say(f"names: {error}")
