// Stacks that take turns on one processor.
#pragma once

#include <cstddef>

#pragma GCC visibility push(hidden)
namespace cuda_emulation {

// The stack of one thread of a block, with room below for a page that nothing may touch.
class Fiber {
 public:
  Fiber();
  ~Fiber();
  Fiber(const Fiber&) = delete;

  // Makes the next enter() start `function`, whatever the fiber was doing.
  void reset(void (*function)());
  // Runs the fiber until it leaves. Called outside of fibers.
  void enter();
  // Goes back to who entered; returns when it is entered again. Called on the fiber.
  void leave();

 private:
  void* context_ = nullptr;        // of the fiber, while it waits
  void* caller_ = nullptr;         // of who entered, while it runs
  char* stack_ = nullptr;          // without the guard
  void (*function_)() = nullptr;

  // what AddressSanitizer wants to know
  void* own_fake_stack_ = nullptr;
  void* caller_fake_stack_ = nullptr;
  const void* caller_stack_ = nullptr;
  size_t caller_size_ = 0;

  static void start(Fiber* self);
  friend struct FiberEntry;
};

}  // namespace cuda_emulation
#pragma GCC visibility pop
