// Runs the threads of a block on fibers.
//
// A fiber runs threads in a loop, as plain function calls. When one of them has to wait, its fiber
// rests in the middle of the loop, and another fiber takes the threads that have not started. So a
// kernel without barriers needs one fiber, and one with barriers as many as a block has threads.
#pragma once

#include <exception>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "barriers.h"
#include "fibers.h"
#include "launch.h"
#include "order.h"
#include "warp.h"

#pragma GCC visibility push(hidden)
namespace cuda_emulation {

enum class Wait { none, block, warp };

struct Worker {
  Fiber fiber;
  Wait wait = Wait::none;
  Thread thread{};  // that waits
  bool predicate = false;
  const char* file = nullptr;
  int line = 0;
  unsigned int mask = 0;
  unsigned long long value = 0;
  Exchange exchange{};
};

class Schedule {
 public:
  // Runs a kernel's blocks one after the other; throws what its threads fail with.
  void run(const char* kernel, const Config& config, void (*threads)(const void*), const void* body);

  bool running() const { return current_ != nullptr; }
  Worker& current() { return *current_; }
  // Rests the current thread until others are as far.
  void wait(Wait reason);
  Votes votes() const { return votes_; }
  // Ends the launch; does not return. Called on a fiber.
  [[noreturn]] void abort(const std::string& message);
  // Says which kernel, block and thread this is.
  std::string place(const Thread* thread) const;

 private:
  void run_block();
  void enter(Worker& worker);
  // Continues threads that wait no longer, which the next two take from those that wait.
  void resume(const std::vector<Worker*>& released);
  std::vector<Worker*> released_warps();
  std::vector<Worker*> released_block();
  [[noreturn]] void diverged();
  [[noreturn]] void give_up(const std::string& message);
  void note_early_ends(size_t waiting);
  static void work();

  const char* kernel_ = nullptr;
  void (*threads_)(const void*) = nullptr;
  const void* body_ = nullptr;
  Order order_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<Worker*> idle_, waiting_;
  Worker* current_ = nullptr;
  Votes votes_{};
  size_t block_size_ = 0;
  std::string failure_;
  std::set<std::string> noted_;  // kernels some of whose threads end early
};

extern Schedule schedule;

}  // namespace cuda_emulation
#pragma GCC visibility pop
