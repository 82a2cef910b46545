#include "shared.h"

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "../runtime/describe.h"
#include "failure.h"

namespace cuda_emulation {

alignas(256) char dynamic_shared[SHARED_LIMIT];
unsigned long block_number;

namespace {

constexpr int POISON = 0xff;  // NaN

struct Variable {
  const char *start, *name;
  size_t size;
};
std::vector<Variable> variables;  // of this block
size_t dynamic_size, used;

std::string words(const char* address, const Variable& variable) {
  char text[300];
  std::snprintf(
      text, sizeof text, "byte %td of `%s`, shared memory of %zu bytes", address - variable.start,
      variable.name, variable.size);
  return text;
}

}  // namespace

void set_dynamic_shared(size_t size) {
  dynamic_size = size;
#ifdef __SANITIZE_ADDRESS__
  __asan_unpoison_memory_region(dynamic_shared, SHARED_LIMIT);
  __asan_poison_memory_region(dynamic_shared + size, SHARED_LIMIT - size);
#endif
}

void start_block() {
  ++block_number;
  variables.clear();
  used = dynamic_size;
  if (dynamic_size) std::memset(dynamic_shared, POISON, dynamic_size);
}

void new_shared(void* variable, size_t size, const char* name) {
  variables.push_back({static_cast<char*>(variable), name, size});
  used += size;
  if (used > SHARED_LIMIT)
    fail("%zu bytes of shared memory with `%s`, at most %zu", used, name, SHARED_LIMIT);
  std::memset(variable, POISON, size);
}

std::string describe_shared(const void* address) {
  constexpr ptrdiff_t MARGIN = 256;
  const auto* byte = static_cast<const char*>(address);
  if (byte >= dynamic_shared && byte < dynamic_shared + SHARED_LIMIT)
    return words(byte, {dynamic_shared, "extern __shared__", dynamic_size});
  for (const Variable& variable : variables)
    if (byte >= variable.start - MARGIN && byte < variable.start + variable.size + MARGIN)
      return words(byte, variable);
  return "";
}

}  // namespace cuda_emulation
