// The kernels, compiled several times: for what every processor of a kind can do, for AVX2, and for
// AVX-512. One binary runs anywhere and takes the best that it finds there.

#ifndef NEEDLE_CPU_KERNELS_H_
#define NEEDLE_CPU_KERNELS_H_

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace needle {
namespace cpu {

/// The kernels of one instruction set. All memory is compact; `n` and other sizes count elements.
struct Kernels {
  using Unary = void (*)(const float* a, float* out, size_t n);
  using Binary = void (*)(const float* a, const float* b, float* out, size_t n);
  using Scalar = void (*)(const float* a, float val, float* out, size_t n);
  /// (outer, reduced, inner) to (outer, inner)
  using Reduction = void (*)(const float* a, float* out, size_t outer, size_t reduced,
                             size_t inner);
  /// an (m, n) and an (n, p) matrix to an (m, p) one
  using Product = void (*)(const float* a, const float* b, float* out, size_t m, size_t n,
                           size_t p);
  /// the same for matrices with two strides each, that down a column and that along a row
  using StridedProduct = void (*)(const float* a, ptrdiff_t a_down, ptrdiff_t a_right,
                                  const float* b, ptrdiff_t b_down, ptrdiff_t b_right, float* out,
                                  size_t m, size_t n, size_t p);

  Binary add, mul, div, maximum, eq, ge;
  Scalar scalar_add, scalar_mul, scalar_div, scalar_power, scalar_maximum, scalar_eq, scalar_ge;
  Unary log, exp, tanh;
  Reduction sum, max;
  Product matmul, matmul_tiled;
  StridedProduct matmul_strided;
};

}  // namespace cpu
}  // namespace needle

#if defined(__GNUC__) && !defined(__clang__)
// Registers are passed within one instruction set only, so the warning does not apply.
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

// What is included more than once takes its parameters from macros:
//   SQRT      the square root of a register
//   LANES     how many floats a register holds
//   ROWS      how many rows of its result the matrix kernel keeps in registers
//   VECTORS   how many registers it has for a row

#if defined(__SSE2__)
#define SQRT _mm_sqrt_ps
#else
#define SQRT SquareRootOfLanes
#endif
#define LANES 4
#define ROWS 6
#define VECTORS 2
namespace needle::cpu::baseline {
#include "instruction_set.h"
}
#undef SQRT
#undef LANES
#undef ROWS
#undef VECTORS

#if defined(__x86_64__) && defined(__GNUC__)
#define NEEDLE_CPU_DISPATCH

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
#define SQRT _mm256_sqrt_ps
#define LANES 8
#define ROWS 6
#define VECTORS 2
namespace needle::cpu::avx2 {
#include "instruction_set.h"
}
#undef SQRT
#undef LANES
#undef ROWS
#undef VECTORS
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#if defined(__clang__)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw,fma,prefer-vector-width=512")
#endif
#define SQRT(x) _mm512_maskz_sqrt_ps(0xffff, x)  // GCC 12 warns of the one without a mask
#define LANES 16
#define ROWS 12
#define VECTORS 2
namespace needle::cpu::avx512 {
#include "instruction_set.h"
}
#undef SQRT
#undef LANES
#undef ROWS
#undef VECTORS
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif  // x86-64

namespace needle {
namespace cpu {

/// The kernels for the processor that this runs on, or for the instruction set that the environment
/// variable NEEDLE_CPU_KERNELS names: baseline, avx2 or avx512.
inline const Kernels& ChooseKernels() {
  const char* chosen = std::getenv("NEEDLE_CPU_KERNELS");
  const std::string name = chosen == nullptr ? "" : chosen;
#ifdef NEEDLE_CPU_DISPATCH
  __builtin_cpu_init();
  const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") &&
                          __builtin_cpu_supports("avx512dq") &&
                          __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
  if (has_avx512 && (name.empty() || name == "avx512")) return avx512::kKernels;
  if (has_avx2 && (name.empty() || name == "avx2")) return avx2::kKernels;
#endif
  if (name.empty() || name == "baseline") return baseline::kKernels;
  throw std::runtime_error("NEEDLE_CPU_KERNELS is " + name + ", which this processor has not");
}

inline const Kernels& BestKernels() {
  static const Kernels& best = ChooseKernels();
  return best;
}

}  // namespace cpu
}  // namespace needle

#endif  // NEEDLE_CPU_KERNELS_H_
