// A release that a project's maintainers signed: the role's metadata and the
// project's pages that it lists, in one file. The distributions are not in it:
// an origin has them from upstream, and the metadata say what they must be.
//   {"format": "tufmirror claim bundle 1", "project": ..., "role": "...",
//    "html": "...", "json": "..."}
#ifndef TUFMIRROR_REPO_CLAIM_BUNDLE_H_
#define TUFMIRROR_REPO_CLAIM_BUNDLE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/pypi/simple_index.h"
#include "tufmirror/repo/keys.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::repo {

inline constexpr size_t kMaxClaimBundleBytes = size_t{128} << 20;

struct ClaimBundle {
  pypi::ProjectName project;
  std::string role;  // the metadata file of ClaimRoleName(project)
  std::string html;  // the two pages of the project
  std::string json;
};

std::string WriteClaimBundle(const ClaimBundle& bundle);
// The shape alone: kTooLarge, kMalformed.
absl::StatusOr<ClaimBundle> ParseClaimBundle(std::string_view text);

// What a bundle says, apart from who signed it.
struct ClaimRelease {
  tuf::Targets role;
  pypi::ProjectPage page;
};
// kMalformed, naming the rule, unless the role lists exactly the two pages, as
// they are in the bundle, the files that are on them and their core metadata,
// each with the content that the page says, delegates nothing, and the pages
// are those that an origin renders; kUnsafePath for a file that no tree can
// have.
absl::StatusOr<ClaimRelease> OpenClaimBundle(const ClaimBundle& bundle);

// A distribution on the page to be.
struct ClaimFile {
  pypi::IndexFile line;
  std::string version;
  uint64_t core_metadata_bytes = 0;  // length, where the line has a digest
};
// A bundle without signatures: the page of `files`, and the role that lists
// them.
ClaimBundle MakeClaimBundle(const pypi::ProjectName& project,
                            const std::vector<ClaimFile>& files,
                            int64_t version, absl::Time expires);

// The bundle with a signature of `signer`. kUsage if it is there already, or
// the bundle is not one that OpenClaimBundle takes.
absl::StatusOr<ClaimBundle> SignClaimBundle(ClaimBundle bundle,
                                            const Signer& signer);

// Keyids that have signed, whether their signatures are good or not.
absl::StatusOr<std::vector<std::string>> KeyidsThatSigned(
    const ClaimBundle& bundle);

}  // namespace tufmirror::repo

#endif  // TUFMIRROR_REPO_CLAIM_BUNDLE_H_
