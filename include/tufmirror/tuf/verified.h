// Verified<T>: metadata that passed the one verifying function.
#ifndef TUFMIRROR_TUF_VERIFIED_H_
#define TUFMIRROR_TUF_VERIFIED_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::tuf {

// Bytes of a metadata file as they came from outside. Nothing is known of
// them.
struct RawMetadata {
  std::string bytes;
};

class Verifier;

// A T whose signatures met a threshold. Only Verifier makes one.
template <typename T>
class Verified {
 public:
  const T& operator*() const { return value_; }
  const T* operator->() const { return &value_; }

 private:
  friend class Verifier;
  explicit Verified(T value) : value_(std::move(value)) {}
  T value_;
};

// The only place where signatures are checked and Verified<T> is made.
//
// Rules (TUF 5, TUF-wide): the document parses within bounds; "signatures" has
// no keyid twice (kMalformed); signatures by unknown keys, wrong ones and
// malformed ones count for nothing; distinct public keys count, not keyids; at
// least `threshold` must be good (kThreshold). The signed part is parsed only
// after that.
class Verifier {
 public:
  // The new root must meet the threshold of `trusted` and its own (TUF 5.3.4).
  static absl::StatusOr<Verified<Root>> VerifyNextRoot(
      const RawMetadata& raw, const Verified<Root>& trusted);
  // A root that is trusted because the operator gave it: checked against
  // itself (TUF 5.2).
  static absl::StatusOr<Verified<Root>> VerifyInitialRoot(
      const RawMetadata& raw);
  static absl::StatusOr<Verified<Timestamp>> VerifyTimestamp(
      const RawMetadata& raw, const Verified<Root>& root);
  static absl::StatusOr<Verified<Snapshot>> VerifySnapshot(
      const RawMetadata& raw, const Verified<Root>& root);
  static absl::StatusOr<Verified<Targets>> VerifyTargets(
      const RawMetadata& raw, const Verified<Root>& root);
  // `role` as delegated by `delegator`; kUnauthorised if it delegates no such
  // role.
  static absl::StatusOr<Verified<Targets>> VerifyDelegated(
      const RawMetadata& raw, std::string_view role,
      const Verified<Targets>& delegator);
  // `role` under keys that the caller vouches for: it is to be delegated yet.
  static absl::StatusOr<Verified<Targets>> VerifyUnder(
      const RawMetadata& raw, std::string_view role, const KeyMap& keys,
      const RoleKeys& role_keys);
  // The signatures alone, of any document of that form; `name` is for messages.
  static absl::Status CheckSigned(const RawMetadata& raw, std::string_view name,
                                  const KeyMap& keys,
                                  const RoleKeys& role_keys);
};

}  // namespace tufmirror::tuf

#endif  // TUFMIRROR_TUF_VERIFIED_H_
