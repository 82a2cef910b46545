// Sums and maxima over the middle axis of (outer, reduced, inner).
//
// A reduction has an identity (0 or -infinity), a way to combine two registers, and one to combine
// a block's result with those of the blocks before. Sums of blocks are added in double precision,
// so that the error does not grow with the number of elements.

struct Summing {
  typedef double Total;
  static constexpr size_t kBlock = 4096;
  static constexpr float kIdentity = 0.0f;
  static inline Vector Combine(Vector a, Vector b) { return a + b; }
  static inline float Combine(float a, float b) { return a + b; }
  static inline double Combine(double a, double b) { return a + b; }
};

struct Maximizing {
  typedef float Total;
  static constexpr size_t kBlock = std::numeric_limits<size_t>::max();
  static constexpr float kIdentity = -std::numeric_limits<float>::infinity();
  static inline Vector Combine(Vector a, Vector b) { return Larger(a, b); }
  static inline float Combine(float a, float b) { return a > b || a != a ? a : b; }
};

/// So many columns are reduced at a time.
static const size_t kColumnsAtOnce = 4096;

/// Reduces n <= R::kBlock numbers, in registers that do not wait for each other.
template <typename R>
static inline typename R::Total ReduceBlock(const float* a, size_t n) {
  const size_t kParts = 8;
  typename R::Total total = R::kIdentity;
  size_t i = 0;
  if (n >= LANES) {
    Vector parts[kParts];
    for (Vector& part : parts) part = All(R::kIdentity);
    for (; i + kParts * LANES <= n; i += kParts * LANES) {
      for (size_t k = 0; k < kParts; k++) parts[k] = R::Combine(parts[k], Load(a + i + k * LANES));
    }
    for (; i + LANES <= n; i += LANES) parts[0] = R::Combine(parts[0], Load(a + i));
    for (size_t half = kParts / 2; half > 0; half /= 2) {
      for (size_t k = 0; k < half; k++) parts[k] = R::Combine(parts[k], parts[k + half]);
    }
    for (size_t lane = 0; lane < LANES; lane++) {
      total = R::Combine(total, static_cast<typename R::Total>(parts[0][lane]));
    }
  }
  for (; i < n; i++) total = R::Combine(total, static_cast<typename R::Total>(a[i]));
  return total;
}

/// The last axis: out[i] from a[i * n] to a[(i + 1) * n - 1].
template <typename R>
static inline void ReduceRows(const float* a, float* out, size_t rows, size_t n) {
  for (size_t row = 0; row < rows; row++, a += n) {
    typename R::Total total = R::kIdentity;
    for (size_t start = 0; start < n; start += std::min(n, R::kBlock)) {
      total = R::Combine(total, ReduceBlock<R>(a + start, std::min(n - start, R::kBlock)));
    }
    out[row] = static_cast<float>(total);
  }
}

/// The first axis of a part of a matrix whose rows are `stride` apart: all rows are read in order,
/// and combined with a result that stays in the cache.
template <typename R>
static inline void ReduceColumns(const float* a, float* out, size_t rows, size_t columns,
                                 size_t stride) {
  const size_t kRows = 256, kStep = 8;
  float block[kColumnsAtOnce];
  typename R::Total total[kColumnsAtOnce];
  for (size_t j = 0; j < columns; j++) total[j] = R::kIdentity;
  for (size_t start = 0; start < rows; start += kRows) {
    const size_t end = std::min(rows, start + kRows);
    for (size_t j = 0; j < columns; j++) block[j] = R::kIdentity;
    size_t i = start;
    for (; i + kStep <= end; i += kStep) {
      const float* row = a + i * stride;
      size_t j = 0;
      for (; j + LANES <= columns; j += LANES) {
        Vector all = Load(block + j);
        for (size_t k = 0; k < kStep; k += 2) {
          const float* at = row + k * stride + j;
          all = R::Combine(all, R::Combine(Load(at), Load(at + stride)));
        }
        Store(block + j, all);
      }
      for (; j < columns; j++) {
        for (size_t k = 0; k < kStep; k++) {
          block[j] = R::Combine(block[j], row[k * stride + j]);
        }
      }
    }
    for (; i < end; i++) {
      const float* row = a + i * stride;
      for (size_t j = 0; j < columns; j++) block[j] = R::Combine(block[j], row[j]);
    }
    for (size_t j = 0; j < columns; j++) {
      total[j] = R::Combine(total[j], static_cast<typename R::Total>(block[j]));
    }
  }
  for (size_t j = 0; j < columns; j++) out[j] = static_cast<float>(total[j]);
}

/// The first axis of a matrix with few columns: several rows are taken for one that fills
/// registers, and what they become is reduced once more.
template <typename R>
static inline void ReduceNarrow(const float* a, float* out, size_t rows, size_t columns) {
  const size_t kWidth = 128;
  float wide[kWidth];
  const size_t together = kWidth / columns, width = together * columns;
  ReduceColumns<R>(a, wide, rows / together, width, width);
  for (size_t j = 0; j < columns; j++) {
    typename R::Total total = R::kIdentity;
    for (size_t i = j; i < width; i += columns) {
      total = R::Combine(total, static_cast<typename R::Total>(wide[i]));
    }
    for (size_t i = rows / together * together; i < rows; i++) {
      total = R::Combine(total, static_cast<typename R::Total>(a[i * columns + j]));
    }
    out[j] = static_cast<float>(total);
  }
}

template <typename R>
static inline void Reduce(const float* a, float* out, size_t outer, size_t reduced, size_t inner) {
  if (inner == 1) return ReduceRows<R>(a, out, outer, reduced);
  for (size_t o = 0; o < outer; o++, a += reduced * inner, out += inner) {
    if (inner < 2 * LANES) {
      ReduceNarrow<R>(a, out, reduced, inner);
      continue;
    }
    for (size_t j = 0; j < inner; j += kColumnsAtOnce) {
      const size_t columns = std::min(kColumnsAtOnce, inner - j);
      ReduceColumns<R>(a + j, out + j, reduced, columns, inner);
    }
  }
}

static void Sum(const float* a, float* out, size_t outer, size_t reduced, size_t inner) {
  Reduce<Summing>(a, out, outer, reduced, inner);
}

static void Max(const float* a, float* out, size_t outer, size_t reduced, size_t inner) {
  Reduce<Maximizing>(a, out, outer, reduced, inner);
}
