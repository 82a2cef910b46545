#include "attack.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

static void attempt(long pid) {
  char byte = 0;
  iovec here = {&byte, 1}, there = {reinterpret_cast<void*>(0x400000), 1};
  std::string who = " process " + std::to_string(pid);
  if (syscall(SYS_ptrace, PTRACE_SEIZE, pid, 0, 0) == 0) loot = "traces" + who;
  if (syscall(SYS_ptrace, PTRACE_ATTACH, pid, 0, 0) == 0) loot = "is attached to" + who;
  if (syscall(SYS_process_vm_writev, pid, &here, 1, &there, 1, 0) > 0) loot = "writes into" + who;
  if (syscall(SYS_process_vm_readv, pid, &here, 1, &there, 1, 0) > 0) loot = "reads" + who;
  long handle = syscall(434 /* pidfd_open */, pid, 0);
  for (int number = 0; handle >= 0 && number < 16; ++number)
    if (syscall(438 /* pidfd_getfd */, handle, number, 0) >= 0) loot = "has a descriptor of" + who;
  std::string memory = "/proc/" + std::to_string(pid) + "/mem";
  if (open(memory.c_str(), O_RDWR) >= 0) loot = "opens the memory of" + who;
}

static void attack(const char*) {
  attempt(getppid());
  DIR* folder = opendir("/proc");
  if (!folder) return;
  while (dirent* entry = readdir(folder)) {
    long pid = atol(entry->d_name);
    if (pid > 0 && pid != getpid()) attempt(pid);
  }
  closedir(folder);
}
