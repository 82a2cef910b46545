// Element by element: one kernel for all functions. Included within namespace needle::cuda.

/// As many threads as keep a GPU busy; each of them goes on to the element a whole grid further.
CudaDims CudaStrided(size_t size) {
  CudaDims dim = CudaOneDim(size);
  dim.grid.x = std::min(dim.grid.x, 8192u);
  return dim;
}

template <typename Function>
__global__ void MapKernel(const scalar_t* a, scalar_t* out, size_t size, Function f) {
  const size_t step = size_t(gridDim.x) * blockDim.x;
  for (size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x; i < size; i += step) {
    out[i] = f(a[i]);
  }
}

template <typename Function>
__global__ void MapPairsKernel(const scalar_t* a, const scalar_t* b, scalar_t* out, size_t size,
                               Function f) {
  const size_t step = size_t(gridDim.x) * blockDim.x;
  for (size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x; i < size; i += step) {
    out[i] = f(a[i], b[i]);
  }
}

/// out[i] = f(a[i])
template <typename Function>
void Map(const CudaArray& a, CudaArray* out, Function f, const char* name) {
  CudaDims dim = CudaStrided(out->size);
  MapKernel<<<dim.grid, dim.block>>>(a.ptr, out->ptr, out->size, f);
  CheckLaunch(name);
}

/// out[i] = f(a[i], b[i])
template <typename Function>
void Map(const CudaArray& a, const CudaArray& b, CudaArray* out, Function f, const char* name) {
  CudaDims dim = CudaStrided(out->size);
  MapPairsKernel<<<dim.grid, dim.block>>>(a.ptr, b.ptr, out->ptr, out->size, f);
  CheckLaunch(name);
}

struct Times {
  __device__ scalar_t operator()(scalar_t x, scalar_t y) const { return x * y; }
};
struct Over {
  __device__ scalar_t operator()(scalar_t x, scalar_t y) const { return x / y; }
};
struct Power {
  __device__ scalar_t operator()(scalar_t x, scalar_t y) const { return powf(x, y); }
};
struct Larger {  // NaN if either is
  __device__ scalar_t operator()(scalar_t x, scalar_t y) const {
    return x > y || x != x ? x : y;
  }
};
struct Equal {
  __device__ scalar_t operator()(scalar_t x, scalar_t y) const { return x == y; }
};
struct GreaterEqual {
  __device__ scalar_t operator()(scalar_t x, scalar_t y) const { return x >= y; }
};
struct Logarithm {
  __device__ scalar_t operator()(scalar_t x) const { return logf(x); }
};
struct Exponential {
  __device__ scalar_t operator()(scalar_t x) const { return expf(x); }
};
struct HyperbolicTangent {
  __device__ scalar_t operator()(scalar_t x) const { return tanhf(x); }
};

/// A function of two numbers, the second of which is always the same.
template <typename Function>
struct With {
  scalar_t val;
  __device__ scalar_t operator()(scalar_t x) const { return Function()(x, val); }
};
