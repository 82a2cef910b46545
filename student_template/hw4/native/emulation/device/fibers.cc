#include "fibers.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <new>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace {

constexpr size_t STACK = 256 << 10;  // touched pages only take memory

size_t page() {
  static const size_t size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

}  // namespace

#ifdef __APPLE__
#define SYMBOL(name) "_" #name
#define HIDDEN(name) ".private_extern _" #name "\n"
#else
#define SYMBOL(name) #name
#define HIDDEN(name) ".hidden " #name "\n"
#endif

// cuda_emulation_switch(save, next): keeps the registers that a function has to keep on the stack,
// stores the stack pointer in *save, and continues where `next` was stored.
// cuda_emulation_entry: calls its first function with its first argument, both popped or loaded.
#if defined(__x86_64__)

__asm__(
    ".text\n.globl " SYMBOL(cuda_emulation_switch) "\n" HIDDEN(cuda_emulation_switch)
    SYMBOL(cuda_emulation_switch) ":\n"
    "pushq %rbp\n pushq %rbx\n pushq %r12\n pushq %r13\n pushq %r14\n pushq %r15\n"
    "movq %rsp, (%rdi)\n"
    "movq %rsi, %rsp\n"
    "popq %r15\n popq %r14\n popq %r13\n popq %r12\n popq %rbx\n popq %rbp\n"
    "popq %rcx\n jmpq *%rcx\n"  // the processor predicts this better than a return
    ".globl " SYMBOL(cuda_emulation_entry) "\n" HIDDEN(cuda_emulation_entry)
    SYMBOL(cuda_emulation_entry) ":\n"
    "movq %r12, %rdi\n"
    "callq *%rbx\n"
    "ud2\n");
constexpr int WORDS = 7, FUNCTION = 4, ARGUMENT = 3, RETURN = 6;

#elif defined(__aarch64__)

__asm__(
    ".text\n.globl " SYMBOL(cuda_emulation_switch) "\n" HIDDEN(cuda_emulation_switch)
    ".p2align 2\n" SYMBOL(cuda_emulation_switch) ":\n"
    "sub sp, sp, #160\n"
    "stp x19, x20, [sp, #0]\n stp x21, x22, [sp, #16]\n stp x23, x24, [sp, #32]\n"
    "stp x25, x26, [sp, #48]\n stp x27, x28, [sp, #64]\n stp x29, x30, [sp, #80]\n"
    "stp d8, d9, [sp, #96]\n stp d10, d11, [sp, #112]\n"
    "stp d12, d13, [sp, #128]\n stp d14, d15, [sp, #144]\n"
    "mov x9, sp\n str x9, [x0]\n"
    "mov sp, x1\n"
    "ldp x19, x20, [sp, #0]\n ldp x21, x22, [sp, #16]\n ldp x23, x24, [sp, #32]\n"
    "ldp x25, x26, [sp, #48]\n ldp x27, x28, [sp, #64]\n ldp x29, x30, [sp, #80]\n"
    "ldp d8, d9, [sp, #96]\n ldp d10, d11, [sp, #112]\n"
    "ldp d12, d13, [sp, #128]\n ldp d14, d15, [sp, #144]\n"
    "add sp, sp, #160\n"
    "ret\n"
    ".globl " SYMBOL(cuda_emulation_entry) "\n" HIDDEN(cuda_emulation_entry)
    ".p2align 2\n" SYMBOL(cuda_emulation_entry) ":\n"
    "mov x0, x20\n"
    "blr x19\n"
    "brk #0\n");
constexpr int WORDS = 20, FUNCTION = 0, ARGUMENT = 1, RETURN = 11;

#else
#error "CUDA emulation knows x86-64 and aarch64; build on one of them, or with --cuda nvcc"
#endif

extern "C" {
__attribute__((visibility("hidden"))) void cuda_emulation_switch(void** save, void* next);
__attribute__((visibility("hidden"))) void cuda_emulation_entry();
}

namespace cuda_emulation {

Fiber::Fiber() {
  void* memory = mmap(
      nullptr, STACK + page(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  mprotect(memory, page(), PROT_NONE);
  stack_ = static_cast<char*>(memory) + page();
}

Fiber::~Fiber() { munmap(stack_ - page(), STACK + page()); }

void Fiber::reset(void (*function)()) {
#ifdef __SANITIZE_ADDRESS__
  __asan_unpoison_memory_region(stack_, STACK);
  own_fake_stack_ = nullptr;
#endif
  function_ = function;
  // 16 bytes stay free above: the stack is aligned where a function is called
  auto** top = reinterpret_cast<void**>(stack_ + STACK - 16) - WORDS;
  for (int word = 0; word < WORDS; ++word) top[word] = nullptr;
  top[FUNCTION] = reinterpret_cast<void*>(&Fiber::start);
  top[ARGUMENT] = this;
  top[RETURN] = reinterpret_cast<void*>(&cuda_emulation_entry);
  context_ = top;
}

void Fiber::enter() {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_start_switch_fiber(&caller_fake_stack_, stack_, STACK);
#endif
  cuda_emulation_switch(&caller_, context_);
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_finish_switch_fiber(caller_fake_stack_, nullptr, nullptr);
#endif
}

void Fiber::leave() {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_start_switch_fiber(&own_fake_stack_, caller_stack_, caller_size_);
#endif
  cuda_emulation_switch(&context_, caller_);
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_finish_switch_fiber(own_fake_stack_, &caller_stack_, &caller_size_);
#endif
}

void Fiber::start(Fiber* self) {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_finish_switch_fiber(nullptr, &self->caller_stack_, &self->caller_size_);
#endif
  self->function_();
  self->leave();  // for good: whoever enters again has reset the fiber before
  __builtin_unreachable();
}

}  // namespace cuda_emulation
