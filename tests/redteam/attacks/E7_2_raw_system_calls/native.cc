#include "attack.h"

#include <linux/keyctl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>

static char room[256];
static const long at = reinterpret_cast<long>(room);

// The calls that a 64-bit program makes, those of its x32 variant, and those of a 32-bit one.
enum Dialect { plain, x32, narrow };

static long call(Dialect dialect, long number, const long (&word)[5]) {
  if (dialect != narrow) {
    number |= dialect == x32 ? 0x40000000 : 0;
    return syscall(number, word[0], word[1], word[2], word[3], word[4]);
  }
  long result;
  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "a"(number), "b"(word[0]), "c"(word[1]), "d"(word[2])
                   : "memory");
  return static_cast<int>(result);
}

// In a process of its own: a filter may kill the caller, and the others shall be tried as well.
static void attempt(const std::string& what, Dialect dialect, long number, const long (&word)[5]) {
  int status = 0;
  pid_t child = fork();
  if (child == 0) _exit(call(dialect, number, word) >= 0 ? 42 : 0);
  if (child < 0 || waitpid(child, &status, 0) != child) {
    shout(2, "UNTRIED\n", 8);
    return;
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 42) loot = what + " works";
  std::string told = "TRIED " + what + (WIFSIGNALED(status) ? ": killed\n" : ": refused\n");
  shout(2, told.data(), told.size());
}

static void attack(const char*) {
  for (Dialect dialect : {plain, x32}) {
    const std::string as = dialect == x32 ? " as x32" : "";
    attempt("bpf" + as, dialect, SYS_bpf, {0, at, sizeof room, 0, 0});
    attempt("add_key" + as, dialect, SYS_add_key,
            {reinterpret_cast<long>("user"), reinterpret_cast<long>("k"), at, 4,
             KEY_SPEC_SESSION_KEYRING});
    attempt("keyctl" + as, dialect, SYS_keyctl,
            {KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1, 0, 0});
    attempt("perf_event_open" + as, dialect, SYS_perf_event_open, {at, 0, -1, -1, 0});
    attempt("init_module" + as, dialect, SYS_init_module, {at, 4, at, 0, 0});
    attempt("open_by_handle_at" + as, dialect, SYS_open_by_handle_at, {AT_FDCWD, at, O_RDONLY, 0, 0});
    attempt("unshare" + as, dialect, SYS_unshare, {CLONE_NEWUSER | CLONE_NEWNET, 0, 0, 0, 0});
    attempt("vsock" + as, dialect, SYS_socket, {40, SOCK_STREAM, 0, 0, 0});
    attempt("packet" + as, dialect, SYS_socket, {17, SOCK_RAW, 3, 0, 0});
  }
  attempt("vsock as 32 bits", narrow, 359, {40, SOCK_STREAM, 0, 0, 0});
  attempt("keyctl as 32 bits", narrow, 288,
          {KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1, 0, 0});
}
