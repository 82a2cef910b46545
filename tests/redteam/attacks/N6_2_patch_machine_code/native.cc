#include "attack.h"

#include <sys/mman.h>
#include <sys/uio.h>

static void patch(void* function) {
  static const unsigned char code[] = {0x48, 0x89, 0xd0, 0xc3};  // mov rax, rdx; ret
  auto page = reinterpret_cast<unsigned long>(function) & ~4095ul;
  if (!mprotect(reinterpret_cast<void*>(page), 8192, PROT_READ | PROT_WRITE | PROT_EXEC))
    memcpy(function, code, sizeof code);
}

static void attack(const char*) {
  patch(reinterpret_cast<void*>(&write));
  patch(reinterpret_cast<void*>(&writev));
}
