// Which mirrors a user trusts, by names of the user's own, and the state of
// trust in each. Invariant: a name's root is the one that was vouched for, or
// what that one was rotated to; nothing else ever takes its place.
//
// <directory>/NAME/mirror.json          URLs, fingerprint, when it was added
// <directory>/NAME/vouched.root.json    the root that was vouched for
// <directory>/NAME/metadata/root.json   what it was rotated to; timestamp.json
//                                       and so on: protection from rollback
#ifndef TUFMIRROR_GUARD_TRUST_STORE_H_
#define TUFMIRROR_GUARD_TRUST_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/http/transfers.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::guard {

// What a user wants to trust. Of `root` and `fingerprint` at least one.
struct TrustRequest {
  std::string name;               // letters, digits, '-', '_', '.'; 64 at most
  std::vector<std::string> urls;  // mirrors of one repository
  std::string root;               // bytes of a root.json, got on a trusted way
  // SHA-256 of the bytes of a root.json, got on a trusted way; the file itself
  // comes from the first mirror that has it.
  std::optional<Sha256> fingerprint;
  int64_t root_version = 1;  // which root `fingerprint` is of
};

struct TrustedMirror {
  std::string name;
  std::vector<std::string> urls;
  Sha256 fingerprint;    // of the root that was vouched for
  int64_t root_version;  // its version
  absl::Time added;      // whole seconds
  std::string metadata;  // GuardOptions::trust_directory
};

class TrustStore {
 public:
  // `directory` need not exist.
  explicit TrustStore(std::string directory)
      : directory_(std::move(directory)) {}

  enum class Outcome { kAdded, kAlreadyThere };

  // Gets the root, compares it with what was vouched for (kDigest), follows
  // the chain and refreshes the metadata: only a repository that can be used
  // now is added, and a failure leaves nothing behind. A name that is there
  // with the same root and URLs is kAlreadyThere, and nobody is asked; with
  // another root it is kReplacedFile, with other URLs kUsage.
  absl::StatusOr<Outcome> Add(const TrustRequest& request,
                              http::Transfers& transfers, absl::Time now);

  // kNotFound, naming what is there, if `name` is not; kMalformed if its files
  // are damaged.
  absl::StatusOr<TrustedMirror> Get(std::string_view name) const;
  // The only one there is; kUsage if there are none or several.
  absl::StatusOr<TrustedMirror> Only() const;
  // Sorted.
  absl::StatusOr<std::vector<std::string>> Names() const;
  // kNotFound if it is not there. A damaged one can be removed.
  absl::Status Remove(std::string_view name);

  // The root as it is trusted now.
  absl::StatusOr<tuf::Root> CurrentRoot(const TrustedMirror& mirror) const;

 private:
  std::string PathOf(std::string_view name) const;
  absl::StatusOr<bool> IsThere(std::string_view name) const;
  absl::StatusOr<Outcome> CompareWithPresent(const TrustRequest& request) const;

  std::string directory_;
};

// kExpired if `now` is more than a day before `mirror` was added: expiry means
// nothing to a clock that is behind.
absl::Status CheckClock(const TrustedMirror& mirror, absl::Time now);

}  // namespace tufmirror::guard

#endif  // TUFMIRROR_GUARD_TRUST_STORE_H_
