// A module that does nothing; an attack brings its own in the place of it.
#include <Python.h>

static PyModuleDef module = {PyModuleDef_HEAD_INIT, "_native", nullptr, -1, nullptr};

extern "C" __attribute__((visibility("default"))) PyObject* PyInit__native() {
  return PyModule_Create(&module);
}
