// Error codes with CUDA's numbers and words.
#pragma once

enum cudaError {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInitializationError = 3,
  cudaErrorInvalidConfiguration = 9,
  cudaErrorInvalidSymbol = 13,
  cudaErrorInvalidDevicePointer = 17,
  cudaErrorInvalidMemcpyDirection = 21,
  cudaErrorNoDevice = 100,
  cudaErrorInvalidDevice = 101,
  cudaErrorInvalidResourceHandle = 400,
  cudaErrorNotReady = 600,
  cudaErrorIllegalAddress = 700,
  cudaErrorAssert = 710,
  cudaErrorLaunchFailure = 719,
  cudaErrorNotSupported = 801,
  cudaErrorUnknown = 999
};
typedef cudaError cudaError_t;

#pragma GCC visibility push(hidden)

// Returns the last error; cudaGetLastError also forgets it.
cudaError_t cudaGetLastError();
cudaError_t cudaPeekAtLastError();
const char* cudaGetErrorName(cudaError_t error);
const char* cudaGetErrorString(cudaError_t error);

namespace cuda_emulation {

// Remembers an error and returns it; cudaSuccess changes nothing.
cudaError_t remember(cudaError_t error);

// As above, and tells on standard error what was wrong, which CUDA does not.
cudaError_t refuse(cudaError_t error, const char* format, ...)
    __attribute__((format(printf, 2, 3)));

// Writes a line to standard error; a process gets a few, however often it errs.
void tell(const char* text);

}  // namespace cuda_emulation
#pragma GCC visibility pop
