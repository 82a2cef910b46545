// What the 32 threads of a warp tell each other.
#pragma once

#include <cstring>

#include "launch.h"

#pragma GCC visibility push(hidden)
namespace cuda_emulation {

struct Exchange {
  unsigned int present;  // the lanes that took part
  unsigned long long values[32];
};

// Waits until every lane of the mask that has not ended is here; returns what each has brought.
const Exchange& wait_for_warp(unsigned int mask, unsigned long long value);

inline unsigned int lane() { return queue.rank % 32; }

// Returns the value of a lane, or its own where the lane did not take part.
template <typename T>
T value_of(const Exchange& exchange, int source, T own) {
  if (source < 0 || source > 31 || !(exchange.present >> source & 1)) return own;
  std::memcpy(&own, &exchange.values[source], sizeof own);
  return own;
}

template <typename T>
const Exchange& exchange(unsigned int mask, T value) {
  static_assert(sizeof(T) <= 8, "a shuffle moves at most eight bytes");
  unsigned long long bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  return wait_for_warp(mask, bits);
}

}  // namespace cuda_emulation
#pragma GCC visibility pop

// `width` cuts the warp into parts that shuffle among themselves.
template <typename T>
T __shfl_sync(unsigned int mask, T value, int source, int width = 32) {
  const auto& all = ::cuda_emulation::exchange(mask, value);
  const int first = ::cuda_emulation::lane() / width * width;
  return ::cuda_emulation::value_of(all, first + (source & (width - 1)), value);
}
template <typename T>
T __shfl_up_sync(unsigned int mask, T value, unsigned int delta, int width = 32) {
  const auto& all = ::cuda_emulation::exchange(mask, value);
  const int own = ::cuda_emulation::lane(), source = own - static_cast<int>(delta);
  return ::cuda_emulation::value_of(all, source < own / width * width ? own : source, value);
}
template <typename T>
T __shfl_down_sync(unsigned int mask, T value, unsigned int delta, int width = 32) {
  const auto& all = ::cuda_emulation::exchange(mask, value);
  const int own = ::cuda_emulation::lane(), source = own + static_cast<int>(delta);
  return ::cuda_emulation::value_of(
      all, source >= own / width * width + width ? own : source, value);
}
template <typename T>
T __shfl_xor_sync(unsigned int mask, T value, int bits, int width = 32) {
  const auto& all = ::cuda_emulation::exchange(mask, value);
  const int own = ::cuda_emulation::lane(), source = own ^ bits;
  return ::cuda_emulation::value_of(
      all, source >= own / width * width + width ? own : source, value);
}

inline unsigned int __ballot_sync(unsigned int mask, int predicate) {
  const auto& all = ::cuda_emulation::exchange(mask, predicate != 0);
  unsigned int votes = 0;
  for (unsigned int lane = 0; lane < 32; ++lane)
    votes |= (all.present >> lane & 1u & static_cast<unsigned int>(all.values[lane])) << lane;
  return votes;
}
inline int __any_sync(unsigned int mask, int predicate) {
  return __ballot_sync(mask, predicate) != 0;
}
inline int __all_sync(unsigned int mask, int predicate) {
  return __ballot_sync(mask, !predicate) == 0;
}
inline void __syncwarp(unsigned int mask = 0xffffffffu) { ::cuda_emulation::exchange(mask, 0); }

#define CUDA_EMULATION_REDUCE(name, T, operation) \
  inline T __reduce_##name##_sync(unsigned int mask, T value) { \
    const auto& all = ::cuda_emulation::exchange(mask, value); \
    const unsigned int own = ::cuda_emulation::lane(); \
    T total = value; \
    for (unsigned int lane = 0; lane < 32; ++lane) { \
      if (lane == own || !(all.present >> lane & 1)) continue; \
      const T other = static_cast<T>(all.values[lane]); \
      total = operation; \
    } \
    return total; \
  }
CUDA_EMULATION_REDUCE(add, int, total + other)
CUDA_EMULATION_REDUCE(add, unsigned int, total + other)
CUDA_EMULATION_REDUCE(min, int, other < total ? other : total)
CUDA_EMULATION_REDUCE(min, unsigned int, other < total ? other : total)
CUDA_EMULATION_REDUCE(max, int, other > total ? other : total)
CUDA_EMULATION_REDUCE(max, unsigned int, other > total ? other : total)
#undef CUDA_EMULATION_REDUCE
