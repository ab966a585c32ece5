// The background process holds a lock named after its process id for as long
// as it lives: that is how one that is gone is told from one that is not,
// whatever got its number since.
#include "cli/guard_env.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/time/clock.h"
#include "cli/clock_hint.h"
#include "cli/commands.h"
#include "cli/guard_choice.h"
#include "cli/guard_options.h"
#include "cli/shell_quote.h"
#include "cli/signals.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/fs/lock_file.h"
#include "tufmirror/guard/guard.h"
#include "tufmirror/guard/user_directories.h"
#include "tufmirror/report/run_report.h"

namespace tufmirror::cli {
namespace {

constexpr std::string_view kPidVariable = "TUFMIRROR_GUARD_PID";
constexpr mode_t kRunDirectoryMode = 0700;
// What the background process says first: it serves, or why not.
constexpr char kServing = '+';
constexpr char kFailed = '-';

std::string LockPath(const std::string& directory, pid_t pid) {
  return fmt::format("{}/guard-{}.lock", directory, pid);
}

bool IsShellName(std::string_view name) {
  const auto allowed = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), allowed) &&
         !absl::ascii_isdigit(static_cast<unsigned char>(name.front()));
}

// Waits for a stop signal or the end of the session's first process, mostly
// the shell of the terminal; for the signal only if that is gone already.
void WaitForTheEnd(const StopSignals& signals, pid_t session) {
  const fs::UniqueFd shell(
      static_cast<int>(syscall(SYS_pidfd_open, session, 0)));
  std::array<pollfd, 2> entries = {
      {{signals.fd(), POLLIN, 0}, {shell.get(), POLLIN, 0}}};
  const nfds_t count = shell.valid() ? 2 : 1;
  while (poll(entries.data(), count, -1) < 0 && errno == EINTR) {
  }
}

// Nothing of the terminal or of the shell's $(...) stays open.
absl::Status LeaveTerminal() {
  ASSIGN_OR_RETURN(const fs::UniqueFd null, fs::Open("/dev/null", O_RDWR));
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (dup2(null.get(), fd) < 0) {
      return fs::ErrnoFailure(errno, "redirect", "/dev/null");
    }
  }
  return absl::OkStatus();
}

// The background process. What it has to say goes to `answer`.
absl::Status ServeInBackground(const GuardArguments& arguments,
                               fs::UniqueFd& answer) {
  const pid_t session = getsid(0);
  setsid();
  ASSIGN_OR_RETURN(const StopSignals signals, StopSignals::Block());
  const guard::Environment own = OwnEnvironment();
  ASSIGN_OR_RETURN(const auto directories, guard::UserDirectoriesOf(own));
  ASSIGN_OR_RETURN(guard::GuardOptions options, ToGuardOptions(arguments));
  const std::vector<std::string> asked =
      arguments.offline ? std::vector<std::string>() : options.mirrors;
  ASSIGN_OR_RETURN(const auto guard, guard::Guard::Start(std::move(options)));
  RETURN_IF_ERROR(WithClockHint(guard->Refresh(), asked, absl::Now()));

  RETURN_IF_ERROR(fs::MakeDirectories(directories.runtime, kRunDirectoryMode));
  const std::string lock_path = LockPath(directories.runtime, getpid());
  ASSIGN_OR_RETURN(const auto lock,
                   fs::LockFile::Acquire(lock_path, "guard --env"));
  guard::Environment after =
      guard::InstallerEnvironment(own, AddressOf(*guard));
  after[std::string(kPidVariable)] = fmt::format("{}", getpid());
  RETURN_IF_ERROR(fs::WriteAll(
      answer.get(), kServing + ShellExports(own, after), "the shell"));
  answer = fs::UniqueFd();
  RETURN_IF_ERROR(LeaveTerminal());
  WaitForTheEnd(signals, session);
  guard->Stop();
  return fs::Remove(lock_path);
}

[[noreturn]] void RunBackground(const GuardArguments& arguments,
                                fs::UniqueFd answer) {
  const absl::Status status = ServeInBackground(arguments, answer);
  if (!status.ok() && answer.valid()) {  // the shell still waits
    const std::string text = fmt::format(
        "{}{} {}", kFailed, report::ExitCodeOf(status), MessageOf(status));
    (void)fs::WriteAll(answer.get(), text, "the shell");
  }
  _exit(0);
}

absl::StatusOr<std::string> ReadAnswer(int fd) {
  std::string text;
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got == 0) return text;
    if (got > 0) {
      text.append(buffer.data(), static_cast<size_t>(got));
    } else if (errno != EINTR) {
      return fs::ErrnoFailure(errno, "read", "what the guard says");
    }
  }
}

// Standard output of the shell's $(...) ends only when nobody has it open.
absl::StatusOr<int> StartInBackground(const GuardArguments& arguments) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return fs::ErrnoFailure(errno, "make", "a pipe");
  }
  const fs::UniqueFd reading(ends[0]);
  fs::UniqueFd writing(ends[1]);
  const pid_t pid = fork();
  if (pid < 0) return fs::ErrnoFailure(errno, "start", "the guard");
  if (pid == 0) RunBackground(arguments, std::move(writing));
  writing = fs::UniqueFd();
  ASSIGN_OR_RETURN(const std::string answer, ReadAnswer(reading.get()));
  if (!answer.empty() && answer.front() == kServing) {
    fmt::print("{}", std::string_view(answer).substr(1));
    return 0;
  }
  int code = 1;
  std::string_view message = "the guard ended without a word";
  if (!answer.empty() && answer.front() == kFailed) {
    const char* end = answer.data() + answer.size();
    const auto parsed = std::from_chars(answer.data() + 1, end, code);
    message =
        std::string_view(parsed.ptr, static_cast<size_t>(end - parsed.ptr));
    while (!message.empty() && message.front() == ' ') message.remove_prefix(1);
  }
  fmt::print(stderr, "tufmirror: {}\n", message);
  return code;
}

absl::StatusOr<pid_t> OwnGuard(const guard::Environment& environment) {
  const auto found = environment.find(kPidVariable);
  const std::string_view text =
      found == environment.end() ? std::string_view() : found->second;
  pid_t pid = 0;
  const auto parsed =
      std::from_chars(text.data(), text.data() + text.size(), pid);
  if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() &&
      pid > 1) {
    return pid;
  }
  return MakeFailure(
      Failure::kUsage,
      fmt::format("{} is '{}', expected the process of a guard that was "
                  "started with guard --env in this shell",
                  kPidVariable, Printable(text, 40)));
}

absl::Status EndGuard(const guard::Environment& environment) {
  ASSIGN_OR_RETURN(const pid_t pid, OwnGuard(environment));
  ASSIGN_OR_RETURN(const auto directories,
                   guard::UserDirectoriesOf(environment));
  const std::string path = LockPath(directories.runtime, pid);
  ASSIGN_OR_RETURN(const auto info, fs::Stat(path));
  if (!info) return absl::OkStatus();  // it has ended
  const auto lock = fs::LockFile::Acquire(path, "guard --env --kill");
  if (lock.ok()) return fs::Remove(path);  // it was killed
  if (FailureOf(lock.status()) != Failure::kLocked) return lock.status();
  if (kill(pid, SIGTERM) == 0 || errno == ESRCH) return absl::OkStatus();
  return fs::ErrnoFailure(errno, "end", fmt::format("process {}", pid));
}

}  // namespace

std::string ShellExports(const guard::Environment& before,
                         const guard::Environment& after) {
  std::string text;
  for (const auto& [name, value] : before) {
    if (!after.contains(name) && IsShellName(name)) {
      text += fmt::format("unset {};\n", name);
    }
  }
  for (const auto& [name, value] : after) {
    const auto old = before.find(name);
    if (old != before.end() && old->second == value) continue;
    if (!IsShellName(name)) continue;
    text += fmt::format("export {}={};\n", name, ShellQuoted(value));
  }
  return text;
}

int GuardEnvCommand(const GuardArguments& arguments) {
  const auto code = StartInBackground(arguments);
  return code.ok() ? *code : Fail(code.status());
}

int GuardEnvKillCommand() {
  const guard::Environment own = OwnEnvironment();
  if (const absl::Status status = EndGuard(own); !status.ok()) {
    return Fail(status);
  }
  // What a guard sets, NO_PROXY apart: that is the user's, with one more host.
  guard::Environment without = own;
  for (const auto& [name, value] : guard::InstallerEnvironment({}, {})) {
    if (name != "NO_PROXY" && name != "no_proxy") without.erase(name);
  }
  without.erase(without.find(kPidVariable));
  fmt::print("{}", ShellExports(own, without));
  return 0;
}

}  // namespace tufmirror::cli
