// Needle's CUDA backend: flat float32 memory on the GPU, and the functions of NDArray that work on
// it.
//
// Strides and offsets count elements. Apart from Compact and the two Setitem functions, everything
// works on compact memory, from its first element to its last.

#include <cuda_runtime.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace needle {
namespace cuda {

#define BASE_THREAD_NUM 256
#define TILE 4
#define MAX_VEC_SIZE 8

typedef float scalar_t;
const size_t ELEM_SIZE = sizeof(scalar_t);

/// Throws what CUDA has to say about `what`, if that is not success.
inline void Check(cudaError_t error, const char* what) {
  if (error != cudaSuccess) {
    throw std::runtime_error(std::string(what) + ": " + cudaGetErrorString(error));
  }
}

/// To be called after a launch: throws if it was refused, for instance for its grid.
inline void CheckLaunch(const char* kernel) { Check(cudaGetLastError(), kernel); }

/// Memory for `size` numbers on the GPU. It is not initialised.
struct CudaArray {
  explicit CudaArray(const size_t size) : size(size) {
    Check(cudaMalloc(&ptr, size * ELEM_SIZE), "cudaMalloc");
  }
  CudaArray(const CudaArray&) = delete;
  CudaArray& operator=(const CudaArray&) = delete;
  ~CudaArray() { cudaFree(ptr); }

  size_t ptr_as_int() const { return reinterpret_cast<size_t>(ptr); }

  scalar_t* ptr;
  size_t size;
};

/// How many threads make a block, and how many blocks a launch.
struct CudaDims {
  dim3 block, grid;
};

/// One thread, or more, for each of `size` elements, in one dimension.
CudaDims CudaOneDim(size_t size) {
  CudaDims dim;
  const size_t blocks = (size + BASE_THREAD_NUM - 1) / BASE_THREAD_NUM;
  dim.block = dim3(BASE_THREAD_NUM, 1, 1);
  dim.grid = dim3(std::max<size_t>(blocks, 1), 1, 1);
  return dim;
}

/// A shape or strides, as the argument of a kernel: a kernel cannot read a std::vector.
struct CudaVec {
  uint32_t size;
  int32_t data[MAX_VEC_SIZE];
};

CudaVec VecToCuda(const std::vector<int32_t>& x) {
  CudaVec shape;
  if (x.size() > MAX_VEC_SIZE) {
    throw std::runtime_error("the CUDA backend has arrays of at most " +
                             std::to_string(MAX_VEC_SIZE) + " dimensions, not " +
                             std::to_string(x.size()));
  }
  shape.size = x.size();
  for (size_t i = 0; i < x.size(); i++) shape.data[i] = x[i];
  return shape;
}

__global__ void FillKernel(scalar_t* out, scalar_t val, size_t size) {
  size_t gid = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (gid < size) out[gid] = val;
}

/// out[i] = val
void Fill(CudaArray* out, scalar_t val) {
  CudaDims dim = CudaOneDim(out->size);
  FillKernel<<<dim.grid, dim.block>>>(out->ptr, val, out->size);
  CheckLaunch("FillKernel");
}

//------------------------------------------------------------------------------
// Strided memory

// Kernels and functions of your own:
/// BEGIN SOLUTION
// Loops over axes are unrolled to all MAX_VEC_SIZE: then every index is a constant, and shapes are
// read from where the arguments of a kernel are; else each thread would make itself a copy.

/// x.data[i]
__device__ int32_t At(const CudaVec& x, int i) {
  int32_t found = 0;
#pragma unroll
  for (int axis = 0; axis < MAX_VEC_SIZE; axis++) {
    if (axis == i) found = x.data[axis];
  }
  return found;
}

/// Where the i-th element, row by row, lies in strided memory, counted from its first element.
template <typename Index>
__device__ int64_t Position(Index i, const CudaVec& shape, const CudaVec& strides) {
  int64_t position = 0;
#pragma unroll
  for (int axis = MAX_VEC_SIZE - 1; axis >= 0; axis--) {
    if (axis < int(shape.size)) {
      const Index n = shape.data[axis];
      position += int64_t(i % n) * strides.data[axis];
      i /= n;
    }
  }
  return position;
}

/// Copies one element from strided to compact memory or, for Setitem, the other way.
template <bool kToCompact>
__device__ void Move(scalar_t* compact, scalar_t* strided) {
  if (kToCompact) {
    *compact = *strided;
  } else {
    *strided = *compact;
  }
}

/// Element by element: neighbours in compact memory are handled by neighbouring threads.
template <bool kToCompact>
__device__ void CopyInOrder(scalar_t* compact, scalar_t* strided, size_t size,
                            const CudaVec& shape, const CudaVec& strides) {
  const size_t step = size_t(gridDim.x) * blockDim.x;
  for (size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x; i < size; i += step) {
    // the division of 32-bit numbers is several times faster
    const int64_t position = size <= UINT32_MAX ? Position<uint32_t>(i, shape, strides)
                                                : Position<size_t>(i, shape, strides);
    Move<kToCompact>(compact + i, strided + position);
  }
}

/// Square by square of the last axis, which is side by side in compact memory, and of axis `x`,
/// which is side by side in strided memory. A square is turned in shared memory, so that
/// neighbouring threads access neighbours in both.
template <bool kToCompact>
__device__ void CopyTurned(scalar_t* compact, scalar_t* strided, size_t size,
                           const CudaVec& shape, const CudaVec& strides, int x, int y) {
  const int kSide = 16;
  __shared__ scalar_t square[16][17];  // one more column, so that no two rows start in one bank
  const size_t columns = At(shape, y), rows = At(shape, x);
  const size_t across = (columns + kSide - 1) / kSide, down = (rows + kSide - 1) / kSide;
  const int64_t y_stride = At(strides, y), x_stride = At(strides, x);
  int64_t row_length = 1;  // how far apart rows are in compact memory
#pragma unroll
  for (int axis = 0; axis < MAX_VEC_SIZE; axis++) {
    if (axis > x && axis <= y) row_length *= shape.data[axis];
  }
  const size_t rest = size / (rows * columns);
  const size_t i = threadIdx.x / kSide, j = threadIdx.x % kSide;

  for (size_t part = blockIdx.x; part < rest * across * down; part += gridDim.x) {
    const size_t top = part / across % down * kSide, left = part % across * kSide;
    int64_t from_compact = 0, from_strided = 0, step = 1;
    size_t index = part / (across * down);  // of what is left of the other axes
#pragma unroll
    for (int axis = MAX_VEC_SIZE - 1; axis >= 0; axis--) {
      if (axis > y) continue;
      const size_t n = shape.data[axis];
      if (axis != x && axis != y) {
        from_compact += int64_t(index % n) * step;
        from_strided += int64_t(index % n) * strides.data[axis];
        index /= n;
      }
      step *= n;
    }
    // thread (i, j) has (row j, column i) of strided memory and (row i, column j) of compact memory
    scalar_t* in_strided = strided + from_strided + int64_t(top + j) * x_stride +
                           int64_t(left + i) * y_stride;
    scalar_t* in_compact =
        compact + from_compact + int64_t(top + i) * row_length + int64_t(left + j);
    const bool has_strided = top + j < rows && left + i < columns;
    const bool has_compact = top + i < rows && left + j < columns;
    if (kToCompact) {
      if (has_strided) square[i][j] = *in_strided;
      __syncthreads();
      if (has_compact) *in_compact = square[j][i];
    } else {
      if (has_compact) square[i][j] = *in_compact;
      __syncthreads();
      if (has_strided) *in_strided = square[j][i];
    }
    __syncthreads();
  }
}

/// Copies in the way that suits the strides.
template <bool kToCompact>
__device__ void CopyStrided(scalar_t* compact, scalar_t* strided, size_t size,
                            const CudaVec& shape, const CudaVec& strides) {
  if (size == 0) return;
  int x = -1, y = -1;  // the last axis that is side by side in strided memory, and the last of all
#pragma unroll
  for (int axis = 0; axis < MAX_VEC_SIZE; axis++) {
    if (axis < int(shape.size) && shape.data[axis] > 1) {
      y = axis;
      if (strides.data[axis] == 1) x = axis;
    }
  }
  if (x >= 0 && x != y && At(strides, y) > 1 && blockDim.x == BASE_THREAD_NUM) {
    CopyTurned<kToCompact>(compact, strided, size, shape, strides, x, y);
  } else {
    CopyInOrder<kToCompact>(compact, strided, size, shape, strides);
  }
}
/// END SOLUTION

/// Copies the elements that shape, strides and offset select in `a` to `out`, row by row.
///
/// Strides may be 0 (an axis that repeats itself) or negative (an axis that runs backwards).
///
/// Args:
///   size: the number of elements of `out`
__global__ void CompactKernel(const scalar_t* a, scalar_t* out, size_t size, CudaVec shape,
                              CudaVec strides, size_t offset) {
  /// BEGIN SOLUTION
  CopyStrided<true>(out, const_cast<scalar_t*>(a) + offset, size, shape, strides);
  /// END SOLUTION
}

/// Copies the elements that shape, strides and offset select in `a` to `out`, row by row.
void Compact(const CudaArray& a, CudaArray* out, std::vector<int32_t> shape,
             std::vector<int32_t> strides, size_t offset) {
  CudaDims dim = CudaOneDim(out->size);
  CompactKernel<<<dim.grid, dim.block>>>(a.ptr, out->ptr, out->size, VecToCuda(shape),
                                         VecToCuda(strides), offset);
  CheckLaunch("CompactKernel");
}

// Kernels and functions of your own:
/// BEGIN SOLUTION
__global__ void EwiseSetitemKernel(const scalar_t* a, scalar_t* out, size_t size, CudaVec shape,
                                   CudaVec strides, size_t offset) {
  CopyStrided<false>(const_cast<scalar_t*>(a), out + offset, size, shape, strides);
}

__global__ void ScalarSetitemKernel(scalar_t val, scalar_t* out, size_t size, CudaVec shape,
                                    CudaVec strides, size_t offset) {
  const size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < size) out[offset + Position<size_t>(i, shape, strides)] = val;
}
/// END SOLUTION

/// Copies compact `a` to the elements that shape, strides and offset select in `out`.
void EwiseSetitem(const CudaArray& a, CudaArray* out, std::vector<int32_t> shape,
                  std::vector<int32_t> strides, size_t offset) {
  /// BEGIN SOLUTION
  CudaDims dim = CudaOneDim(a.size);
  EwiseSetitemKernel<<<dim.grid, dim.block>>>(a.ptr, out->ptr, a.size, VecToCuda(shape),
                                              VecToCuda(strides), offset);
  CheckLaunch("EwiseSetitemKernel");
  /// END SOLUTION
}

/// Writes `val` to the `size` elements that shape, strides and offset select in `out`.
void ScalarSetitem(const size_t size, scalar_t val, CudaArray* out, std::vector<int32_t> shape,
                   std::vector<int32_t> strides, size_t offset) {
  /// BEGIN SOLUTION
  CudaDims dim = CudaOneDim(size);
  ScalarSetitemKernel<<<dim.grid, dim.block>>>(val, out->ptr, size, VecToCuda(shape),
                                               VecToCuda(strides), offset);
  CheckLaunch("ScalarSetitemKernel");
  /// END SOLUTION
}

//------------------------------------------------------------------------------
// Element by element

__global__ void EwiseAddKernel(const scalar_t* a, const scalar_t* b, scalar_t* out, size_t size) {
  size_t gid = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (gid < size) out[gid] = a[gid] + b[gid];
}

/// out[i] = a[i] + b[i]
void EwiseAdd(const CudaArray& a, const CudaArray& b, CudaArray* out) {
  CudaDims dim = CudaOneDim(out->size);
  EwiseAddKernel<<<dim.grid, dim.block>>>(a.ptr, b.ptr, out->ptr, out->size);
  CheckLaunch("EwiseAddKernel");
}

__global__ void ScalarAddKernel(const scalar_t* a, scalar_t val, scalar_t* out, size_t size) {
  size_t gid = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (gid < size) out[gid] = a[gid] + val;
}

/// out[i] = a[i] + val
void ScalarAdd(const CudaArray& a, scalar_t val, CudaArray* out) {
  CudaDims dim = CudaOneDim(out->size);
  ScalarAddKernel<<<dim.grid, dim.block>>>(a.ptr, val, out->ptr, out->size);
  CheckLaunch("ScalarAddKernel");
}

// Kernels and functions of your own:
/// BEGIN SOLUTION
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
/// END SOLUTION

/// out[i] = a[i] * b[i]
void EwiseMul(const CudaArray& a, const CudaArray& b, CudaArray* out) {
  /// BEGIN SOLUTION
  Map(a, b, out, Times(), "EwiseMul");
  /// END SOLUTION
}

/// out[i] = a[i] * val
void ScalarMul(const CudaArray& a, scalar_t val, CudaArray* out) {
  /// BEGIN SOLUTION
  Map(a, out, With<Times>{val}, "ScalarMul");
  /// END SOLUTION
}

/// out[i] = a[i] / b[i]
void EwiseDiv(const CudaArray& a, const CudaArray& b, CudaArray* out) {
  /// BEGIN SOLUTION
  Map(a, b, out, Over(), "EwiseDiv");
  /// END SOLUTION
}

/// out[i] = a[i] / val
void ScalarDiv(const CudaArray& a, scalar_t val, CudaArray* out) {
  /// BEGIN SOLUTION
  Map(a, out, With<Over>{val}, "ScalarDiv");
  /// END SOLUTION
}

/// out[i] = a[i] to the power val
void ScalarPower(const CudaArray& a, scalar_t val, CudaArray* out) {
  /// BEGIN SOLUTION
  Map(a, out, With<Power>{val}, "ScalarPower");
  /// END SOLUTION
}

/// out[i] = the larger of a[i] and b[i]
void EwiseMaximum(const CudaArray& a, const CudaArray& b, CudaArray* out) {
  /// BEGIN SOLUTION
  Map(a, b, out, Larger(), "EwiseMaximum");
  /// END SOLUTION
}

/// out[i] = the larger of a[i] and val
void ScalarMaximum(const CudaArray& a, scalar_t val, CudaArray* out) {
  /// BEGIN SOLUTION
  Map(a, out, With<Larger>{val}, "ScalarMaximum");
  /// END SOLUTION
}

/// out[i] = 1 if a[i] == b[i], else 0
void EwiseEq(const CudaArray& a, const CudaArray& b, CudaArray* out) {
  /// BEGIN SOLUTION
  Map(a, b, out, Equal(), "EwiseEq");
  /// END SOLUTION
}

/// out[i] = 1 if a[i] == val, else 0
void ScalarEq(const CudaArray& a, scalar_t val, CudaArray* out) {
  /// BEGIN SOLUTION
  Map(a, out, With<Equal>{val}, "ScalarEq");
  /// END SOLUTION
}

/// out[i] = 1 if a[i] >= b[i], else 0
void EwiseGe(const CudaArray& a, const CudaArray& b, CudaArray* out) {
  /// BEGIN SOLUTION
  Map(a, b, out, GreaterEqual(), "EwiseGe");
  /// END SOLUTION
}

/// out[i] = 1 if a[i] >= val, else 0
void ScalarGe(const CudaArray& a, scalar_t val, CudaArray* out) {
  /// BEGIN SOLUTION
  Map(a, out, With<GreaterEqual>{val}, "ScalarGe");
  /// END SOLUTION
}

/// out[i] = log(a[i])
void EwiseLog(const CudaArray& a, CudaArray* out) {
  /// BEGIN SOLUTION
  Map(a, out, Logarithm(), "EwiseLog");
  /// END SOLUTION
}

/// out[i] = exp(a[i])
void EwiseExp(const CudaArray& a, CudaArray* out) {
  /// BEGIN SOLUTION
  Map(a, out, Exponential(), "EwiseExp");
  /// END SOLUTION
}

/// out[i] = tanh(a[i])
void EwiseTanh(const CudaArray& a, CudaArray* out) {
  /// BEGIN SOLUTION
  Map(a, out, HyperbolicTangent(), "EwiseTanh");
  /// END SOLUTION
}

//------------------------------------------------------------------------------
// Matrices

// Kernels and functions of your own:
/// BEGIN SOLUTION
/// The product of an (m, n) and an (n, p) matrix, after V. Volkov and J. W. Demmel, Benchmarking
/// GPUs to Tune Dense Linear Algebra (2008).
///
/// A block of 16 x 16 threads computes a square of kSide x kSide elements. Strips of both operands,
/// kInner wide, come into shared memory; from there, every thread takes what it needs for its own
/// kEach x kEach elements, which it sums up in registers. While it does so, the next strips are on
/// their way to other registers.
template <int kSide, int kInner>
__global__ void __launch_bounds__(BASE_THREAD_NUM, 2)
    MatmulKernel(const scalar_t* a, const scalar_t* b, scalar_t* out, uint32_t m, uint32_t n,
                 uint32_t p) {
  constexpr int kThreads = 16, kEach = kSide / kThreads;
  constexpr int kLoads = kSide * kInner / (kThreads * kThreads);
  // Elements of a thread lie together in fours; where there are more, the next four are kFour * 16
  // further, so that threads beside each other read different banks.
  constexpr int kFour = kEach < 4 ? kEach : 4;
  __shared__ __align__(16) scalar_t left[kInner][kSide + 4];  // turned: a[row][k] is left[k][row]
  __shared__ __align__(16) scalar_t right[kInner][kSide];

  const int thread = threadIdx.x;
  const int down = thread / kThreads * kFour, across = thread % kThreads * kFour;
  const size_t columns = (size_t(p) + kSide - 1) / kSide;
  const size_t rows = (size_t(m) + kSide - 1) / kSide;

  for (size_t square = blockIdx.x; square < rows * columns; square += gridDim.x) {
    const size_t top = square / columns * kSide, start = square % columns * kSide;
    scalar_t sums[kEach][kEach] = {};
    scalar_t next_left[kLoads], next_right[kLoads];

    for (size_t k = 0; k < size_t(n) + kInner; k += kInner) {
      if (k > 0) {  // what was on its way has arrived
        __syncthreads();
        for (int load = 0; load < kLoads; load++) {
          const int i = thread + load * kThreads * kThreads;
          left[i % kInner][i / kInner] = next_left[load];
          right[i / kSide][i % kSide] = next_right[load];
        }
        __syncthreads();
      }
      if (k < n) {
        for (int load = 0; load < kLoads; load++) {
          const int i = thread + load * kThreads * kThreads;
          const size_t row = top + i / kInner, column = k + i % kInner;
          next_left[load] = row < m && column < n ? a[row * n + column] : 0;
          const size_t b_row = k + i / kSide, b_column = start + i % kSide;
          next_right[load] = b_row < n && b_column < p ? b[b_row * p + b_column] : 0;
        }
      }
      if (k > 0) {
#pragma unroll
        for (int inner = 0; inner < kInner; inner++) {
          scalar_t row[kEach], column[kEach];
#pragma unroll
          for (int i = 0; i < kEach; i++) {
            const int apart = i / kFour * kFour * kThreads + i % kFour;
            column[i] = left[inner][down + apart];
            row[i] = right[inner][across + apart];
          }
#pragma unroll
          for (int i = 0; i < kEach; i++) {
#pragma unroll
            for (int j = 0; j < kEach; j++) sums[i][j] += column[i] * row[j];
          }
        }
      }
    }
    __syncthreads();

    for (int i = 0; i < kEach; i++) {
      const size_t row = top + down + i / kFour * kFour * kThreads + i % kFour;
      for (int j = 0; j < kEach; j++) {
        const size_t column = start + across + j / kFour * kFour * kThreads + j % kFour;
        if (row < m && column < p) out[row * p + column] = sums[i][j];
      }
    }
  }
}
/// END SOLUTION

/// out = a b, for an (m, n) and an (n, p) matrix, all stored row by row.
///
/// The sizes need not be multiples of anything. `out` is not initialised.
void Matmul(const CudaArray& a, const CudaArray& b, CudaArray* out, uint32_t m, uint32_t n,
            uint32_t p) {
  /// BEGIN SOLUTION
  const size_t squares = (size_t(m) + 127) / 128 * ((size_t(p) + 127) / 128);
  if (squares >= 64) {
    MatmulKernel<128, 8><<<squares, BASE_THREAD_NUM>>>(a.ptr, b.ptr, out->ptr, m, n, p);
  } else {  // small squares, so that there are enough of them for all processors
    const size_t small = (size_t(m) + 31) / 32 * ((size_t(p) + 31) / 32);
    const size_t blocks = std::max<size_t>(small, 1);
    MatmulKernel<32, 16><<<blocks, BASE_THREAD_NUM>>>(a.ptr, b.ptr, out->ptr, m, n, p);
  }
  CheckLaunch("MatmulKernel");
  /// END SOLUTION
}

//------------------------------------------------------------------------------
// Reductions

// Kernels and functions of your own:
/// BEGIN SOLUTION
struct Plus {
  static constexpr scalar_t kIdentity = 0;
  __device__ scalar_t operator()(scalar_t x, scalar_t y) const { return x + y; }
};
struct Max {
  static constexpr scalar_t kIdentity = -std::numeric_limits<scalar_t>::infinity();
  __device__ scalar_t operator()(scalar_t x, scalar_t y) const { return Larger()(x, y); }
};

/// Reduces the middle axis of (outer, n, inner) to (outer, inner), one thread for each result: for
/// short axes.
template <typename Combine>
__global__ void ReduceShortKernel(const scalar_t* a, scalar_t* out, size_t size, size_t n,
                                  size_t inner) {
  const size_t step = size_t(gridDim.x) * blockDim.x;
  for (size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x; i < size; i += step) {
    const scalar_t* from = a + i / inner * n * inner + i % inner;
    scalar_t result = Combine::kIdentity;
    for (size_t k = 0; k < n; k++) result = Combine()(result, from[k * inner]);
    out[i] = result;
  }
}

/// Reduces `parts` pieces of every row of (rows, n), each `length` long but the last, to
/// (rows, parts).
///
/// `width` threads, a power of two, share a piece: each of them takes every width-th element, and
/// then half of them combine with the other half, again and again.
template <typename Combine>
__global__ void ReduceLastKernel(const scalar_t* a, scalar_t* out, size_t rows, size_t n,
                                 size_t parts, size_t length, uint32_t width) {
  __shared__ scalar_t shared[BASE_THREAD_NUM];
  const uint32_t lane = threadIdx.x % width, at_once = blockDim.x / width;
  const size_t step = size_t(gridDim.x) * at_once;
  for (size_t first = size_t(blockIdx.x) * at_once; first < rows * parts; first += step) {
    const size_t piece = first + threadIdx.x / width;
    scalar_t result = Combine::kIdentity;
    if (piece < rows * parts) {
      const size_t start = piece % parts * length;
      const size_t end = start + length < n ? start + length : n;
      const scalar_t* row = a + piece / parts * n;
      for (size_t i = start + lane; i < end; i += width) result = Combine()(result, row[i]);
    }
    shared[threadIdx.x] = result;
    __syncthreads();
    for (uint32_t half = width / 2; half > 0; half /= 2) {
      if (lane < half) {
        shared[threadIdx.x] = Combine()(shared[threadIdx.x], shared[threadIdx.x + half]);
      }
      __syncthreads();
    }
    if (lane == 0 && piece < rows * parts) out[piece] = shared[threadIdx.x];
    __syncthreads();
  }
}

/// Reduces the middle axis of (outer, n, inner) in `parts` pieces, each `length` long but the last,
/// to (outer, parts, inner).
///
/// A block has 32 columns, so that neighbouring threads read neighbours, and 8 threads for each.
template <typename Combine>
__global__ void ReduceMiddleKernel(const scalar_t* a, scalar_t* out, size_t outer, size_t n,
                                   size_t inner, size_t parts, size_t length) {
  __shared__ scalar_t shared[BASE_THREAD_NUM];
  const uint32_t lane = threadIdx.x / 32;
  const size_t strips = (inner + 31) / 32;
  for (size_t i = blockIdx.x; i < outer * parts * strips; i += gridDim.x) {
    const size_t column = i % strips * 32 + threadIdx.x % 32;
    const size_t part = i / strips % parts, plane = i / strips / parts;
    scalar_t result = Combine::kIdentity;
    if (column < inner) {
      const size_t start = part * length, end = start + length < n ? start + length : n;
      const scalar_t* from = a + plane * n * inner + column;
      for (size_t k = start + lane; k < end; k += 8) result = Combine()(result, from[k * inner]);
    }
    shared[threadIdx.x] = result;
    __syncthreads();
    for (uint32_t half = 4; half > 0; half /= 2) {
      if (lane < half) {
        shared[threadIdx.x] = Combine()(shared[threadIdx.x], shared[threadIdx.x + half * 32]);
      }
      __syncthreads();
    }
    if (lane == 0 && column < inner) {
      out[(plane * parts + part) * inner + column] = shared[threadIdx.x];
    }
    __syncthreads();
  }
}

/// How many pieces to cut an axis into, so that `others` reductions beside each other, `threads`
/// for a piece, keep a GPU busy. A piece is worth it from 4096 elements on.
inline size_t Pieces(size_t n, size_t others, size_t threads) {
  const size_t wanted = 262144 / std::max<size_t>(others * threads, 1);
  return std::max<size_t>(std::min(wanted, n / 4096), 1);
}

/// The longest axis that one thread reduces.
const size_t kShort = 32;

template <typename Combine>
void ReduceShort(const CudaArray& a, CudaArray* out, size_t n, size_t inner, const char* name) {
  CudaDims dim = CudaStrided(out->size);
  ReduceShortKernel<Combine><<<dim.grid, dim.block>>>(a.ptr, out->ptr, out->size, n, inner);
  CheckLaunch(name);
}

/// (rows, n) to (rows)
template <typename Combine>
void ReduceLast(const CudaArray& a, CudaArray* out, size_t n, const char* name) {
  if (n <= kShort) return ReduceShort<Combine>(a, out, n, 1, name);
  const size_t rows = out->size;
  uint32_t width = 1;
  while (width < BASE_THREAD_NUM && width < n) width *= 2;
  const size_t parts = Pieces(n, rows, width), length = (n + parts - 1) / parts;
  const size_t threads = std::min<size_t>(rows * parts * width, size_t(1) << 30);
  CudaDims dim = CudaOneDim(threads);
  if (parts == 1) {
    ReduceLastKernel<Combine>
        <<<dim.grid, dim.block>>>(a.ptr, out->ptr, rows, n, parts, length, width);
    CheckLaunch(name);
  } else {
    CudaArray pieces(rows * parts);
    ReduceLastKernel<Combine>
        <<<dim.grid, dim.block>>>(a.ptr, pieces.ptr, rows, n, parts, length, width);
    CheckLaunch(name);
    ReduceLast<Combine>(pieces, out, parts, name);
  }
}

/// (outer, n, inner) to (outer, inner)
template <typename Combine>
void ReduceMiddle(const CudaArray& a, CudaArray* out, size_t n, size_t inner, const char* name) {
  if (n <= kShort) return ReduceShort<Combine>(a, out, n, inner, name);
  if (inner == 1) return ReduceLast<Combine>(a, out, n, name);
  const size_t outer = inner == 0 ? 0 : out->size / inner;
  const size_t strips = (inner + 31) / 32;
  const size_t parts = Pieces(n, outer * strips, BASE_THREAD_NUM);
  const size_t length = (n + parts - 1) / parts;
  const size_t blocks = std::max<size_t>(std::min<size_t>(outer * parts * strips, 1 << 20), 1);
  if (parts == 1) {
    ReduceMiddleKernel<Combine>
        <<<blocks, BASE_THREAD_NUM>>>(a.ptr, out->ptr, outer, n, inner, parts, length);
    CheckLaunch(name);
  } else {
    CudaArray pieces(outer * parts * inner);
    ReduceMiddleKernel<Combine>
        <<<blocks, BASE_THREAD_NUM>>>(a.ptr, pieces.ptr, outer, n, inner, parts, length);
    CheckLaunch(name);
    ReduceMiddle<Combine>(pieces, out, parts, inner, name);
  }
}
/// END SOLUTION

/// out[i] = the largest of the reduce_size numbers from a[i * reduce_size] on
void ReduceMax(const CudaArray& a, CudaArray* out, size_t reduce_size) {
  /// BEGIN SOLUTION
  ReduceLast<Max>(a, out, reduce_size, "ReduceMax");
  /// END SOLUTION
}

/// out[i] = the sum of the reduce_size numbers from a[i * reduce_size] on
void ReduceSum(const CudaArray& a, CudaArray* out, size_t reduce_size) {
  /// BEGIN SOLUTION
  ReduceLast<Plus>(a, out, reduce_size, "ReduceSum");
  /// END SOLUTION
}

//------------------------------------------------------------------------------
// Bindings

/// Binds what a backend has beyond the functions below. For functions of your own, write one that
/// takes (pybind11::module_& m, int): it is preferred to this one, which binds nothing.
inline void BindMore(pybind11::module_&, ...) {}

/// BEGIN SOLUTION
/// Reductions of a middle axis, in place of a copy that has it last: (outer, reduce, inner) of `a`
/// to (outer, inner) of `out`.
void MaxAxis(const CudaArray& a, CudaArray* out, size_t reduce_size, size_t inner_size) {
  ReduceMiddle<Max>(a, out, reduce_size, inner_size, "MaxAxis");
}

void SumAxis(const CudaArray& a, CudaArray* out, size_t reduce_size, size_t inner_size) {
  ReduceMiddle<Plus>(a, out, reduce_size, inner_size, "SumAxis");
}

inline void BindMore(pybind11::module_& m, int) {
  m.def("max_axis", MaxAxis);
  m.def("sum_axis", SumAxis);
}
/// END SOLUTION

}  // namespace cuda
}  // namespace needle

PYBIND11_MODULE(ndarray_backend_cuda, m) {
  namespace py = pybind11;
  using namespace needle;
  using namespace cuda;

  m.attr("__device_name__") = "cuda";
  m.attr("__tile_size__") = TILE;

  py::class_<CudaArray>(m, "Array")
      .def(py::init<size_t>(), py::return_value_policy::take_ownership)
      .def("ptr", &CudaArray::ptr_as_int)
      .def_readonly("size", &CudaArray::size);

  m.def("to_numpy", [](const CudaArray& a, std::vector<size_t> shape, std::vector<size_t> strides,
                       size_t offset) {
    for (size_t& stride : strides) stride *= ELEM_SIZE;
    py::array_t<scalar_t> host(a.size);  // all of the memory; the result is a view of it
    Check(cudaMemcpy(host.mutable_data(), a.ptr, a.size * ELEM_SIZE, cudaMemcpyDeviceToHost),
          "to_numpy");
    return py::array_t<scalar_t>(shape, strides, host.data() + offset, host);
  });
  m.def("from_numpy", [](py::array_t<scalar_t, py::array::c_style | py::array::forcecast> a,
                         CudaArray* out) {
    if (static_cast<size_t>(a.size()) != out->size) {
      throw std::invalid_argument("from_numpy: the array and the memory differ in size");
    }
    Check(cudaMemcpy(out->ptr, a.data(), out->size * ELEM_SIZE, cudaMemcpyHostToDevice),
          "from_numpy");
  });

  m.def("fill", Fill);
  m.def("compact", Compact);
  m.def("ewise_setitem", EwiseSetitem);
  m.def("scalar_setitem", ScalarSetitem);

  m.def("ewise_add", EwiseAdd);
  m.def("scalar_add", ScalarAdd);
  m.def("ewise_mul", EwiseMul);
  m.def("scalar_mul", ScalarMul);
  m.def("ewise_div", EwiseDiv);
  m.def("scalar_div", ScalarDiv);
  m.def("scalar_power", ScalarPower);
  m.def("ewise_maximum", EwiseMaximum);
  m.def("scalar_maximum", ScalarMaximum);
  m.def("ewise_eq", EwiseEq);
  m.def("scalar_eq", ScalarEq);
  m.def("ewise_ge", EwiseGe);
  m.def("scalar_ge", ScalarGe);
  m.def("ewise_log", EwiseLog);
  m.def("ewise_exp", EwiseExp);
  m.def("ewise_tanh", EwiseTanh);

  m.def("matmul", Matmul);

  m.def("reduce_max", ReduceMax);
  m.def("reduce_sum", ReduceSum);
  BindMore(m, 0);
}
