// Every way in which homework code writes a launch.
#include "check.h"
#include "scale.cuh"

#include <cmath>
#include <functional>
#include <utility>

namespace hw {

struct Dims {
  dim3 block, grid;
};
struct Vec {
  uint32_t size;
  int32_t data[8];
};

Dims OneDim(size_t size) {
  Dims dims;
  dims.block = dim3(256, 1, 1);
  dims.grid = dim3((size + 255) / 256, 1, 1);
  return dims;
}

__global__ void FillKernel(float* out, float value, size_t size) {
  size_t gid = blockIdx.x * blockDim.x + threadIdx.x;
  if (gid < size) out[gid] = value;
}

// names pasted together, and the launch in the macro, too
#define EWISE(name, expression)                                                         \
  __global__ void name##Kernel(const float* a, const float* b, float* out, size_t n) {  \
    const size_t gid = blockIdx.x * blockDim.x + threadIdx.x;                            \
    if (gid < n) {                                                                       \
      const float x = a[gid], y = b[gid];                                                \
      out[gid] = expression;                                                             \
    }                                                                                    \
  }                                                                                      \
  void name(const OnDevice& a, const OnDevice& b, OnDevice* out) {                       \
    Dims dim = OneDim(out->size); /* <<<not, a, launch>>>(at all) */                     \
    name##Kernel<<<dim.grid, dim.block>>>(a.ptr, b.ptr, out->ptr, out->size);            \
  }

EWISE(Mul, x * y)
EWISE(Maximum, max(x, y))
EWISE(Power, powf(x, y))

#define LAUNCH(kernel, size, ...) \
  kernel<<<((size) + 63) / 64, 64>>>(__VA_ARGS__)

template <typename Op>
__global__ void Unary(const float* a, float* out, size_t n, Op op) {
  const size_t gid = blockIdx.x * blockDim.x + threadIdx.x;
  if (gid < n) out[gid] = op(a[gid]);
}
struct Square {
  __device__ float operator()(float x) const { return x * x; }
};

template <typename T, int Scale, typename Pair>
__global__ void __launch_bounds__(256) Templated(T* out, size_t n) {
  const size_t gid = blockIdx.x * blockDim.x + threadIdx.x;
  if (gid < n) out[gid] = static_cast<T>(Scale * sizeof(Pair));
}

// a 3-D grid of 3-D blocks; a struct by value
__global__ void Strided(const float* a, float* out, Vec shape, Vec strides) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  const uint32_t j = blockIdx.y * blockDim.y + threadIdx.y;
  const uint32_t k = blockIdx.z * blockDim.z + threadIdx.z;
  if (i >= shape.data[0] || j >= shape.data[1] || k >= shape.data[2]) return;
  out[(i * shape.data[1] + j) * shape.data[2] + k] =
      a[i * strides.data[0] + j * strides.data[1] + k * strides.data[2]];
}

// functions as template arguments, lambdas
__device__ __forceinline__ float twice(float x) { return x + x; }
typedef float (*Function)(float);
template <Function function>
__global__ void Apply(const float* __restrict__ a, float* __restrict__ out, int n, float add) {
  const int gid = blockDim.x * blockIdx.x + threadIdx.x;
  if (gid < n) out[gid] = function(a[gid]) + add;
}

}  // namespace hw

using namespace hw;
using namespace std;

#ifndef __CUDACC__
#error "CUDA code may ask which compiler this is"
#endif

EXPORT void fill(float* out, float value, size_t n) {
  OnDevice device(out, n);
  Dims dim = OneDim(n);
  FillKernel<<<dim.grid, dim.block, 0, 0>>>(device.ptr, value, n);
}

EXPORT void binary(int which, float* a, float* b, float* out, size_t n) {
  OnDevice x(a, n), y(b, n), z(out, n);
  if (which == 0) Mul(x, y, &z);
  else if (which == 1) Maximum(x, y, &z);
  else Power(x, y, &z);
}

EXPORT void unary(int which, float* a, float* out, size_t n) {
  OnDevice x(a, n), y(out, n);
  switch (which) {
    case 0: LAUNCH(Unary, n, x.ptr, y.ptr, n, Square{}); break;
    case 1: hw::Unary<Square><<<dim3((n + 31) / 32), 32>>>(x.ptr, y.ptr, n, Square()); break;
    case 2: scale(x.ptr, y.ptr, n); break;
    default: {
      void (*kernel)(const float*, float*, size_t, Square) = Unary<Square>;
      (kernel)<<<n < 64 ? 1 : (n + 63) / 64, 64>>>
          (x.ptr,  // a launch over
           y.ptr, n, Square());  // several lines
    }
  }
}

EXPORT void applied(float* a, float* out, size_t n) {
  OnDevice x(a, n), y(out, n);
  dim3 grid{static_cast<unsigned int>(ceil(n / 32.0)), 1, 1}, block = 32;
  Apply<twice><<<grid, block>>>(x.ptr, y.ptr, static_cast<int>(n), 1);
  const float shift = 3;
  Unary<<<ceil(n / 64.0), 64>>>(y.ptr, y.ptr, n, [=] __device__(float value) {
    return max(value, -1e30f) + shift;
  });
}

EXPORT void templated(float* out, size_t n) {
  OnDevice x(out, n);
  ::hw::Templated<float, (8 > 4) ? 3 : 2, std::pair<int, std::pair<int, int>>>
      <<<dim3((n + 255) / 256), std::integral_constant<int, 256>::value>>>(x.ptr, n);
}

EXPORT void strided(float* a, float* out, size_t n, const int* shape, const int* strides) {
  OnDevice x(a, n), y(out, n);
  Vec s{3, {shape[0], shape[1], shape[2]}}, t{3, {strides[0], strides[1], strides[2]}};
  Strided<<<dim3((shape[0] + 3) / 4, (shape[1] + 3) / 4, (shape[2] + 1) / 2), dim3(4, 4, 2)>>>(
      x.ptr, y.ptr, s, t);
}

EXPORT const char* quoted() { return "Fill<<<1, 2>>>(x); __shared__ float y[3];"; }
