// The product of matrices, after Goto and van de Geijn, Anatomy of High-Performance Matrix
// Multiplication (2008): blocks of both operands are packed into the order in which they are read,
// one that fits into the second cache and one that fits into the last one, and a block of the
// result stays in registers while it is summed up.

/// The block of the result that is kept in registers: ROWS x kColumns.
static const size_t kColumns = VECTORS * LANES;
/// How much of the inner axis is multiplied at a time, and how many rows and columns.
static const size_t kInner = 256;
static const size_t kPanelRows = ROWS * 20;
static const size_t kPanelColumns = 2048 / kColumns * kColumns;

/// Where the elements of a matrix are: row by row.
struct RowMajor {
  float* data;
  size_t columns;
  float* At(size_t row, size_t column) const { return data + row * columns + column; }
  /// how many elements lie side by side from a column on
  size_t Run(size_t column) const { return columns - column; }
};

/// Where the elements of a matrix are: tile by tile, and row by row within a tile.
struct Tiled {
  static const size_t kTile = 8;
  float* data;
  size_t columns;
  float* At(size_t row, size_t column) const {
    const size_t tile = row / kTile * (columns / kTile) + column / kTile;
    return data + (tile * kTile + row % kTile) * kTile + column % kTile;
  }
  size_t Run(size_t column) const { return kTile - column % kTile; }
};

/// Packs rows of `a` in groups of ROWS, column by column; what is missing in the last group is 0.
template <typename Matrix>
static inline void PackRows(Matrix a, size_t row, size_t rows, size_t column, size_t columns,
                            float* to) {
  for (size_t i = 0; i < rows; i += ROWS, to += ROWS * columns) {
    for (size_t r = 0; r < ROWS; r++) {
      size_t k = 0;
      while (i + r < rows && k < columns) {
        const float* from = a.At(row + i + r, column + k);
        const size_t run = std::min(columns - k, a.Run(column + k));
        for (size_t s = 0; s < run; s++) to[(k + s) * ROWS + r] = from[s];
        k += run;
      }
      for (; k < columns; k++) to[k * ROWS + r] = 0.0f;
    }
  }
}

/// Packs columns of `b` in groups of kColumns, row by row; what is missing in the last group is 0.
template <typename Matrix>
static inline void PackColumns(Matrix b, size_t row, size_t rows, size_t column, size_t columns,
                               float* to) {
  for (size_t j = 0; j < columns; j += kColumns) {
    const size_t width = std::min(kColumns, columns - j);
    for (size_t k = 0; k < rows; k++, to += kColumns) {
      for (size_t c = 0; c < width;) {
        const float* from = b.At(row + k, column + j + c);
        const size_t run = std::min(width - c, b.Run(column + j + c));
        for (size_t s = 0; s < run; s++) to[c + s] = from[s];
        c += run;
      }
      for (size_t c = width; c < kColumns; c++) to[c] = 0.0f;
    }
  }
}

/// A ROWS x kColumns block of the product of packed rows and columns.
static inline void MultiplyBlock(const float* a, const float* b, size_t inner, float* block) {
  Vector sums[ROWS][VECTORS] = {};
  for (size_t k = 0; k < inner; k++, a += ROWS, b += kColumns) {
    Vector row[VECTORS];
    for (size_t v = 0; v < VECTORS; v++) row[v] = Load(b + v * LANES);
    for (size_t r = 0; r < ROWS; r++) {
      for (size_t v = 0; v < VECTORS; v++) sums[r][v] += a[r] * row[v];
    }
  }
  for (size_t r = 0; r < ROWS; r++) {
    for (size_t v = 0; v < VECTORS; v++) Store(block + r * kColumns + v * LANES, sums[r][v]);
  }
}

/// Adds a block to the result, or writes it there the first time.
template <typename Matrix>
static inline void PutBlock(const float* block, Matrix out, size_t row, size_t rows, size_t column,
                            size_t columns, bool first) {
  for (size_t r = 0; r < rows; r++, block += kColumns) {
    for (size_t c = 0; c < columns;) {
      float* to = out.At(row + r, column + c);
      const size_t run = std::min(columns - c, out.Run(column + c));
      if (first) {
        for (size_t s = 0; s < run; s++) to[s] = block[c + s];
      } else {
        for (size_t s = 0; s < run; s++) to[s] += block[c + s];
      }
      c += run;
    }
  }
}

template <typename Matrix>
static inline void Multiply(Matrix a, Matrix b, Matrix out, size_t m, size_t n, size_t p) {
  const size_t inner_most = std::min(n, kInner);
  std::vector<float> packed_rows((std::min(m, kPanelRows) + ROWS) * inner_most);
  std::vector<float> packed_columns((std::min(p, kPanelColumns) + kColumns) * inner_most);
  alignas(64) float block[ROWS * kColumns];
  for (size_t column = 0; column < p; column += kPanelColumns) {
    const size_t columns = std::min(kPanelColumns, p - column);
    for (size_t k = 0; k < n; k += kInner) {
      const size_t inner = std::min(kInner, n - k);
      PackColumns(b, k, inner, column, columns, packed_columns.data());
      for (size_t row = 0; row < m; row += kPanelRows) {
        const size_t rows = std::min(kPanelRows, m - row);
        PackRows(a, row, rows, k, inner, packed_rows.data());
        for (size_t j = 0; j < columns; j += kColumns) {
          for (size_t i = 0; i < rows; i += ROWS) {
            MultiplyBlock(&packed_rows[i * inner], &packed_columns[j * inner], inner, block);
            PutBlock(block, out, row + i, std::min<size_t>(ROWS, rows - i), column + j,
                     std::min(kColumns, columns - j), k == 0);
          }
        }
      }
    }
  }
}

static void Matmul(const float* a, const float* b, float* out, size_t m, size_t n, size_t p) {
  if (n == 0) std::fill(out, out + m * p, 0.0f);
  Multiply(RowMajor{const_cast<float*>(a), n}, RowMajor{const_cast<float*>(b), p},
           RowMajor{out, p}, m, n, p);
}

static void MatmulTiled(const float* a, const float* b, float* out, size_t m, size_t n, size_t p) {
  if (n == 0) std::fill(out, out + m * p, 0.0f);
  Multiply(Tiled{const_cast<float*>(a), n}, Tiled{const_cast<float*>(b), p}, Tiled{out, p}, m, n,
           p);
}
