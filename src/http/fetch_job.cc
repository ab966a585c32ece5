// See fetch_job.h.
#include "http/fetch_job.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "fmt/format.h"
#include "http/source_file.h"
#include "http/transfer_failure.h"
#include "http/url.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::http {

Step FetchJob::Start() {
  if (request_.urls.empty()) {
    return Finish(MakeFailure(Failure::kUsage, "fetch: no URL was given"));
  }
  for (const std::string& url : request_.urls) {
    if (absl::Status status = CheckUrl(url); !status.ok()) {
      return Finish(Annotate(status, "fetch"));
    }
  }
  return BeginMirror();
}

Step FetchJob::BeginMirror() {
  response_ = FetchResponse();
  const std::string& url = request_.urls[rounds_.current()];
  return HasScheme(url, "file") ? ReadLocalFile(url) : Step::Transfer();
}

// Read at once, by the loop: metadata is small, and there is no server to
// keep waiting.
Step FetchJob::ReadLocalFile(const std::string& url) {
  absl::StatusOr<std::string> path = FilePathOf(url);
  if (!path.ok()) return AfterFailure({.status = path.status()});
  absl::StatusOr<std::string> body = ReadSourceFile(*path, request_.max_bytes);
  if (!body.ok()) return AfterFailure({.status = body.status()});
  context_.counters.bytes_received += body->size();
  response_.status = 200;
  response_.body = *std::move(body);
  response_.effective_url = url;
  return Finish(absl::OkStatus());
}

absl::Status FetchJob::PrepareTry(EasyHandle& handle) {
  judged_ = false;
  too_large_ = false;
  unwanted_bytes_ = 0;
  response_.body.clear();
  if (!rounds_.untroubled()) ++context_.counters.retries;
  return handle.Prepare(
      {.url = request_.urls[rounds_.current()],
       .offset = 0,
       .max_bytes = std::max(request_.max_bytes, kLeastMaxBytes),
       .timeout = context_.options.metadata_timeout,
       .headers = request_.headers,
       .encoding = request_.encoding});
}

bool FetchJob::IsConditional() const {
  return std::any_of(request_.headers.begin(), request_.headers.end(),
                     [](const std::string& line) {
                       return absl::StartsWithIgnoreCase(line,
                                                         "If-None-Match:");
                     });
}

bool FetchJob::IsWanted(int http_status) const {
  return http_status == 200 || (http_status == 304 && IsConditional());
}

Job::Take FetchJob::OnData(EasyHandle& handle, std::string_view bytes) {
  if (!judged_) {
    judged_ = true;
    wanted_ = IsWanted(handle.HttpStatus());
    const uint64_t declared = handle.ContentLength().value_or(0);
    if (wanted_) response_.body.reserve(std::min(declared, request_.max_bytes));
  }
  if (!wanted_) {
    unwanted_bytes_ += bytes.size();
    return unwanted_bytes_ > kMaxUnwantedBytes ? Take::kAbort : Take::kTaken;
  }
  if (bytes.size() > request_.max_bytes - response_.body.size()) {
    too_large_ = true;
    return Take::kAbort;
  }
  response_.body.append(bytes);
  return Take::kTaken;
}

absl::Status FetchJob::TooLarge() const {
  return MakeFailure(
      Failure::kTooLarge,
      fmt::format("expected at most {} bytes, got more", request_.max_bytes));
}

Step FetchJob::OnTryEnd(EasyHandle& handle, CURLcode code) {
  if (too_large_) return AfterFailure({.status = TooLarge()});
  const int status = handle.HttpStatus();
  if (code == CURLE_FILESIZE_EXCEEDED && IsWanted(status)) {
    return AfterFailure({.status = TooLarge()});
  }
  if (code != CURLE_OK || !IsWanted(status)) {
    return AfterFailure(handle.FailureAfter(code));
  }
  response_.status = status;
  response_.etag = handle.Header("ETag");
  response_.content_type = handle.Header("Content-Type");
  response_.effective_url = WithoutCredentials(handle.EffectiveUrl());
  for (const std::string& name : request_.wanted_headers) {
    std::string value = handle.Header(name.c_str());
    if (!value.empty()) response_.headers.emplace(name, std::move(value));
  }
  return Finish(absl::OkStatus());
}

Step FetchJob::OnUnpreparable(absl::Status status) {
  return Finish(Annotate(status, "fetch"));
}

Step FetchJob::AfterFailure(TryFailure failure) {
  const std::optional<absl::Duration> delay =
      rounds_.AfterFailure(std::move(failure), context_.backoff);
  if (!delay) return Finish(rounds_.Summary("fetch", request_.urls));
  if (*delay > absl::ZeroDuration()) return Step::Wait(*delay);
  return BeginMirror();
}

Step FetchJob::Finish(absl::Status status) {
  result_ = std::move(status);
  return Step::Report();
}

absl::Status FetchJob::Report() {
  if (!result_.ok()) return done_(request_, result_);
  return done_(request_, std::move(response_));
}

}  // namespace tufmirror::http
