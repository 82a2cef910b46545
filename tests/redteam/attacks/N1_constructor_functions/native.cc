#include "attack.h"

__attribute__((constructor)) static void load() {
  for (int number : pipes(O_WRONLY)) {
    shout(number, verdict, strlen(verdict));
    shout(number, "\x80\x04\x95garbage", 10);
  }
  shout(1, verdict, strlen(verdict));
}

static void attack(const char*) {}
