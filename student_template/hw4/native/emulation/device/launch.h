// kernel<<<grid, block, shared, stream>>>(arguments), which the build tool rewrites to
// CUDA_EMULATION_LAUNCH(kernel).on(grid, block, shared, stream)(arguments).
//
// A block's threads run one after the other, in a plain loop. Only a thread that has to wait for
// others gets a stack of its own: see schedule.h.
#pragma once

#include <cstddef>

#include "failure.h"
#include "vectors.h"

typedef struct CudaEmulationStream* cudaStream_t;

#pragma GCC visibility push(hidden)

extern uint3 threadIdx, blockIdx;
extern dim3 blockDim, gridDim;
constexpr int warpSize = 32;

namespace cuda_emulation {

struct Config {
  dim3 grid, block;
  size_t shared;
  cudaStream_t stream;
};

// The threads of the block that runs, in the order in which they start.
struct Thread {
  uint3 index;
  unsigned int rank;
};
struct Queue {
  const Thread *next, *end;
  unsigned int rank;  // of the thread that runs
};
extern Queue queue;

inline bool next_thread() {
  if (queue.next == queue.end) return false;
  threadIdx = queue.next->index;
  queue.rank = queue.next->rank;
  ++queue.next;
  return true;
}

// Runs the threads of a block that have not started yet.
template <typename Body>
void run_threads(const void* body) {
  while (next_thread()) (*static_cast<const Body*>(body))();
}

// Runs all blocks, or sets the error of an invalid configuration.
void run(const char* kernel, const Config& config, void (*threads)(const void*), const void* body);

template <typename Call>
struct Launch {
  const char* kernel;
  Call call;
  Config config;

  // As on a GPU, the arguments are evaluated once and copied.
  template <typename... Arguments>
  void operator()(Arguments... arguments) const {
    const auto body = [&] { call(arguments...); };
    run(kernel, config, &run_threads<decltype(body)>, &body);
  }
};

template <typename Call>
struct Kernel {
  const char* name;
  Call call;

  Launch<Call> on(dim3 grid, dim3 block, size_t shared = 0, cudaStream_t stream = nullptr) const {
    return {name, call, {grid, block, shared, stream}};
  }
};

template <typename Call>
Kernel<Call> kernel(const char* name, Call call) {
  return {name, call};
}

}  // namespace cuda_emulation
#pragma GCC visibility pop

#define CUDA_EMULATION_LAUNCH(...) \
  ::cuda_emulation::kernel( \
      #__VA_ARGS__, [&](auto&... cuda_arguments) { __VA_ARGS__(cuda_arguments...); })
