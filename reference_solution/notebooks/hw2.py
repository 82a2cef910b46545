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
# The variance is $2 / (n_\text{in} + n_\text{out})$ for Xavier and $2 / n_\text{in}$ for Kaiming, which reckons with a
# ReLU. Numbers drawn evenly between $-a$ and $a$ have the variance $a^2 / 3$. Write `xavier_uniform`, `xavier_normal`,
# `kaiming_uniform` and `kaiming_normal`.

# %% tags=["not-graded"]
check("tests/hw2/test_init.py", "Initializers")

# %% [markdown]
# ## 2 LogSumExp and LogSoftmax
#
# $\log \sum_i e^{z_i}$ overflows for large $z$, though its value is harmless. Subtract the maximum inside and
# add it outside: $\log \sum_i e^{z_i - m} + m$ is the same number, and every exponent is at most zero.
# The derivative by $z_i$ is $e^{z_i} / \sum_j e^{z_j}$, the softmax.
#
# Write `compute` and `gradient` of `LogSumExp` and `LogSoftmax` in `ops/ops_logarithmic.py`.

# %% tags=["not-graded"]
check("tests/hw2/test_logarithmic.py", "LogSumExp and LogSoftmax")

# %% [markdown]
# ## 3 Layers
#
# A module keeps parameters and computes with them in `forward`. Write those of `nn/nn_basic.py`: `Linear`, which is
# $x W + b$ with a bias that is broadcast by hand, `Flatten`, `ReLU`, `Sequential`, which calls one module after the
# other, and `Residual`, which is $f(x) + x$.

# %% tags=["not-graded"]
check("tests/hw2/test_layers.py", "Linear, ReLU, Flatten, Sequential, Residual")

# %% [markdown]
# ## 4 The loss
#
# With LogSumExp at hand, the softmax loss is a difference: that of all logits, and the right one's. Average it
# over the batch:
#
# $$\frac{1}{b} \sum_{k=1}^b \left( \log \sum_j e^{z_{kj}} - z_{k y_k} \right)$$
#
# Write `SoftmaxLoss` in `nn/nn_basic.py`; `init.one_hot` picks the right logits.

# %% tags=["not-graded"]
check("tests/hw2/test_softmax_loss.py", "Softmax loss")

# %% [markdown]
# ## 5 Normalization
#
# Both kinds subtract a mean $\mu$ and divide by $\sqrt{\sigma^2 + \epsilon}$, then scale and shift by learned
# vectors. Layer normalization takes mean and variance over the features of one example, batch normalization
# over the examples for one feature. The latter remembers running averages while it trains, and uses them
# afterwards.
# $$y = w \, \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + b, \qquad
# \hat\mu \leftarrow (1 - m) \, \hat\mu + m \, \mu$$
#
# Write `LayerNorm1d` and `BatchNorm1d` in `nn/nn_basic.py`. The running averages are no part of the graph.

# %% tags=["not-graded"]
check("tests/hw2/test_normalization.py", "Batch and layer normalization")

# %% [markdown]
# ## 6 Dropout
#
# In training, each value is kept with probability $1 - p$ and then divided by $1 - p$, so its expectation stays.
# Afterwards nothing is dropped.
# Write `Dropout` in `nn/nn_basic.py`; `init.randb` draws what is kept.

# %% tags=["not-graded"]
check("tests/hw2/test_dropout.py", "Dropout")

# %% [markdown]
# ## 7 Optimizers
#
# Momentum replaces a gradient by an average of the last ones. Adam divides such an average by the square
# root of an average of squares, and corrects both for having started at zero. Work on the data of the tensors,
# else the graph of every step stays in memory.
# $$u \leftarrow \beta u + (1 - \beta) \, g, \qquad \theta \leftarrow \theta - \eta \, u$$
#
# is a step of `SGD`, with $\beta$ the momentum. In step $t$ of `Adam`, $m$ and $v$ are such averages of $g$ and of
# $g^2$, and
#
# $$\theta \leftarrow \theta - \eta \, \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}$$
#
# Weight decay adds a multiple of $\theta$ to $g$. Write both in `optim.py`.

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
# Write `RandomFlipHorizontal` and `RandomCrop`, which pads with zeros and cuts out a piece of the old size.

# %% tags=["not-graded"]
check("tests/hw2/test_transforms.py", "Transforms of images")

# %% [markdown]
# ## 9 MNIST as a data set
#
# A data set has a length and can be indexed; an index may also be a slice. Transforms work on a picture with
# axes height, width, channel.
# Write `MNISTDataset` in `data/datasets/mnist_dataset.py`; the files are those of homework 0.

# %% tags=["not-graded"]
check("tests/hw2/test_mnist_dataset.py", "MNIST as a data set")

# %% [markdown]
# ## 10 Batches
#
# `DataLoader` cuts a data set into batches, in a new random order each time that it is started when asked to
# shuffle. The last batch may be smaller.
# Write its `__iter__` and `__next__` in `data/data_basic.py`.

# %% tags=["not-graded"]
check("tests/hw2/test_data_loader.py", "Batches")

# %% [markdown]
# ## 11 A residual network
#
# All of it together, in `apps/mlp_resnet.py`: `ResidualBlock`, which adds its input $x$ to what two layers make of
# it, $\max(f(x) + x, 0)$; `MLPResNet`, a network of such blocks; `epoch`, which trains or evaluates; and
# `train_mnist`. A way around the layers keeps gradients alive: the derivative of $f(x) + x$ is $f'(x) + 1$.

# %% tags=["not-graded"]
check("tests/hw2/test_mlp_resnet.py", "A residual network and its training")
