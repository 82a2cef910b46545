#include "order.h"

#include <cstdlib>
#include <numeric>
#include <utility>

namespace cuda_emulation {

Order::Order() {
  const char* seed = std::getenv("CUDA_EMULATION_ORDER");
  if (!seed || !*seed) return;
  shuffled_ = true;
  for (; *seed; ++seed) state_ = (state_ ^ static_cast<unsigned char>(*seed)) * 0x100000001b3u;
}

// SplitMix64 (Steele, Lea, Flood 2014): small, and the same on every machine.
uint64_t Order::random() {
  uint64_t z = state_ += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

const std::vector<Thread>& Order::threads(dim3 block) {
  if (block.x != block_.x || block.y != block_.y || block.z != block_.z) {
    block_ = block;
    threads_.clear();
    unsigned int rank = 0;
    for (unsigned int z = 0; z < block.z; ++z)
      for (unsigned int y = 0; y < block.y; ++y)
        for (unsigned int x = 0; x < block.x; ++x) threads_.push_back({{x, y, z}, rank++});
  }
  if (shuffled_)
    for (size_t i = threads_.size(); i > 1; --i)
      std::swap(threads_[i - 1], threads_[random() % i]);
  return threads_;
}

std::vector<uint32_t> Order::permutation(uint32_t count) {
  std::vector<uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  for (uint32_t i = count; i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  return order;
}

}  // namespace cuda_emulation
