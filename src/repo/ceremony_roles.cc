// The words on key holders are a member of their own and not one of the keys:
// a keyid is the digest of the key object, so it would change with them.
#include "repo/ceremony_roles.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/json/canonical.h"
#include "tufmirror/repo/genesis.h"

namespace tufmirror::repo {
namespace {

absl::Status CheckHolderText(std::string_view text) {
  const bool printable =
      IsUtf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
      });
  if (printable && text.size() <= kMaxHolderBytes) return absl::OkStatus();
  return MakeFailure(
      Failure::kMalformed,
      fmt::format("label or contact of a key: expected at most {} bytes "
                  "without control characters, got '{}'",
                  kMaxHolderBytes, Printable(text, 40)));
}

absl::StatusOr<std::string> HolderText(const json::Value& holder,
                                       std::string_view member) {
  const auto value = holder.Find(member);
  if (!value) return std::string();
  ASSIGN_OR_RETURN(const std::string_view text, value->AsString(member));
  return std::string(text);
}

absl::StatusOr<KeyHolders> ParseHolders(const json::Value& signed_part) {
  KeyHolders holders;
  const auto member = signed_part.Find(kHoldersMember);
  if (!member) return holders;
  RETURN_IF_ERROR(member->ExpectObject(kHoldersMember));
  RETURN_IF_ERROR(member->ForEachMember(
      [&](std::string_view keyid, const json::Value& value) -> absl::Status {
        RETURN_IF_ERROR(value.ExpectObject(kHoldersMember));
        KeyHolder holder;
        ASSIGN_OR_RETURN(holder.label, HolderText(value, "label"));
        ASSIGN_OR_RETURN(holder.contact, HolderText(value, "contact"));
        RETURN_IF_ERROR(CheckHolder(holder));
        holders.emplace(std::string(keyid), std::move(holder));
        return absl::OkStatus();
      }));
  return holders;
}

// ',"x-tufmirror-holders":{...}': it sorts behind every member that TUF has.
std::string HoldersMember(const KeyHolders& holders) {
  if (holders.empty()) return "";
  std::string out = ",";
  json::AppendCanonicalString(kHoldersMember, out);
  out += ":{";
  bool first = true;
  for (const auto& [keyid, holder] : holders) {
    if (!std::exchange(first, false)) out += ',';
    json::AppendCanonicalString(keyid, out);
    out += R"(:{"contact":)";
    json::AppendCanonicalString(holder.contact, out);
    out += R"(,"label":)";
    json::AppendCanonicalString(holder.label, out);
    out += '}';
  }
  return out + '}';
}

absl::StatusOr<tuf::Signature> ReadSignature(const json::Value& entry) {
  RETURN_IF_ERROR(entry.ExpectObject("signature"));
  tuf::Signature signature;
  ASSIGN_OR_RETURN(const json::Value keyid, entry.Get("keyid", "signature"));
  ASSIGN_OR_RETURN(const std::string_view id, keyid.AsString("keyid"));
  ASSIGN_OR_RETURN(const json::Value value, entry.Get("sig", "signature"));
  ASSIGN_OR_RETURN(const std::string_view hex, value.AsString("sig"));
  ASSIGN_OR_RETURN(signature.value, HexDecode(hex));
  signature.keyid = std::string(id);
  return signature;
}

absl::StatusOr<SignedDocument> TakeApart(const json::Value& metadata) {
  RETURN_IF_ERROR(metadata.ExpectObject("metadata"));
  SignedDocument document;
  ASSIGN_OR_RETURN(const json::Value signed_part,
                   metadata.Get("signed", "metadata"));
  ASSIGN_OR_RETURN(document.canonical, json::Canonicalize(signed_part));
  ASSIGN_OR_RETURN(const json::Value signatures,
                   metadata.Get("signatures", "metadata"));
  RETURN_IF_ERROR(signatures.ExpectArray("signatures"));
  RETURN_IF_ERROR(
      signatures.ForEachElement([&](const json::Value& entry) -> absl::Status {
        ASSIGN_OR_RETURN(tuf::Signature signature, ReadSignature(entry));
        document.signatures.push_back(std::move(signature));
        return absl::OkStatus();
      }));
  return document;
}

}  // namespace

tuf::RawMetadata SignedDocument::Raw() const {
  return {tuf::WriteMetadata(canonical, signatures)};
}

const tuf::Common& OfflineRole::common() const {
  if (root() != nullptr) return *root();
  return *targets();
}

absl::Status CheckHolder(const KeyHolder& holder) {
  RETURN_IF_ERROR(CheckHolderText(holder.label));
  return CheckHolderText(holder.contact);
}

std::string CanonicalRole(const ProposedRole& role) {
  std::string canonical = std::visit(
      [](const auto& content) { return tuf::CanonicalForm(content); },
      role.content);
  canonical.pop_back();  // '}'
  return canonical + HoldersMember(role.holders) + '}';
}

absl::StatusOr<SignedDocument> ReadDocument(const json::Value& metadata,
                                            std::string_view name) {
  auto document = TakeApart(metadata);
  if (document.ok()) return document;
  return Annotate(document.status(), Printable(name, 80));
}

absl::StatusOr<SignedDocument> ReadDocument(const tuf::RawMetadata& raw,
                                            std::string_view name) {
  ASSIGN_OR_RETURN(const json::Document document,
                   json::Document::Parse(raw.bytes));
  return ReadDocument(document.root(), name);
}

absl::StatusOr<OfflineRole> ReadRole(std::string name,
                                     SignedDocument document) {
  // The canonical form itself may have raw line feeds, which no JSON has.
  ASSIGN_OR_RETURN(
      const json::Document parsed,
      json::Document::Parse(tuf::WriteMetadata(document.canonical, {})));
  ASSIGN_OR_RETURN(const json::Value signed_part,
                   parsed.root().Get("signed", name));
  OfflineRole role;
  if (name == kRootRole) {
    ASSIGN_OR_RETURN(role.content, tuf::ParseRoot(signed_part));
  } else {
    ASSIGN_OR_RETURN(role.content, tuf::ParseTargets(signed_part));
  }
  ASSIGN_OR_RETURN(role.holders, ParseHolders(signed_part));
  role.name = std::move(name);
  role.document = std::move(document);
  return role;
}

NamedKeys KeysNamedBy(const OfflineRole& delegator, std::string_view role) {
  if (const tuf::Root* root = delegator.root()) {
    if (role == kRootRole) return {&root->keys, &root->root};
    if (role == kTargetsRole) return {&root->keys, &root->targets};
    if (role == "snapshot") return {&root->keys, &root->snapshot};
    if (role == "timestamp") return {&root->keys, &root->timestamp};
    return {};
  }
  const auto& delegations = delegator.targets()->delegations;
  if (!delegations) return {};
  if (const auto* succinct =
          std::get_if<tuf::SuccinctRoles>(&delegations->roles)) {
    const bool is_bin = role == kBinPrefix || succinct->IsBinName(role);
    return is_bin ? NamedKeys{&delegations->keys, &succinct->keys}
                  : NamedKeys();
  }
  for (const tuf::DelegatedRole& delegated :
       std::get<std::vector<tuf::DelegatedRole>>(delegations->roles)) {
    const bool is_it =
        delegated.name == role ||
        (role == kBinPrefix &&
         std::holds_alternative<tuf::PathHashPrefixes>(delegated.paths));
    if (is_it) return {&delegations->keys, &delegated.keys};
  }
  return {};
}

std::set<std::string, std::less<>> AllNamed(const OfflineRole& role) {
  std::set<std::string, std::less<>> named;
  const auto add = [&named](const tuf::RoleKeys& keys) {
    named.insert(keys.keyids.begin(), keys.keyids.end());
  };
  if (const tuf::Root* root = role.root()) {
    for (const tuf::RoleKeys* keys :
         {&root->root, &root->targets, &root->snapshot, &root->timestamp}) {
      add(*keys);
    }
    return named;
  }
  const auto& delegations = role.targets()->delegations;
  if (!delegations) return named;
  if (const auto* succinct =
          std::get_if<tuf::SuccinctRoles>(&delegations->roles)) {
    add(succinct->keys);
    return named;
  }
  for (const tuf::DelegatedRole& delegated :
       std::get<std::vector<tuf::DelegatedRole>>(delegations->roles)) {
    add(delegated.keys);
  }
  return named;
}

KeyHolder HolderOf(const OfflineRole& role, std::string_view keyid) {
  const auto found = role.holders.find(keyid);
  return found == role.holders.end() ? KeyHolder() : found->second;
}

}  // namespace tufmirror::repo
