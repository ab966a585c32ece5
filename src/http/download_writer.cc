// See download_writer.h.
#include "http/download_writer.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "http/source_file.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::http {
namespace {

constexpr size_t kCopyBytes = 256 * 1024;

bool IsWrong(const absl::Status& status) {
  switch (FailureOf(status)) {
    case Failure::kLength:
    case Failure::kTooLarge:
    case Failure::kDigest:
    case Failure::kUnsupported:
    case Failure::kMalformed:
      return true;
    default:
      return false;
  }
}

}  // namespace

DownloadWriter::DownloadWriter(DownloadRequest& request, WriterPool& pool,
                               Job* job)
    : request_(request),
      pool_(pool),
      job_(job),
      file_(request.partial_path, ContentRules(request)) {}

DownloadWriter::~DownloadWriter() { pool_.queued_bytes() -= queued_bytes_; }

void DownloadWriter::Submit(WriteOrder::Kind kind, std::string bytes) {
  used_ = true;
  queued_bytes_ += bytes.size();
  pool_.queued_bytes() += bytes.size();
  bool post = false;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    orders_.push_back({kind, std::move(bytes)});
    post = !std::exchange(posted_, true);
  }
  if (post) pool_.Post(job_);
}

bool DownloadWriter::RunOnPool() {
  while (true) {
    WriteOrder order;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (orders_.empty()) {
        posted_ = false;
        return false;
      }
      order = std::move(orders_.front());
      orders_.pop_front();
    }
    const bool answered = Execute(order);
    queued_bytes_ -= order.bytes.size();
    pool_.queued_bytes() -= order.bytes.size();
    if (answered) {
      std::lock_guard<std::mutex> lock(mutex_);
      posted_ = false;
      return true;
    }
  }
}

bool DownloadWriter::Execute(const WriteOrder& order) {
  switch (order.kind) {
    case WriteOrder::Kind::kAppend:
      if (trouble_.ok()) trouble_ = file_.Append(order.bytes);
      break;
    case WriteOrder::Kind::kDrop:
      trouble_.Update(file_.Drop());
      break;
    case WriteOrder::Kind::kResume:
      answer_ = AnswerOf(file_.Resume());
      return true;
    case WriteOrder::Kind::kFinish:
      answer_ = trouble_.ok() ? Finish(order.bytes) : AnswerOf({});
      return true;
    case WriteOrder::Kind::kCopy:
      answer_ = trouble_.ok() ? Copy(order.bytes) : AnswerOf({});
      return true;
    case WriteOrder::Kind::kClose:
      if (trouble_.ok()) trouble_ = file_.Append(order.bytes);
      answer_ = AnswerOf(file_.Close());
      return true;
  }
  failed_ = !trouble_.ok();
  return false;
}

DownloadWriter::Answer DownloadWriter::AnswerOf(absl::Status status) {
  trouble_.Update(status);
  return {.kind = trouble_.ok() ? Answer::Kind::kDone : Answer::Kind::kFailed,
          .status = trouble_,
          .length = file_.length()};
}

DownloadWriter::Answer DownloadWriter::Finish(std::string_view bytes) {
  const absl::StatusOr<ReceivedContent> received = file_.Complete(bytes);
  if (!received.ok() && IsWrong(received.status())) {
    return {.kind = Answer::Kind::kWrong,
            .status = received.status(),
            .length = file_.length()};
  }
  if (!received.ok()) return AnswerOf(received.status());
  if (request_.accept_content) {
    return AnswerOf(request_.accept_content(*received));
  }
  return AnswerOf(request_.accept ? request_.accept() : absl::OkStatus());
}

DownloadWriter::Answer DownloadWriter::Copy(const std::string& from) {
  if (absl::Status status = file_.Drop(); !status.ok()) {
    return AnswerOf(std::move(status));
  }
  absl::StatusOr<fs::UniqueFd> source = OpenSourceFile(from);
  if (!source.ok()) {
    return {.kind = Answer::Kind::kSource, .status = source.status()};
  }
  std::string chunk;
  while (true) {
    // One byte more than there may be is enough to know that it is too long.
    const uint64_t wanted = request_.content.length - file_.length() + 1;
    const size_t room = std::min<uint64_t>(kCopyBytes, wanted);
    chunk.resize(room);
    const ssize_t got = read(source->get(), chunk.data(), room);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return {.kind = Answer::Kind::kSource,
              .status = fs::ErrnoFailure(errno, "read", from)};
    }
    chunk.resize(static_cast<size_t>(got));
    const bool at_end = chunk.size() < room || chunk.size() == wanted;
    if (at_end) return Finish(chunk);
    if (absl::Status status = file_.Append(chunk); !status.ok()) {
      return AnswerOf(std::move(status));
    }
  }
}

}  // namespace tufmirror::http
