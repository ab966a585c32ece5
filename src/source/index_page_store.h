// The pages of a plain index as they were fetched, one file each.
#ifndef TUFMIRROR_SRC_SOURCE_INDEX_PAGE_STORE_H_
#define TUFMIRROR_SRC_SOURCE_INDEX_PAGE_STORE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "source/index_table.h"
#include "tufmirror/pypi/upstream_page.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::source {

// What IndexEntry::digest is for a page of these bytes.
std::string PageDigest(std::string_view bytes);

absl::StatusOr<pypi::UpstreamPage> ParsePage(std::string_view bytes, bool html);

class IndexPageStore {
 public:
  // `dry_run`: what is written goes to scratch space, and is read from there
  // first.
  IndexPageStore(const tree::Layout& layout, bool dry_run);

  // Does not reach the disk before the file system is synced: a page that is
  // not the one that its entry has the digest of counts as absent.
  absl::Status Write(std::string_view project, bool html,
                     std::string_view bytes) const;
  // The page of `entry`; kHeldBack if it is not there as it was.
  absl::StatusOr<pypi::UpstreamPage> Read(const IndexEntry& entry) const;
  absl::Status Remove(std::string_view project) const;
  bool Has(const IndexEntry& entry) const;

 private:
  std::string state_;
  std::string scratch_;  // empty unless a dry run
};

// Writes a file below state/index, with the directory that it is in.
absl::Status WriteIndexFile(const std::string& path, std::string_view bytes);

}  // namespace tufmirror::source

#endif  // TUFMIRROR_SRC_SOURCE_INDEX_PAGE_STORE_H_
