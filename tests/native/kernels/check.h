// What the kernels of the tests share: functions for ctypes, host arrays on the device, errors as text.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>
#include <stdexcept>
#include <string>

#define EXPORT extern "C" __attribute__((visibility("default")))

inline void check(cudaError_t error) {
  if (error != cudaSuccess) throw std::runtime_error(cudaGetErrorString(error));
}

// A copy of host memory on the device, which goes back when its life ends well.
struct OnDevice {
  float *host, *ptr = nullptr;
  size_t size;

  OnDevice(float* host, size_t size) : host(host), size(size) {
    check(cudaMalloc(&ptr, size * sizeof(float)));
    check(cudaMemcpy(ptr, host, size * sizeof(float), cudaMemcpyHostToDevice));
  }
  ~OnDevice() {
    cudaMemcpy(host, ptr, size * sizeof(float), cudaMemcpyDeviceToHost);
    cudaFree(ptr);
  }
};

// Returns what a function failed with, or nothing.
template <typename Function>
const char* failure_of(Function function) {
  static std::string text;
  text.clear();
  try {
    function();
    check(cudaGetLastError());
    check(cudaDeviceSynchronize());
  } catch (const std::exception& error) {
    text = error.what();
  }
  return text.c_str();
}
