#include "schedule.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "../runtime/errors.h"
#include "barriers.h"
#include "shared.h"

uint3 threadIdx, blockIdx;
dim3 blockDim, gridDim;

namespace cuda_emulation {

Queue queue;

Schedule schedule;

namespace {

std::string words(const char* format, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return text;
}

bool strict() {
  static const char* value = std::getenv("CUDA_EMULATION_STRICT");
  return value && *value && *value != '0';
}

}  // namespace

void Schedule::run(
    const char* kernel, const Config& config, void (*threads)(const void*), const void* body) {
  kernel_ = kernel;
  threads_ = threads;
  body_ = body;
  gridDim = config.grid;
  blockDim = config.block;
  block_size_ = size_t{blockDim.x} * blockDim.y * blockDim.z;
  const unsigned long long blocks = 1ull * gridDim.x * gridDim.y * gridDim.z;
  std::vector<uint32_t> order;
  if (order_.shuffled() && blocks <= 1 << 20) order = order_.permutation(blocks);
  for (unsigned long long block = 0; block < blocks; ++block) {
    const unsigned long long number = order.empty() ? block : order[block];
    blockIdx.x = number % gridDim.x;
    blockIdx.y = number / gridDim.x % gridDim.y;
    blockIdx.z = number / gridDim.x / gridDim.y;
    run_block();
  }
}

void Schedule::run_block() {
  start_block();
  const std::vector<Thread>& threads = order_.threads(blockDim);
  queue.next = threads.data();
  queue.end = threads.data() + threads.size();
  while (queue.next != queue.end) {
    if (idle_.empty()) {
      workers_.push_back(std::make_unique<Worker>());
      idle_.push_back(workers_.back().get());
    }
    Worker& worker = *idle_.back();
    idle_.pop_back();
    worker.fiber.reset(&Schedule::work);
    enter(worker);
  }
  while (!waiting_.empty()) {
    std::vector<Worker*> released = released_warps();
    if (released.empty()) released = released_block();
    if (released.empty()) diverged();
    resume(released);
  }
}

// What a fiber does: the threads that have not started, until there are none.
void Schedule::work() {
  Schedule& self = schedule;
  try {
    self.threads_(self.body_);
  } catch (const std::exception& error) {
    self.failure_ = self.place(nullptr) + ": " + error.what();
  } catch (...) {
    self.failure_ = self.place(nullptr) + ": it threw an exception";
  }
}

void Schedule::enter(Worker& worker) {
  worker.wait = Wait::none;
  current_ = &worker;
  worker.fiber.enter();
  current_ = nullptr;
  if (!failure_.empty()) give_up(std::exchange(failure_, std::string()));
  (worker.wait == Wait::none ? idle_ : waiting_).push_back(&worker);
}

void Schedule::wait(Wait reason) {
  Worker& worker = *current_;
  worker.thread = {threadIdx, queue.rank};
  worker.wait = reason;
  worker.fiber.leave();
  threadIdx = worker.thread.index;
  queue.rank = worker.thread.rank;
}

void Schedule::resume(const std::vector<Worker*>& released) {
  if (!order_.shuffled()) {
    for (Worker* worker : released) enter(*worker);
    return;
  }
  for (uint32_t index : order_.permutation(static_cast<uint32_t>(released.size())))
    enter(*released[index]);
}

std::vector<Worker*> Schedule::released_warps() {
  for (Worker* first : waiting_) {
    if (first->wait != Wait::warp) continue;
    const unsigned int warp = first->thread.rank / 32;
    std::vector<Worker*> lanes;
    bool complete = true;
    Exchange exchange{};
    for (Worker* worker : waiting_) {
      const unsigned int lane = worker->thread.rank % 32;
      if (worker->thread.rank / 32 != warp || !(first->mask >> lane & 1)) continue;
      complete = complete && worker->wait == Wait::warp && worker->mask == first->mask;
      exchange.present |= 1u << lane;
      exchange.values[lane] = worker->value;
      lanes.push_back(worker);
    }
    if (!complete || !(first->mask >> first->thread.rank % 32 & 1)) continue;
    for (Worker* worker : lanes) {
      worker->exchange = exchange;
      worker->wait = Wait::none;
    }
    const auto released = [](Worker* worker) { return worker->wait == Wait::none; };
    waiting_.erase(std::remove_if(waiting_.begin(), waiting_.end(), released), waiting_.end());
    return lanes;
  }
  return {};
}

std::vector<Worker*> Schedule::released_block() {
  votes_ = {0, 1, 0};
  for (Worker* worker : waiting_) {
    if (worker->wait != Wait::block || worker->line != waiting_[0]->line) return {};
    votes_.count += worker->predicate;
    votes_.all = votes_.all && worker->predicate;
    votes_.any = votes_.any || worker->predicate;
  }
  if (waiting_.size() < block_size_) note_early_ends(waiting_.size());
  return std::exchange(waiting_, {});
}

// On GPUs since Volta, threads that have ended do not hold up a barrier; on older ones they do.
void Schedule::note_early_ends(size_t waiting) {
  if (!noted_.insert(kernel_).second && !strict()) return;
  const Worker& worker = *waiting_[0];
  const std::string text = words(
      "%s: %zu of %zu threads ended without reaching __syncthreads() in %s:%d",
      place(&worker.thread).c_str(), block_size_ - waiting, block_size_, worker.file, worker.line);
  if (strict()) give_up(text);
  tell(text.c_str());
}

void Schedule::diverged() {
  const auto describe = [&](const Worker& worker) {
    return worker.wait == Wait::block
               ? words("__syncthreads() in %s:%d", worker.file, worker.line)
               : words("a warp operation with mask 0x%08x", worker.mask);
  };
  const Worker& first = *waiting_[0];
  const std::string reason = describe(first);
  std::string text = place(&first.thread) + " waits at " + reason;
  for (Worker* other : waiting_) {
    if (describe(*other) == reason) continue;
    const uint3 index = other->thread.index;
    text += words(", thread (%u, %u, %u) at ", index.x, index.y, index.z) + describe(*other);
    break;
  }
  give_up(text + ": threads of a block wait for each other forever");
}

// Fibers that rest in the middle of a kernel never go on: their next start resets them.
void Schedule::give_up(const std::string& message) {
  waiting_.clear();
  idle_.clear();
  for (const auto& worker : workers_) idle_.push_back(worker.get());
  throw std::runtime_error(message);
}

void Schedule::abort(const std::string& message) {
  failure_ = place(nullptr) + ": " + message;
  current_->wait = Wait::none;
  current_->fiber.leave();
  std::abort();  // nobody enters a fiber that has failed
}

std::string Schedule::place(const Thread* thread) const {
  const uint3 index = thread ? thread->index : threadIdx;
  return words(
      "kernel %s, block (%u, %u, %u), thread (%u, %u, %u)", kernel_, blockIdx.x, blockIdx.y,
      blockIdx.z, index.x, index.y, index.z);
}

bool in_kernel() { return schedule.running(); }

void fail(const char* format, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (in_kernel()) schedule.abort(text);
  std::fprintf(stderr, "%s, outside of a kernel\n", text);
  std::abort();
}

void assertion_failed(const char* condition, const char* file, int line, const char* function) {
  if (in_kernel()) fail("assertion `%s` failed in %s:%d", condition, file, line);
  std::fprintf(
      stderr, "%s:%d: %s: Assertion `%s' failed.\n", file, line, function, condition);
  std::abort();
}

Votes wait_for_block(bool predicate, const char* file, int line) {
  if (!in_kernel()) fail("__syncthreads()");
  Worker& worker = schedule.current();
  worker.predicate = predicate;
  worker.file = file;
  worker.line = line;
  schedule.wait(Wait::block);
  return schedule.votes();
}

const Exchange& wait_for_warp(unsigned int mask, unsigned long long value) {
  if (!in_kernel()) fail("a warp operation");
  Worker& worker = schedule.current();
  worker.mask = mask;
  worker.value = value;
  schedule.wait(Wait::warp);
  return worker.exchange;
}

}  // namespace cuda_emulation
