// Shared memory and the threads that wait for each other.
#include "check.h"

#define L 8
#define S 4
#define TILED(name, T, size) __shared__ T name##_tile[size][size];

__global__ void MatmulKernel(
    const float* a, const float* b, float* out, uint32_t m, uint32_t n, uint32_t p) {
  __shared__ float left[L][S], right[S][L];
  const uint32_t row = blockIdx.y * L + threadIdx.y, column = blockIdx.x * L + threadIdx.x;
  float sum = 0;
  for (uint32_t start = 0; start < n; start += S) {
    if (threadIdx.x < S) {
      const uint32_t k = start + threadIdx.x;
      left[threadIdx.y][threadIdx.x] = row < m && k < n ? a[row * n + k] : 0;
    }
    if (threadIdx.y < S) {
      const uint32_t k = start + threadIdx.y;
      right[threadIdx.y][threadIdx.x] = column < p && k < n ? b[k * p + column] : 0;
    }
    __syncthreads();
#pragma unroll
    for (int k = 0; k < S; ++k) sum += left[threadIdx.y][k] * right[k][threadIdx.x];
    __syncthreads();
  }
  if (row < m && column < p) out[row * p + column] = sum;
}

template <typename T, int Size>
__global__ void TransposeKernel(const T* a, T* out, int n) {
  TILED(my, T, Size)
  int x = blockIdx.x * Size + threadIdx.x, y = blockIdx.y * Size + threadIdx.y;
  if (x < n && y < n) my_tile[threadIdx.y][threadIdx.x] = a[y * n + x];
  __syncthreads();
  x = blockIdx.y * Size + threadIdx.x;
  y = blockIdx.x * Size + threadIdx.y;
  if (x < n && y < n) out[y * n + x] = my_tile[threadIdx.x][threadIdx.y];
}

extern __shared__ float partial[];

__global__ void SumKernel(const float* a, float* out, size_t n) {
  extern __shared__ float partial[];
  const unsigned int t = threadIdx.x;
  float sum = 0;
  for (size_t i = t; i < n; i += blockDim.x) sum += a[i];
  partial[t] = sum;
  for (unsigned int half = blockDim.x / 2; half > 0; half /= 2) {
    __syncthreads();
    if (t < half) partial[t] += partial[t + half];
  }
  if (t == 0) *out = partial[0];
}

__global__ void AlignedKernel(float* out) {
  extern __shared__ __align__(16) unsigned char bytes[];
  float4* vectors = reinterpret_cast<float4*>(bytes);
  vectors[threadIdx.x] = make_float4(threadIdx.x, 1, 2, 3);
  __syncthreads();
  const float4 v = vectors[blockDim.x - 1 - threadIdx.x];
  out[threadIdx.x] = v.x + v.y + v.z + v.w;
}

// the first thread reads what the last one writes
__global__ void ReverseKernel(float* a, bool wait) {
  __shared__ float copy[64];
  copy[threadIdx.x] = a[threadIdx.x];
  if (wait) __syncthreads();
  a[threadIdx.x] = copy[blockDim.x - 1 - threadIdx.x];
}

// a sum that forgets to start at zero; a counter that every block has to start anew
__global__ void ForgetfulKernel(float* out, bool initialize) {
  __shared__ float sum;
  if (initialize && threadIdx.x == 0) sum = 0;
  __syncthreads();
  atomicAdd(&sum, 1.0f);
  __syncthreads();
  if (threadIdx.x == 0) out[blockIdx.x] = sum;
}

__global__ void VoteKernel(float* out) {
  const int odd = threadIdx.x % 2;
  out[threadIdx.x] =
      100 * __syncthreads_count(odd) + 10 * __syncthreads_and(odd) + __syncthreads_or(odd);
}

__device__ void meet() { __syncthreads(); }

__global__ void EarlyEndKernel(float* out, int n) {
  if (threadIdx.x >= n) return;
  out[threadIdx.x] = 1;
  meet();
  out[threadIdx.x] += 1;
}

__global__ void DivergentKernel(float* out) {
  if (threadIdx.x < 32) {
    out[threadIdx.x] = 1;
    __syncthreads();
  } else {
    out[threadIdx.x] = 2;
    __syncthreads();
  }
}

__global__ void StuckKernel() {
  if (threadIdx.x == 0) __syncwarp();
  else __syncthreads();
}

EXPORT void matmul(float* a, float* b, float* out, uint32_t m, uint32_t n, uint32_t p) {
  OnDevice x(a, m * n), y(b, n * p), z(out, m * p);
  MatmulKernel<<<dim3((p + L - 1) / L, (m + L - 1) / L), dim3(L, L)>>>(
      x.ptr, y.ptr, z.ptr, m, n, p);
}

EXPORT void transpose(float* a, float* out, int n) {
  OnDevice x(a, n * n), y(out, n * n);
  dim3 grid((n + 15) / 16, (n + 15) / 16), block(16, 16);
  TransposeKernel<float, 16><<<grid, block>>>(x.ptr, y.ptr, n);
}

EXPORT void sum(float* a, float* out, size_t n) {
  OnDevice x(a, n), y(out, 1);
  SumKernel<<<1, 128, 128 * sizeof(float)>>>(x.ptr, y.ptr, n);
}

EXPORT void aligned(float* out, int n) {
  OnDevice x(out, n);
  AlignedKernel<<<1, n, n * sizeof(float4)>>>(x.ptr);
}

EXPORT void reverse(float* a, bool wait) {
  OnDevice x(a, 64);
  ReverseKernel<<<1, 64>>>(x.ptr, wait);
}

EXPORT void forgetful(float* out, int blocks, bool initialize) {
  OnDevice x(out, blocks);
  ForgetfulKernel<<<blocks, 32>>>(x.ptr, initialize);
}

EXPORT void vote(float* out, int n) {
  OnDevice x(out, n);
  VoteKernel<<<1, n>>>(x.ptr);
}

EXPORT const char* early_end(float* out, int size, int n) {
  return failure_of([&] {
    OnDevice x(out, size);
    EarlyEndKernel<<<1, size>>>(x.ptr, n);
  });
}

EXPORT const char* divergent(float* out) {
  return failure_of([&] {
    OnDevice x(out, 64);
    DivergentKernel<<<dim3(1, 2), 64>>>(x.ptr);
  });
}

EXPORT const char* stuck() {
  return failure_of([&] { StuckKernel<<<1, 32>>>(); });
}
