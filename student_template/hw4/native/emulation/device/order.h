// In which order blocks, and the threads of a block, take their turns.
#pragma once

#include <cstdint>
#include <vector>

#include "launch.h"

#pragma GCC visibility push(hidden)
namespace cuda_emulation {

// One after the other, or shuffled by CUDA_EMULATION_ORDER=SEED: another order in every block.
class Order {
 public:
  Order();
  bool shuffled() const { return shuffled_; }
  // Returns the threads of a block in the order in which they start.
  const std::vector<Thread>& threads(dim3 block);
  // Returns a permutation of 0 ... count - 1.
  std::vector<uint32_t> permutation(uint32_t count);

 private:
  uint64_t random();

  bool shuffled_ = false;
  uint64_t state_ = 0;
  dim3 block_{0, 0, 0};
  std::vector<Thread> threads_;
};

}  // namespace cuda_emulation
#pragma GCC visibility pop
