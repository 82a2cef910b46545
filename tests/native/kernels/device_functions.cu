// Warps, atomics and the functions of numbers.
#include "check.h"

#include <cooperative_groups.h>

#include <cassert>
#include <cfloat>
#include <cmath>
#include <cstdio>

__constant__ float coefficients[3];
__device__ int calls;

__global__ void WarpSumKernel(const float* a, float* out, int n) {
  float value = threadIdx.x < n ? a[threadIdx.x] : 0;
  for (int offset = warpSize / 2; offset > 0; offset /= 2)
    value += __shfl_down_sync(0xffffffff, value, offset);
  __shared__ float sums[32];
  if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = value;
  __syncthreads();
  if (threadIdx.x == 0) {
    float total = 0;
    for (int warp = 0; warp < (blockDim.x + 31) / 32; ++warp) total += sums[warp];
    *out = total;
  }
}

__global__ void ShuffleKernel(int* out) {
  const unsigned int all = 0xffffffff;
  const int t = threadIdx.x;
  int* row = out + 6 * t;
  row[0] = __shfl_sync(all, t, 3);
  row[1] = __shfl_up_sync(all, t, 2, 8);
  row[2] = __shfl_down_sync(all, t, 2, 8);
  row[3] = __shfl_xor_sync(all, t, 5);
  row[4] = static_cast<int>(__ballot_sync(all, t % 3 == 0));
  row[5] = 10 * __any_sync(all, t == 7) + __all_sync(all, t < 31);
}

namespace cg = cooperative_groups;

__global__ void TileKernel(int* out) {
  __shared__ int sums[4];
  cg::thread_block block = cg::this_thread_block();
  cg::thread_block_tile<8> tile = cg::tiled_partition<8>(block);
  int value = block.thread_rank();
  for (int offset = tile.size() / 2; offset > 0; offset /= 2) value += tile.shfl_down(value, offset);
  if (tile.thread_rank() == 0) sums[tile.meta_group_rank()] = value;
  block.sync();
  out[block.thread_rank()] = sums[threadIdx.x / 8] + 1000 * tile.any(block.thread_rank() == 9);
}

__global__ void AtomicKernel(int* integers, float* floats, double* doubles) {
  const int t = threadIdx.x;
  atomicAdd(&integers[0], t);
  atomicMax(&integers[1], t * 7 % 13);
  atomicMin(&integers[2], t * 7 % 13);
  atomicExch(&integers[3], 5);
  atomicCAS(&integers[4], 0, t + 1);
  atomicAdd(&floats[0], 0.5f);
  atomicAdd(&doubles[0], 0.25);
  atomicAdd(&calls, 1);
}

__global__ void MathKernel(const float* x, float* out, int n) {
  const int i = threadIdx.x;
  if (i >= n) return;
  float* row = out + 12 * i;
  row[0] = __expf(x[i]) + expf(x[i]) + std::exp(x[i]);
  row[1] = tanhf(x[i]) + std::tanh(x[i]);
  row[2] = rsqrtf(fabsf(x[i]) + 1) + sqrtf(fabsf(x[i]));
  row[3] = fmaxf(x[i], 0) + fminf(x[i], 0.5f) + max(x[i], 0.25f) + min(x[i], 0.0f);
  row[4] = powf(x[i], 2) + pow(x[i], 3.0f) + __powf(2, x[i]);
  row[5] = logf(fabsf(x[i]) + 1) + __logf(2.0f) + log1pf(fabsf(x[i]));
  row[6] = x[i] > 0 ? -INFINITY : FLT_MAX;
  row[7] = max(i, 3) + min(i, 2) + max(i * 1u, 1u) + abs(-i);
  row[8] = __float_as_int(x[i]) == __float_as_int(__int_as_float(__float_as_int(x[i])));
  row[9] = __fdividef(x[i], 2) + fmaf(x[i], 2, 1) + __ldg(x + i);
  row[10] = isnan(x[i]) + isinf(x[i]) + __popc(7) + __clz(1) + __ffs(8);
  row[11] = coefficients[0] + coefficients[1] * x[i] + coefficients[2] * x[i] * x[i];
}

__global__ void AssertKernel(int limit) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  assert(i < limit && "too far");
}

__global__ void TrapKernel(int which) {
  if (blockIdx.y == 1 && threadIdx.z == which) __trap();
}

__global__ void PrintKernel() { printf("thread %d\n", threadIdx.x); }

EXPORT void warp_sum(float* a, float* out, int n) {
  OnDevice x(a, n), y(out, 1);
  WarpSumKernel<<<1, (n + 31) / 32 * 32>>>(x.ptr, y.ptr, n);
}

EXPORT void shuffle(int* out) {
  int* device;
  check(cudaMalloc(&device, 32 * 6 * sizeof(int)));
  ShuffleKernel<<<1, 32>>>(device);
  check(cudaMemcpy(out, device, 32 * 6 * sizeof(int), cudaMemcpyDeviceToHost));
  check(cudaFree(device));
}

EXPORT void tiles(int* out) {
  int* device;
  check(cudaMalloc(&device, 32 * sizeof(int)));
  TileKernel<<<1, 32>>>(device);
  check(cudaMemcpy(out, device, 32 * sizeof(int), cudaMemcpyDeviceToHost));
  check(cudaFree(device));
}

EXPORT int atomics(int* integers, float* floats, double* doubles) {
  int *i, zero = 0, counted;
  float* f;
  double* d;
  check(cudaMalloc(&i, 5 * sizeof(int)));
  check(cudaMalloc(&f, sizeof(float)));
  check(cudaMalloc(&d, sizeof(double)));
  check(cudaMemcpy(i, integers, 5 * sizeof(int), cudaMemcpyHostToDevice));
  check(cudaMemset(f, 0, sizeof(float)));
  check(cudaMemset(d, 0, sizeof(double)));
  check(cudaMemcpyToSymbol(calls, &zero, sizeof zero));
  AtomicKernel<<<1, 100>>>(i, f, d);
  check(cudaMemcpy(integers, i, 5 * sizeof(int), cudaMemcpyDeviceToHost));
  check(cudaMemcpy(floats, f, sizeof(float), cudaMemcpyDeviceToHost));
  check(cudaMemcpy(doubles, d, sizeof(double), cudaMemcpyDeviceToHost));
  check(cudaMemcpyFromSymbol(&counted, calls, sizeof counted));
  cudaFree(i), cudaFree(f), cudaFree(d);
  return counted;
}

EXPORT void math(float* x, float* out, int n, const float* polynomial) {
  check(cudaMemcpyToSymbol(coefficients, polynomial, 3 * sizeof(float)));
  OnDevice a(x, n), b(out, 12 * n);
  MathKernel<<<1, n>>>(a.ptr, b.ptr, n);
}

EXPORT const char* failed_assertion(int limit) {
  return failure_of([&] { AssertKernel<<<4, 8>>>(limit); });
}

EXPORT const char* trap(int which) {
  return failure_of([&] { TrapKernel<<<dim3(1, 2), dim3(2, 1, 3)>>>(which); });
}

EXPORT void print() {
  PrintKernel<<<1, 3>>>();
  cudaDeviceSynchronize();
  fflush(stdout);
}
