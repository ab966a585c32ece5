// SIGINT and SIGTERM as something to be asked about, not as an interruption.
#ifndef TUFMIRROR_CLI_SIGNALS_H_
#define TUFMIRROR_CLI_SIGNALS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::cli {

// While this lives, the two signals are blocked and collected here. To be made
// before any thread is started, which then inherit the mask.
class StopSignals {
 public:
  static absl::StatusOr<StopSignals> Block();

  // kCancelled once a signal has come.
  absl::Status Check() const;
  // Waits for a signal.
  void Wait() const;
  // Readable once a signal has come; for poll(2), not for reading.
  int fd() const { return fd_.get(); }

 private:
  explicit StopSignals(fs::UniqueFd fd) : fd_(std::move(fd)) {}
  fs::UniqueFd fd_;  // a signalfd(2), never read from: a signal stays pending
};

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_CLI_SIGNALS_H_
