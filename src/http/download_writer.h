// The pool's side of one download: what the loop hands over, in order.
#ifndef TUFMIRROR_SRC_HTTP_DOWNLOAD_WRITER_H_
#define TUFMIRROR_SRC_HTTP_DOWNLOAD_WRITER_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "http/partial_file.h"
#include "http/writer_pool.h"
#include "tufmirror/http/transfers.h"

namespace tufmirror::http {

// One order from the loop. Those marked last are answered: nothing else is
// submitted until the answer was read.
struct WriteOrder {
  enum class Kind {
    kAppend,  // bytes that follow
    kDrop,    // removes the file
    kResume,  // last: takes over what an earlier run left
    kFinish,  // last: final bytes; verify, write, accept
    kCopy,    // last: the file named by `bytes`; verify, write, accept
    kClose,   // last: final bytes for now; the file stays for a later run
  };
  Kind kind = Kind::kAppend;
  std::string bytes;
};

class DownloadWriter {
 public:
  struct Answer {
    enum class Kind {
      kDone,    // as ordered
      kWrong,   // the bytes are not the promised ones
      kSource,  // the file to copy cannot be read
      kFailed,  // disk trouble, or the caller did not accept
    };
    Kind kind = Kind::kDone;
    absl::Status status;
    uint64_t length = 0;  // bytes held on disk
  };

  // References outlive the writer. `job` is posted to `pool`.
  DownloadWriter(DownloadRequest& request, WriterPool& pool, Job* job);
  ~DownloadWriter();

  // The loop's side.
  void Submit(WriteOrder::Kind kind, std::string bytes = {});
  // True once anything was submitted.
  bool used() const { return used_; }
  uint64_t queued_bytes() const { return queued_bytes_; }
  // True once writing failed; the next answer says how.
  bool failed() const { return failed_; }
  // After RunOnPool said true.
  const Answer& answer() const { return answer_; }

  // The pool's side. True when there is an answer.
  bool RunOnPool();

 private:
  bool Execute(const WriteOrder& order);
  Answer Finish(std::string_view bytes);
  Answer Copy(const std::string& from);
  // The answer after `status`, or after an earlier failure.
  Answer AnswerOf(absl::Status status);

  DownloadRequest& request_;
  WriterPool& pool_;
  Job* job_;
  bool used_ = false;  // the loop's
  std::atomic<uint64_t> queued_bytes_ = 0;
  std::atomic<bool> failed_ = false;

  std::mutex mutex_;  // of the next two
  std::deque<WriteOrder> orders_;
  bool posted_ = false;

  PartialFile file_;      // the pool's
  absl::Status trouble_;  // first failure of kAppend or kDrop; the pool's
  Answer answer_;
};

}  // namespace tufmirror::http

#endif  // TUFMIRROR_SRC_HTTP_DOWNLOAD_WRITER_H_
