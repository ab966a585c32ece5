// What only makes sense when a person sits there: a progress bar, a prompt.
#ifndef TUFMIRROR_CLI_TERMINAL_H_
#define TUFMIRROR_CLI_TERMINAL_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/crypto/private_key.h"
#include "tufmirror/sync/run.h"

namespace tufmirror::cli {

// True if standard error is a terminal.
bool IsTerminal();

// One line on standard error that is drawn over itself. Draws nothing where
// standard error is no terminal.
class ProgressBar {
 public:
  ProgressBar();
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void Draw(const sync::Progress& progress);
  void Clear();

 private:
  bool enabled_;
  bool drawn_ = false;
  std::string phase_;
  absl::Time phase_start_;
};

// The text of a progress line, `columns` wide at most, without control
// characters: "download   120/16000 files  3.5/470.0 MB  101.2 MB/s  5 s left".
std::string ProgressLine(const sync::Progress& progress,
                         absl::Duration since_phase_start, size_t columns);

enum class PassphraseUse { kOpen, kCreate };

// Where a passphrase comes from: the first of these that is there. Never an
// argument, which every process on the machine could read.
struct PassphraseSource {
  int fd = -1;  // an open descriptor; one line is read
  std::string variable = "TUFMIRROR_KEY_PASSPHRASE";  // of the environment
  std::string file;  // its first line; a file that only its owner can read
  // Last: asked for on the terminal, without echo (twice for kCreate).
};

// kKey if there is none of these. `what` names the key.
absl::StatusOr<crypto::Secret> ReadPassphrase(const PassphraseSource& source,
                                              PassphraseUse use,
                                              std::string_view what);

// The same with TUFMIRROR_KEY_PASSPHRASE, and `file` if it is not empty.
absl::StatusOr<crypto::Secret> ReadPassphrase(const std::string& file,
                                              PassphraseUse use,
                                              std::string_view what);

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_CLI_TERMINAL_H_
