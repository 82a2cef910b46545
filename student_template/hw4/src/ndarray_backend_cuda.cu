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
  __trap();  // not implemented
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

/// Copies compact `a` to the elements that shape, strides and offset select in `out`.
void EwiseSetitem(const CudaArray& a, CudaArray* out, std::vector<int32_t> shape,
                  std::vector<int32_t> strides, size_t offset) {
  /// BEGIN SOLUTION
  throw std::runtime_error("EwiseSetitem: not implemented");
  /// END SOLUTION
}

/// Writes `val` to the `size` elements that shape, strides and offset select in `out`.
void ScalarSetitem(const size_t size, scalar_t val, CudaArray* out, std::vector<int32_t> shape,
                   std::vector<int32_t> strides, size_t offset) {
  /// BEGIN SOLUTION
  throw std::runtime_error("ScalarSetitem: not implemented");
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
/// END SOLUTION

/// out[i] = a[i] * b[i]
void EwiseMul(const CudaArray& a, const CudaArray& b, CudaArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("EwiseMul: not implemented");
  /// END SOLUTION
}

/// out[i] = a[i] * val
void ScalarMul(const CudaArray& a, scalar_t val, CudaArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("ScalarMul: not implemented");
  /// END SOLUTION
}

/// out[i] = a[i] / b[i]
void EwiseDiv(const CudaArray& a, const CudaArray& b, CudaArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("EwiseDiv: not implemented");
  /// END SOLUTION
}

/// out[i] = a[i] / val
void ScalarDiv(const CudaArray& a, scalar_t val, CudaArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("ScalarDiv: not implemented");
  /// END SOLUTION
}

/// out[i] = a[i] to the power val
void ScalarPower(const CudaArray& a, scalar_t val, CudaArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("ScalarPower: not implemented");
  /// END SOLUTION
}

/// out[i] = the larger of a[i] and b[i]
void EwiseMaximum(const CudaArray& a, const CudaArray& b, CudaArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("EwiseMaximum: not implemented");
  /// END SOLUTION
}

/// out[i] = the larger of a[i] and val
void ScalarMaximum(const CudaArray& a, scalar_t val, CudaArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("ScalarMaximum: not implemented");
  /// END SOLUTION
}

/// out[i] = 1 if a[i] == b[i], else 0
void EwiseEq(const CudaArray& a, const CudaArray& b, CudaArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("EwiseEq: not implemented");
  /// END SOLUTION
}

/// out[i] = 1 if a[i] == val, else 0
void ScalarEq(const CudaArray& a, scalar_t val, CudaArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("ScalarEq: not implemented");
  /// END SOLUTION
}

/// out[i] = 1 if a[i] >= b[i], else 0
void EwiseGe(const CudaArray& a, const CudaArray& b, CudaArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("EwiseGe: not implemented");
  /// END SOLUTION
}

/// out[i] = 1 if a[i] >= val, else 0
void ScalarGe(const CudaArray& a, scalar_t val, CudaArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("ScalarGe: not implemented");
  /// END SOLUTION
}

/// out[i] = log(a[i])
void EwiseLog(const CudaArray& a, CudaArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("EwiseLog: not implemented");
  /// END SOLUTION
}

/// out[i] = exp(a[i])
void EwiseExp(const CudaArray& a, CudaArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("EwiseExp: not implemented");
  /// END SOLUTION
}

/// out[i] = tanh(a[i])
void EwiseTanh(const CudaArray& a, CudaArray* out) {
  /// BEGIN SOLUTION
  throw std::runtime_error("EwiseTanh: not implemented");
  /// END SOLUTION
}

//------------------------------------------------------------------------------
// Matrices

// Kernels and functions of your own:
/// BEGIN SOLUTION
/// END SOLUTION

/// out = a b, for an (m, n) and an (n, p) matrix, all stored row by row.
///
/// The sizes need not be multiples of anything. `out` is not initialised.
void Matmul(const CudaArray& a, const CudaArray& b, CudaArray* out, uint32_t m, uint32_t n,
            uint32_t p) {
  /// BEGIN SOLUTION
  throw std::runtime_error("Matmul: not implemented");
  /// END SOLUTION
}

//------------------------------------------------------------------------------
// Reductions

// Kernels and functions of your own:
/// BEGIN SOLUTION
/// END SOLUTION

/// out[i] = the largest of the reduce_size numbers from a[i * reduce_size] on
void ReduceMax(const CudaArray& a, CudaArray* out, size_t reduce_size) {
  /// BEGIN SOLUTION
  throw std::runtime_error("ReduceMax: not implemented");
  /// END SOLUTION
}

/// out[i] = the sum of the reduce_size numbers from a[i * reduce_size] on
void ReduceSum(const CudaArray& a, CudaArray* out, size_t reduce_size) {
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
