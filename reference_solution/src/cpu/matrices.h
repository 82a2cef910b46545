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
/// Packing pays from so many blocks on that read the same.
static const size_t kWorthPacking = 4;

/// A matrix in memory with two strides.
struct Strided {
  float* data;
  ptrdiff_t down, right;
  float* At(size_t row, size_t column) const { return data + row * down + column * right; }
};

/// A matrix that is stored row by row.
struct RowMajor {
  float* data;
  size_t columns;
  float* At(size_t row, size_t column) const { return data + row * columns + column; }
};

/// A matrix that is stored tile by tile, and row by row within a tile.
struct Tiled {
  static const size_t kTile = 8;
  float* data;
  size_t columns;
  float* At(size_t row, size_t column) const {
    const size_t tile = row / kTile * (columns / kTile) + column / kTile;
    return data + (tile * kTile + row % kTile) * kTile + column % kTile;
  }
};

/// Copies (rows, columns) of a matrix to (columns, height), turned; what is missing is 0.
template <typename Matrix>
static inline void PackTurned(Matrix a, size_t row, size_t rows, size_t column, size_t columns,
                              size_t height, float* to) {
  for (size_t r = 0; r < height; r++) {
    for (size_t k = 0; k < columns; k++) {
      to[k * height + r] = r < rows ? *a.At(row + r, column + k) : 0.0f;
    }
  }
}

/// Copies (rows, columns) of a matrix to (rows, width); what is missing is 0.
template <typename Matrix>
static inline void Pack(Matrix b, size_t row, size_t rows, size_t column, size_t columns,
                        size_t width, float* to) {
  for (size_t k = 0; k < rows; k++, to += width) {
    for (size_t c = 0; c < columns; c++) to[c] = *b.At(row + k, column + c);
    for (size_t c = columns; c < width; c++) to[c] = 0.0f;
  }
}

/// A block of a product, kRows x kColumns. The rows of `a` are `a_down` apart, their elements
/// `a_right`, and the rows of `b` `b_down`.
template <size_t kRows>
static inline __attribute__((always_inline)) void MultiplyBlock(const float* a, ptrdiff_t a_down,
                                                                ptrdiff_t a_right, const float* b,
                                                                ptrdiff_t b_down, size_t inner,
                                                                float* block) {
  Vector sums[kRows][VECTORS] = {};
  for (size_t k = 0; k < inner; k++, a += a_right, b += b_down) {
    Vector row[VECTORS];
    for (size_t v = 0; v < VECTORS; v++) row[v] = Load(b + v * LANES);
    for (size_t r = 0; r < kRows; r++) {
      for (size_t v = 0; v < VECTORS; v++) sums[r][v] += a[r * a_down] * row[v];
    }
  }
  for (size_t r = 0; r < kRows; r++) {
    for (size_t v = 0; v < VECTORS; v++) Store(block + r * kColumns + v * LANES, sums[r][v]);
  }
}

/// A part of an operand: where it is, and the strides to walk it with.
struct Panel {
  const float* data;
  ptrdiff_t down, right;
};

/// The product of a panel of kRows rows and one of kColumns columns. The usual strides are written
/// as constants, for which the compiler makes better code.
template <size_t kRows>
static void MultiplyPanels(Panel a, Panel b, size_t inner, float* block) {
  const bool a_packed = a.down == 1 && a.right == kRows, b_packed = b.down == kColumns;
  if (a_packed && b_packed) {
    MultiplyBlock<kRows>(a.data, 1, kRows, b.data, kColumns, inner, block);
  } else if (a_packed) {
    MultiplyBlock<kRows>(a.data, 1, kRows, b.data, b.down, inner, block);
  } else if (a.right == 1) {
    MultiplyBlock<kRows>(a.data, a.down, 1, b.data, b.down, inner, block);
  } else {
    MultiplyBlock<kRows>(a.data, a.down, a.right, b.data, b.down, inner, block);
  }
}

/// How many rows to compute at a time where `rows` are left: all that registers hold, or fewer.
static inline size_t HeightFor(size_t rows) {
  return rows <= ROWS / 3 ? ROWS / 3 : rows <= ROWS * 2 / 3 ? ROWS * 2 / 3 : ROWS;
}

static inline void MultiplyPanels(size_t height, Panel a, Panel b, size_t inner, float* block) {
  if (height == ROWS) return MultiplyPanels<ROWS>(a, b, inner, block);
  if (height == ROWS * 2 / 3) return MultiplyPanels<ROWS * 2 / 3>(a, b, inner, block);
  MultiplyPanels<ROWS / 3>(a, b, inner, block);
}

/// The rows of `a` from `row` on: packed, or where they are if that is as good.
static inline Panel RowPanel(Strided a, size_t row, size_t rows, size_t k, size_t inner, bool pack,
                             float* to) {
  const size_t height = HeightFor(rows);
  if (!pack && rows == height) return {a.At(row, k), a.down, a.right};
  if (a.right == 1) {
    PackTurned(RowMajor{a.data, static_cast<size_t>(a.down)}, row, rows, k, inner, height, to);
  } else if (a.down == 1) {
    Pack(RowMajor{a.data, static_cast<size_t>(a.right)}, k, inner, row, rows, height, to);
  } else {
    PackTurned(a, row, rows, k, inner, height, to);
  }
  return {to, 1, static_cast<ptrdiff_t>(height)};
}

static inline Panel RowPanel(Tiled a, size_t row, size_t rows, size_t k, size_t inner, bool,
                             float* to) {
  const size_t height = HeightFor(rows);
  PackTurned(a, row, rows, k, inner, height, to);
  return {to, 1, static_cast<ptrdiff_t>(height)};
}

/// The columns of `b` from `column` on: packed, or where they are if that is as good.
static inline Panel ColumnPanel(Strided b, size_t k, size_t inner, size_t column, size_t columns,
                                bool pack, float* to) {
  if (!pack && columns == kColumns && b.right == 1) return {b.At(k, column), b.down, 1};
  if (b.right == 1) {
    Pack(RowMajor{b.data, static_cast<size_t>(b.down)}, k, inner, column, columns, kColumns, to);
  } else if (b.down == 1) {
    PackTurned(RowMajor{b.data, static_cast<size_t>(b.right)}, column, columns, k, inner, kColumns,
               to);
  } else {
    Pack(b, k, inner, column, columns, kColumns, to);
  }
  return {to, kColumns, 1};
}

static inline Panel ColumnPanel(Tiled b, size_t k, size_t inner, size_t column, size_t columns,
                                bool, float* to) {
  Pack(b, k, inner, column, columns, kColumns, to);
  return {to, kColumns, 1};
}

/// Adds a block to the result, or writes it there the first time.
template <typename Matrix>
static inline void PutBlock(const float* block, Matrix out, size_t row, size_t rows, size_t column,
                            size_t columns, bool first) {
  for (size_t r = 0; r < rows; r++, block += kColumns) {
    for (size_t c = 0; c < columns; c++) {
      float* to = out.At(row + r, column + c);
      *to = first ? block[c] : *to + block[c];
    }
  }
}

template <typename Matrix, typename Result>
static inline void Multiply(Matrix a, Matrix b, Result out, size_t m, size_t n, size_t p) {
  const size_t inner_most = std::min(n, kInner);
  std::vector<float> packed_rows((std::min(m, kPanelRows) + ROWS) * inner_most);
  std::vector<float> packed_columns((std::min(p, kPanelColumns) + kColumns) * inner_most);
  std::vector<Panel> column_panels(kPanelColumns / kColumns);
  const bool pack_rows = p > kWorthPacking * kColumns, pack_columns = m > kWorthPacking * ROWS;
  alignas(64) float block[ROWS * kColumns];
  for (size_t column = 0; column < p; column += kPanelColumns) {
    const size_t columns = std::min(kPanelColumns, p - column);
    for (size_t k = 0; k < n; k += kInner) {
      const size_t inner = std::min(kInner, n - k);
      for (size_t j = 0; j < columns; j += kColumns) {
        column_panels[j / kColumns] =
            ColumnPanel(b, k, inner, column + j, std::min(kColumns, columns - j), pack_columns,
                        &packed_columns[j * inner]);
      }
      for (size_t top = 0; top < m; top += kPanelRows) {
        const size_t end = std::min(top + kPanelRows, m);
        Panel row_panels[kPanelRows / ROWS];
        for (size_t row = top; row < end; row += ROWS) {
          row_panels[(row - top) / ROWS] =
              RowPanel(a, row, std::min<size_t>(ROWS, end - row), k, inner, pack_rows,
                       &packed_rows[(row - top) * inner]);
        }
        for (size_t j = 0; j < columns; j += kColumns) {
          for (size_t row = top; row < end; row += ROWS) {
            const size_t rows = std::min<size_t>(ROWS, end - row);
            MultiplyPanels(HeightFor(rows), row_panels[(row - top) / ROWS],
                           column_panels[j / kColumns], inner, block);
            PutBlock(block, out, row, rows, column + j, std::min(kColumns, columns - j), k == 0);
          }
        }
      }
    }
  }
}

static void MatmulStrided(const float* a, ptrdiff_t a_down, ptrdiff_t a_right, const float* b,
                          ptrdiff_t b_down, ptrdiff_t b_right, float* out, size_t m, size_t n,
                          size_t p) {
  if (n == 0) std::fill(out, out + m * p, 0.0f);
  Multiply(Strided{const_cast<float*>(a), a_down, a_right},
           Strided{const_cast<float*>(b), b_down, b_right},
           RowMajor{out, p}, m, n, p);
}

static void Matmul(const float* a, const float* b, float* out, size_t m, size_t n, size_t p) {
  MatmulStrided(a, n, 1, b, p, 1, out, m, n, p);
}

static void MatmulTiled(const float* a, const float* b, float* out, size_t m, size_t n, size_t p) {
  if (n == 0) std::fill(out, out + m * p, 0.0f);
  Multiply(Tiled{const_cast<float*>(a), n}, Tiled{const_cast<float*>(b), p}, Tiled{out, p}, m, n,
           p);
}
