// Shared memory: static variables, which the build tool marks with CUDA_EMULATION_SHARED, and which
// hold nothing but NaN when a block starts; and the dynamic part, whose size the launch gives.
#pragma once

#include <cstddef>

#pragma GCC visibility push(hidden)
namespace cuda_emulation {

constexpr size_t SHARED_LIMIT = 48 << 10;

extern char dynamic_shared[];

// Counts the blocks that have started; differs between any two of them.
extern unsigned long block_number;

// Makes a variable new in this block.
void new_shared(void* variable, size_t size, const char* name);

}  // namespace cuda_emulation
#pragma GCC visibility pop

#define CUDA_EMULATION_SHARED(name) \
  { \
    static unsigned long seen_in_block; \
    if (seen_in_block != ::cuda_emulation::block_number) { \
      seen_in_block = ::cuda_emulation::block_number; \
      ::cuda_emulation::new_shared((void*)&name, sizeof name, #name); \
    } \
  }
