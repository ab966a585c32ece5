// See download_job.h. The digest decides about bytes, wherever they came from:
// bytes put together from several tries that turn out wrong are dropped and
// asked for once more as a whole before the mirror is blamed.
#include "http/download_job.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "fmt/format.h"
#include "http/transfer_failure.h"
#include "http/url.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::http {

Step DownloadJob::Start() {
  if (request_.urls.empty()) {
    return Close(
        MakeFailure(Failure::kUsage, Operation() + ": no URL was given"));
  }
  for (const std::string& url : request_.urls) {
    if (absl::Status status = CheckUrl(url); !status.ok()) {
      return Close(Annotate(status, Operation()));
    }
  }
  absl::StatusOr<std::optional<fs::FileInfo>> earlier =
      fs::Stat(request_.partial_path);
  if (!earlier.ok()) return Close(Annotate(earlier.status(), Operation()));
  if (*earlier && (*earlier)->size > 0) {
    return Order(Awaiting::kResume, WriteOrder::Kind::kResume, {});
  }
  return BeginMirror();
}

Step DownloadJob::BeginMirror() {
  const std::string& url = request_.urls[rounds_.current()];
  if (!HasScheme(url, "file")) return Step::Transfer();
  absl::StatusOr<std::string> path = FilePathOf(url);
  if (!path.ok()) return AfterFailure({.status = path.status()});
  chunk_.clear();
  held_ = 0;
  resumed_ = false;
  return Order(Awaiting::kCopy, WriteOrder::Kind::kCopy, *std::move(path));
}

Step DownloadJob::Order(Awaiting awaiting, WriteOrder::Kind kind,
                        std::string bytes) {
  awaiting_ = awaiting;
  on_disk_ = true;
  writer_.Submit(kind, std::move(bytes));
  return Step::Pool();
}

absl::Status DownloadJob::PrepareTry(EasyHandle& handle) {
  // Another try may get other bytes, and nothing would tell.
  if (held_ > 0 && !rules_.HasDigest()) StartOver();
  offset_ = held_;
  resumed_ = held_ > 0;
  judged_ = false;
  wanted_ = false;
  wrong_ = absl::OkStatus();
  unwanted_bytes_ = 0;
  if (restarted_ || !rounds_.untroubled()) ++context_.counters.retries;
  if (rules_.IsExact()) chunk_.reserve(ChunkBytes());
  return handle.Prepare(
      {.url = request_.urls[rounds_.current()],
       .offset = offset_,
       .max_bytes = std::max(request_.content.length, kLeastMaxBytes),
       .timeout = context_.options.download_timeout,
       .headers = {}});
}

size_t DownloadJob::ChunkBytes() const {
  const uint64_t length = request_.content.length;
  return length <= context_.whole_bytes
             ? length
             : std::min<uint64_t>(length, context_.chunk_bytes);
}

bool DownloadJob::IsWanted(int http_status) const {
  return http_status == 200 || (http_status == 206 && offset_ > 0);
}

void DownloadJob::StartOver() {
  if (std::exchange(on_disk_, false)) writer_.Submit(WriteOrder::Kind::kDrop);
  chunk_.clear();
  held_ = 0;
  resumed_ = false;
}

void DownloadJob::JudgeResponse(EasyHandle& handle) {
  judged_ = true;
  const int status = handle.HttpStatus();
  wanted_ = IsWanted(status);
  if (!wanted_) return;
  if (status == 200 && offset_ > 0) {
    StartOver();  // the server cannot continue and sends all of it
  } else if (status == 206) {
    const std::string range = handle.Header("Content-Range");
    const std::string expected = fmt::format("bytes {}-", offset_);
    if (!absl::StartsWithIgnoreCase(range, expected)) {
      wrong_ = MakeFailure(
          Failure::kLength,
          fmt::format("expected Content-Range \"{}...\", got \"{}\"", expected,
                      Printable(range)));
      return;
    }
  }
  const std::optional<uint64_t> declared = handle.ContentLength();
  if (declared) wrong_ = JudgeLength(*declared);
}

absl::Status DownloadJob::JudgeLength(uint64_t declared) const {
  const uint64_t most = rules_.most() - held_;
  if (rules_.IsExact() ? declared == most : declared <= most) return {};
  return MakeFailure(
      rules_.IsExact() ? Failure::kLength : Failure::kTooLarge,
      fmt::format("expected {}{} bytes, got Content-Length {}",
                  rules_.IsExact() ? "" : "at most ", most, declared));
}

Job::Take DownloadJob::OnData(EasyHandle& handle, std::string_view bytes) {
  if (!judged_) JudgeResponse(handle);
  if (!wrong_.ok()) return Take::kAbort;
  if (!wanted_) {
    unwanted_bytes_ += bytes.size();
    return unwanted_bytes_ > kMaxUnwantedBytes ? Take::kAbort : Take::kTaken;
  }
  if (bytes.size() > request_.content.length - held_) {
    wrong_ = rules_.TooLong();
    return Take::kAbort;
  }
  if (writer_.failed()) return Take::kAbort;
  if (writer_.queued_bytes() > context_.window_bytes) return Take::kPause;
  chunk_.append(bytes);
  held_ += bytes.size();
  const size_t enough = ChunkBytes();
  if (chunk_.size() >= enough && held_ < request_.content.length) {
    on_disk_ = true;
    writer_.Submit(WriteOrder::Kind::kAppend, std::exchange(chunk_, {}));
    if (rules_.IsExact()) chunk_.reserve(enough);
  }
  return Take::kTaken;
}

bool DownloadJob::IsComplete(const EasyHandle& handle, CURLcode code) const {
  if (!judged_) return false;
  if (rules_.IsExact()) return held_ == rules_.most();
  // A cut connection looks like the end where nothing says how long the body
  // is; a digest would tell.
  return code == CURLE_OK && (rules_.HasDigest() || handle.EndIsMarked());
}

Step DownloadJob::OnTryEnd(EasyHandle& handle, CURLcode code) {
  if (writer_.failed()) return Close(absl::OkStatus());
  const int status = handle.HttpStatus();
  if (status == 416 && offset_ > 0) {
    StartOver();
    restarted_ = true;
    return BeginMirror();
  }
  if (!IsWanted(status)) return AfterFailure(handle.FailureAfter(code));
  if (!judged_ && code == CURLE_OK) JudgeResponse(handle);  // an empty body
  if (code == CURLE_FILESIZE_EXCEEDED) wrong_ = rules_.TooLong();
  if (!wrong_.ok()) return AfterWrong(std::move(wrong_));
  if (IsComplete(handle, code)) {
    return Order(Awaiting::kFinish, WriteOrder::Kind::kFinish,
                 std::exchange(chunk_, {}));
  }
  if (code != CURLE_OK) return AfterFailure(handle.FailureAfter(code));
  // No length was declared: the connection may have been cut.
  return AfterFailure(
      {.status = MakeFailure(
           Failure::kLength,
           rules_.IsExact()
               ? fmt::format("expected {} bytes, got {}", rules_.most(), held_)
               : fmt::format("expected a declared length, got {} bytes and "
                             "none",
                             held_)),
       .can_heal = true});
}

Step DownloadJob::OnUnpreparable(absl::Status status) {
  return Close(Annotate(status, Operation()));
}

Step DownloadJob::AfterWrong(absl::Status status) {
  const bool put_together = resumed_;
  StartOver();
  if (put_together) {
    restarted_ = true;
    return BeginMirror();
  }
  return AfterFailure({.status = std::move(status), .can_heal = false});
}

Step DownloadJob::AfterFailure(TryFailure failure) {
  const std::optional<absl::Duration> delay =
      rounds_.AfterFailure(std::move(failure), context_.backoff);
  if (!delay) return Close(rounds_.Summary(Operation(), request_.urls));
  if (*delay > absl::ZeroDuration()) return Step::Wait(*delay);
  return BeginMirror();
}

Step DownloadJob::Close(absl::Status status) {
  result_ = std::move(status);
  if (!result_.ok() && chunk_.empty() && !writer_.used()) {
    return Step::Report();
  }
  return Order(Awaiting::kClose, WriteOrder::Kind::kClose,
               std::exchange(chunk_, {}));
}

Step DownloadJob::OnPoolDone() {
  const DownloadWriter::Answer& answer = writer_.answer();
  using Kind = DownloadWriter::Answer::Kind;
  if (awaiting_ == Awaiting::kClose) {
    // What went wrong first is what is told.
    if (result_.ok()) result_ = Annotate(answer.status, Operation());
    return Step::Report();
  }
  switch (answer.kind) {
    case Kind::kFailed:
      result_ = awaiting_ == Awaiting::kResume
                    ? Annotate(answer.status, Operation())
                    : answer.status;
      return Step::Report();
    case Kind::kSource:
      StartOver();
      return AfterFailure({.status = answer.status});
    case Kind::kWrong:
      return AfterWrong(answer.status);
    case Kind::kDone:
      break;
  }
  if (awaiting_ == Awaiting::kResume) {
    held_ = answer.length;
    resumed_ = held_ > 0;
    if (held_ == 0 || held_ < request_.content.length) return BeginMirror();
    return Order(Awaiting::kFinish, WriteOrder::Kind::kFinish, {});
  }
  if (awaiting_ == Awaiting::kCopy) {
    context_.counters.bytes_received += answer.length;
  }
  ++context_.counters.files_verified;
  return Step::Report();
}

absl::Status DownloadJob::Report() { return done_(request_, result_); }

}  // namespace tufmirror::http
