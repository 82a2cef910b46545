import os

from . import _kit


@_kit.plan
def initial_environment():
    for name in ("environ", "cmdline", "auxv"):
        try:
            with open(f"/proc/self/{name}", "rb") as file:
                data = file.read()
        except OSError as error:
            _kit.say(f"{name}: {error}")
            continue
        _kit.hunt(data, name)
        if b"NONCE" in data or b"SECRET" in data or b"TOKEN" in data:
            _kit.win(f"a secret in {name}")


@_kit.plan
def initial_stack():
    with open("/proc/self/maps") as file:
        span = next(line.split()[0] for line in file if line.rstrip().endswith("[stack]"))
    start, end = (int(part, 16) for part in span.split("-"))
    with open("/proc/self/mem", "rb") as memory:
        memory.seek(start)
        _kit.hunt(memory.read(end - start), "stack")
