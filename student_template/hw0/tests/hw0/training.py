"""One epoch of training by your functions, which change the weights that they are given."""

from grader.testing import assert_close, on_student_side


@on_student_side
def trained(function, X, y, weights, options, epochs=1):
    """Call a function for some epochs; return what it returns, the weights, and the data after."""
    import simple_ml

    if function == "softmax_regression_epoch_cpp":
        # by its own name: simple_ml passes over a module that is not there
        from simple_ml_ext import softmax_regression_epoch_cpp as call
    else:
        call = getattr(simple_ml, function)
    X, y, weights = X.copy(), y.copy(), [each.copy() for each in weights]
    returned = [call(X, y, *weights, **options) for _ in range(epochs)]
    return [type(each).__name__ for each in returned], weights, [X, y]


def check(function, data, weights, expected, options, rtol=1e-4, atol=1e-5):
    """Compare the weights after one epoch with the expected ones."""
    X, y = data
    returned, found, after = trained(function, X, y, weights, options)
    assert returned == ["NoneType"], f"{function} returns {returned[0]}: it changes the weights"
    batch = options.get("batch", 100)
    sizes = {"batch size": batch, "number of batches": -(-len(X) // batch)}
    for number, (got, wanted) in enumerate(zip(found, expected, strict=True), start=1):
        name = f"weights {number} of {len(found)} after {function}"
        dtype = weights[number - 1].dtype
        assert_close(got, wanted, rtol=rtol, atol=atol, dtype=dtype, name=name, sizes=sizes)
    for name, before, now in zip(("X", "y"), (X, y), after, strict=True):
        assert_close(now, before, rtol=0, atol=0, dtype=before.dtype, name=f"{name} afterwards")
