// Needle's CPU backend: flat float32 memory, and the functions of NDArray that work on it.
//
// Strides and offsets count elements. Apart from Compact and the two Setitem functions, everything
// works on compact memory, from its first element to its last.

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#ifdef __linux__
#include <malloc.h>
#include <sys/mman.h>
#endif

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <vector>

// What else you include:
/// BEGIN SOLUTION
/// END SOLUTION

namespace needle {
namespace cpu {

#define ALIGNMENT 256
#define TILE 8

typedef float scalar_t;
const size_t ELEM_SIZE = sizeof(scalar_t);

/// Asks for pages of 2 MB instead of 4 KB for large memory: the kernel clears each page when it is
/// touched first, and one after the other that takes longer than what is computed there.
inline void PreferLargePages(void* memory, size_t bytes) {
#ifdef MADV_HUGEPAGE
  const size_t page = 4096, start = (reinterpret_cast<size_t>(memory) + page - 1) / page * page;
  if (bytes >= (4 << 20)) madvise(reinterpret_cast<void*>(start), bytes - page, MADV_HUGEPAGE);
#else
  (void)memory, (void)bytes;
#endif
}

/// Keeps freed memory for the next array, up to 512 MB, instead of handing it back to the kernel.
inline void KeepFreedMemory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 512 << 20);
#endif
}

/// Memory for `size` numbers that starts at a multiple of ALIGNMENT bytes. It is not initialised.
struct AlignedArray {
  explicit AlignedArray(const size_t size) : size(size) {
    // at least one byte, so that arrays without elements have an address of their own, too
    const size_t bytes = std::max<size_t>(size * ELEM_SIZE, 1);
    if (posix_memalign(reinterpret_cast<void**>(&ptr), ALIGNMENT, bytes) != 0) {
      throw std::bad_alloc();
    }
    PreferLargePages(ptr, bytes);
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

/// Copies the elements that shape, strides and offset select in `a` to `out`, row by row.
///
/// Strides may be 0 (an axis that repeats itself) or negative (an axis that runs backwards).
void Compact(const AlignedArray& a, AlignedArray* out, std::vector<int32_t> shape,
             std::vector<int32_t> strides, size_t offset) {
  /// BEGIN SOLUTION
  throw std::runtime_error("Compact: not implemented");
  /// END SOLUTION
}

/// Copies compact `a` to the elements that shape, strides and offset select in `out`.
void EwiseSetitem(const AlignedArray& a, AlignedArray* out, std::vector<int32_t> shape,
                  std::vector<int32_t> strides, size_t offset) {
  /// BEGIN SOLUTION
  throw std::runtime_error("EwiseSetitem: not implemented");
  /// END SOLUTION
}

/// Writes `val` to the `size` elements that shape, strides and offset select in `out`.
void ScalarSetitem(const size_t size, scalar_t val, AlignedArray* out, std::vector<int32_t> shape,
                   std::vector<int32_t> strides, size_t offset) {
  /// BEGIN SOLUTION
  throw std::runtime_error("ScalarSetitem: not implemented");
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
  throw std::runtime_error("EwiseMul: not implemented");
  /// END SOLUTION
}

/// out[i] = a[i] * val
void ScalarMul(const AlignedArray& a, scalar_t val, AlignedArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("ScalarMul: not implemented");
  /// END SOLUTION
}

/// out[i] = a[i] / b[i]
void EwiseDiv(const AlignedArray& a, const AlignedArray& b, AlignedArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("EwiseDiv: not implemented");
  /// END SOLUTION
}

/// out[i] = a[i] / val
void ScalarDiv(const AlignedArray& a, scalar_t val, AlignedArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("ScalarDiv: not implemented");
  /// END SOLUTION
}

/// out[i] = a[i] to the power val
void ScalarPower(const AlignedArray& a, scalar_t val, AlignedArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("ScalarPower: not implemented");
  /// END SOLUTION
}

/// out[i] = the larger of a[i] and b[i]
void EwiseMaximum(const AlignedArray& a, const AlignedArray& b, AlignedArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("EwiseMaximum: not implemented");
  /// END SOLUTION
}

/// out[i] = the larger of a[i] and val
void ScalarMaximum(const AlignedArray& a, scalar_t val, AlignedArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("ScalarMaximum: not implemented");
  /// END SOLUTION
}

/// out[i] = 1 if a[i] == b[i], else 0
void EwiseEq(const AlignedArray& a, const AlignedArray& b, AlignedArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("EwiseEq: not implemented");
  /// END SOLUTION
}

/// out[i] = 1 if a[i] == val, else 0
void ScalarEq(const AlignedArray& a, scalar_t val, AlignedArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("ScalarEq: not implemented");
  /// END SOLUTION
}

/// out[i] = 1 if a[i] >= b[i], else 0
void EwiseGe(const AlignedArray& a, const AlignedArray& b, AlignedArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("EwiseGe: not implemented");
  /// END SOLUTION
}

/// out[i] = 1 if a[i] >= val, else 0
void ScalarGe(const AlignedArray& a, scalar_t val, AlignedArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("ScalarGe: not implemented");
  /// END SOLUTION
}

/// out[i] = log(a[i])
void EwiseLog(const AlignedArray& a, AlignedArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("EwiseLog: not implemented");
  /// END SOLUTION
}

/// out[i] = exp(a[i])
void EwiseExp(const AlignedArray& a, AlignedArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("EwiseExp: not implemented");
  /// END SOLUTION
}

/// out[i] = tanh(a[i])
void EwiseTanh(const AlignedArray& a, AlignedArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("EwiseTanh: not implemented");
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
  throw std::runtime_error("Matmul: not implemented");
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
  throw std::runtime_error("AlignedDot: not implemented");
  /// END SOLUTION
}

/// out = a b, for matrices stored tile by tile.
///
/// An (m, n) matrix is stored as [m / TILE][n / TILE][TILE][TILE], and likewise b and out. The
/// sizes m, n and p count elements and are multiples of TILE. `out` is not initialised.
void MatmulTiled(const AlignedArray& a, const AlignedArray& b, AlignedArray* out, uint32_t m,
                 uint32_t n, uint32_t p) {
  /// BEGIN SOLUTION
  throw std::runtime_error("MatmulTiled: not implemented");
  /// END SOLUTION
}

//------------------------------------------------------------------------------
// Reductions

/// out[i] = the largest of the reduce_size numbers from a[i * reduce_size] on
void ReduceMax(const AlignedArray& a, AlignedArray* out, size_t reduce_size) {
  /// BEGIN SOLUTION
  throw std::runtime_error("ReduceMax: not implemented");
  /// END SOLUTION
}

/// out[i] = the sum of the reduce_size numbers from a[i * reduce_size] on
void ReduceSum(const AlignedArray& a, AlignedArray* out, size_t reduce_size) {
  /// BEGIN SOLUTION
  throw std::runtime_error("ReduceSum: not implemented");
  /// END SOLUTION
}

//------------------------------------------------------------------------------
// Bindings

/// Binds what a backend has beyond the functions below. For functions of your own, write one that
/// takes (pybind11::module_& m, int): it is preferred to this one, which binds nothing.
inline void BindMore(pybind11::module_&, ...) {}

/// BEGIN SOLUTION
/// END SOLUTION

}  // namespace cpu
}  // namespace needle

PYBIND11_MODULE(ndarray_backend_cpu, m) {
  namespace py = pybind11;
  using namespace needle;
  using namespace cpu;

  KeepFreedMemory();

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
  BindMore(m, 0);
}
