// The product of matrices. Included within namespace needle::cuda.

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
