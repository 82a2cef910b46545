// The runtime: memory, errors, devices, events.
#include "check.h"

#include <cstring>
#include <vector>

__global__ void Nothing(float* out) { out[0] = 7; }

// Returns the error of a launch, and in `out` whether the kernel ran.
EXPORT const char* launch_error(const unsigned int* g, const unsigned int* b, size_t shared, float* out) {
  float* device;
  check(cudaMalloc(&device, 4));
  check(cudaMemset(device, 0, 4));
  Nothing<<<dim3(g[0], g[1], g[2]), dim3(b[0], b[1], b[2]), shared>>>(device);
  const cudaError_t seen = cudaPeekAtLastError(), error = cudaGetLastError();
  if (seen != error || cudaGetLastError() != cudaSuccess) return "not the last error";
  check(cudaMemcpy(out, device, 4, cudaMemcpyDeviceToHost));
  check(cudaFree(device));
  return cudaGetErrorName(error);
}

EXPORT const char* copy_error(int which) {
  std::vector<float> host(8), other(8);
  float *device = nullptr, *freed = nullptr;
  check(cudaMalloc(&device, 16));
  check(cudaMalloc((void**)&freed, 16));
  check(cudaFree(freed));
  cudaError_t error = cudaSuccess;
  switch (which) {
    case 0: error = cudaMemcpy(device, host.data(), 32, cudaMemcpyHostToDevice); break;
    case 1: error = cudaMemcpy(host.data(), device + 1, 16, cudaMemcpyDeviceToHost); break;
    case 2: error = cudaMemcpy(freed, host.data(), 16, cudaMemcpyHostToDevice); break;
    case 3: error = cudaMemcpy(host.data(), other.data(), 16, cudaMemcpyDeviceToHost); break;
    case 4: error = cudaMemcpy(device, device, 16, cudaMemcpyDeviceToHost); break;
    case 5: error = cudaFree(freed); break;
    case 6: error = cudaFree(host.data()); break;
    case 7: error = cudaMalloc(&freed, size_t{1} << 60); break;
    case 8: error = cudaSetDevice(3); break;
    default: error = cudaMemcpyAsync(host.data(), device, 16, cudaMemcpyDeviceToHost);
  }
  cudaFree(device);
  cudaGetLastError();
  return cudaGetErrorString(error);
}

// What new memory holds: the code has to initialise it.
EXPORT void fresh(float* out, int n) {
  float* device;
  check(cudaMalloc(&device, n * sizeof(float)));
  check(cudaMemcpy(out, device, n * sizeof(float), cudaMemcpyDeviceToHost));
  check(cudaFree(device));
}

EXPORT void managed(float* out) {
  float* both;
  check(cudaMallocManaged(&both, sizeof(float)));
  Nothing<<<1, 1>>>(both);
  check(cudaDeviceSynchronize());
  *out = *both + 1;
  check(cudaFree(both));
}

EXPORT const char* device_name(int* threads, size_t* shared) {
  static cudaDeviceProp properties;
  int count = 0;
  check(cudaGetDeviceCount(&count));
  check(cudaGetDeviceProperties(&properties, count - 1));
  *threads = properties.maxThreadsPerBlock;
  *shared = properties.sharedMemPerBlock;
  return properties.name;
}

EXPORT float elapsed() {
  cudaEvent_t start, stop;
  cudaStream_t stream;
  float milliseconds = -1, *device;
  check(cudaEventCreate(&start));
  check(cudaEventCreate(&stop));
  check(cudaStreamCreate(&stream));
  check(cudaMalloc(&device, 4));
  check(cudaEventRecord(start, stream));
  Nothing<<<1000, 32, 0, stream>>>(device);
  check(cudaEventRecord(stop, stream));
  check(cudaEventSynchronize(stop));
  check(cudaEventElapsedTime(&milliseconds, start, stop));
  cudaEventDestroy(start), cudaEventDestroy(stop), cudaStreamDestroy(stream), cudaFree(device);
  return milliseconds;
}

EXPORT void leak() {
  float* device;
  check(cudaMalloc(&device, 40));
}
