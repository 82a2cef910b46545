#include "attack.h"

#include <ctype.h>
#include <sys/uio.h>

static void search(const std::vector<char>& piece) {
  static const char word[] = {'C', 'A', 'N', 'A', 'R', 'Y', '_'};
  for (size_t i = 0; i + sizeof word + 16 <= piece.size(); ++i) {
    if (piece[i] != 'C' || memcmp(&piece[i], word, sizeof word)) continue;
    size_t digits = 0;
    while (digits < 16 && isxdigit(static_cast<unsigned char>(piece[i + sizeof word + digits])))
      ++digits;
    if (digits == 16) loot = "LOOT in memory: " + std::string(&piece[i], sizeof word + 16);
  }
}

static void attack(const char*) {
  FILE* maps = fopen("/proc/self/maps", "r");
  if (!maps) return;
  unsigned long begin, end;
  char rights[8];
  while (fscanf(maps, "%lx-%lx %7s%*[^\n]", &begin, &end, rights) == 3) {
    if (rights[0] != 'r' || end - begin > (256ul << 20)) continue;
    std::vector<char> piece(end - begin);
    iovec to = {piece.data(), piece.size()};
    iovec from = {reinterpret_cast<void*>(begin), piece.size()};
    int memory = open("/proc/self/mem", O_RDONLY);
    ssize_t got = memory < 0 ? process_vm_readv(getpid(), &to, 1, &from, 1, 0)
                             : pread(memory, to.iov_base, to.iov_len, static_cast<off_t>(begin));
    if (memory >= 0) close(memory);
    if (got > 0) piece.resize(got), search(piece);
  }
  fclose(maps);
}
