// With AddressSanitizer, a kernel's access out of bounds ends its launch with an error that names
// kernel, block, thread and line; what is no kernel's is reported as always.
#ifdef __SANITIZE_ADDRESS__

#include <dlfcn.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

#include "../runtime/describe.h"
#include "failure.h"
#include "schedule.h"

namespace {

std::string neighbour(uintptr_t address) {
  const std::string allocation = cuda_emulation::describe(reinterpret_cast<void*>(address));
  if (!allocation.empty()) return allocation;
  const std::string shared =
      cuda_emulation::describe_shared(reinterpret_cast<void*>(address));
  if (!shared.empty()) return shared;
  char name[200] = "";
  void* start = nullptr;
  size_t size = 0;
  const char* kind = __asan_locate_address(
      reinterpret_cast<void*>(address), name, sizeof name, &start, &size);
  if (!*name && !std::strcmp(kind, "stack")) return "a local variable's end";
  if (!*name) return "no memory of the device (freed, or the host's)";
  char text[300];
  const auto distance = static_cast<ptrdiff_t>(address - reinterpret_cast<uintptr_t>(start));
  std::snprintf(
      text, sizeof text, "byte %td of `%.*s`, a variable of %zu bytes", distance,
      static_cast<int>(std::strcspn(name, ".")), name, size);  // clang numbers what it copies
  return text;
}

// An instrumented function found an access out of bounds: it calls this from `place`.
[[noreturn]] void report(const char* verb, const char* function, uintptr_t address, size_t size,
                         bool sized, void* place) {
  char line[300] = "";
  __sanitizer_symbolize_pc(static_cast<char*>(place) - 1, "%S", line, sizeof line);
  const char* file = std::strncmp(line, "./", 2) ? line : line + 2;
  if (!cuda_emulation::in_kernel()) {
    const std::string memory = cuda_emulation::describe(reinterpret_cast<void*>(address));
    if (!memory.empty())
      std::fprintf(
          stderr, "cuda emulation: the host %s %s in %s: only kernels can\n", verb, memory.c_str(),
          file);
    void* original = dlsym(RTLD_DEFAULT, function);
    if (sized) reinterpret_cast<void (*)(uintptr_t, size_t)>(original)(address, size);
    else reinterpret_cast<void (*)(uintptr_t)>(original)(address);
    __builtin_trap();
  }
  cuda_emulation::fail(
      "out of bounds: %s %zu bytes in %s: %s", verb, size, file, neighbour(address).c_str());
}

// What is reported elsewhere (a wild pointer, memcpy) gets a line that says where.
void tell_place(const char*) {
  if (cuda_emulation::in_kernel())
    std::fprintf(
        stderr, "cuda emulation: in %s\n", cuda_emulation::schedule.place(nullptr).c_str());
}

struct Install {
  Install() { __asan_set_error_report_callback(tell_place); }
} install;

}  // namespace

#define REPORT(kind, verb, size) \
  extern "C" __attribute__((visibility("hidden"), noreturn)) void __asan_report_##kind##size( \
      uintptr_t address) { \
    report(verb, "__asan_report_" #kind #size, address, size, false, __builtin_return_address(0)); \
  }
#define REPORTS(kind, verb) \
  REPORT(kind, verb, 1) \
  REPORT(kind, verb, 2) \
  REPORT(kind, verb, 4) \
  REPORT(kind, verb, 8) \
  REPORT(kind, verb, 16) \
  extern "C" __attribute__((visibility("hidden"), noreturn)) void __asan_report_##kind##_n( \
      uintptr_t address, size_t size) { \
    report(verb, "__asan_report_" #kind "_n", address, size, true, __builtin_return_address(0)); \
  }

REPORTS(load, "reads")
REPORTS(store, "writes")

#endif
