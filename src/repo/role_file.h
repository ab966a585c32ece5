// A metadata file of a targets role taken apart, nothing of it believed: to be
// signed by one more key.
#ifndef TUFMIRROR_SRC_REPO_ROLE_FILE_H_
#define TUFMIRROR_SRC_REPO_ROLE_FILE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tufmirror/repo/signer.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::repo {

struct RoleFile {
  tuf::Targets role;
  std::vector<tuf::Signature> signatures;
};

// kMalformed also if it has members that are lost when it is written again.
absl::StatusOr<RoleFile> OpenRoleFile(std::string_view text);

// The file with a signature of `signer` too; kUsage if there is one already.
absl::StatusOr<std::string> SignRoleFile(RoleFile file, const Signer& signer);

}  // namespace tufmirror::repo

#endif  // TUFMIRROR_SRC_REPO_ROLE_FILE_H_
