// Functions of numbers that CUDA has and C++ does not, or not in the global namespace.
#pragma once

#include <math.h>
#include <stdlib.h>

#include <cfloat>
#include <climits>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <type_traits>

// CUDA knows these without std::.
using std::abs;
using std::isfinite;
using std::isinf;
using std::isnan;
using std::signbit;

#define CUDA_EMULATION_MINMAX(A, B) \
  inline std::common_type_t<A, B> min(A a, B b) { \
    using T = std::common_type_t<A, B>; \
    return static_cast<T>(b) < static_cast<T>(a) ? static_cast<T>(b) : static_cast<T>(a); \
  } \
  inline std::common_type_t<A, B> max(A a, B b) { \
    using T = std::common_type_t<A, B>; \
    return static_cast<T>(a) < static_cast<T>(b) ? static_cast<T>(b) : static_cast<T>(a); \
  }
#define CUDA_EMULATION_MINMAX_BOTH(A, B) CUDA_EMULATION_MINMAX(A, B) CUDA_EMULATION_MINMAX(B, A)

CUDA_EMULATION_MINMAX(int, int)
CUDA_EMULATION_MINMAX(unsigned int, unsigned int)
CUDA_EMULATION_MINMAX(long, long)
CUDA_EMULATION_MINMAX(unsigned long, unsigned long)
CUDA_EMULATION_MINMAX(long long, long long)
CUDA_EMULATION_MINMAX(unsigned long long, unsigned long long)
CUDA_EMULATION_MINMAX_BOTH(int, unsigned int)
CUDA_EMULATION_MINMAX_BOTH(long, unsigned long)
CUDA_EMULATION_MINMAX_BOTH(long long, unsigned long long)

// Floating point: a NaN loses against a number, as in fminf.
#define CUDA_EMULATION_FLOATS(A, B, suffix) \
  inline auto min(A a, B b) { return fmin##suffix(a, b); } \
  inline auto max(A a, B b) { return fmax##suffix(a, b); }
CUDA_EMULATION_FLOATS(float, float, f)
CUDA_EMULATION_FLOATS(double, double, )
CUDA_EMULATION_FLOATS(float, double, )
CUDA_EMULATION_FLOATS(double, float, )

#undef CUDA_EMULATION_FLOATS
#undef CUDA_EMULATION_MINMAX_BOTH
#undef CUDA_EMULATION_MINMAX

#if !defined(__GLIBC__) || __GLIBC__ == 2 && __GLIBC_MINOR__ < 42  // newer ones have them
inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
inline double rsqrt(double x) { return 1.0 / sqrt(x); }
#endif
inline float rcbrtf(float x) { return 1.0f / cbrtf(x); }
inline float normcdff(float x) { return 0.5f * erfcf(-x * static_cast<float>(M_SQRT1_2)); }
inline double normcdf(double x) { return 0.5 * erfc(-x * M_SQRT1_2); }
inline float fdividef(float x, float y) { return x / y; }

// The fast versions of the GPU are less exact than these.
inline float __expf(float x) { return expf(x); }
inline float __logf(float x) { return logf(x); }
inline float __log2f(float x) { return log2f(x); }
inline float __log10f(float x) { return log10f(x); }
inline float __powf(float x, float y) { return powf(x, y); }
inline float __sinf(float x) { return sinf(x); }
inline float __cosf(float x) { return cosf(x); }
inline float __tanf(float x) { return tanf(x); }
inline float __exp10f(float x) { return powf(10.0f, x); }
inline float __fdividef(float x, float y) { return x / y; }
inline float __saturatef(float x) { return fminf(fmaxf(x, 0.0f), 1.0f); }

#define CUDA_EMULATION_ROUNDED(name, T, expression) \
  inline T __f##name##_rn(T x, T y) { return expression; }
CUDA_EMULATION_ROUNDED(add, float, x + y)
CUDA_EMULATION_ROUNDED(sub, float, x - y)
CUDA_EMULATION_ROUNDED(mul, float, x * y)
CUDA_EMULATION_ROUNDED(div, float, x / y)
#undef CUDA_EMULATION_ROUNDED
inline float __fmaf_rn(float x, float y, float z) { return fmaf(x, y, z); }
inline float __frcp_rn(float x) { return 1.0f / x; }
inline float __fsqrt_rn(float x) { return sqrtf(x); }
inline float __frsqrt_rn(float x) { return rsqrtf(x); }

inline int __float2int_rn(float x) { return static_cast<int>(nearbyintf(x)); }
inline int __float2int_rz(float x) { return static_cast<int>(x); }
inline int __float2int_rd(float x) { return static_cast<int>(floorf(x)); }
inline int __float2int_ru(float x) { return static_cast<int>(ceilf(x)); }
inline float __int2float_rn(int x) { return static_cast<float>(x); }
inline float __uint2float_rn(unsigned int x) { return static_cast<float>(x); }

#define CUDA_EMULATION_BITS(From, To, name) \
  inline To __##name(From x) { \
    To bits; \
    std::memcpy(&bits, &x, sizeof bits); \
    return bits; \
  }
CUDA_EMULATION_BITS(float, int, float_as_int)
CUDA_EMULATION_BITS(float, unsigned int, float_as_uint)
CUDA_EMULATION_BITS(int, float, int_as_float)
CUDA_EMULATION_BITS(unsigned int, float, uint_as_float)
CUDA_EMULATION_BITS(double, long long, double_as_longlong)
CUDA_EMULATION_BITS(long long, double, longlong_as_double)
#undef CUDA_EMULATION_BITS

inline int __popc(unsigned int x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline int __clz(int x) { return x ? __builtin_clz(static_cast<unsigned int>(x)) : 32; }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline unsigned int __umulhi(unsigned int x, unsigned int y) {
  return static_cast<unsigned int>((static_cast<unsigned long long>(x) * y) >> 32);
}
inline int __mul24(int x, int y) { return x * y; }
inline int __mulhi(int x, int y) {
  return static_cast<int>((static_cast<long long>(x) * y) >> 32);
}

// Loads through the read-only cache.
template <typename T>
T __ldg(const T* address) {
  return *address;
}

inline long long clock64() { return static_cast<long long>(clock()); }
inline void __nanosleep(unsigned int) {}
