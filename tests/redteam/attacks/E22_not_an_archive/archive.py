"""Builds the archive; `files` is a correct solution."""

import pickle


def build(folder, files):
    class Evil:
        def __reduce__(self):
            return (print, ("unpickled",))


    path = folder / "submission.tar.gz"
    path.write_bytes(pickle.dumps(Evil()))
    return path
