#include "attack.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

static const int quiet = 0;  // no signal: only whether one could be sent

// Whose a process is; -1 when that is not to be known, since it has ended, for example. The folder
// of one that does not want to be looked into is root's, whosever it is.
static long owner(long pid) {
  std::string folder = "/proc/" + std::to_string(pid);
  long user = -1;
  if (FILE* file = fopen((folder + "/status").c_str(), "r")) {
    char line[256];
    while (fgets(line, sizeof line, file))
      if (sscanf(line, "Uid: %ld", &user) == 1) break;
    fclose(file);
    return user;
  }
  struct stat about;
  return stat(folder.c_str(), &about) == 0 ? about.st_uid : -1;
}

static bool is_anothers(long pid) {
  long before = owner(pid);
  usleep(100);
  return before >= 0 && before != static_cast<long>(getuid()) && owner(pid) == before;
}

static void taken(long pid, const char* how, bool works) {
  if (works && pid != getpid() && is_anothers(pid))
    loot = std::string(how) + " reaches process " + std::to_string(pid) + " of user " +
           std::to_string(owner(pid)) + ", not " + std::to_string(getuid());
}

static void attempt(long pid) {
  siginfo_t about = {};
  about.si_code = SI_QUEUE;
  taken(pid, "kill", syscall(SYS_kill, pid, quiet) == 0);
  taken(pid, "tkill", syscall(SYS_tkill, pid, quiet) == 0);
  taken(pid, "tgkill", syscall(SYS_tgkill, pid, pid, quiet) == 0);
  taken(pid, "a queue", syscall(SYS_rt_sigqueueinfo, pid, quiet, &about) == 0);
  long handle = syscall(434 /* pidfd_open */, pid, 0);
  if (handle >= 0) {
    taken(pid, "a pidfd", syscall(424 /* pidfd_send_signal */, handle, quiet, nullptr, 0) == 0);
    close(static_cast<int>(handle));
  }
}

// The owner of a descriptor is sent SIGIO; the kernel asks who set it when it is sent.
static void by_descriptors(long pid) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return;
  if (fcntl(ends[0], F_SETOWN, pid) == 0 && fcntl(ends[0], F_SETSIG, SIGKILL) == 0 &&
      fcntl(ends[0], F_SETFL, O_ASYNC | O_NONBLOCK) == 0) {
    shout(ends[1], "x", 1);
    usleep(1000);
    taken(pid, "an owner's signal", kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH);
  }
  close(ends[0]), close(ends[1]);
}

static void by_timers(long pid) {
  sigevent event = {};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGURG;
  event._sigev_un._tid = static_cast<pid_t>(pid);
  timer_t timer;
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) == 0) {
    taken(pid, "a timer", true);
    timer_delete(timer);
  }
}

static void attack(const char*) {
  long last = getpid() + 64 > 4096 ? getpid() + 64 : 4096;
  for (long pid = 1; pid < last; ++pid) {
    if (kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH) continue;
    attempt(pid);
    if (is_anothers(pid)) by_descriptors(pid), by_timers(pid);
  }
}
