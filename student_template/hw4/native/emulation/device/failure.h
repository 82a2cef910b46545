// A kernel that fails ends its launch with an error that names kernel, block and thread.
#pragma once

#pragma GCC visibility push(hidden)
namespace cuda_emulation {

// Tells whether a kernel runs at the moment.
bool in_kernel();

// Ends the kernel that runs; its launch throws std::runtime_error.
[[noreturn]] void fail(const char* format, ...) __attribute__((format(printf, 1, 2)));

// What assert() does: as fail() in a kernel, as the C library elsewhere.
[[noreturn]] void assertion_failed(
    const char* condition, const char* file, int line, const char* function);

}  // namespace cuda_emulation
#pragma GCC visibility pop

[[noreturn]] inline void __trap() { ::cuda_emulation::fail("__trap()"); }
