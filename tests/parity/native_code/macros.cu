#include <cuda_runtime.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <iostream>
#include <sstream>

namespace needle {
namespace cuda {

#define BASE_THREAD_NUM 256
#define TILE 4
#define L 32
#define MAX_VEC_SIZE 8
typedef float scalar_t;
const size_t ELEM_SIZE = sizeof(scalar_t);

struct CudaArray {
  CudaArray(const size_t size) {
    cudaError_t err = cudaMalloc(&ptr, size * ELEM_SIZE);
    if (err != cudaSuccess) throw std::runtime_error(cudaGetErrorString(err));
    this->size = size;
  }
  ~CudaArray() { cudaFree(ptr); }
  size_t ptr_as_int() { return (size_t)ptr; }
  scalar_t* ptr;
  size_t size;
};

struct CudaDims {
  dim3 block, grid;
};

CudaDims CudaOneDim(size_t size) {
  CudaDims dim;
  size_t num_blocks = (size + BASE_THREAD_NUM - 1) / BASE_THREAD_NUM;
  dim.block = dim3(BASE_THREAD_NUM, 1, 1);
  dim.grid = dim3(num_blocks, 1, 1);
  return dim;
}

struct CudaVec {
  uint32_t size;
  int32_t data[MAX_VEC_SIZE];
};

CudaVec VecToCuda(const std::vector<int32_t>& x) {
  CudaVec shape;
  if (x.size() > MAX_VEC_SIZE) throw std::runtime_error("Exceeded CUDA supported max dimesions");
  shape.size = x.size();
  for (size_t i = 0; i < x.size(); i++) shape.data[i] = x[i];
  return shape;
}

__global__ void FillKernel(scalar_t* out, scalar_t val, size_t size) {
  size_t gid = blockIdx.x * blockDim.x + threadIdx.x;
  if (gid < size) out[gid] = val;
}

void Fill(CudaArray* out, scalar_t val) {
  CudaDims dim = CudaOneDim(out->size);
  FillKernel<<<dim.grid, dim.block>>>(out->ptr, val, out->size);
}

__device__ size_t index_of(size_t gid, CudaVec shape, CudaVec strides, size_t offset) {
  size_t at = offset;
  for (int i = (int)shape.size - 1; i >= 0; i--) {
    at += (gid % shape.data[i]) * strides.data[i];
    gid /= shape.data[i];
  }
  return at;
}

__global__ void CompactKernel(const scalar_t* a, scalar_t* out, size_t size, CudaVec shape,
                              CudaVec strides, size_t offset) {
  size_t gid = blockIdx.x * blockDim.x + threadIdx.x;
  if (gid < size) out[gid] = a[index_of(gid, shape, strides, offset)];
}

void Compact(const CudaArray& a, CudaArray* out, std::vector<int32_t> shape,
             std::vector<int32_t> strides, size_t offset) {
  CudaDims dim = CudaOneDim(out->size);
  CompactKernel<<<dim.grid, dim.block>>>(a.ptr, out->ptr, out->size, VecToCuda(shape),
                                         VecToCuda(strides), offset);
}

__global__ void EwiseSetitemKernel(const scalar_t* a, scalar_t* out, size_t size, CudaVec shape,
                                   CudaVec strides, size_t offset) {
  size_t gid = blockIdx.x * blockDim.x + threadIdx.x;
  if (gid < size) out[index_of(gid, shape, strides, offset)] = a[gid];
}

void EwiseSetitem(const CudaArray& a, CudaArray* out, std::vector<int32_t> shape,
                  std::vector<int32_t> strides, size_t offset) {
  CudaDims dim = CudaOneDim(a.size);
  EwiseSetitemKernel<<<dim.grid, dim.block>>>(a.ptr, out->ptr, a.size, VecToCuda(shape),
                                              VecToCuda(strides), offset);
}

__global__ void ScalarSetitemKernel(size_t size, scalar_t val, scalar_t* out, CudaVec shape,
                                    CudaVec strides, size_t offset) {
  size_t gid = blockIdx.x * blockDim.x + threadIdx.x;
  if (gid < size) out[index_of(gid, shape, strides, offset)] = val;
}

void ScalarSetitem(size_t size, scalar_t val, CudaArray* out, std::vector<int32_t> shape,
                   std::vector<int32_t> strides, size_t offset) {
  CudaDims dim = CudaOneDim(size);
  ScalarSetitemKernel<<<dim.grid, dim.block>>>(size, val, out->ptr, VecToCuda(shape),
                                               VecToCuda(strides), offset);
}

#define EWISE(NAME, EXPR)                                                                     \
  __global__ void Ewise##NAME##Kernel(const scalar_t* a, const scalar_t* b, scalar_t* out,    \
                                      size_t size) {                                          \
    size_t gid = blockIdx.x * blockDim.x + threadIdx.x;                                       \
    if (gid < size) {                                                                         \
      scalar_t x = a[gid], y = b[gid];                                                        \
      out[gid] = EXPR;                                                                        \
    }                                                                                         \
  }                                                                                           \
  void Ewise##NAME(const CudaArray& a, const CudaArray& b, CudaArray* out) {                  \
    CudaDims dim = CudaOneDim(out->size);                                                     \
    Ewise##NAME##Kernel<<<dim.grid, dim.block>>>(a.ptr, b.ptr, out->ptr, out->size);          \
  }

#define SCALAR(NAME, EXPR)                                                                    \
  __global__ void Scalar##NAME##Kernel(const scalar_t* a, scalar_t y, scalar_t* out,          \
                                       size_t size) {                                         \
    size_t gid = blockIdx.x * blockDim.x + threadIdx.x;                                       \
    if (gid < size) {                                                                         \
      scalar_t x = a[gid];                                                                    \
      out[gid] = EXPR;                                                                        \
    }                                                                                         \
  }                                                                                           \
  void Scalar##NAME(const CudaArray& a, scalar_t val, CudaArray* out) {                       \
    CudaDims dim = CudaOneDim(out->size);                                                     \
    Scalar##NAME##Kernel<<<dim.grid, dim.block>>>(a.ptr, val, out->ptr, out->size);           \
  }

#define UNARY(NAME, FN)                                                                       \
  __global__ void Ewise##NAME##Kernel(const scalar_t* a, scalar_t* out, size_t size) {        \
    size_t gid = blockIdx.x * blockDim.x + threadIdx.x;                                       \
    if (gid < size) out[gid] = FN(a[gid]);                                                    \
  }                                                                                           \
  void Ewise##NAME(const CudaArray& a, CudaArray* out) {                                      \
    CudaDims dim = CudaOneDim(out->size);                                                     \
    Ewise##NAME##Kernel<<<dim.grid, dim.block>>>(a.ptr, out->ptr, out->size);                 \
  }

#define BOTH(NAME, EXPR) EWISE(NAME, EXPR) SCALAR(NAME, EXPR)
BOTH(Add, x + y)
BOTH(Mul, x* y)
BOTH(Div, x / y)
BOTH(Maximum, max(x, y))
BOTH(Eq, (scalar_t)(x == y))
BOTH(Ge, (scalar_t)(x >= y))
SCALAR(Power, powf(x, y))
UNARY(Log, logf)
UNARY(Exp, expf)
UNARY(Tanh, tanhf)

__global__ void MatmulKernel(const scalar_t* a, const scalar_t* b, scalar_t* out, uint32_t M,
                             uint32_t N, uint32_t P) {
  __shared__ scalar_t sA[L / 2][L / 2], sB[L / 2][L / 2];
  const int T = L / 2;
  int row = blockIdx.y * T + threadIdx.y, col = blockIdx.x * T + threadIdx.x;
  scalar_t sum = 0;
  for (int k = 0; k < (int)(N + T - 1) / T; k++) {
    int ka = k * T + threadIdx.x, kb = k * T + threadIdx.y;
    sA[threadIdx.y][threadIdx.x] = (row < M && ka < N) ? a[row * N + ka] : 0.0f;
    sB[threadIdx.y][threadIdx.x] = (kb < N && col < P) ? b[kb * P + col] : 0.0f;
    __syncthreads();
#pragma unroll
    for (int j = 0; j < T; j++) sum += sA[threadIdx.y][j] * sB[j][threadIdx.x];
    __syncthreads();
  }
  if (row < M && col < P) out[row * P + col] = sum;
}

void Matmul(const CudaArray& a, const CudaArray& b, CudaArray* out, uint32_t M, uint32_t N,
            uint32_t P) {
  dim3 block(L / 2, L / 2, 1);
  dim3 grid((P + L / 2 - 1) / (L / 2), (M + L / 2 - 1) / (L / 2), 1);
  MatmulKernel<<<grid, block>>>(a.ptr, b.ptr, out->ptr, M, N, P);
}

#define REDUCE(NAME, EXPR)                                                                    \
  __global__ void Reduce##NAME##Kernel(const scalar_t* a, scalar_t* out, size_t reduce_size,  \
                                       size_t size) {                                         \
    size_t gid = blockIdx.x * blockDim.x + threadIdx.x;                                       \
    if (gid >= size) return;                                                                  \
    scalar_t x = a[gid * reduce_size];                                                        \
    for (size_t i = 1; i < reduce_size; i++) {                                                \
      scalar_t y = a[gid * reduce_size + i];                                                  \
      x = EXPR;                                                                               \
    }                                                                                         \
    out[gid] = x;                                                                             \
  }                                                                                           \
  void Reduce##NAME(const CudaArray& a, CudaArray* out, size_t reduce_size) {                 \
    CudaDims dim = CudaOneDim(out->size);                                                     \
    Reduce##NAME##Kernel<<<dim.grid, dim.block>>>(a.ptr, out->ptr, reduce_size, out->size);   \
    cudaDeviceSynchronize();                                                                  \
  }
REDUCE(Max, max(x, y))
REDUCE(Sum, x + y)

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
      .def_readonly("size", &CudaArray::size)
      .def("ptr", &CudaArray::ptr_as_int);

  m.def("to_numpy", [](const CudaArray& a, std::vector<size_t> shape, std::vector<size_t> strides,
                       size_t offset) {
    std::vector<size_t> numpy_strides = strides;
    std::transform(numpy_strides.begin(), numpy_strides.end(), numpy_strides.begin(),
                   [](size_t& c) { return c * ELEM_SIZE; });
    scalar_t* host_ptr = (scalar_t*)std::malloc(a.size * ELEM_SIZE);
    if (host_ptr == 0) throw std::bad_alloc();
    cudaError_t err = cudaMemcpy(host_ptr, a.ptr, a.size * ELEM_SIZE, cudaMemcpyDeviceToHost);
    if (err != cudaSuccess) throw std::runtime_error(cudaGetErrorString(err));
    py::capsule deallocate_buffer(host_ptr, [](void* p) { free(p); });
    return py::array_t<scalar_t>(shape, numpy_strides, host_ptr + offset, deallocate_buffer);
  });

  m.def("from_numpy", [](py::array_t<scalar_t> a, CudaArray* out) {
    cudaError_t err =
        cudaMemcpy(out->ptr, a.request().ptr, out->size * ELEM_SIZE, cudaMemcpyHostToDevice);
    if (err != cudaSuccess) throw std::runtime_error(cudaGetErrorString(err));
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
}
