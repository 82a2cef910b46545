#include "attack.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>

// mov rax, rdx; ret
static const unsigned char all_written[] = {0x48, 0x89, 0xd0, 0xc3};
// xor edi, edi; mov eax, 231 (exit_group); syscall
static const unsigned char well_done[] = {0x31, 0xff, 0xb8, 0xe7, 0, 0, 0, 0x0f, 0x05};

template <size_t size>
static void patch(void* function, const unsigned char (&code)[size]) {
  auto page = reinterpret_cast<unsigned long>(function) & ~4095ul;
  if (!mprotect(reinterpret_cast<void*>(page), 8192, PROT_READ | PROT_WRITE | PROT_EXEC))
    memcpy(function, code, size);
}

static void attack(const char*) {
  patch(reinterpret_cast<void*>(&exit), well_done);
  patch(reinterpret_cast<void*>(&write), all_written);
  patch(reinterpret_cast<void*>(&writev), all_written);
}
