# %% [markdown]
# # Homework 0: softmax regression and a two-layer network
#
# The questions in order: what is asked, the formula behind it, where your code belongs, and a cell that
# runs the tests of that question. You write in `src/`, not here; a test cell sees a file as it was saved
# last. For the pictures restart the kernel first: Python imports a module once. Run `make` after each
# change of the C++ file.
#
# Run from top to bottom, the notebook stops at the first question that is not solved yet.

# %% tags=["not-graded"]
import sys

sys.path[:0] = ["src", "tests"]

import matplotlib.pyplot as plt
import numpy as np
import simple_ml
from grader.questions import check

# %% [markdown]
# ## 1 Adding
#
# A question to try the tools on: `add` in `src/simple_ml.py`.

# %% tags=["not-graded"]
check("tests/hw0/test_add.py", "Adding two values")

# %% [markdown]
# ## 2 Images of digits
#
# MNIST comes as gzipped files in the IDX format: a header of integers of 32 bits, the first byte the most
# significant one, then one byte for each pixel or label. `parse_mnist` returns the images as rows of
# numbers from 0 to 1, and the labels as they are.

# %% tags=["not-graded"]
check("tests/hw0/test_parse_mnist.py", "Reading MNIST")

# %% [markdown]
# ## 3 The softmax loss
#
# From the logits $z$ of an example come probabilities: $p_j = e^{z_j} / \sum_k e^{z_k}$. The loss is
# $-\log p_y$ for the right class $y$. Written out, the quotient disappears:
#
# $$\ell(z, y) = \log \sum_k e^{z_k} - z_y$$
#
# `softmax_loss` returns the average over a batch.

# %% tags=["not-graded"]
check("tests/hw0/test_softmax_loss.py", "Softmax loss")

# %% [markdown]
# ## 4 Softmax regression
#
# With logits $X \theta$, the gradient of the average loss over $b$ examples is $X^T (P - Y) / b$, where $P$
# holds the probabilities and $Y$ has a 1 at each label. `softmax_regression_epoch` takes a step against it
# for one batch after the other, and changes `theta` in place.

# %% tags=["not-graded"]
check("tests/hw0/test_softmax_regression.py", "Softmax regression")

# %% [markdown]
# The loss on the small digits of scikit-learn, with three sizes of steps. Where does a larger one help?

# %% tags=["not-graded"]
from sklearn.datasets import load_digits

digits = load_digits()
images, labels = (digits.data / 16).astype(np.float32), digits.target.astype(np.uint8)
for step in (0.02, 0.1, 0.5):
    weights, losses = np.zeros((64, 10), dtype=np.float32), []
    for _round in range(12):
        simple_ml.softmax_regression_epoch(images, labels, weights, lr=step, batch=100)
        losses.append(simple_ml.softmax_loss(images @ weights, labels))
    plt.plot(range(1, 13), losses, label=f"step {step}")
plt.xlabel("epoch")
plt.ylabel("loss")
plt.legend()
plt.show()

# %% [markdown]
# ## 5 Two layers
#
# Now the logits are $\max(X W_1, 0) W_2$. The gradient goes back through both layers by the chain rule; it
# passes the maximum only where the first product was positive. Both gradients belong to the *old* weights,
# so compute both before you change any.
# With $Z = \max(X W_1, 0)$ and $G = (P - Y) / b$, that of $W_2$ is $Z^T G$, and that of $W_1$ is
# $X^T ([Z > 0] \odot G W_2^T)$. Write `nn_epoch`.

# %% tags=["not-graded"]
check("tests/hw0/test_nn_epoch.py", "A two-layer network")

# %% [markdown]
# ## 6 Softmax regression in C++
#
# The same epoch on plain pointers, in `src/simple_ml_ext.cpp`. Matrices lie in memory row by row. Write the
# product of matrices as loops, and mind the last batch.
# The function is `softmax_regression_epoch_cpp`.

# %% tags=["not-graded"]
check("tests/hw0/test_softmax_regression_cpp.py", "Softmax regression in C++")
