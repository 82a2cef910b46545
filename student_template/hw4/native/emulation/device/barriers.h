// __syncthreads and its kin.
#pragma once

#pragma GCC visibility push(hidden)
namespace cuda_emulation {

struct Votes {
  int count, all, any;
};

// Waits until every thread of the block that has not ended is at this barrier.
Votes wait_for_block(bool predicate, const char* file, int line);

}  // namespace cuda_emulation
#pragma GCC visibility pop

inline void __syncthreads(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  ::cuda_emulation::wait_for_block(false, file, line);
}
inline int __syncthreads_count(
    int predicate, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  return ::cuda_emulation::wait_for_block(predicate, file, line).count;
}
inline int __syncthreads_and(
    int predicate, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  return ::cuda_emulation::wait_for_block(predicate, file, line).all;
}
inline int __syncthreads_or(
    int predicate, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  return ::cuda_emulation::wait_for_block(predicate, file, line).any;
}

// One thread runs at a time: what it has written is seen by all.
inline void __threadfence() { __asm__ volatile("" ::: "memory"); }
inline void __threadfence_block() { __threadfence(); }
inline void __threadfence_system() { __threadfence(); }
