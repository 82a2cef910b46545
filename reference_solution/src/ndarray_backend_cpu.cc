// Needle's CPU backend: flat float32 memory, and the functions of NDArray that work on it.
//
// Strides and offsets count elements. Apart from Compact and the two Setitem functions, everything
// works on compact memory, from its first element to its last.

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <vector>

namespace needle {
namespace cpu {

#define ALIGNMENT 256
#define TILE 8

typedef float scalar_t;
const size_t ELEM_SIZE = sizeof(scalar_t);

/// Memory for `size` numbers that starts at a multiple of ALIGNMENT bytes. It is not initialised.
struct AlignedArray {
  explicit AlignedArray(const size_t size) : size(size) {
    // at least one byte, so that arrays without elements have an address of their own, too
    const size_t bytes = std::max<size_t>(size * ELEM_SIZE, 1);
    if (posix_memalign(reinterpret_cast<void**>(&ptr), ALIGNMENT, bytes) != 0) {
      throw std::bad_alloc();
    }
  }
  AlignedArray(const AlignedArray&) = delete;
  AlignedArray& operator=(const AlignedArray&) = delete;
  ~AlignedArray() { free(ptr); }

  size_t ptr_as_int() const { return reinterpret_cast<size_t>(ptr); }

  scalar_t* ptr;
  size_t size;
};

/// out[i] = val
void Fill(AlignedArray* out, scalar_t val) { std::fill(out->ptr, out->ptr + out->size, val); }

//------------------------------------------------------------------------------
// Strided memory

/// BEGIN SOLUTION
/// Calls visit(i, position) for the i-th element, row by row, at its position in strided memory.
template <typename Visit>
void ForEach(const std::vector<int32_t>& shape, const std::vector<int32_t>& strides, size_t offset,
             Visit visit) {
  size_t size = 1;
  for (int32_t n : shape) size *= n;
  std::vector<int32_t> index(shape.size(), 0);
  ptrdiff_t position = offset;
  for (size_t i = 0; i < size; i++) {
    visit(i, position);
    for (size_t axis = shape.size(); axis-- > 0;) {
      position += strides[axis];
      if (++index[axis] < shape[axis]) break;
      position -= static_cast<ptrdiff_t>(strides[axis]) * shape[axis];
      index[axis] = 0;
    }
  }
}
/// END SOLUTION

/// Copies the elements that shape, strides and offset select in `a` to `out`, row by row.
///
/// Strides may be 0 (an axis that repeats itself) or negative (an axis that runs backwards).
void Compact(const AlignedArray& a, AlignedArray* out, std::vector<int32_t> shape,
             std::vector<int32_t> strides, size_t offset) {
  /// BEGIN SOLUTION
  ForEach(shape, strides, offset,
          [&](size_t i, ptrdiff_t position) { out->ptr[i] = a.ptr[position]; });
  /// END SOLUTION
}

/// Copies compact `a` to the elements that shape, strides and offset select in `out`.
void EwiseSetitem(const AlignedArray& a, AlignedArray* out, std::vector<int32_t> shape,
                  std::vector<int32_t> strides, size_t offset) {
  /// BEGIN SOLUTION
  ForEach(shape, strides, offset,
          [&](size_t i, ptrdiff_t position) { out->ptr[position] = a.ptr[i]; });
  /// END SOLUTION
}

/// Writes `val` to the `size` elements that shape, strides and offset select in `out`.
void ScalarSetitem(const size_t size, scalar_t val, AlignedArray* out, std::vector<int32_t> shape,
                   std::vector<int32_t> strides, size_t offset) {
  /// BEGIN SOLUTION
  (void)size;
  ForEach(shape, strides, offset, [&](size_t, ptrdiff_t position) { out->ptr[position] = val; });
  /// END SOLUTION
}

//------------------------------------------------------------------------------
// Element by element

/// out[i] = a[i] + b[i]
void EwiseAdd(const AlignedArray& a, const AlignedArray& b, AlignedArray* out) {
  for (size_t i = 0; i < a.size; i++) out->ptr[i] = a.ptr[i] + b.ptr[i];
}

/// out[i] = a[i] + val
void ScalarAdd(const AlignedArray& a, scalar_t val, AlignedArray* out) {
  for (size_t i = 0; i < a.size; i++) out->ptr[i] = a.ptr[i] + val;
}

/// out[i] = a[i] * b[i]
void EwiseMul(const AlignedArray& a, const AlignedArray& b, AlignedArray* out) {
  /// BEGIN SOLUTION
  for (size_t i = 0; i < a.size; i++) out->ptr[i] = a.ptr[i] * b.ptr[i];
  /// END SOLUTION
}

/// out[i] = a[i] * val
void ScalarMul(const AlignedArray& a, scalar_t val, AlignedArray* out) {
  /// BEGIN SOLUTION
  for (size_t i = 0; i < a.size; i++) out->ptr[i] = a.ptr[i] * val;
  /// END SOLUTION
}

/// out[i] = a[i] / b[i]
void EwiseDiv(const AlignedArray& a, const AlignedArray& b, AlignedArray* out) {
  /// BEGIN SOLUTION
  for (size_t i = 0; i < a.size; i++) out->ptr[i] = a.ptr[i] / b.ptr[i];
  /// END SOLUTION
}

/// out[i] = a[i] / val
void ScalarDiv(const AlignedArray& a, scalar_t val, AlignedArray* out) {
  /// BEGIN SOLUTION
  for (size_t i = 0; i < a.size; i++) out->ptr[i] = a.ptr[i] / val;
  /// END SOLUTION
}

/// out[i] = a[i] to the power val
void ScalarPower(const AlignedArray& a, scalar_t val, AlignedArray* out) {
  /// BEGIN SOLUTION
  for (size_t i = 0; i < a.size; i++) out->ptr[i] = std::pow(a.ptr[i], val);
  /// END SOLUTION
}

/// out[i] = the larger of a[i] and b[i]
void EwiseMaximum(const AlignedArray& a, const AlignedArray& b, AlignedArray* out) {
  /// BEGIN SOLUTION
  for (size_t i = 0; i < a.size; i++) out->ptr[i] = std::max(a.ptr[i], b.ptr[i]);
  /// END SOLUTION
}

/// out[i] = the larger of a[i] and val
void ScalarMaximum(const AlignedArray& a, scalar_t val, AlignedArray* out) {
  /// BEGIN SOLUTION
  for (size_t i = 0; i < a.size; i++) out->ptr[i] = std::max(a.ptr[i], val);
  /// END SOLUTION
}

/// out[i] = 1 if a[i] == b[i], else 0
void EwiseEq(const AlignedArray& a, const AlignedArray& b, AlignedArray* out) {
  /// BEGIN SOLUTION
  for (size_t i = 0; i < a.size; i++) out->ptr[i] = a.ptr[i] == b.ptr[i];
  /// END SOLUTION
}

/// out[i] = 1 if a[i] == val, else 0
void ScalarEq(const AlignedArray& a, scalar_t val, AlignedArray* out) {
  /// BEGIN SOLUTION
  for (size_t i = 0; i < a.size; i++) out->ptr[i] = a.ptr[i] == val;
  /// END SOLUTION
}

/// out[i] = 1 if a[i] >= b[i], else 0
void EwiseGe(const AlignedArray& a, const AlignedArray& b, AlignedArray* out) {
  /// BEGIN SOLUTION
  for (size_t i = 0; i < a.size; i++) out->ptr[i] = a.ptr[i] >= b.ptr[i];
  /// END SOLUTION
}

/// out[i] = 1 if a[i] >= val, else 0
void ScalarGe(const AlignedArray& a, scalar_t val, AlignedArray* out) {
  /// BEGIN SOLUTION
  for (size_t i = 0; i < a.size; i++) out->ptr[i] = a.ptr[i] >= val;
  /// END SOLUTION
}

/// out[i] = log(a[i])
void EwiseLog(const AlignedArray& a, AlignedArray* out) {
  /// BEGIN SOLUTION
  for (size_t i = 0; i < a.size; i++) out->ptr[i] = std::log(a.ptr[i]);
  /// END SOLUTION
}

/// out[i] = exp(a[i])
void EwiseExp(const AlignedArray& a, AlignedArray* out) {
  /// BEGIN SOLUTION
  for (size_t i = 0; i < a.size; i++) out->ptr[i] = std::exp(a.ptr[i]);
  /// END SOLUTION
}

/// out[i] = tanh(a[i])
void EwiseTanh(const AlignedArray& a, AlignedArray* out) {
  /// BEGIN SOLUTION
  for (size_t i = 0; i < a.size; i++) out->ptr[i] = std::tanh(a.ptr[i]);
  /// END SOLUTION
}

//------------------------------------------------------------------------------
// Matrices

/// out = a b, for an (m, n) and an (n, p) matrix, all stored row by row.
///
/// `out` is not initialised.
void Matmul(const AlignedArray& a, const AlignedArray& b, AlignedArray* out, uint32_t m, uint32_t n,
            uint32_t p) {
  /// BEGIN SOLUTION
  Fill(out, 0);
  for (size_t i = 0; i < m; i++) {
    for (size_t k = 0; k < n; k++) {
      for (size_t j = 0; j < p; j++) {
        out->ptr[i * p + j] += a.ptr[i * n + k] * b.ptr[k * p + j];
      }
    }
  }
  /// END SOLUTION
}

/// out += a b, for TILE x TILE matrices stored row by row.
///
/// The sizes are constants and the pointers are aligned and do not overlap, so that a compiler can
/// make vector instructions of plain loops.
inline void AlignedDot(const float* __restrict__ a, const float* __restrict__ b,
                       float* __restrict__ out) {
  a = static_cast<const float*>(__builtin_assume_aligned(a, TILE * ELEM_SIZE));
  b = static_cast<const float*>(__builtin_assume_aligned(b, TILE * ELEM_SIZE));
  out = static_cast<float*>(__builtin_assume_aligned(out, TILE * ELEM_SIZE));

  /// BEGIN SOLUTION
  for (size_t i = 0; i < TILE; i++) {
    for (size_t k = 0; k < TILE; k++) {
      for (size_t j = 0; j < TILE; j++) out[i * TILE + j] += a[i * TILE + k] * b[k * TILE + j];
    }
  }
  /// END SOLUTION
}

/// out = a b, for matrices stored tile by tile.
///
/// An (m, n) matrix is stored as [m / TILE][n / TILE][TILE][TILE], and likewise b and out. The sizes
/// m, n and p count elements and are multiples of TILE. `out` is not initialised.
void MatmulTiled(const AlignedArray& a, const AlignedArray& b, AlignedArray* out, uint32_t m,
                 uint32_t n, uint32_t p) {
  /// BEGIN SOLUTION
  Fill(out, 0);
  const size_t rows = m / TILE, inner = n / TILE, columns = p / TILE, area = TILE * TILE;
  for (size_t i = 0; i < rows; i++) {
    for (size_t j = 0; j < columns; j++) {
      for (size_t k = 0; k < inner; k++) {
        AlignedDot(a.ptr + (i * inner + k) * area, b.ptr + (k * columns + j) * area,
                   out->ptr + (i * columns + j) * area);
      }
    }
  }
  /// END SOLUTION
}

//------------------------------------------------------------------------------
// Reductions

/// out[i] = the largest of the reduce_size numbers from a[i * reduce_size] on
void ReduceMax(const AlignedArray& a, AlignedArray* out, size_t reduce_size) {
  /// BEGIN SOLUTION
  for (size_t i = 0; i < out->size; i++) {
    const scalar_t* from = a.ptr + i * reduce_size;
    out->ptr[i] = *std::max_element(from, from + reduce_size);
  }
  /// END SOLUTION
}

/// out[i] = the sum of the reduce_size numbers from a[i * reduce_size] on
void ReduceSum(const AlignedArray& a, AlignedArray* out, size_t reduce_size) {
  /// BEGIN SOLUTION
  for (size_t i = 0; i < out->size; i++) {
    scalar_t sum = 0;
    for (size_t k = 0; k < reduce_size; k++) sum += a.ptr[i * reduce_size + k];
    out->ptr[i] = sum;
  }
  /// END SOLUTION
}

}  // namespace cpu
}  // namespace needle

PYBIND11_MODULE(ndarray_backend_cpu, m) {
  namespace py = pybind11;
  using namespace needle;
  using namespace cpu;

  m.attr("__device_name__") = "cpu";
  m.attr("__tile_size__") = TILE;

  py::class_<AlignedArray>(m, "Array")
      .def(py::init<size_t>(), py::return_value_policy::take_ownership)
      .def("ptr", &AlignedArray::ptr_as_int)
      .def_readonly("size", &AlignedArray::size);

  m.def("to_numpy", [](const AlignedArray& a, std::vector<size_t> shape,
                       std::vector<size_t> strides, size_t offset) {
    for (size_t& stride : strides) stride *= ELEM_SIZE;
    return py::array_t<scalar_t>(shape, strides, a.ptr + offset);  // copies
  });
  m.def("from_numpy", [](py::array_t<scalar_t, py::array::c_style | py::array::forcecast> a,
                         AlignedArray* out) {
    if (static_cast<size_t>(a.size()) != out->size) {
      throw std::invalid_argument("from_numpy: the array and the memory differ in size");
    }
    std::memcpy(out->ptr, a.data(), out->size * ELEM_SIZE);
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
  m.def("matmul_tiled", MatmulTiled);

  m.def("reduce_max", ReduceMax);
  m.def("reduce_sum", ReduceSum);
}
