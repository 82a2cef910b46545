#include <pybind11/functional.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cmath>
#include <iostream>
#include <stdexcept>

namespace needle {
namespace cpu {

#define ALIGNMENT 256
#define TILE 8
typedef float scalar_t;
const size_t ELEM_SIZE = sizeof(scalar_t);

struct AlignedArray {
  AlignedArray(const size_t size) {
    int ret = posix_memalign((void**)&ptr, ALIGNMENT, size * ELEM_SIZE);
    if (ret != 0) throw std::bad_alloc();
    this->size = size;
  }
  ~AlignedArray() { free(ptr); }
  size_t ptr_as_int() { return (size_t)ptr; }
  scalar_t* ptr;
  size_t size;
};

void Fill(AlignedArray* out, scalar_t val) {
  for (size_t i = 0; i < out->size; i++) out->ptr[i] = val;
}

template <typename F>
void walk(size_t dim, const std::vector<int32_t>& shape, const std::vector<int32_t>& strides,
          size_t at, size_t& count, F f) {
  if (dim == shape.size()) {
    f(count++, at);
    return;
  }
  for (int32_t i = 0; i < shape[dim]; i++)
    walk(dim + 1, shape, strides, at + i * strides[dim], count, f);
}

void Compact(const AlignedArray& a, AlignedArray* out, std::vector<int32_t> shape,
             std::vector<int32_t> strides, size_t offset) {
  size_t count = 0;
  walk(0, shape, strides, offset, count, [&](size_t i, size_t at) { out->ptr[i] = a.ptr[at]; });
}

void EwiseSetitem(const AlignedArray& a, AlignedArray* out, std::vector<int32_t> shape,
                  std::vector<int32_t> strides, size_t offset) {
  size_t count = 0;
  walk(0, shape, strides, offset, count, [&](size_t i, size_t at) { out->ptr[at] = a.ptr[i]; });
}

void ScalarSetitem(const size_t size, scalar_t val, AlignedArray* out, std::vector<int32_t> shape,
                   std::vector<int32_t> strides, size_t offset) {
  size_t count = 0;
  walk(0, shape, strides, offset, count, [&](size_t, size_t at) { out->ptr[at] = val; });
}

struct Add { scalar_t operator()(scalar_t x, scalar_t y) const { return x + y; } };
struct Mul { scalar_t operator()(scalar_t x, scalar_t y) const { return x * y; } };
struct Div { scalar_t operator()(scalar_t x, scalar_t y) const { return x / y; } };
struct Max { scalar_t operator()(scalar_t x, scalar_t y) const { return std::max(x, y); } };
struct Pow { scalar_t operator()(scalar_t x, scalar_t y) const { return std::pow(x, y); } };
struct Eq { scalar_t operator()(scalar_t x, scalar_t y) const { return x == y; } };
struct Ge { scalar_t operator()(scalar_t x, scalar_t y) const { return x >= y; } };

template <typename Op>
void Ewise(const AlignedArray& a, const AlignedArray& b, AlignedArray* out) {
  for (size_t i = 0; i < a.size; i++) out->ptr[i] = Op()(a.ptr[i], b.ptr[i]);
}

template <typename Op>
void Scalar(const AlignedArray& a, scalar_t val, AlignedArray* out) {
  for (size_t i = 0; i < a.size; i++) out->ptr[i] = Op()(a.ptr[i], val);
}

template <scalar_t (*F)(scalar_t)>
void Unary(const AlignedArray& a, AlignedArray* out) {
  for (size_t i = 0; i < a.size; i++) out->ptr[i] = F(a.ptr[i]);
}

void Matmul(const AlignedArray& a, const AlignedArray& b, AlignedArray* out, uint32_t m,
            uint32_t n, uint32_t p) {
  for (uint32_t i = 0; i < m; i++)
    for (uint32_t j = 0; j < p; j++) {
      out->ptr[i * p + j] = 0;
      for (uint32_t k = 0; k < n; k++) out->ptr[i * p + j] += a.ptr[i * n + k] * b.ptr[k * p + j];
    }
}

inline void AlignedDot(const float* __restrict__ a, const float* __restrict__ b,
                       float* __restrict__ out) {
  a = (const float*)__builtin_assume_aligned(a, TILE * ELEM_SIZE);
  b = (const float*)__builtin_assume_aligned(b, TILE * ELEM_SIZE);
  out = (float*)__builtin_assume_aligned(out, TILE * ELEM_SIZE);
  for (int i = 0; i < TILE; i++)
    for (int k = 0; k < TILE; k++)
      for (int j = 0; j < TILE; j++) out[i * TILE + j] += a[i * TILE + k] * b[k * TILE + j];
}

void MatmulTiled(const AlignedArray& a, const AlignedArray& b, AlignedArray* out, uint32_t m,
                 uint32_t n, uint32_t p) {
  Fill(out, 0);
  const uint32_t S = TILE * TILE;
  for (uint32_t i = 0; i < m / TILE; i++)
    for (uint32_t j = 0; j < p / TILE; j++)
      for (uint32_t k = 0; k < n / TILE; k++)
        AlignedDot(a.ptr + (i * (n / TILE) + k) * S, b.ptr + (k * (p / TILE) + j) * S,
                   out->ptr + (i * (p / TILE) + j) * S);
}

void ReduceMax(const AlignedArray& a, AlignedArray* out, size_t reduce_size) {
  for (size_t i = 0; i < out->size; i++) {
    scalar_t x = a.ptr[i * reduce_size];
    for (size_t j = 1; j < reduce_size; j++) x = std::max(x, a.ptr[i * reduce_size + j]);
    out->ptr[i] = x;
  }
}

void ReduceSum(const AlignedArray& a, AlignedArray* out, size_t reduce_size) {
  for (size_t i = 0; i < out->size; i++) {
    scalar_t x = 0;
    for (size_t j = 0; j < reduce_size; j++) x += a.ptr[i * reduce_size + j];
    out->ptr[i] = x;
  }
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
    std::vector<size_t> numpy_strides = strides;
    std::transform(numpy_strides.begin(), numpy_strides.end(), numpy_strides.begin(),
                   [](size_t& c) { return c * ELEM_SIZE; });
    return py::array_t<scalar_t>(shape, numpy_strides, a.ptr + offset);
  });
  m.def("from_numpy", [](py::array_t<scalar_t> a, AlignedArray* out) {
    std::memcpy(out->ptr, a.request().ptr, out->size * ELEM_SIZE);
  });

  m.def("fill", Fill);
  m.def("compact", Compact);
  m.def("ewise_setitem", EwiseSetitem);
  m.def("scalar_setitem", ScalarSetitem);
  m.def("ewise_add", Ewise<Add>);
  m.def("scalar_add", Scalar<Add>);
  m.def("ewise_mul", Ewise<Mul>);
  m.def("scalar_mul", Scalar<Mul>);
  m.def("ewise_div", Ewise<Div>);
  m.def("scalar_div", Scalar<Div>);
  m.def("scalar_power", Scalar<Pow>);
  m.def("ewise_maximum", Ewise<Max>);
  m.def("scalar_maximum", Scalar<Max>);
  m.def("ewise_eq", Ewise<Eq>);
  m.def("scalar_eq", Scalar<Eq>);
  m.def("ewise_ge", Ewise<Ge>);
  m.def("scalar_ge", Scalar<Ge>);
  m.def("ewise_log", Unary<std::log>);
  m.def("ewise_exp", Unary<std::exp>);
  m.def("ewise_tanh", Unary<std::tanh>);
  m.def("matmul", Matmul);
  m.def("matmul_tiled", MatmulTiled);
  m.def("reduce_max", ReduceMax);
  m.def("reduce_sum", ReduceSum);
}
