// The one device, whose limits are those of a common GPU.
#pragma once

#include <cstddef>
#include <cstring>

#include "../device/shared.h"
#include "errors.h"
#include "memory.h"

struct cudaDeviceProp {
  char name[256];
  size_t totalGlobalMem, sharedMemPerBlock, sharedMemPerMultiprocessor, totalConstMem;
  int regsPerBlock, warpSize, maxThreadsPerBlock, maxThreadsDim[3], maxGridSize[3];
  int major, minor, multiProcessorCount, maxThreadsPerMultiProcessor;
  int clockRate, memoryClockRate, memoryBusWidth, l2CacheSize;
  int concurrentKernels, unifiedAddressing, managedMemory, integrated;
};

inline cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}
inline cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return cudaSuccess;
}
inline cudaError_t cudaSetDevice(int device) {
  return device == 0 ? cudaSuccess : cuda_emulation::remember(cudaErrorInvalidDevice);
}
inline cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  if (device != 0) return cuda_emulation::remember(cudaErrorInvalidDevice);
  cudaDeviceProp p{};
  std::strcpy(p.name, "CUDA emulated on the CPU");
  size_t free;
  cudaMemGetInfo(&free, &p.totalGlobalMem);
  p.sharedMemPerBlock = p.sharedMemPerMultiprocessor = cuda_emulation::SHARED_LIMIT;
  p.totalConstMem = 64 << 10;
  p.regsPerBlock = 65536;
  p.warpSize = 32;
  p.maxThreadsPerBlock = p.maxThreadsPerMultiProcessor = 1024;
  p.maxThreadsDim[0] = p.maxThreadsDim[1] = 1024;
  p.maxThreadsDim[2] = 64;
  p.maxGridSize[0] = 0x7fffffff;
  p.maxGridSize[1] = p.maxGridSize[2] = 65535;
  p.major = 8;
  p.multiProcessorCount = 1;
  p.clockRate = p.memoryClockRate = 1000000;
  p.memoryBusWidth = 64;
  p.l2CacheSize = 1 << 20;
  p.unifiedAddressing = p.managedMemory = p.integrated = 1;
  *properties = p;
  return cudaSuccess;
}
inline cudaError_t cudaDriverGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}
inline cudaError_t cudaRuntimeGetVersion(int* version) { return cudaDriverGetVersion(version); }
inline cudaError_t cudaDeviceReset() { return cudaSuccess; }

// A launch returns when its kernel has ended, so there is nothing to wait for.
inline cudaError_t cudaDeviceSynchronize() { return cudaSuccess; }
