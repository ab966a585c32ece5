// The child is the leader of a session: one signal ends it and what it started.
// It is killed before it is reaped, while its number is surely its own.
#include "tufmirror/fs/command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/time/clock.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::fs {
namespace {

constexpr size_t kKeptOfErrors = size_t{4} << 10;
constexpr size_t kMaxErrorLine = 300;
// How long to sleep where nothing wakes us when the child ends.
constexpr int kExitPollMilliseconds = 2;
constexpr int kPollMilliseconds = 100;

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

absl::StatusOr<Pipe> MakePipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return ErrnoFailure(errno, "pipe", "of a command");
  }
  Pipe made{UniqueFd(ends[0]), UniqueFd(ends[1])};
  if (fcntl(made.read_end.get(), F_SETFL, O_NONBLOCK) != 0) {
    return ErrnoFailure(errno, "fcntl", "pipe of a command");
  }
  return made;
}

absl::StatusOr<UniqueFd> InputFile(std::string_view input) {
  UniqueFd file(memfd_create("input", MFD_CLOEXEC));
  if (!file.valid()) return ErrnoFailure(errno, "memfd_create", "input");
  RETURN_IF_ERROR(WriteAll(file.get(), input, "input of a command"));
  if (lseek(file.get(), 0, SEEK_SET) != 0) {
    return ErrnoFailure(errno, "lseek", "input of a command");
  }
  return file;
}

// posix_spawnp's result, an errno value.
int Spawn(const Command& command, int input, int output, int errors,
          pid_t& child) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  if (posix_spawn_file_actions_init(&files) != 0) return ENOMEM;
  const absl::Cleanup drop_files = [&files] {
    posix_spawn_file_actions_destroy(&files);
  };
  if (posix_spawnattr_init(&attributes) != 0) return ENOMEM;
  const absl::Cleanup drop_attributes = [&attributes] {
    posix_spawnattr_destroy(&attributes);
  };
  posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, errors, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  sigset_t none;
  sigemptyset(&none);
  sigset_t all;
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID |
                                            POSIX_SPAWN_SETSIGMASK |
                                            POSIX_SPAWN_SETSIGDEF);
  return posix_spawnp(&child, command.words.front().c_str(), &files,
                      &attributes, ExecPointers(command.words).data(),
                      ExecPointers(command.environment).data());
}

enum class Stream { kOpen, kEnded };

// Takes what `fd` has for now.
absl::StatusOr<Stream> Drain(int fd, std::string& into) {
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got == 0) return Stream::kEnded;
    if (got > 0) {
      into.append(buffer.data(), static_cast<size_t>(got));
      return Stream::kOpen;
    }
    if (errno == EAGAIN) return Stream::kOpen;
    if (errno != EINTR) return ErrnoFailure(errno, "read", "from a command");
  }
}

std::string_view LastLine(std::string_view text) {
  text = StripWhitespace(text);
  const size_t line = text.find_last_of("\r\n");
  return line == std::string_view::npos ? text : text.substr(line + 1);
}

// One running command; ends with it, whatever happens.
class Child {
 public:
  Child(const Command& command, pid_t pid, UniqueFd output, UniqueFd errors)
      : command_(command),
        pid_(pid),
        output_fd_(std::move(output)),
        errors_fd_(std::move(errors)),
        deadline_(absl::Now() + command.timeout) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    kill(-pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  absl::StatusOr<std::string> Answer() {
    siginfo_t exit = {};
    while (exit.si_pid == 0) {
      if (absl::Now() >= deadline_) {
        return Refused(Failure::kTimeout,
                       fmt::format("an answer within {}",
                                   absl::FormatDuration(command_.timeout)),
                       "none");
      }
      WaitForNews();
      // Asked before reading: what it wrote before it ended is all read.
      if (waitid(P_PID, static_cast<id_t>(pid_), &exit,
                 WEXITED | WNOHANG | WNOWAIT) != 0) {
        return ErrnoFailure(errno, "wait for", Name());
      }
      RETURN_IF_ERROR(exit.si_pid == 0 ? ReadSome() : ReadRest());
    }
    if (exit.si_code == CLD_EXITED && exit.si_status == 0) {
      return std::move(output_);
    }
    return Refused(
        Failure::kFileSystem, "exit code 0",
        fmt::format("{} {}", exit.si_code == CLD_EXITED ? "code" : "signal",
                    exit.si_status));
  }

 private:
  std::string Name() const { return Printable(command_.words.front()); }

  absl::Status Refused(Failure failure, std::string_view expected,
                       std::string_view got) const {
    const std::string_view said = LastLine(errors_);
    return MakeFailure(
        failure, fmt::format("command {}: expected {}, got {}{}{}", Name(),
                             expected, got, said.empty() ? "" : "; it said: ",
                             Printable(said, kMaxErrorLine)));
  }

  void WaitForNews() const {
    std::array<pollfd, 2> fds = {pollfd{output_fd_.get(), POLLIN, 0},
                                 pollfd{errors_fd_.get(), POLLIN, 0}};
    const bool silent = !output_fd_.valid() && !errors_fd_.valid();
    const auto left = absl::ToInt64Milliseconds(deadline_ - absl::Now()) + 1;
    poll(fds.data(), fds.size(),
         static_cast<int>(std::clamp<int64_t>(
             left, 0, silent ? kExitPollMilliseconds : kPollMilliseconds)));
  }

  absl::Status ReadSome() {
    if (output_fd_.valid()) {
      ASSIGN_OR_RETURN(const Stream stream, Drain(output_fd_.get(), output_));
      if (stream == Stream::kEnded) output_fd_ = UniqueFd();
    }
    if (errors_fd_.valid()) {
      ASSIGN_OR_RETURN(const Stream stream, Drain(errors_fd_.get(), errors_));
      if (stream == Stream::kEnded) errors_fd_ = UniqueFd();
    }
    if (errors_.size() > 2 * kKeptOfErrors) {
      errors_.erase(0, errors_.size() - kKeptOfErrors);
    }
    if (output_.size() <= command_.max_output) return absl::OkStatus();
    return Refused(
        Failure::kTooLarge,
        fmt::format("at most {} bytes of output", command_.max_output), "more");
  }

  // It has ended; what it started may hold its pipes open and is not waited
  // for, and what that writes from now on is read no longer than it is there.
  absl::Status ReadRest() {
    kill(-pid_, SIGKILL);
    while (true) {
      const size_t before = output_.size();
      const bool errors_open = errors_fd_.valid();
      const size_t errors_before = errors_.size();
      RETURN_IF_ERROR(ReadSome());
      const bool more = output_.size() != before ||
                        (errors_open && errors_.size() != errors_before);
      if (!more) return absl::OkStatus();
    }
  }

  const Command& command_;
  pid_t pid_;
  UniqueFd output_fd_;
  UniqueFd errors_fd_;
  absl::Time deadline_;
  std::string output_;
  std::string errors_;
};

}  // namespace

std::vector<char*> ExecPointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) {
    pointers.push_back(const_cast<char*>(text.c_str()));  // exec(3)'s type
  }
  pointers.push_back(nullptr);
  return pointers;
}

absl::StatusOr<std::string> RunCommand(const Command& command,
                                       std::string_view input) {
  if (command.words.empty() || command.words.front().empty()) {
    return MakeFailure(Failure::kUsage, "the command is missing");
  }
  ASSIGN_OR_RETURN(const UniqueFd file, InputFile(input));
  ASSIGN_OR_RETURN(Pipe output, MakePipe());
  ASSIGN_OR_RETURN(Pipe errors, MakePipe());
  pid_t pid = -1;
  const int error = Spawn(command, file.get(), output.write_end.get(),
                          errors.write_end.get(), pid);
  if (error != 0) return ErrnoFailure(error, "run", command.words.front());
  Child child(command, pid, std::move(output.read_end),
              std::move(errors.read_end));
  output.write_end = UniqueFd();
  errors.write_end = UniqueFd();
  return child.Answer();
}

}  // namespace tufmirror::fs
