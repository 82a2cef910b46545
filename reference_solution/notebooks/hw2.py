# %% [markdown]
# # Homework 2: a library for neural networks
#
# The questions in order: what is asked, the formula behind it, where your code belongs, and a cell that
# runs the tests of that question. You write in the files beside the notebook; bring your solutions of
# homework 1 along. A test cell sees a file as it was saved last; for the pictures restart the kernel.
#
# Run from top to bottom, the notebook stops at the first question that is not solved yet.

# %% tags=["not-graded"]
import os
import sys

os.environ["NEEDLE_BACKEND"] = "np"
sys.path[:0] = ["python", "apps", "tests"]

import matplotlib.pyplot as plt
import needle as ndl
import numpy as np
from grader.questions import check
from needle import nn

# %% [markdown]
# ## 1 Initializers
#
# Weights that start too large or too small make signals explode or fade from layer to layer. Xavier's
# and Kaiming's rules choose the spread from the numbers of inputs and outputs of a layer, so that the
# variance stays. They stand in `init/init_initializers.py`; the docstrings give the formulas.

# %% tags=["not-graded"]
check("tests/hw2/test_init.py", "Initializers")

# %% [markdown]
# ## 2 LogSumExp and LogSoftmax
#
# $\log \sum_i e^{z_i}$ overflows for large $z$, though its value is harmless. Subtract the maximum inside and
# add it outside: $\log \sum_i e^{z_i - m} + m$ is the same number, and every exponent is at most zero.

# %% tags=["not-graded"]
check("tests/hw2/test_logarithmic.py", "LogSumExp and LogSoftmax")

# %% [markdown]
# ## 3 Layers
#
# A module keeps parameters and computes with them in `forward`. Write those of `nn/nn_basic.py`: a linear map
# with a bias, flattening, a sequence of modules, a sum of a module's output and its input.

# %% tags=["not-graded"]
check("tests/hw2/test_layers.py", "Linear, ReLU, Flatten, Sequential, Residual")

# %% [markdown]
# ## 4 The loss
#
# With LogSumExp at hand, the softmax loss is a difference: that of all logits, and the right one's. Average it
# over the batch.

# %% tags=["not-graded"]
check("tests/hw2/test_softmax_loss.py", "Softmax loss")

# %% [markdown]
# ## 5 Normalization
#
# Both kinds subtract a mean $\mu$ and divide by $\sqrt{\sigma^2 + \epsilon}$, then scale and shift by learned
# vectors. Layer normalization takes mean and variance over the features of one example, batch normalization
# over the examples for one feature. The latter remembers running averages while it trains, and uses them
# afterwards.

# %% tags=["not-graded"]
check("tests/hw2/test_normalization.py", "Batch and layer normalization")

# %% [markdown]
# ## 6 Dropout
#
# In training, each value is kept with probability $1 - p$ and then divided by $1 - p$, so its expectation stays.
# Afterwards nothing is dropped.

# %% tags=["not-graded"]
check("tests/hw2/test_dropout.py", "Dropout")

# %% [markdown]
# ## 7 Optimizers
#
# Momentum replaces a gradient by an average of the last ones. Adam divides such an average by the square
# root of an average of squares, and corrects both for having started at zero. Work on the data of the tensors,
# else the graph of every step stays in memory.

# %% tags=["not-graded"]
check("tests/hw2/test_optim.py", "SGD and Adam")

# %% [markdown]
# Two optimizers on the same network and the same small digits:

# %% tags=["not-graded"]
from sklearn.datasets import load_digits

digits = load_digits()
pictures = (digits.data / 16).astype(np.float32)


def curve(make):
    """Return the losses of a small network while an optimizer trains it."""
    np.random.seed(0)
    network = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    rule, criterion, losses = make(network.parameters()), nn.SoftmaxLoss(), []
    for step in range(120):
        rows = np.arange(step * 64, step * 64 + 64) % len(pictures)
        rule.reset_grad()
        found = criterion(
            network(ndl.Tensor(pictures[rows])), ndl.Tensor(digits.target[rows].astype("uint8"))
        )
        found.backward()
        rule.step()
        losses.append(float(found.numpy()))
    return losses


plt.plot(curve(lambda weights: ndl.optim.SGD(weights, lr=0.1)), label="SGD, step 0.1")
plt.plot(curve(lambda weights: ndl.optim.Adam(weights, lr=0.01)), label="Adam, step 0.01")
plt.xlabel("batch")
plt.ylabel("loss")
plt.legend()
plt.show()

# %% [markdown]
# ## 8 Transforms of images
#
# A mirrored or slightly shifted picture shows the same thing. The transforms in `data/data_transforms.py` do
# either at random, so that a network sees more pictures than there are.

# %% tags=["not-graded"]
check("tests/hw2/test_transforms.py", "Transforms of images")

# %% [markdown]
# ## 9 MNIST as a data set
#
# A data set has a length and can be indexed; an index may also be a slice. Transforms work on a picture with
# axes height, width, channel.

# %% tags=["not-graded"]
check("tests/hw2/test_mnist_dataset.py", "MNIST as a data set")

# %% [markdown]
# ## 10 Batches
#
# `DataLoader` cuts a data set into batches, in a new random order each time that it is started when asked to
# shuffle. The last batch may be smaller.

# %% tags=["not-graded"]
check("tests/hw2/test_data_loader.py", "Batches")

# %% [markdown]
# ## 11 A residual network
#
# All of it together, in `apps/mlp_resnet.py`: blocks whose input is added to their output, a network of them,
# an epoch, and training.

# %% tags=["not-graded"]
check("tests/hw2/test_mlp_resnet.py", "A residual network and its training")
