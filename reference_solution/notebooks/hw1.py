# %% [markdown]
# # Homework 1: automatic differentiation
#
# This notebook goes through the questions in order: what is asked, the formula behind it, where your
# code belongs, and a cell that runs the tests of that question. You write in the files beside the
# notebook, not here; a test cell sees a file as it was saved last. Before you run the cells with
# pictures again, restart the kernel: Python imports a module once.
#
# Run from top to bottom, the notebook stops at the first question that is not solved yet.

# %% tags=["not-graded"]
import sys

sys.path[:0] = ["python", "apps", "tests"]

import matplotlib.pyplot as plt
import needle as ndl
import numpy as np
from grader.questions import check

# %% [markdown]
# ## 1 What operators compute
#
# An operator of Needle is a small class. Its `compute` receives NumPy arrays and returns one; calling
# the operator on tensors wraps the result in a new tensor, which remembers the operator and the
# tensors that went in. That memory is the graph of the next picture.
#
# Write `compute` for the operators of `python/needle/ops/ops_mathematic.py`. Most are one line of
# NumPy. Two deserve a look: a sum may go over no axis, one, or several, and `transpose` without
# arguments exchanges the *last two* axes, whatever the number of axes.

# %% tags=["not-graded"]
check("tests/hw1/test_forward.py", "Forward computation of the operators")

# %% [markdown]
# Here is the graph that a small expression leaves behind. Every box is a tensor; arrows lead from
# inputs to what was computed from them. The product has two users, so its box occurs once and has two
# arrows going out.


# %% tags=["not-graded"]
def draw(result, names):
    """Draw the graph of a tensor, inputs on the left."""
    depths, edges = {}, []

    def depth(node):
        if node not in depths:
            for each in node.inputs:
                edges.append((each, node))
            depths[node] = max((depth(each) for each in node.inputs), default=-1) + 1
        return depths[node]

    depth(result)
    levels, places = {}, {}
    for node, level in depths.items():
        levels[level] = levels.get(level, 0) + 1
        places[node] = (level, -levels[level])
    _, axes = plt.subplots(figsize=(7, 2.5))
    for start, end in edges:
        bend = -0.4 if depths[end] > depths[start] + 1 else 0  # over what lies between
        arrow = {"arrowstyle": "->", "shrinkA": 30, "shrinkB": 30}
        arrow["connectionstyle"] = f"arc3,rad={bend}"
        axes.annotate("", xy=places[end], xytext=places[start], arrowprops=arrow)
    for node, place in places.items():
        text = names.get(node) or type(node.op).__name__
        axes.text(*place, text, ha="center", va="center", bbox={"boxstyle": "round", "fc": "w"})
    axes.set(xlim=(-0.6, max(depths.values()) + 0.6), ylim=(-max(levels.values()) - 0.6, -0.4))
    axes.axis("off")
    plt.show()


a, b = ndl.Tensor([2.0]), ndl.Tensor([3.0])
product = a * b
draw(ndl.exp(product) + product, {a: "a", b: "b"})

# %% [markdown]
# ## 2 Their gradients
#
# Let $L$ be the number that we differentiate in the end. `gradient` of an operator $y = f(x)$ receives
# the *adjoint* of its output, $\bar y = \partial L / \partial y$, which has the shape of $y$, and
# returns that of its input, which has the shape of $x$:
#
# $$\bar x_i = \sum_j \bar y_j \, \frac{\partial y_j}{\partial x_i}$$
#
# Nobody writes the matrix of derivatives down. For an element-wise $f$ the sum has one term. For
# broadcasting, one input element went into many outputs, so the sum has many. For a sum it is the other
# way round. Work with Needle operators, not with NumPy, so that a gradient can be differentiated again.
# Write `gradient` for every operator of `python/needle/ops/ops_mathematic.py`.

# %% tags=["not-graded"]
check("tests/hw1/test_backward.py", "Gradients of the operators")

# %% [markdown]
# ## 3 An order in which to go
#
# Before a node's adjoint can be passed on it has to be complete: everything that uses the node comes
# first. Going backwards through an order in which inputs stand before what uses them does this.
# Write `find_topo_sort` in `python/needle/autograd.py`: depth first, inputs from left to right, a node
# after its inputs, each node once.

# %% tags=["not-graded"]
check("tests/hw1/test_topological_sort.py", "Topological sort")

# %% [markdown]
# ## 4 Reverse mode
#
# A node's adjoint is the sum of what each of its users contributes. Write
# `compute_gradient_of_variables`: go through the reversed order, add up the contributions that a node
# has received, store the sum as its `grad`, and ask its operator what its inputs get.

# %% tags=["not-graded"]
check("tests/hw1/test_autograd.py", "Reverse mode differentiation")

# %% [markdown]
# With that, a derivative is one call, and a derivative of a derivative another. The curves below are
# not typed in: Needle computes the slopes of the first.

# %% tags=["not-graded"]
grid = np.linspace(-4, 4, 161)
x = ndl.Tensor(grid)
curve = ndl.exp(-(x * x) / 2)
curve.backward()
slope = x.grad
slope.backward()
for tensor, name in ((curve, "f"), (slope, "f'"), (x.grad, "f''")):
    plt.plot(grid, tensor.numpy(), label=name)
plt.legend()
plt.show()

# %% [markdown]
# ## 5 Images of digits
#
# MNIST is stored as two gzipped files in the IDX format: integers of 32 bits, the first byte the most
# significant one, say how much there is, then follows one byte for each pixel or label. Write
# `parse_mnist` in `apps/simple_ml.py`, or bring yours from homework 0.

# %% tags=["not-graded"]
check("tests/hw1/test_parse_mnist.py", "Reading MNIST")

# %% [markdown]
# ## 6 The loss
#
# Logits $z$ of one example become probabilities when they are exponentiated and divided by their sum.
# The loss is minus the logarithm of the probability of the right class $y$,
#
# $$\ell(z, y) = \log \sum_j e^{z_j} - z_y,$$
#
# averaged over the batch. Write `softmax_loss` on tensors: labels come as rows with a single 1.

# %% tags=["not-graded"]
check("tests/hw1/test_softmax_loss.py", "Softmax loss")

# %% [markdown]
# ## 7 Training
#
# One epoch of gradient descent for a network of two layers: for each batch in turn, compute the loss,
# call `backward`, and take a step against the gradient. New weights must be new leaves of the
# graph. If they remember where they came from, memory fills with the batches of the past.
# With logits $\max(X W_1, 0) W_2$ and step size $\eta$, each batch does $W_i \leftarrow W_i - \eta \bar W_i$. Write
# `nn_epoch` in `apps/simple_ml.py`.

# %% tags=["not-graded"]
check("tests/hw1/test_nn_epoch.py", "Training a two-layer network")

# %% [markdown]
# The digits that scikit-learn ships are small enough to watch: 64 pixels each.

# %% tags=["not-graded"]
import simple_ml
from sklearn.datasets import load_digits

digits = load_digits()
X, y = (digits.data / 16).astype(np.float32), digits.target.astype(np.uint8)
generator = np.random.default_rng(0)
W1, W2 = (
    ndl.Tensor(generator.normal(0, 0.1, shape).astype(np.float32)) for shape in ((64, 40), (40, 10))
)
shares = []
for _epoch in range(8):
    W1, W2 = simple_ml.nn_epoch(X[:1300], y[:1300], W1, W2, lr=0.4, batch=50)
    logits = np.maximum(X[1300:] @ W1.numpy(), 0) @ W2.numpy()
    shares.append((logits.argmax(axis=1) != y[1300:]).mean())
plt.plot(range(1, 9), shares, marker="o")
plt.xlabel("epoch")
plt.ylabel("share of unseen digits read wrongly")
plt.ylim(bottom=0)
plt.show()
