// All kernels for one instruction set. Included by kernels.h, within a namespace of the set.

// clang-format off: each of these needs those before it
#include "vector.h"
#include "functions.h"
#include "power.h"
#include "elementwise.h"
#include "reductions.h"
#include "matrices.h"
// clang-format on

const Kernels kKernels = {
    Add, Mul, Div, Maximum, Eq, Ge,
    ScalarAdd, ScalarMul, ScalarDiv, ScalarPower, ScalarMaximum, ScalarEq, ScalarGe,
    Log, Exp, Tanh,
    Sum, Max,
    Matmul, MatmulTiled, MatmulStrided,
};
