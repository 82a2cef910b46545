#include "launch.h"

#include "../runtime/describe.h"
#include "../runtime/errors.h"
#include "schedule.h"
#include "shared.h"

namespace cuda_emulation {

namespace {

constexpr unsigned int GRID_LIMIT[] = {0x7fffffff, 65535, 65535};
constexpr unsigned int BLOCK_LIMIT[] = {1024, 1024, 64};
constexpr unsigned long long THREADS = 1024;

// Returns false and sets CUDA's error when a launch is refused.
bool valid(const char* kernel, const Config& config) {
  const unsigned int grid[] = {config.grid.x, config.grid.y, config.grid.z};
  const unsigned int block[] = {config.block.x, config.block.y, config.block.z};
  for (int axis = 0; axis < 3; ++axis) {
    const struct {
      const char* of;
      unsigned int size, limit;
    } sizes[] = {{"grid", grid[axis], GRID_LIMIT[axis]}, {"block", block[axis], BLOCK_LIMIT[axis]}};
    for (const auto& each : sizes) {
      if (each.size >= 1 && each.size <= each.limit) continue;
      refuse(
          cudaErrorInvalidConfiguration, "kernel %s does not run: %s size %u along %c, not 1 to %u",
          kernel, each.of, each.size, "xyz"[axis], each.limit);
      return false;
    }
  }
  const unsigned long long threads = 1ull * block[0] * block[1] * block[2];
  if (threads > THREADS) {
    refuse(
        cudaErrorInvalidConfiguration, "kernel %s does not run: a block of %llu threads, at most %llu",
        kernel, threads, THREADS);
    return false;
  }
  if (config.shared > SHARED_LIMIT) {
    refuse(
        cudaErrorInvalidValue, "kernel %s does not run: %zu bytes of shared memory, at most %zu",
        kernel, config.shared, SHARED_LIMIT);
    return false;
  }
  return true;
}

}  // namespace

void run(const char* kernel, const Config& config, void (*threads)(const void*), const void* body) {
  if (schedule.running()) fail("a launch of kernel %s in a kernel is not emulated", kernel);
  if (!valid(kernel, config)) return;
  set_dynamic_shared(config.shared);
  const DeviceAccess access;
  schedule.run(kernel, config, threads, body);
}

}  // namespace cuda_emulation
