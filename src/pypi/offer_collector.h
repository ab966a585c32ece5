// What both formats of an upstream page have in common: the rules for what a
// file entry may say, and the page that is put together of those that keep
// them.
#ifndef TUFMIRROR_SRC_PYPI_OFFER_COLLECTOR_H_
#define TUFMIRROR_SRC_PYPI_OFFER_COLLECTOR_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/pypi/upstream_page.h"

namespace tufmirror::pypi {

// kMalformed unless `name` is what OfferedFile::filename promises.
absl::Status CheckOfferedFilename(std::string_view name);

// Takes `url` apart: OfferedFile::url, and what its fragment says of digests.
// kMalformed if it is empty, too long or has control characters, or if its
// digest is malformed or not the one that `file` has already.
absl::Status SetUrl(std::string_view url, OfferedFile& file);

// kMalformed if a text that is kept as written is longer than any honest one.
absl::Status CheckKeptText(std::string_view what, std::string_view text);

// A digest that is named by its algorithm, such as PEP 503 fragments have it.
absl::Status AddHash(std::string_view algorithm, std::string_view hex,
                     OfferedFile& file);

// PEP 700; also without a zone, which then is UTC.
absl::StatusOr<absl::Time> ParseUploadTime(std::string_view text);

// The status of a page as the model has it: "active" is the empty one.
std::string NormalStatus(std::string_view status);

// A serial: digits only, not above INT64_MAX.
std::optional<int64_t> ParseSerial(std::string_view text);

// "1.0" and the like; `what` is where it was found.
absl::Status CheckApiVersion(std::string_view what, std::string_view version);

class OfferCollector {
 public:
  // Adds an entry that was read, or the problem that it has; a second file of
  // one name is a problem. kTooLarge when the page has too many entries.
  absl::Status Add(std::string_view filename, absl::StatusOr<OfferedFile> file);
  // Something of the page itself that is left out.
  void AddProblem(absl::Status status);
  UpstreamPage Take() && { return std::move(page_); }

  UpstreamPage& page() { return page_; }

 private:
  UpstreamPage page_;
  absl::flat_hash_set<std::string> seen_;
  size_t entries_ = 0;
};

}  // namespace tufmirror::pypi

#endif  // TUFMIRROR_SRC_PYPI_OFFER_COLLECTOR_H_
