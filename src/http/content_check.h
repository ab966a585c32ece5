// The one judge of a download's bytes: everything that is known of them, and
// what they turned out to be.
#ifndef TUFMIRROR_SRC_HTTP_CONTENT_CHECK_H_
#define TUFMIRROR_SRC_HTTP_CONTENT_CHECK_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/crypto/blake2b.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/http/transfers.h"

namespace tufmirror::http {

// What a request says of its bytes.
class ContentRules {
 public:
  explicit ContentRules(const DownloadRequest& request);

  // No content is longer than this.
  uint64_t most() const { return content_.length; }
  bool IsExact() const { return length_rule_ == LengthRule::kExact; }
  // True if some digest tells the right bytes from all others, so that bytes
  // from several tries may be put together.
  bool HasDigest() const { return !content_.digests.empty() || blake2b_; }
  // The failure of content with more than most() bytes.
  absl::Status TooLong() const;

 private:
  friend class ContentCheck;
  friend absl::StatusOr<ReceivedContent> CheckWhole(const ContentRules& rules,
                                                    std::string_view bytes);
  // True if the rules are those of signed metadata with a sha256.
  bool IsPlain() const;

  ExpectedContent content_;
  LengthRule length_rule_;
  DigestRule digest_rule_;
  std::optional<crypto::Blake2bDigest> blake2b_;
};

// Over a stream of bytes. `rules` outlive it.
class ContentCheck {
 public:
  explicit ContentCheck(const ContentRules& rules);

  void Update(std::string_view bytes);
  // Once, at the end. kLength, kTooLarge, kDigest, kUnsupported, kMalformed
  // when the bytes break a rule, or the rules say too little.
  absl::StatusOr<ReceivedContent> Finish();

 private:
  const ContentRules* rules_;
  std::optional<crypto::ContentHasher> promised_;  // listed digests
  std::optional<crypto::ContentHasher> sha256_;    // unless that is listed
  std::optional<crypto::Blake2b256> blake2b_;
  uint64_t length_ = 0;
};

// The same in one go.
absl::StatusOr<ReceivedContent> CheckWhole(const ContentRules& rules,
                                           std::string_view bytes);

}  // namespace tufmirror::http

#endif  // TUFMIRROR_SRC_HTTP_CONTENT_CHECK_H_
