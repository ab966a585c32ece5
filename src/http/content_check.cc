// See content_check.h. Digests that were promised are checked by crypto's own
// ContentHasher; a second one computes the sha256 to tell, where none was.
#include "http/content_check.h"

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"

namespace tufmirror::http {
namespace {

constexpr std::string_view kWhat = "content";

}  // namespace

ContentRules::ContentRules(const DownloadRequest& request)
    : content_(request.content),
      length_rule_(request.length_rule),
      digest_rule_(request.digest_rule),
      blake2b_(request.blake2b) {}

bool ContentRules::IsPlain() const {
  return IsExact() && digest_rule_ == DigestRule::kRequired && !blake2b_ &&
         content_.digests.sha256;
}

absl::Status ContentRules::TooLong() const {
  if (IsExact()) {
    return MakeFailure(
        Failure::kLength,
        fmt::format("expected {} bytes, got more", content_.length));
  }
  return MakeFailure(
      Failure::kTooLarge,
      fmt::format("expected at most {} bytes, got more", content_.length));
}

ContentCheck::ContentCheck(const ContentRules& rules) : rules_(&rules) {
  const Digests& promised = rules.content_.digests;
  // Without a promise only an operator's leave makes this good.
  if (!promised.empty() || rules.digest_rule_ == DigestRule::kRequired) {
    promised_.emplace(promised);
  }
  if (!promised.sha256) sha256_.emplace(Digests());
  if (rules.blake2b_) blake2b_.emplace();
}

void ContentCheck::Update(std::string_view bytes) {
  length_ += bytes.size();
  if (promised_) promised_->Update(bytes);
  if (sha256_) sha256_->Update(bytes);
  if (blake2b_) blake2b_->Update(bytes);
}

absl::StatusOr<ReceivedContent> ContentCheck::Finish() {
  ExpectedContent expected = rules_->content_;
  if (!rules_->IsExact()) {
    if (length_ > expected.length) return rules_->TooLong();
    expected.length = length_;
  } else if (length_ != expected.length) {
    return MakeFailure(Failure::kLength,
                       fmt::format("{}: expected {} bytes, got {}", kWhat,
                                   expected.length, length_));
  }
  if (promised_) RETURN_IF_ERROR(promised_->Finish(expected, kWhat));
  if (blake2b_) {
    const crypto::Blake2bDigest got = blake2b_->Finish();
    if (got != *rules_->blake2b_) {
      return MakeFailure(
          Failure::kDigest,
          fmt::format("{}: expected blake2b-256 {}, got {}", kWhat,
                      rules_->blake2b_->Hex(), got.Hex()));
    }
  }
  const std::optional<Sha256> sha256 =
      sha256_ ? sha256_->FinishDigests().sha256 : expected.digests.sha256;
  if (!sha256) {
    return MakeFailure(Failure::kInternal,
                       "content: its sha256 could not be computed");
  }
  return ReceivedContent{.length = length_, .sha256 = *sha256};
}

absl::StatusOr<ReceivedContent> CheckWhole(const ContentRules& rules,
                                           std::string_view bytes) {
  if (!rules.IsPlain()) {
    ContentCheck check(rules);
    check.Update(bytes);
    return check.Finish();
  }
  RETURN_IF_ERROR(crypto::CheckContent(bytes, rules.content_, kWhat));
  return ReceivedContent{.length = bytes.size(),
                         .sha256 = *rules.content_.digests.sha256};
}

}  // namespace tufmirror::http
