// The tracer: stops the child at the entry of every system call. A process
// killed there never executes that call.
#include "support/syscall_killer.h"

#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <optional>

namespace tufmirror::testing {
namespace {

constexpr int kCannotBeTraced = 112;
constexpr int kNoArgument = -1;

// Where a call has the directory descriptor and the path, or the descriptor,
// of what it changes.
struct ChangingCall {
  uint64_t number;
  const char* name;
  int fd_argument;
  int path_argument;
};

constexpr ChangingCall kChangingCalls[] = {
#ifdef SYS_open
    {SYS_open, "open", kNoArgument, 0},
#endif
#ifdef SYS_link
    {SYS_link, "link", kNoArgument, 1},
    {SYS_rename, "rename", kNoArgument, 1},
    {SYS_unlink, "unlink", kNoArgument, 0},
    {SYS_mkdir, "mkdir", kNoArgument, 0},
    {SYS_rmdir, "rmdir", kNoArgument, 0},
    {SYS_symlink, "symlink", kNoArgument, 1},
    {SYS_chmod, "chmod", kNoArgument, 0},
#endif
    {SYS_openat, "openat", 0, 1},
    {SYS_linkat, "linkat", 2, 3},
    {SYS_renameat, "renameat", 2, 3},
    {SYS_renameat2, "renameat2", 2, 3},
    {SYS_unlinkat, "unlinkat", 0, 1},
    {SYS_mkdirat, "mkdirat", 0, 1},
    {SYS_symlinkat, "symlinkat", 1, 2},
    {SYS_fchmodat, "fchmodat", 0, 1},
    {SYS_fchmod, "fchmod", 0, kNoArgument},
    {SYS_write, "write", 0, kNoArgument},
    {SYS_pwrite64, "pwrite64", 0, kNoArgument},
    {SYS_writev, "writev", 0, kNoArgument},
    {SYS_truncate, "truncate", kNoArgument, 0},
    {SYS_ftruncate, "ftruncate", 0, kNoArgument},
    {SYS_fallocate, "fallocate", 0, kNoArgument},
    {SYS_copy_file_range, "copy_file_range", 2, kNoArgument},
    {SYS_utimensat, "utimensat", 0, 1},
    {SYS_fsync, "fsync", 0, kNoArgument},
    {SYS_fdatasync, "fdatasync", 0, kNoArgument},
    {SYS_syncfs, "syncfs", 0, kNoArgument},
};

std::string LinkTarget(const std::string& link) {
  char target[PATH_MAX];
  const ssize_t length = readlink(link.c_str(), target, sizeof(target));
  return length < 0 ? "" : std::string(target, static_cast<size_t>(length));
}

std::string StringAt(pid_t child, uint64_t address) {
  std::string text;
  char byte = 0;
  iovec local = {&byte, 1};
  while (text.size() < PATH_MAX) {
    iovec remote = {reinterpret_cast<void*>(address + text.size()), 1};
    if (process_vm_readv(child, &local, 1, &remote, 1, 0) != 1) break;
    if (byte == '\0') break;
    text += byte;
  }
  return text;
}

std::string PathOf(pid_t child, const ChangingCall& call,
                   const __ptrace_syscall_info& info) {
  std::string path;
  if (call.path_argument != kNoArgument) {
    path = StringAt(child, info.entry.args[call.path_argument]);
    if (!path.empty() && path.front() == '/') return path;
  }
  const std::string process = "/proc/" + std::to_string(child);
  const int fd = call.fd_argument == kNoArgument
                     ? AT_FDCWD
                     : static_cast<int>(info.entry.args[call.fd_argument]);
  const std::string base =
      LinkTarget(fd == AT_FDCWD ? process + "/cwd"
                                : process + "/fd/" + std::to_string(fd));
  return path.empty() ? base : base + "/" + path;
}

// The change that the call at whose entry the child is stopped would make.
std::optional<FileChange> ChangeAtEntry(pid_t child,
                                        const __ptrace_syscall_info& info) {
  for (const ChangingCall& call : kChangingCalls) {
    if (call.number != info.entry.nr) continue;
    if (call.number == SYS_openat &&
        (info.entry.args[2] & (O_CREAT | O_TRUNC)) == 0) {
      return std::nullopt;
    }
#ifdef SYS_open
    if (call.number == SYS_open &&
        (info.entry.args[1] & (O_CREAT | O_TRUNC)) == 0) {
      return std::nullopt;
    }
#endif
    return FileChange{call.name, PathOf(child, call, info)};
  }
  return std::nullopt;
}

// Forks a child that waits, stopped, to be traced; -1 with a test failure if
// that is not possible.
pid_t ForkTraced(const std::function<int()>& action) {
  const pid_t child = fork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) {
      _exit(kCannotBeTraced);
    }
    raise(SIGSTOP);
    _exit(action());
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFSTOPPED(status) ||
      ptrace(PTRACE_SETOPTIONS, child, nullptr,
             PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) != 0) {
    ADD_FAILURE() << "this test needs permission to trace its own child "
                     "(ptrace): "
                  << strerror(errno);
    return -1;
  }
  return child;
}

// Lets the child go on to its next stop; nullopt if that was its end.
std::optional<int> NextStop(pid_t child, int signal, TracedRun& run) {
  int status = 0;
  if (ptrace(PTRACE_SYSCALL, child, nullptr, signal) != 0 ||
      waitpid(child, &status, 0) != child) {
    ADD_FAILURE() << "tracing process " << child << ": " << strerror(errno);
    return std::nullopt;
  }
  if (WIFSTOPPED(status)) return WSTOPSIG(status);
  if (WIFEXITED(status)) {
    run.finished = true;
    run.exit_code = WEXITSTATUS(status);
  } else {
    ADD_FAILURE() << "the traced action died of signal " << WTERMSIG(status);
  }
  return std::nullopt;
}

}  // namespace

TracedRun RunKilledAtChange(int nth, const std::function<int()>& action) {
  TracedRun run;
  const pid_t child = ForkTraced(action);
  if (child < 0) return run;
  int signal = 0;
  while (const std::optional<int> stop = NextStop(child, signal, run)) {
    const bool is_call = *stop == (SIGTRAP | 0x80);
    signal = is_call ? 0 : *stop;
    __ptrace_syscall_info info = {};
    if (!is_call ||
        ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(info), &info) <= 0 ||
        info.op != PTRACE_SYSCALL_INFO_ENTRY) {
      continue;
    }
    std::optional<FileChange> change = ChangeAtEntry(child, info);
    if (!change) continue;
    if (static_cast<int>(run.done.size()) + 1 == nth) {
      run.killed_before = *std::move(change);
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
      return run;
    }
    run.done.push_back(*std::move(change));
  }
  return run;
}

}  // namespace tufmirror::testing
