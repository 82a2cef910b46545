"""Builds the submission; `files` is a correct solution."""


def build(folder, files):
    path = folder / "submission"
    keywords = ",".join(f"a{number}=1" for number in range(100_000))
    made = {
        **files,
        **{f"python/needle/bomb{number}.py": f"f({keywords})".encode() for number in range(4)},
        "python/needle/deep.py": b"(" * 100_000,
        "python/needle/minus.py": b"x = " + b"-" * 500_000 + b"1",
        "python/needle/nothing.py": b"x = 1\x00",
        "python/needle/latin.py": b"# \xff\xfe\nx = '\xe9'\n",
        "python/needle/coding.py": b"# -*- coding: rot13 -*-\nk = 1\n",
        "python/needle/nested.py": b"x = " + b"{1: " * 190,
    }
    for name, data in made.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path
