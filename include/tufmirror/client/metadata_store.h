// Where a TUF client keeps the metadata that it verified.
#ifndef TUFMIRROR_CLIENT_METADATA_STORE_H_
#define TUFMIRROR_CLIENT_METADATA_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror::client {

// What is loaded is as raw as what is fetched: it is verified again.
class MetadataStore {
 public:
  virtual ~MetadataStore() = default;

  // The local copy of `role`. `version` is the one that is wanted, where it is
  // known; a store that keeps one copy only may ignore it. kNotFound if there
  // is none.
  virtual absl::StatusOr<tuf::RawMetadata> Load(
      std::string_view role, std::optional<int64_t> version) = 0;

  // Keeps verified bytes, verbatim, replacing what was there atomically.
  virtual absl::Status Save(std::string_view role, int64_t version,
                            const tuf::RawMetadata& raw) = 0;
};

// One directory with "root.json", "timestamp.json", "<encoded role>.json" and
// nothing else: what the public conformance protocol expects.
class DirectoryStore : public MetadataStore {
 public:
  explicit DirectoryStore(std::string directory)
      : directory_(std::move(directory)) {}

  absl::StatusOr<tuf::RawMetadata> Load(
      std::string_view role, std::optional<int64_t> version) override;
  absl::Status Save(std::string_view role, int64_t version,
                    const tuf::RawMetadata& raw) override;

 private:
  std::string PathOf(std::string_view role) const;
  std::string directory_;
};

}  // namespace tufmirror::client

#endif  // TUFMIRROR_CLIENT_METADATA_STORE_H_
