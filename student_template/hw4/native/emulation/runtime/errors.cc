#include "errors.h"

#include <cstdarg>
#include <cstdio>

namespace {

cudaError_t last_error = cudaSuccess;

struct Words {
  cudaError_t error;
  const char *name, *text;
};
constexpr Words WORDS[] = {
    {cudaSuccess, "cudaSuccess", "no error"},
    {cudaErrorInvalidValue, "cudaErrorInvalidValue", "invalid argument"},
    {cudaErrorMemoryAllocation, "cudaErrorMemoryAllocation", "out of memory"},
    {cudaErrorInitializationError, "cudaErrorInitializationError", "initialization error"},
    {cudaErrorInvalidConfiguration, "cudaErrorInvalidConfiguration",
     "invalid configuration argument"},
    {cudaErrorInvalidSymbol, "cudaErrorInvalidSymbol", "invalid device symbol"},
    {cudaErrorInvalidDevicePointer, "cudaErrorInvalidDevicePointer", "invalid device pointer"},
    {cudaErrorInvalidMemcpyDirection, "cudaErrorInvalidMemcpyDirection",
     "invalid copy direction for memcpy"},
    {cudaErrorNoDevice, "cudaErrorNoDevice", "no CUDA-capable device is detected"},
    {cudaErrorInvalidDevice, "cudaErrorInvalidDevice", "invalid device ordinal"},
    {cudaErrorInvalidResourceHandle, "cudaErrorInvalidResourceHandle",
     "invalid resource handle"},
    {cudaErrorNotReady, "cudaErrorNotReady", "device not ready"},
    {cudaErrorIllegalAddress, "cudaErrorIllegalAddress",
     "an illegal memory access was encountered"},
    {cudaErrorAssert, "cudaErrorAssert", "device-side assert triggered"},
    {cudaErrorLaunchFailure, "cudaErrorLaunchFailure", "unspecified launch failure"},
    {cudaErrorNotSupported, "cudaErrorNotSupported", "operation not supported"},
    {cudaErrorUnknown, "cudaErrorUnknown", "unknown error"},
};

const Words* words(cudaError_t error) {
  for (const Words& entry : WORDS)
    if (entry.error == error) return &entry;
  return nullptr;
}

}  // namespace

cudaError_t cudaGetLastError() {
  const cudaError_t error = last_error;
  last_error = cudaSuccess;
  return error;
}

cudaError_t cudaPeekAtLastError() { return last_error; }

const char* cudaGetErrorName(cudaError_t error) {
  const Words* found = words(error);
  return found ? found->name : "unrecognized error code";
}

const char* cudaGetErrorString(cudaError_t error) {
  const Words* found = words(error);
  return found ? found->text : "unrecognized error code";
}

namespace cuda_emulation {

cudaError_t remember(cudaError_t error) {
  if (error != cudaSuccess) last_error = error;
  return error;
}

cudaError_t refuse(cudaError_t error, const char* format, ...) {
  char reason[500], text[600];
  va_list words;
  va_start(words, format);
  std::vsnprintf(reason, sizeof reason, format, words);
  va_end(words);
  std::snprintf(text, sizeof text, "%s: %s", cudaGetErrorString(error), reason);
  tell(text);
  return remember(error);
}

void tell(const char* text) {
  constexpr int LINES = 20;
  static int told = 0;
  if (++told <= LINES) std::fprintf(stderr, "cuda emulation: %s\n", text);
  if (told == LINES) std::fputs("cuda emulation: no more of this is told\n", stderr);
}

}  // namespace cuda_emulation
