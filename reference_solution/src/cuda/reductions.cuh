// Sums and maxima. Included within namespace needle::cuda.

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
