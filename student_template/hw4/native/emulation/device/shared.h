// Shared memory: static variables, whose declarations the build tool rewrites to
// CUDA_EMULATION_SHARED, and which hold nothing but NaN when a block starts; and the dynamic part,
// whose size the launch gives.
#pragma once

#include <cstddef>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#pragma GCC visibility push(hidden)
namespace cuda_emulation {

constexpr size_t SHARED_LIMIT = 48 << 10;

extern char dynamic_shared[];

// Counts the blocks that have started; differs between any two of them.
extern unsigned long block_number;

// Says how much of the dynamic part the blocks of a launch have.
void set_dynamic_shared(size_t size);
// Makes all shared memory new.
void start_block();
// Makes a variable new in this block.
void new_shared(void* variable, size_t size, const char* name);

// A variable in shared memory, between margins that AddressSanitizer lets nobody touch.
template <typename T>
struct Shared {
  unsigned long block;
  alignas(256) char front[256];
  T variable;
  char back[256];

  T& in_block(const char* name) {
    if (block != block_number) {
      block = block_number;
#ifdef __SANITIZE_ADDRESS__
      __asan_poison_memory_region(front, sizeof front);
      __asan_poison_memory_region(back, sizeof back);
#endif
      new_shared((void*)&variable, sizeof variable, name);
    }
    return variable;
  }
};

}  // namespace cuda_emulation
#pragma GCC visibility pop

#define CUDA_EMULATION_SHARED(type, name) \
  static ::cuda_emulation::Shared<type> name##_in_shared_memory; \
  type& name = name##_in_shared_memory.in_block(#name);
