// Copies between strided and compact memory. Included within namespace needle::cuda.

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

__global__ void EwiseSetitemKernel(const scalar_t* a, scalar_t* out, size_t size, CudaVec shape,
                                   CudaVec strides, size_t offset) {
  CopyStrided<false>(const_cast<scalar_t*>(a), out + offset, size, shape, strides);
}

__global__ void ScalarSetitemKernel(scalar_t val, scalar_t* out, size_t size, CudaVec shape,
                                    CudaVec strides, size_t offset) {
  const size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < size) out[offset + Position<size_t>(i, shape, strides)] = val;
}
