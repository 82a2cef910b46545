// Groups of threads: the block, and tiles of a warp.
#pragma once

#include "cuda_runtime.h"

namespace cooperative_groups {

class thread_block {
 public:
  static void sync(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    __syncthreads(file, line);
  }
  static unsigned int size() { return blockDim.x * blockDim.y * blockDim.z; }
  static unsigned int num_threads() { return size(); }
  static unsigned int thread_rank() { return ::cuda_emulation::queue.rank; }
  static dim3 group_index() { return blockIdx; }
  static dim3 thread_index() { return threadIdx; }
  static dim3 group_dim() { return blockDim; }
};

inline thread_block this_thread_block() { return {}; }

inline void sync(
    const thread_block& block, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  block.sync(file, line);
}

// `Size` threads of a warp side by side; a power of two, at most 32.
template <unsigned int Size>
class tile {
  static_assert(Size <= 32 && (Size & (Size - 1)) == 0, "a tile has 1, 2, 4, 8, 16 or 32 threads");

 public:
  static unsigned int size() { return Size; }
  static unsigned int num_threads() { return Size; }
  static unsigned int thread_rank() { return ::cuda_emulation::lane() % Size; }
  static unsigned int meta_group_rank() { return ::cuda_emulation::queue.rank / Size; }
  static unsigned int meta_group_size() {
    return (thread_block::size() + Size - 1) / Size;
  }
  static void sync() { __syncwarp(mask()); }

  template <typename T>
  T shfl(T value, int source) const {
    return __shfl_sync(mask(), value, source, Size);
  }
  template <typename T>
  T shfl_down(T value, unsigned int delta) const {
    return __shfl_down_sync(mask(), value, delta, Size);
  }
  template <typename T>
  T shfl_up(T value, unsigned int delta) const {
    return __shfl_up_sync(mask(), value, delta, Size);
  }
  template <typename T>
  T shfl_xor(T value, int bits) const {
    return __shfl_xor_sync(mask(), value, bits, Size);
  }
  int any(int predicate) const { return __any_sync(mask(), predicate); }
  int all(int predicate) const { return __all_sync(mask(), predicate); }
  unsigned int ballot(int predicate) const { return __ballot_sync(mask(), predicate) >> first(); }

 private:
  static unsigned int first() { return ::cuda_emulation::lane() / Size * Size; }
  static unsigned int mask() { return (Size == 32 ? ~0u : (1u << Size % 32) - 1) << first(); }
};

template <unsigned int Size, typename Parent = void>
using thread_block_tile = tile<Size>;

template <unsigned int Size>
tile<Size> tiled_partition(const thread_block&) {
  return {};
}

}  // namespace cooperative_groups
