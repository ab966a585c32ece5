// The one function that verifies: CheckThreshold. Everything that becomes a
// Verified<T> went through it here.
#include "tufmirror/tuf/verified.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/public_key.h"
#include "tufmirror/json/canonical.h"
#include "tufmirror/json/document.h"

namespace tufmirror::tuf {
namespace {

// Keys and threshold that a role must be signed with, as its delegator has
// them. Refers to the delegator.
struct Authority {
  const KeyMap& keys;
  const RoleKeys& role;
  std::string_view role_name;  // for messages
};

using SignatureMap = absl::flat_hash_map<std::string, std::string_view>;

// keyid -> hexadecimal signature. One keyid twice is refused whatever the
// threshold (TUF 4.2: "unique keyids").
absl::StatusOr<SignatureMap> ParseSignatures(const json::Value& root) {
  ASSIGN_OR_RETURN(const json::Value array, root.Get("signatures", "metadata"));
  RETURN_IF_ERROR(array.ExpectArray("signatures"));
  SignatureMap signatures;
  RETURN_IF_ERROR(
      array.ForEachElement([&](const json::Value& entry) -> absl::Status {
        RETURN_IF_ERROR(entry.ExpectObject("signature"));
        ASSIGN_OR_RETURN(const json::Value id, entry.Get("keyid", "signature"));
        ASSIGN_OR_RETURN(const std::string_view keyid, id.AsString("keyid"));
        ASSIGN_OR_RETURN(const json::Value sig, entry.Get("sig", "signature"));
        ASSIGN_OR_RETURN(const std::string_view hex, sig.AsString("sig"));
        if (!signatures.emplace(keyid, hex).second) {
          return MakeFailure(
              Failure::kMalformed,
              fmt::format("signatures: keyid '{}' is there twice",
                          Printable(keyid, 80)));
        }
        return absl::OkStatus();
      }));
  return signatures;
}

// True if `keyid` is a usable key of the authority and `hex` its signature over
// `message`. `fingerprint` is then set to the key material's.
bool IsGoodSignature(const Authority& authority, const std::string& keyid,
                     std::string_view hex, std::string_view message,
                     Sha256& fingerprint) {
  const auto declared = authority.keys.find(keyid);
  if (declared == authority.keys.end()) return false;
  const Key& key = declared->second;
  const auto public_key =
      crypto::PublicKey::Create(key.keytype, key.scheme, key.value);
  if (!public_key.ok()) return false;
  const auto signature = HexDecode(hex);
  if (!signature.ok() || !public_key->Verify(message, *signature)) return false;
  fingerprint = public_key->fingerprint();
  return true;
}

// At least `threshold` distinct keys of the authority signed `message`. The
// cost is at most one verification for each keyid the delegator lists, however
// many signatures the file carries.
absl::Status CheckThreshold(const Authority& authority,
                            const SignatureMap& signatures,
                            std::string_view message) {
  absl::flat_hash_set<Sha256> good_keys;
  for (const std::string& keyid : authority.role.keyids) {
    const auto signature = signatures.find(keyid);
    if (signature == signatures.end()) continue;
    Sha256 fingerprint;
    if (!IsGoodSignature(authority, keyid, signature->second, message,
                         fingerprint)) {
      continue;
    }
    good_keys.insert(fingerprint);
    if (static_cast<int64_t>(good_keys.size()) >= authority.role.threshold) {
      return absl::OkStatus();
    }
  }
  return MakeFailure(
      Failure::kThreshold,
      fmt::format("signatures of {}: expected {} by distinct keys out of {}, "
                  "got {} good ones among {}",
                  Printable(authority.role_name, 80), authority.role.threshold,
                  authority.role.keyids.size(), good_keys.size(),
                  signatures.size()));
}

// A metadata file taken apart, nothing of it believed yet.
struct Envelope {
  json::Document document;
  json::Value signed_part;
  std::string_view in_document;  // canonical form, where the file has it so
  std::string rewritten;         // canonical form otherwise
  SignatureMap signatures;

  // What was signed: the canonical form of signed_part.
  std::string_view message() const {
    return rewritten.empty() ? in_document : rewritten;
  }
};

absl::StatusOr<Envelope> Open(const RawMetadata& raw) {
  ASSIGN_OR_RETURN(json::Document document, json::Document::Parse(raw.bytes));
  const json::Value root = document.root();
  RETURN_IF_ERROR(root.ExpectObject("metadata"));
  ASSIGN_OR_RETURN(const json::Value signed_part,
                   root.Get("signed", "metadata"));
  RETURN_IF_ERROR(signed_part.ExpectObject("signed"));
  ASSIGN_OR_RETURN(SignatureMap signatures, ParseSignatures(root));
  std::string rewritten;
  ASSIGN_OR_RETURN(const std::string_view in_document,
                   json::CanonicalView(signed_part, rewritten));
  return Envelope{std::move(document), signed_part, in_document,
                  std::move(rewritten), std::move(signatures)};
}

Authority TopLevel(const Root& root, TopLevelRole role) {
  return Authority{root.keys, root.role(role), RoleName(role)};
}

// The keys that `delegator` demands for `role`; nullptr if it has no such role.
const RoleKeys* DelegatedKeys(const Delegations& delegations,
                              std::string_view role) {
  if (const auto* succinct = std::get_if<SuccinctRoles>(&delegations.roles)) {
    return succinct->IsBinName(role) ? &succinct->keys : nullptr;
  }
  const auto& roles = std::get<std::vector<DelegatedRole>>(delegations.roles);
  const auto found = std::find_if(roles.begin(), roles.end(),
                                  [role](const DelegatedRole& candidate) {
                                    return candidate.name == role;
                                  });
  return found == roles.end() ? nullptr : &found->keys;
}

}  // namespace

absl::StatusOr<Verified<Root>> Verifier::VerifyNextRoot(
    const RawMetadata& raw, const Verified<Root>& trusted) {
  ASSIGN_OR_RETURN(const Envelope envelope, Open(raw));
  RETURN_IF_ERROR(
      Annotate(CheckThreshold(TopLevel(*trusted, TopLevelRole::kRoot),
                              envelope.signatures, envelope.message()),
               fmt::format("under trusted root version {}", trusted->version)));
  ASSIGN_OR_RETURN(Root root, ParseRoot(envelope.signed_part));
  RETURN_IF_ERROR(
      Annotate(CheckThreshold(TopLevel(root, TopLevelRole::kRoot),
                              envelope.signatures, envelope.message()),
               "under its own keys"));
  return Verified<Root>(std::move(root));
}

absl::StatusOr<Verified<Root>> Verifier::VerifyInitialRoot(
    const RawMetadata& raw) {
  ASSIGN_OR_RETURN(const Envelope envelope, Open(raw));
  ASSIGN_OR_RETURN(Root root, ParseRoot(envelope.signed_part));
  RETURN_IF_ERROR(CheckThreshold(TopLevel(root, TopLevelRole::kRoot),
                                 envelope.signatures, envelope.message()));
  return Verified<Root>(std::move(root));
}

absl::StatusOr<Verified<Timestamp>> Verifier::VerifyTimestamp(
    const RawMetadata& raw, const Verified<Root>& root) {
  ASSIGN_OR_RETURN(const Envelope envelope, Open(raw));
  RETURN_IF_ERROR(CheckThreshold(TopLevel(*root, TopLevelRole::kTimestamp),
                                 envelope.signatures, envelope.message()));
  ASSIGN_OR_RETURN(Timestamp timestamp, ParseTimestamp(envelope.signed_part));
  return Verified<Timestamp>(std::move(timestamp));
}

absl::StatusOr<Verified<Snapshot>> Verifier::VerifySnapshot(
    const RawMetadata& raw, const Verified<Root>& root) {
  ASSIGN_OR_RETURN(const Envelope envelope, Open(raw));
  RETURN_IF_ERROR(CheckThreshold(TopLevel(*root, TopLevelRole::kSnapshot),
                                 envelope.signatures, envelope.message()));
  ASSIGN_OR_RETURN(Snapshot snapshot, ParseSnapshot(envelope.signed_part));
  return Verified<Snapshot>(std::move(snapshot));
}

absl::StatusOr<Verified<Targets>> Verifier::VerifyTargets(
    const RawMetadata& raw, const Verified<Root>& root) {
  ASSIGN_OR_RETURN(const Envelope envelope, Open(raw));
  RETURN_IF_ERROR(CheckThreshold(TopLevel(*root, TopLevelRole::kTargets),
                                 envelope.signatures, envelope.message()));
  ASSIGN_OR_RETURN(Targets targets, ParseTargets(envelope.signed_part));
  return Verified<Targets>(std::move(targets));
}

absl::StatusOr<Verified<Targets>> Verifier::VerifyDelegated(
    const RawMetadata& raw, std::string_view role,
    const Verified<Targets>& delegator) {
  const RoleKeys* keys = delegator->delegations
                             ? DelegatedKeys(*delegator->delegations, role)
                             : nullptr;
  if (keys == nullptr) {
    return MakeFailure(
        Failure::kUnauthorised,
        fmt::format("role '{}' is not delegated here", Printable(role, 80)));
  }
  return VerifyUnder(raw, role, delegator->delegations->keys, *keys);
}

absl::StatusOr<Verified<Targets>> Verifier::VerifyUnder(
    const RawMetadata& raw, std::string_view role, const KeyMap& keys,
    const RoleKeys& role_keys) {
  ASSIGN_OR_RETURN(const Envelope envelope, Open(raw));
  RETURN_IF_ERROR(CheckThreshold(Authority{keys, role_keys, role},
                                 envelope.signatures, envelope.message()));
  ASSIGN_OR_RETURN(Targets targets, ParseTargets(envelope.signed_part));
  return Verified<Targets>(std::move(targets));
}

absl::Status Verifier::CheckSigned(const RawMetadata& raw,
                                   std::string_view name, const KeyMap& keys,
                                   const RoleKeys& role_keys) {
  ASSIGN_OR_RETURN(const Envelope envelope, Open(raw));
  return CheckThreshold(Authority{keys, role_keys, name}, envelope.signatures,
                        envelope.message());
}

}  // namespace tufmirror::tuf
