// A header with a kernel and its launch.
#pragma once

template <typename T>
__global__ void ScaleKernel(const T* a, T* out, size_t n, T factor) {
  for (size_t i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
    out[i] = factor * a[i];
}

template <typename T>
void scale(const T* a, T* out, size_t n) {
  ScaleKernel<T><<<2, 96>>>(a, out, n, T(2));
}
