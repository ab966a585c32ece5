#include "cli/signals.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>

#include <cerrno>

#include "tufmirror/base/failure.h"

namespace tufmirror::cli {

absl::StatusOr<StopSignals> StopSignals::Block() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  if (const int error = pthread_sigmask(SIG_BLOCK, &set, nullptr); error != 0) {
    return fs::ErrnoFailure(error, "block", "SIGINT and SIGTERM");
  }
  fs::UniqueFd fd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd.valid()) return fs::ErrnoFailure(errno, "signalfd", "SIGINT");
  return StopSignals(std::move(fd));
}

absl::Status StopSignals::Check() const {
  pollfd entry = {fd_.get(), POLLIN, 0};
  if (poll(&entry, 1, 0) <= 0) return absl::OkStatus();
  return MakeFailure(Failure::kCancelled, "stopped by a signal");
}

void StopSignals::Wait() const {
  pollfd entry = {fd_.get(), POLLIN, 0};
  while (poll(&entry, 1, -1) < 0 && errno == EINTR) {
  }
}

}  // namespace tufmirror::cli
