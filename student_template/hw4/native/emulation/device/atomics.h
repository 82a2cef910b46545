// Atomic operations. One thread runs at a time, so reading and writing is enough.
#pragma once

#include "barriers.h"

#define CUDA_EMULATION_ATOMIC(name, T, result) \
  inline T name(T* address, T value) { \
    const T old = *address; \
    *address = result; \
    __threadfence(); \
    return old; \
  }

#define CUDA_EMULATION_INTEGER(T) \
  CUDA_EMULATION_ATOMIC(atomicAdd, T, old + value) \
  CUDA_EMULATION_ATOMIC(atomicMin, T, value < old ? value : old) \
  CUDA_EMULATION_ATOMIC(atomicMax, T, value > old ? value : old) \
  CUDA_EMULATION_ATOMIC(atomicAnd, T, old & value) \
  CUDA_EMULATION_ATOMIC(atomicOr, T, old | value) \
  CUDA_EMULATION_ATOMIC(atomicXor, T, old ^ value) \
  CUDA_EMULATION_ATOMIC(atomicExch, T, value) \
  inline T atomicCAS(T* address, T expected, T value) { \
    const T old = *address; \
    if (old == expected) *address = value; \
    __threadfence(); \
    return old; \
  }

CUDA_EMULATION_INTEGER(int)
CUDA_EMULATION_INTEGER(unsigned int)
CUDA_EMULATION_INTEGER(long long)
CUDA_EMULATION_INTEGER(unsigned long long)
CUDA_EMULATION_ATOMIC(atomicSub, int, old - value)
CUDA_EMULATION_ATOMIC(atomicSub, unsigned int, old - value)
CUDA_EMULATION_ATOMIC(atomicInc, unsigned int, old >= value ? 0 : old + 1)
CUDA_EMULATION_ATOMIC(atomicDec, unsigned int, old == 0 || old > value ? value : old - 1)
CUDA_EMULATION_ATOMIC(atomicAdd, float, old + value)
CUDA_EMULATION_ATOMIC(atomicAdd, double, old + value)
CUDA_EMULATION_ATOMIC(atomicExch, float, value)

#undef CUDA_EMULATION_INTEGER
#undef CUDA_EMULATION_ATOMIC
