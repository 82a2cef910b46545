"""Mistakes in homework 4, as students make them."""

from __future__ import annotations

from tests.mutants import hw4_modules, hw4_operators, hw4_programs, hw4_sequences
from tests.mutants.edit import Mutant
from tests.mutants.hw4_operators import Mistakes

NEEDLE = "python/needle"


def _mutants(file: str, caught_by: str, mistakes: Mistakes) -> tuple[Mutant, ...]:
    return tuple(
        Mutant(name=f"{where}: {name}", file=file, where=where, body=body, caught_by=caught_by)
        for (where, name), body in mistakes.items()
    )


def _methods(mistakes: Mistakes) -> Mistakes:
    return {(f"NDArray.{where}", name): body for (where, name), body in mistakes.items()}


OPS = f"{NEEDLE}/ops"
DATA = f"{NEEDLE}/data"
MUTANTS = (
    *_mutants(f"{OPS}/ops_mathematic.py", "test_operators.py", hw4_operators.OPERATORS),
    *_mutants(f"{OPS}/ops_logarithmic.py", "test_operators.py", hw4_operators.LOGARITHMS),
    *_mutants(f"{OPS}/ops_hyperbolic.py", "test_stack.py", hw4_operators.TANH),
    *_mutants(f"{OPS}/ops_arrangement.py", "test_stack.py", hw4_operators.ARRANGEMENT),
    *_mutants(f"{OPS}/ops_arrangement.py", "test_dilate.py", hw4_operators.FLIP),
    *_mutants(f"{OPS}/ops_convolution.py", "test_dilate.py", hw4_operators.DILATION),
    *_mutants(f"{OPS}/ops_convolution.py", "test_conv.py", hw4_operators.CONVOLUTION),
    *_mutants(
        f"{NEEDLE}/backend_ndarray/ndarray.py",
        "test_ndarray.py",
        _methods(hw4_operators.NDARRAY),
    ),
    *_mutants(f"{NEEDLE}/nn/nn_basic.py", "test_modules.py", hw4_modules.BASICS),
    *_mutants(f"{NEEDLE}/optim.py", "test_modules.py", hw4_modules.OPTIMIZERS),
    *_mutants(f"{NEEDLE}/init/init_initializers.py", "test_nn_conv.py", hw4_modules.KAIMING),
    *_mutants(f"{NEEDLE}/nn/nn_conv.py", "test_nn_conv.py", hw4_modules.CONVOLUTION),
    *_mutants("apps/models.py", "test_resnet9.py", hw4_modules.RESNET9),
    *_mutants(f"{NEEDLE}/nn/nn_sequence.py", "test_rnn.py", hw4_sequences.RNN),
    *_mutants(f"{NEEDLE}/nn/nn_sequence.py", "test_lstm.py", hw4_sequences.LSTM),
    *_mutants(f"{NEEDLE}/nn/nn_sequence.py", "test_language_model.py", hw4_sequences.EMBEDDING),
    *_mutants("apps/models.py", "test_language_model.py", hw4_sequences.LANGUAGE),
    *_mutants(f"{DATA}/datasets/cifar10_dataset.py", "test_cifar10.py", hw4_programs.CIFAR10),
    *_mutants(f"{DATA}/data_basic.py", "test_cifar10.py", hw4_programs.LOADER),
    *_mutants(f"{DATA}/datasets/ptb_dataset.py", "test_ptb.py", hw4_programs.TEXTS),
    *_mutants("apps/simple_ml.py", "test_train_cifar10.py", hw4_programs.TRAIN_CIFAR10),
    *_mutants("apps/simple_ml.py", "test_train_ptb.py", hw4_programs.TRAIN_PTB),
)
