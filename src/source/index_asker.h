// Asks an index for pages and enters the answers into the table: what is taken,
// what is held back, what is asked for again, who is gone.
#ifndef TUFMIRROR_SRC_SOURCE_INDEX_ASKER_H_
#define TUFMIRROR_SRC_SOURCE_INDEX_ASKER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "source/index_answer.h"
#include "source/index_work.h"
#include "tufmirror/http/transfers.h"

namespace tufmirror::source {

class PageAsker {
 public:
  // Both outlive this.
  PageAsker(IndexWork& work, http::Transfers& transfers)
      : work_(work), transfers_(transfers) {}

  // In parallel; those that turn out to be old copies several times. Fails
  // only if the state cannot be written, or the caller wants to stop.
  absl::Status Ask(std::vector<PageQuestion> questions);

  // The first failure, if all that was asked for failed and the network is to
  // blame: then upstream is down.
  absl::Status Outcome() const;

 private:
  struct Round;  // of questions

  absl::Status AskOnce(Round& round);
  http::FetchRequest RequestOf(const Round& round, size_t at);
  absl::Status Take(Round& round, const http::FetchRequest& request,
                    const absl::StatusOr<http::FetchResponse>& response);
  absl::Status Enter(IndexEntry& entry, const PageAnswer& answer,
                     std::string_view body);
  absl::Status EnterPage(IndexEntry& entry, const PageAnswer& answer,
                         std::string_view body);
  void EnterMissing(IndexEntry& entry);
  // True if the page is old, and not for so long that it has to do.
  bool IsHeldBack(const IndexEntry& entry, const PageAnswer& answer) const;
  void HoldBack(IndexEntry& entry, const absl::Status& reason);
  void Postpone(const Round& round);
  void Note(const absl::Status& status);
  absl::Status Tick();
  absl::Status Pause(absl::Duration duration);

  IndexWork& work_;
  http::Transfers& transfers_;
  uint64_t done_ = 0;
  uint64_t total_ = 0;
  uint64_t answered_ = 0;
  int failures_in_a_row_ = 0;
  bool gave_up_ = false;
  absl::Status first_failure_;
};

}  // namespace tufmirror::source

#endif  // TUFMIRROR_SRC_SOURCE_INDEX_ASKER_H_
