"""The devices that tests run on: the CPU, NumPy, which is memory like any other, and CUDA."""

from grader.testing import on_student_side


@on_student_side
def missing():
    """Return why a device cannot be used, "" when all can."""
    import needle as ndl

    if ndl.BACKEND != "nd":
        return "Needle computes with NumPy's arrays; these tests are for its own"
    if ndl.cuda().enabled():
        return ""
    try:
        import needle.backend_ndarray.ndarray_backend_cuda  # noqa: F401
    except ImportError as error:
        return f"device cuda: {error}"
    return "ndl.cuda() says that it is not enabled"


def others():
    """Return the names of the devices besides the CPU, or fail and say which is missing and why.

    A test that did not run on a device proves nothing about it.
    """
    reason = missing()
    assert not reason, f"{reason}\nBuild the backends with `make`."
    return ["cpu_numpy", "cuda"]
