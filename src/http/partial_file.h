// The bytes of one download on disk, with the digest of what is there.
#ifndef TUFMIRROR_SRC_HTTP_PARTIAL_FILE_H_
#define TUFMIRROR_SRC_HTTP_PARTIAL_FILE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "http/content_check.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::http {

// Not for use by two threads at once. The file is opened when there is
// something to write, its directory made if absent.
class PartialFile {
 public:
  PartialFile(std::string path, ContentRules rules)
      : path_(std::move(path)), rules_(std::move(rules)) {}
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  // Takes over what an earlier run left: hashes it. An absent file is empty;
  // one longer than the content can be, or that no digest will check, is
  // removed.
  absl::Status Resume();
  absl::Status Append(std::string_view bytes);
  // Removes the file and forgets its bytes.
  absl::Status Drop();
  // kLength, kTooLarge or kDigest if what was appended and `bytes` are not the
  // content; the file may then be anything. Else they are all in the file
  // afterwards, and it is closed.
  absl::StatusOr<ReceivedContent> Complete(std::string_view bytes);
  // Closes; the bytes stay.
  absl::Status Close();

  uint64_t length() const { return length_; }

 private:
  absl::Status OpenFile(int flags);
  absl::Status Write(std::string_view bytes);

  std::string path_;
  const ContentRules rules_;
  fs::UniqueFd fd_;
  std::optional<ContentCheck> check_;  // of bytes before length_
  uint64_t length_ = 0;
  uint64_t flushed_ = 0;  // write-back was started for these
};

}  // namespace tufmirror::http

#endif  // TUFMIRROR_SRC_HTTP_PARTIAL_FILE_H_
