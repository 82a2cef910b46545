"""Native code: builds extension modules from C++ and CUDA, with a GPU or without.

The folder stands alone (standard library and pybind11's headers), because it travels: into student
templates as `native/`, and into the sandbox in which students' code is compiled.

    build          the command line
    modules        one extension module: from its sources to the file that Python imports
    toolchain      compilers, headers, flags, and what to install where something is missing
    sources        which files a module is made of
    cuda           copies of CUDA sources that a C++ compiler understands
    launches       kernel<<<grid, block>>>(...) and, with shared_memory and lexemes, __shared__
    sanitized      a command under AddressSanitizer
    targets.mk     what the Makefile of a template includes
    emulation/     what the rewritten sources are compiled against: device/ is what kernels use,
                   runtime/ what the host calls
"""
