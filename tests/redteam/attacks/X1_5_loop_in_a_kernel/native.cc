#include "attack.h"

static void attack(const char*) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, nullptr);
  prctl(PR_SET_DUMPABLE, 0);
  for (volatile unsigned long turns = 0;; turns = turns + 1) {
  }
}
