// One epoch of softmax regression in C++, for Python.

#include <cmath>
#include <cstddef>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <stdexcept>
#include <vector>

namespace py = pybind11;

/**
 * Run one epoch of SGD for softmax regression; the same as softmax_regression_epoch in Python.
 *
 * All matrices are row-major: element (i, j) of a matrix with c columns is at [i * c + j].
 *
 * @param X inputs, (m, n)
 * @param y labels, (m)
 * @param theta weights, (n, k), changed in place
 * @param m number of examples
 * @param n size of an input
 * @param k number of classes
 * @param lr step size
 * @param batch size of a batch; the last one may be shorter
 */
void softmax_regression_epoch_cpp(const float *X, const unsigned char *y, float *theta, size_t m,
                                  size_t n, size_t k, float lr, size_t batch) {
  /// BEGIN YOUR CODE
  throw std::runtime_error("softmax_regression_epoch_cpp: not implemented");
  /// END YOUR CODE
}

PYBIND11_MODULE(simple_ml_ext, m) {
  m.def(
      "softmax_regression_epoch_cpp",
      [](py::array_t<float, py::array::c_style> X, py::array_t<unsigned char, py::array::c_style> y,
         py::array_t<float, py::array::c_style> theta, float lr, size_t batch) {
        softmax_regression_epoch_cpp(static_cast<const float *>(X.request().ptr),
                                     static_cast<const unsigned char *>(y.request().ptr),
                                     static_cast<float *>(theta.request().ptr), X.request().shape[0],
                                     X.request().shape[1], theta.request().shape[1], lr, batch);
      },
      py::arg("X"), py::arg("y"), py::arg("theta").noconvert(),  // a copy would take the changes
      py::arg("lr"), py::arg("batch"));
}
