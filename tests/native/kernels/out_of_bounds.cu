// Accesses out of bounds of everything that a kernel can touch.
#include "check.h"

__global__ void AddOne(float* out, size_t n) {
  size_t gid = blockIdx.x * blockDim.x + threadIdx.x;
  if (gid <= n) out[gid] += 1;  // one too far
}

__global__ void Before(const float* a, float* out) {
  out[0] = a[static_cast<int>(threadIdx.x) - 1];
}

template <typename T>
__global__ void Tile(T* out, int last) {
  __shared__ T tile[16];
  for (int i = threadIdx.x; i <= last; i += blockDim.x) tile[i] = 1;
  __syncthreads();
  out[threadIdx.x] = tile[threadIdx.x];
}

__global__ void Dynamic(float* out) {
  extern __shared__ float rest[];
  rest[threadIdx.x] = 1;
  __syncthreads();
  out[threadIdx.x] = rest[threadIdx.x + 1];
}

__global__ void Local(float* out, int count) {
  float values[4];
  for (int i = 0; i < count; ++i) values[i] = i;
  out[threadIdx.x] = values[count % 4];
}

EXPORT const char* out_of_bounds(int which, float* host) {
  return failure_of([&] {
    OnDevice out(host, 32);
    switch (which) {
      case 0: AddOne<<<2, 16>>>(out.ptr, 31); break;
      case 1: AddOne<<<3, 16>>>(out.ptr, 32); break;
      case 2: Before<<<1, 4>>>(out.ptr, out.ptr); break;
      case 3: Tile<float><<<1, 16>>>(out.ptr, 16); break;
      case 4: Dynamic<<<1, 8, 8 * sizeof(float)>>>(out.ptr); break;
      case 5: Local<<<1, 4>>>(out.ptr, 5); break;
      case 6: cudaFree(out.ptr); AddOne<<<1, 4>>>(out.ptr, 4); break;
      default: AddOne<<<1, 4>>>(reinterpret_cast<float*>(64), 4);
    }
  });
}

EXPORT float on_the_host() {
  float* device;
  check(cudaMalloc(&device, 64));
  return device[3];
}
