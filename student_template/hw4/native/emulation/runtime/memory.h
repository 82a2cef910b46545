// Device memory: on the host, apart from it by bookkeeping. It is full of NaN when it is new and
// after it has been freed, and so are its surroundings.
#pragma once

#include <cstddef>

#include "../device/launch.h"
#include "errors.h"

enum cudaMemcpyKind {
  cudaMemcpyHostToHost = 0,
  cudaMemcpyHostToDevice = 1,
  cudaMemcpyDeviceToHost = 2,
  cudaMemcpyDeviceToDevice = 3,
  cudaMemcpyDefault = 4
};
constexpr unsigned int cudaMemAttachGlobal = 1;
constexpr unsigned int cudaHostAllocDefault = 0;

#pragma GCC visibility push(hidden)

cudaError_t cudaMalloc(void** address, size_t size);
cudaError_t cudaMallocManaged(void** address, size_t size, unsigned int flags = 1);
cudaError_t cudaFree(void* address);
cudaError_t cudaMallocHost(void** address, size_t size);
cudaError_t cudaFreeHost(void* address);
cudaError_t cudaMemcpy(void* to, const void* from, size_t size, cudaMemcpyKind kind);
cudaError_t cudaMemcpy2D(
    void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t width, size_t height,
    cudaMemcpyKind kind);
cudaError_t cudaMemset(void* address, int value, size_t size);
cudaError_t cudaMemGetInfo(size_t* free, size_t* total);

// CUDA lets a pointer to any type stand for the pointer to nothing.
template <typename T>
cudaError_t cudaMalloc(T** address, size_t size) {
  return cudaMalloc(reinterpret_cast<void**>(address), size);
}
template <typename T>
cudaError_t cudaMallocManaged(T** address, size_t size, unsigned int flags = 1) {
  return cudaMallocManaged(reinterpret_cast<void**>(address), size, flags);
}
template <typename T>
cudaError_t cudaMallocHost(T** address, size_t size, unsigned int = 0) {
  return cudaMallocHost(reinterpret_cast<void**>(address), size);
}
template <typename T>
cudaError_t cudaHostAlloc(T** address, size_t size, unsigned int) {
  return cudaMallocHost(reinterpret_cast<void**>(address), size);
}

// Everything is done when the call returns, whatever the stream.
inline cudaError_t cudaMemcpyAsync(
    void* to, const void* from, size_t size, cudaMemcpyKind kind, cudaStream_t = nullptr) {
  return cudaMemcpy(to, from, size, kind);
}
inline cudaError_t cudaMemsetAsync(void* address, int value, size_t size, cudaStream_t = nullptr) {
  return cudaMemset(address, value, size);
}
template <typename T>
cudaError_t cudaMallocAsync(T** address, size_t size, cudaStream_t) {
  return cudaMalloc(address, size);
}
inline cudaError_t cudaFreeAsync(void* address, cudaStream_t) { return cudaFree(address); }

namespace cuda_emulation {

// Copies to or from a __device__ or __constant__ variable, one side checked.
cudaError_t copy_symbol(
    void* symbol, size_t symbol_size, void* other, size_t size, size_t offset, bool to_symbol);

}  // namespace cuda_emulation

template <typename T>
cudaError_t cudaMemcpyToSymbol(
    const T& symbol, const void* from, size_t size, size_t offset = 0,
    cudaMemcpyKind = cudaMemcpyHostToDevice) {
  return cuda_emulation::copy_symbol(
      (void*)&symbol, sizeof symbol, const_cast<void*>(from), size, offset, true);
}
template <typename T>
cudaError_t cudaMemcpyFromSymbol(
    void* to, const T& symbol, size_t size, size_t offset = 0,
    cudaMemcpyKind = cudaMemcpyDeviceToHost) {
  return cuda_emulation::copy_symbol((void*)&symbol, sizeof symbol, to, size, offset, false);
}
template <typename T>
cudaError_t cudaGetSymbolAddress(void** address, const T& symbol) {
  *address = (void*)&symbol;
  return cudaSuccess;
}

#pragma GCC visibility pop
