// Who must sign, who did, and what follows when all have.
#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "repo/ceremony_access.h"
#include "repo/ceremony_roles.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::repo {
namespace {

const tuf::Signature* FindSignature(const OfflineRole& role,
                                    std::string_view keyid) {
  const auto found = std::find_if(
      role.document.signatures.begin(), role.document.signatures.end(),
      [keyid](const tuf::Signature& s) { return s.keyid == keyid; });
  return found == role.document.signatures.end() ? nullptr : &*found;
}

Quorum QuorumOf(const OfflineRole& role, const OfflineRole& delegator,
                std::string_view state) {
  const NamedKeys named = KeysNamedBy(delegator, role.name);
  Quorum quorum;
  quorum.named_by = fmt::format("{} version {} ({})", delegator.name,
                                delegator.common().version, state);
  quorum.threshold = named.role->threshold;
  std::set<Sha256> good;
  for (const std::string& keyid : named.role->keyids) {
    SigningKey key;
    key.keyid = keyid;
    key.holder = HolderOf(delegator, keyid);
    if (const auto declared = named.keys->find(keyid);
        declared != named.keys->end()) {
      key.key = declared->second;
    }
    const tuf::Signature* signature = FindSignature(role, keyid);
    key.has_signed =
        signature != nullptr &&
        IsGoodSignature(key.key, role.document.canonical, signature->value);
    const auto fingerprint = FingerprintOf(key.key);
    if (key.has_signed && fingerprint.ok()) good.insert(*fingerprint);
    quorum.keys.push_back(std::move(key));
  }
  quorum.good = static_cast<int64_t>(good.size());
  return quorum;
}

bool SameKeys(const Quorum& a, const Quorum& b) {
  return a.threshold == b.threshold &&
         std::equal(a.keys.begin(), a.keys.end(), b.keys.begin(), b.keys.end(),
                    [](const SigningKey& x, const SigningKey& y) {
                      return x.keyid == y.keyid && x.key == y.key;
                    });
}

std::vector<Quorum> RootQuorums(const Candidate& candidate,
                                const OfflineRole& root) {
  std::vector<Quorum> quorums;
  if (const OfflineRole* trusted = candidate.Trusted(kRootRole)) {
    quorums.push_back(QuorumOf(root, *trusted, "trusted now"));
  }
  Quorum own = QuorumOf(root, root, "itself");
  if (quorums.empty() || !SameKeys(quorums[0], own)) {
    quorums.push_back(std::move(own));
  }
  return quorums;
}

RoleSignatures SignaturesOfRole(const Candidate& candidate,
                                const OfflineRole& role) {
  if (role.name == kRootRole) {
    return {role.name, RootQuorums(candidate, role)};
  }
  const std::string_view by =
      role.name == kTargetsRole ? kRootRole : kTargetsRole;
  const OfflineRole& delegator = *candidate.Latest(by);
  const bool fresh = candidate.New(by) != nullptr;
  return {role.name,
          {QuorumOf(role, delegator, fresh ? "new" : "trusted now")}};
}

// Every key that may sign something, once.
std::string AllKeysText(const std::vector<RoleSignatures>& roles) {
  std::vector<std::string> texts;
  for (const RoleSignatures& role : roles) {
    for (const Quorum& quorum : role.quorums) {
      for (const SigningKey& key : quorum.keys) {
        std::string text = KeyText(key.keyid, key.holder);
        if (std::find(texts.begin(), texts.end(), text) == texts.end()) {
          texts.push_back(std::move(text));
        }
      }
    }
  }
  return absl::StrJoin(texts, ", ");
}

// Signs `role` under every keyid by which the key is known. Gives how many
// signatures came, and whether the key is one of the role's at all.
struct SignedAs {
  bool named = false;
  int added = 0;
};
absl::StatusOr<SignedAs> SignAs(OfflineRole& role,
                                const RoleSignatures& signatures,
                                const Signer& signer) {
  ASSIGN_OR_RETURN(const Sha256 own, FingerprintOf(signer.key()));
  SignedAs result;
  std::set<std::string> keyids;
  for (const Quorum& quorum : signatures.quorums) {
    for (const SigningKey& key : quorum.keys) {
      const auto fingerprint = FingerprintOf(key.key);
      if (!fingerprint.ok() || *fingerprint != own) continue;
      result.named = true;
      if (key.has_signed || !keyids.insert(key.keyid).second) continue;
      ASSIGN_OR_RETURN(tuf::Signature signature,
                       signer.Sign(role.document.canonical));
      signature.keyid = key.keyid;
      if (!IsGoodSignature(key.key, role.document.canonical, signature.value)) {
        return MakeFailure(
            Failure::kKey,
            fmt::format("sign {}: key {} made a signature that "
                        "its public half does not verify",
                        role.name, KeyText(key.keyid, key.holder)));
      }
      role.document.signatures.push_back(std::move(signature));
      ++result.added;
    }
  }
  return result;
}

absl::Status CheckSignaturesOfRole(const OfflineRole& role,
                                   const RoleSignatures& signatures) {
  std::set<std::string> seen;
  for (const tuf::Signature& signature : role.document.signatures) {
    if (!seen.insert(signature.keyid).second) {
      return MakeFailure(Failure::kMalformed,
                         fmt::format("candidate: role '{}' is signed twice by "
                                     "keyid '{}'",
                                     Printable(role.name, 80),
                                     Printable(signature.keyid, 80)));
    }
    const bool good =
        std::any_of(signatures.quorums.begin(), signatures.quorums.end(),
                    [&](const Quorum& quorum) {
                      return std::any_of(quorum.keys.begin(), quorum.keys.end(),
                                         [&](const SigningKey& key) {
                                           return key.has_signed &&
                                                  key.keyid == signature.keyid;
                                         });
                    });
    if (good) continue;
    return MakeFailure(
        Failure::kThreshold,
        fmt::format("candidate: role '{}': expected the signature of key {} to "
                    "be good, got one that is not: the candidate was changed "
                    "after it was signed, or the signature is of another one",
                    Printable(role.name, 80),
                    KeyText(signature.keyid, KeyHolder())));
  }
  return absl::OkStatus();
}

}  // namespace

bool RoleSignatures::complete() const {
  return std::all_of(quorums.begin(), quorums.end(),
                     [](const Quorum& quorum) { return quorum.complete(); });
}

std::vector<RoleSignatures> SignaturesOf(const Candidate& candidate) {
  std::vector<RoleSignatures> all;
  for (const OfflineRole& role : candidate.roles()) {
    all.push_back(SignaturesOfRole(candidate, role));
  }
  return all;
}

bool IsComplete(const Candidate& candidate) {
  const auto all = SignaturesOf(candidate);
  return std::all_of(all.begin(), all.end(), [](const RoleSignatures& role) {
    return role.complete();
  });
}

std::string KeyText(std::string_view keyid, const KeyHolder& holder) {
  std::string text = Printable(keyid.substr(0, 12));
  if (!holder.label.empty()) {
    text += fmt::format(" ({})", Printable(holder.label));
  }
  return text;
}

absl::Status CheckSignatures(const Candidate& candidate) {
  const auto all = SignaturesOf(candidate);
  for (size_t i = 0; i < all.size(); ++i) {
    RETURN_IF_ERROR(CheckSignaturesOfRole(candidate.roles()[i], all[i]));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> AddSignature(Candidate& candidate,
                                                      const Signer& signer,
                                                      absl::Time now) {
  RETURN_IF_ERROR(CheckUnexpired(candidate, now));
  const auto all = SignaturesOf(candidate);
  // A copy: a key that fails at the second role leaves no half of the work.
  std::vector<OfflineRole> roles = candidate.roles();
  std::vector<std::string> done;
  bool named = false;
  for (size_t i = 0; i < roles.size(); ++i) {
    ASSIGN_OR_RETURN(const SignedAs as, SignAs(roles[i], all[i], signer));
    named = named || as.named;
    if (as.added > 0) done.push_back(roles[i].name);
  }
  if (done.empty()) {
    return MakeFailure(
        Failure::kKey,
        named ? fmt::format("sign candidate {}: key {} has signed it already",
                            candidate.id(), KeyText(signer.keyid(), {}))
              : fmt::format("sign candidate {}: expected one of the keys {}, "
                            "got key {}, whose signature would count for "
                            "nothing",
                            candidate.id(), AllKeysText(all),
                            KeyText(signer.keyid(), {})));
  }
  CandidateAccess::Roles(candidate) = std::move(roles);
  return done;
}

absl::Status Merge(Candidate& candidate, const Candidate& copy) {
  if (candidate.id() != copy.id()) {
    return MakeFailure(
        Failure::kVersion,
        fmt::format("expected copies of one candidate, got {} (begun {}) and "
                    "{} (begun {}): they would change different things, and "
                    "only one of them can be published",
                    candidate.id(), tuf::FormatExpiry(candidate.created()),
                    copy.id(), tuf::FormatExpiry(copy.created())));
  }
  std::vector<OfflineRole>& roles = CandidateAccess::Roles(candidate);
  for (size_t i = 0; i < roles.size(); ++i) {
    for (const tuf::Signature& signature :
         copy.roles()[i].document.signatures) {
      if (FindSignature(roles[i], signature.keyid) != nullptr) continue;
      roles[i].document.signatures.push_back(signature);
    }
  }
  // The copy may have been made for another state with the same new roles.
  return CheckSignatures(candidate);
}

}  // namespace tufmirror::repo
