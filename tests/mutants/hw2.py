"""Mistakes in homework 2, as students make them."""

from __future__ import annotations

from tests.mutants import hw2_apps, hw2_data, hw2_modules, hw2_operators, hw2_training
from tests.mutants.edit import Mutant

NEEDLE = "python/needle"
APPS = "apps/mlp_resnet.py"


def _mutants(file: str, caught_by: str, mistakes: dict[tuple[str, str], str]) -> tuple[Mutant, ...]:
    return tuple(
        Mutant(name=f"{where}: {name}", file=file, where=where, body=body, caught_by=caught_by)
        for (where, name), body in mistakes.items()
    )


MUTANTS = (
    *_mutants(f"{NEEDLE}/init/init_initializers.py", "test_init.py", hw2_operators.INIT),
    *_mutants(f"{NEEDLE}/ops/ops_logarithmic.py", "test_logarithmic.py", hw2_operators.LOGARITHMIC),
    *_mutants(f"{NEEDLE}/nn/nn_basic.py", "test_layers.py", hw2_modules.LAYERS),
    *_mutants(f"{NEEDLE}/nn/nn_basic.py", "test_softmax_loss.py", hw2_modules.SOFTMAX_LOSS),
    *_mutants(f"{NEEDLE}/nn/nn_basic.py", "test_normalization.py", hw2_modules.NORMALIZATION),
    *_mutants(f"{NEEDLE}/nn/nn_basic.py", "test_dropout.py", hw2_modules.DROPOUT),
    *_mutants(f"{NEEDLE}/optim.py", "test_optim.py", hw2_training.OPTIM),
    *_mutants(f"{NEEDLE}/data/data_transforms.py", "test_transforms.py", hw2_data.TRANSFORMS),
    *_mutants(f"{NEEDLE}/data/datasets/mnist_dataset.py", "test_mnist_dataset.py", hw2_data.MNIST),
    *_mutants(f"{NEEDLE}/data/data_basic.py", "test_data_loader.py", hw2_data.LOADER),
    *_mutants(APPS, "test_mlp_resnet.py", hw2_apps.APPS),
)
