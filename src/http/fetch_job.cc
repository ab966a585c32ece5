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
#include "tufmirror/base/status_macros.h"
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
  decoder_ = nullptr;
  bad_encoding_ = absl::OkStatus();
  const uint64_t most =
      request_.encoding == BodyEncoding::kCompressed
          ? compress::BodyDecoder::MaxEncodedBytes(request_.max_bytes)
          : request_.max_bytes;
  const absl::Duration longest =
      request_.timeout.value_or(absl::InfiniteDuration());
  if (!rounds_.untroubled()) ++context_.counters.retries;
  return handle.Prepare(
      {.url = request_.urls[rounds_.current()],
       .offset = 0,
       .max_bytes = std::max(most, kLeastMaxBytes),
       .timeout = std::min(longest, context_.options.metadata_timeout),
       .headers = request_.headers,
       .encoding = plain_ ? BodyEncoding::kIdentity : request_.encoding});
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

absl::Status FetchJob::Judge(EasyHandle& handle) {
  judged_ = true;
  wanted_ = IsWanted(handle.HttpStatus());
  if (!wanted_) return absl::OkStatus();
  const std::string encoding = handle.Header("Content-Encoding");
  const bool encoded = request_.encoding == BodyEncoding::kCompressed &&
                       !encoding.empty() &&
                       !absl::EqualsIgnoreCase(encoding, "identity");
  if (encoded) {
    ASSIGN_OR_RETURN(
        decoder_, compress::BodyDecoder::Create(encoding, request_.max_bytes));
    return absl::OkStatus();
  }
  const uint64_t declared = handle.ContentLength().value_or(0);
  response_.body.reserve(std::min(declared, request_.max_bytes));
  return absl::OkStatus();
}

absl::Status FetchJob::TakeBytes(std::string_view bytes) {
  if (decoder_ != nullptr) return decoder_->Decode(bytes);
  if (bytes.size() > request_.max_bytes - response_.body.size()) {
    return TooLarge();
  }
  response_.body.append(bytes);
  return absl::OkStatus();
}

Job::Take FetchJob::OnData(EasyHandle& handle, std::string_view bytes) {
  if (!judged_) bad_encoding_ = Judge(handle);
  if (!bad_encoding_.ok()) return Take::kAbort;
  if (!wanted_) {
    unwanted_bytes_ += bytes.size();
    return unwanted_bytes_ > kMaxUnwantedBytes ? Take::kAbort : Take::kTaken;
  }
  const absl::Status taken = TakeBytes(bytes);
  if (taken.ok()) return Take::kTaken;
  too_large_ = FailureOf(taken) == Failure::kTooLarge;
  if (!too_large_) bad_encoding_ = taken;
  return Take::kAbort;
}

absl::Status FetchJob::TooLarge() const {
  return MakeFailure(
      Failure::kTooLarge,
      fmt::format("expected at most {} bytes, got more", request_.max_bytes));
}

// Bytes that do not decode were cut or changed on the way, as far as anybody
// can tell: another try may bring better ones. It asks for them as they are,
// because it may be the server that encodes wrongly.
Step FetchJob::AfterBadEncoding() {
  const bool first = !std::exchange(plain_, true);
  const bool can_heal =
      first || FailureOf(bad_encoding_) == Failure::kMalformed;
  return AfterFailure(
      {.status = MakeFailure(Failure::kNetwork, MessageOf(bad_encoding_)),
       .can_heal = can_heal});
}

Step FetchJob::OnTryEnd(EasyHandle& handle, CURLcode code) {
  if (too_large_) return AfterFailure({.status = TooLarge()});
  if (!bad_encoding_.ok()) return AfterBadEncoding();
  const int status = handle.HttpStatus();
  if (code == CURLE_FILESIZE_EXCEEDED && IsWanted(status)) {
    return AfterFailure({.status = TooLarge()});
  }
  if (code != CURLE_OK || !IsWanted(status)) {
    return AfterFailure(handle.FailureAfter(code));
  }
  if (decoder_ != nullptr) {
    absl::StatusOr<std::string> body = decoder_->Finish();
    bad_encoding_ = body.status();
    if (!body.ok()) return AfterBadEncoding();
    response_.body = *std::move(body);
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
