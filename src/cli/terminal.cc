#include "cli/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/time/clock.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/secret_file.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::cli {
namespace {

size_t TerminalColumns() {
  winsize size = {};
  const bool known =
      ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

// Signals that end a program, kept back while it lives; then they take effect.
class HeldSignals {
 public:
  HeldSignals() {
    sigset_t held;
    sigemptyset(&held);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
      sigaddset(&held, signal);
    }
    pthread_sigmask(SIG_BLOCK, &held, &before_);
    arrived_ = fs::UniqueFd(signalfd(-1, &held, SFD_CLOEXEC));
  }
  ~HeldSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  // Waits for `fd` to have something to read; false if a signal came first.
  bool WaitFor(int fd) const {
    pollfd ready[] = {{fd, POLLIN, 0}, {arrived_.get(), POLLIN, 0}};
    while (poll(ready, 2, -1) < 0 && errno == EINTR) {
    }
    return ready[1].revents == 0;
  }

 private:
  sigset_t before_ = {};
  fs::UniqueFd arrived_;
};

// Reads one line from the terminal with echo off. A signal ends the program
// with the terminal as it was.
absl::StatusOr<crypto::Secret> Ask(std::string_view question) {
  ASSIGN_OR_RETURN(const fs::UniqueFd tty, fs::Open("/dev/tty", O_RDWR));
  const HeldSignals signals;
  termios before = {};
  if (tcgetattr(tty.get(), &before) != 0) {
    return fs::ErrnoFailure(errno, "tcgetattr", "/dev/tty");
  }
  termios quiet = before;
  quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  const absl::Cleanup restore = [&] {
    tcsetattr(tty.get(), TCSAFLUSH, &before);
    (void)fs::WriteAll(tty.get(), "\n", "/dev/tty");
  };
  tcsetattr(tty.get(), TCSAFLUSH, &quiet);
  RETURN_IF_ERROR(fs::WriteAll(tty.get(), question, "/dev/tty"));
  if (!signals.WaitFor(tty.get())) {
    return MakeFailure(Failure::kCancelled,
                       "stopped by a signal instead of a passphrase");
  }
  return crypto::ReadSecretLineOf(tty.get(), "passphrase");
}

absl::StatusOr<crypto::Secret> PassphraseOfFile(const std::string& path) {
  ASSIGN_OR_RETURN(const auto info, fs::Stat(path));
  if (info) return crypto::ReadSecretLineOfFile(path, "passphrase file");
  return MakeFailure(
      Failure::kKey,
      fmt::format("passphrase file {} does not exist", Printable(path)));
}

// A new key is unencrypted only if that was asked for in so many words.
absl::StatusOr<crypto::Secret> NotEmptyIfNew(crypto::Secret secret,
                                             PassphraseUse use,
                                             std::string_view origin) {
  if (use == PassphraseUse::kOpen || !secret.empty()) return secret;
  return MakeFailure(Failure::kKey,
                     fmt::format("the passphrase from {} is empty; use "
                                 "--unencrypted-keys if that is what you want",
                                 origin));
}

std::string Megabytes(uint64_t bytes) {
  return fmt::format("{:.1f}", static_cast<double>(bytes) / 1e6);
}

}  // namespace

bool IsTerminal() { return isatty(STDERR_FILENO) == 1; }

ProgressBar::ProgressBar() : enabled_(IsTerminal()) {}

ProgressBar::~ProgressBar() { Clear(); }

void ProgressBar::Draw(const sync::Progress& progress) {
  if (!enabled_) return;
  if (progress.phase != phase_) {
    phase_ = std::string(progress.phase);
    phase_start_ = absl::Now();
  }
  const std::string line =
      ProgressLine(progress, absl::Now() - phase_start_, TerminalColumns() - 1);
  fmt::print(stderr, "\r{}\x1b[K", line);
  std::fflush(stderr);
  drawn_ = true;
}

void ProgressBar::Clear() {
  if (!std::exchange(drawn_, false)) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
}

std::string ProgressLine(const sync::Progress& progress,
                         absl::Duration since_phase_start, size_t columns) {
  std::string line = fmt::format("{:<9}", progress.phase);
  if (progress.files_total > 0) {
    line +=
        fmt::format(" {}/{} files", progress.files_done, progress.files_total);
  }
  const double seconds = absl::ToDoubleSeconds(since_phase_start);
  if (progress.bytes_done > 0 || progress.bytes_total > 0) {
    line += "  " + Megabytes(progress.bytes_done);
    if (progress.bytes_total > 0) line += "/" + Megabytes(progress.bytes_total);
    line += " MB";
  }
  if (progress.bytes_done > 0 && seconds > 0.1) {
    const double rate = static_cast<double>(progress.bytes_done) / seconds;
    line += fmt::format("  {:.1f} MB/s", rate / 1e6);
    if (progress.bytes_total > progress.bytes_done) {
      const double left =
          static_cast<double>(progress.bytes_total - progress.bytes_done) /
          rate;
      line += left < 120 ? fmt::format("  {:.0f} s left", left)
                         : fmt::format("  {:.0f} min left", left / 60);
    }
  }
  if (line.size() > columns) line.resize(columns);
  return line;
}

absl::StatusOr<crypto::Secret> ReadPassphrase(const PassphraseSource& source,
                                              PassphraseUse use,
                                              std::string_view what) {
  if (source.fd >= 0) {
    ASSIGN_OR_RETURN(crypto::Secret secret,
                     crypto::ReadSecretLineOf(source.fd, "passphrase"));
    return NotEmptyIfNew(std::move(secret), use,
                         fmt::format("descriptor {}", source.fd));
  }
  if (!source.file.empty()) {
    ASSIGN_OR_RETURN(crypto::Secret secret, PassphraseOfFile(source.file));
    return NotEmptyIfNew(std::move(secret), use, source.file);
  }
  if (const char* value = std::getenv(source.variable.c_str())) {
    return NotEmptyIfNew(crypto::Secret::Copy(value), use, source.variable);
  }
  if (isatty(STDIN_FILENO) != 1) {
    return MakeFailure(
        Failure::kKey,
        fmt::format("{}: a passphrase is needed; set {}, name a file that "
                    "holds it (origin.passphrase_file or --passphrase-file), "
                    "or run on a terminal",
                    Printable(what), source.variable));
  }
  ASSIGN_OR_RETURN(crypto::Secret first,
                   Ask(fmt::format("Passphrase for {}: ", Printable(what))));
  if (use == PassphraseUse::kOpen) return first;
  ASSIGN_OR_RETURN(first, NotEmptyIfNew(std::move(first), use, "the terminal"));
  ASSIGN_OR_RETURN(const crypto::Secret second, Ask("The same again: "));
  if (first.view() != second.view()) {
    return MakeFailure(Failure::kKey, "the two passphrases differ");
  }
  return first;
}

absl::StatusOr<crypto::Secret> ReadPassphrase(const std::string& file,
                                              PassphraseUse use,
                                              std::string_view what) {
  PassphraseSource source;
  source.file = file;
  return ReadPassphrase(source, use, what);
}

}  // namespace tufmirror::cli
