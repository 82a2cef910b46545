"""Devices of NDArrays, and memory that nobody has written to."""

from grader.testing import on_student_side


@on_student_side
def missing(device):
    """Return why a device cannot be used, "" when it can."""
    from needle import backend_ndarray as nd

    if getattr(nd, device)().enabled():
        return ""
    try:
        import needle.backend_ndarray.ndarray_backend_cuda  # noqa: F401
    except ImportError as error:
        return str(error)
    return f"nd.{device}() says that it is not enabled"


def require(device):
    """Fail when a device is missing, and say what to do: a test that did not run proves nothing."""
    reason = missing(device)
    assert not reason, f"device {device}: {reason}\nBuild the backends with `make`."


def dirty(nd, device, size):
    """Leave freed memory behind that is full of NaN: who reads what he never wrote shall see it.

    For the student's side. Arrays are kept until all are filled, or one would be filled again and
    again.
    """
    arrays = [nd.NDArray.make((max(size, 1),), device=device) for _ in range(4)]
    for array in arrays:
        array.fill(float("nan"))
