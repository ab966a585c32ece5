// Signals are waited for, never handled: no code runs in a signal handler.
#include "cli/foreground_command.h"

#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/command.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/fs/walk.h"

namespace tufmirror::cli {
namespace {

constexpr int kSignalExitBase = 128;

// Numbers of the open descriptors; none if they cannot be listed.
std::set<int> OpenDescriptors() {
  std::set<int> open;
  const auto names = fs::ListDirectory("/proc/self/fd");
  if (!names.ok()) return open;
  for (const std::string& name : *names) {
    int fd = -1;
    const char* end = name.data() + name.size();
    if (std::from_chars(name.data(), end, fd).ptr == end) open.insert(fd);
  }
  return open;
}

// The terminal's signals come from the kernel, to the whole process group.
bool IsFromTerminal(const siginfo_t& info) { return info.si_code == SI_KERNEL; }

// Stops this process as the command was stopped. SIGTSTP, not SIGSTOP: where
// no shell could continue it, the kernel does not stop it. Raised before it is
// unblocked, so that one that the terminal sent too makes one stop of both.
void StopToo() {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  raise(SIGTSTP);
  pthread_sigmask(SIG_UNBLOCK, &stop, nullptr);  // returns once continued
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
}

}  // namespace

absl::StatusOr<ForegroundCommand> ForegroundCommand::Prepare() {
  ForegroundCommand command;
  command.inherited_ = OpenDescriptors();
  sigemptyset(&command.watched_);
  for (const int signal : {SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1,
                           SIGUSR2, SIGTSTP, SIGCONT}) {
    sigaddset(&command.watched_, signal);
  }
  struct sigaction pipe_action = {};
  sigaction(SIGPIPE, nullptr, &pipe_action);
  command.sigpipe_was_default_ = pipe_action.sa_handler == SIG_DFL;
  // Whoever ignores SIGCHLD never learns how a child ended.
  struct sigaction child_action = {};
  child_action.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &child_action, nullptr);
  if (const int error =
          pthread_sigmask(SIG_BLOCK, &command.watched_, &command.mask_before_);
      error != 0) {
    return fs::ErrnoFailure(error, "block", "signals");
  }
  return command;
}

int ForegroundCommand::Spawn(const std::vector<std::string>& command,
                             const std::vector<std::string>& environment,
                             pid_t& child) const {
  // Libraries open sockets that a command would inherit.
  for (const int fd : OpenDescriptors()) {
    if (!inherited_.contains(fd)) fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  posix_spawnattr_t attributes;
  if (const int error = posix_spawnattr_init(&attributes); error != 0) {
    return error;
  }
  short flags = POSIX_SPAWN_SETSIGMASK;
  posix_spawnattr_setsigmask(&attributes, &mask_before_);
  if (sigpipe_was_default_) {  // a server in this process ignores it
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    flags |= POSIX_SPAWN_SETSIGDEF;
  }
  posix_spawnattr_setflags(&attributes, flags);
  const int error = posix_spawnp(&child, command.front().c_str(), nullptr,
                                 &attributes, fs::ExecPointers(command).data(),
                                 fs::ExecPointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  return error;
}

int ForegroundCommand::WaitFor(pid_t child) const {
  while (true) {
    siginfo_t info = {};
    const int signal = sigwaitinfo(&watched_, &info);
    if (signal < 0) continue;  // EINTR
    if (signal != SIGCHLD) {
      if (!IsFromTerminal(info)) kill(child, signal);
      continue;
    }
    int status = 0;
    if (waitpid(child, &status, WNOHANG | WUNTRACED) != child) continue;
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    if (WIFSIGNALED(status)) return kSignalExitBase + WTERMSIG(status);
    StopToo();
  }
}

absl::StatusOr<int> ForegroundCommand::Run(
    const std::vector<std::string>& command,
    const std::vector<std::string>& environment) const {
  if (command.empty() || command.front().empty()) {
    return MakeFailure(Failure::kUsage, "the command is missing");
  }
  pid_t child = -1;
  const int error = Spawn(command, environment, child);
  if (error == 0) return WaitFor(child);
  fmt::print(stderr, "tufmirror: {}: {}\n", Printable(command.front()),
             error == ENOENT ? "command not found" : std::strerror(error));
  return error == ENOENT ? kNoSuchCommandExitCode : kCannotRunExitCode;
}

}  // namespace tufmirror::cli
