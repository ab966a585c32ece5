#include "repo/sign.h"

#include <algorithm>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::repo {
namespace {

constexpr size_t kMaxNamedKeyIds = 4;

template <typename Range, typename KeyIdOf>
std::string KeyIdsText(const Range& range, KeyIdOf keyid_of) {
  std::string text;
  size_t count = 0;
  for (const auto& element : range) {
    if (++count > kMaxNamedKeyIds) return text + ", ...";
    text += fmt::format("{}{}", text.empty() ? "" : ", ",
                        Printable(keyid_of(element), 64));
  }
  return text.empty() ? "none" : text;
}

absl::Status TooFewSigners(std::string_view role, const tuf::RoleKeys& keys,
                           const std::vector<NamedSigner>& named,
                           absl::Span<const Signer> signers) {
  return MakeFailure(
      Failure::kKey,
      fmt::format(
          "sign {}: expected {} of the {} keys that the repository names for "
          "it ({}), got {}, of these keys: {}; use the online keys of this "
          "repository",
          role, keys.threshold, keys.keyids.size(),
          KeyIdsText(keys.keyids, [](const std::string& id) { return id; }),
          named.size(),
          KeyIdsText(signers, [](const Signer& s) { return s.keyid(); })));
}

}  // namespace

absl::StatusOr<std::vector<NamedSigner>> SignersOf(
    std::string_view role, const tuf::RoleKeys& keys,
    const tuf::KeyMap& declared, absl::Span<const Signer> signers) {
  std::vector<NamedSigner> named;
  for (const std::string& keyid : keys.keyids) {
    const auto key = declared.find(keyid);
    if (key == declared.end()) continue;
    const auto signer =
        std::find_if(signers.begin(), signers.end(),
                     [&](const Signer& s) { return s.HasKey(key->second); });
    if (signer == signers.end()) continue;
    const bool again = std::any_of(
        named.begin(), named.end(),
        [&](const NamedSigner& other) { return other.signer == &*signer; });
    if (!again) named.push_back({&*signer, keyid});
  }
  if (static_cast<int64_t>(named.size()) >= keys.threshold) return named;
  return TooFewSigners(role, keys, named, signers);
}

absl::StatusOr<std::vector<tuf::Signature>> SignaturesBy(
    absl::Span<const NamedSigner> signers, std::string_view canonical) {
  std::vector<tuf::Signature> signatures;
  for (const NamedSigner& named : signers) {
    ASSIGN_OR_RETURN(tuf::Signature signature, named.signer->Sign(canonical));
    signatures.push_back({named.keyid, std::move(signature.value)});
  }
  return signatures;
}

}  // namespace tufmirror::repo
