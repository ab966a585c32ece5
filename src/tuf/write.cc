// From the metadata model to canonical JSON. Members are written in sorted
// order by construction; tests compare with json::Canonicalize.
#include <algorithm>
#include <string>

#include "fmt/format.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/json/canonical.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::tuf {
namespace {

using json::AppendCanonicalString;

// Appends elements with commas between them.
template <typename Range, typename AppendOne>
void AppendJoined(const Range& range, std::string& out, AppendOne append) {
  bool first = true;
  for (const auto& element : range) {
    if (!first) out += ',';
    first = false;
    append(element);
  }
}

void AppendNumber(int64_t number, std::string& out) {
  fmt::format_to(std::back_inserter(out), "{}", number);
}

void AppendKey(const Key& key, std::string& out) {
  out += R"({"keytype":)";
  AppendCanonicalString(key.keytype, out);
  out += R"(,"keyval":{"public":)";
  AppendCanonicalString(key.value, out);
  out += R"(},"scheme":)";
  AppendCanonicalString(key.scheme, out);
  out += '}';
}

void AppendKeys(const KeyMap& keys, std::string& out) {
  out += R"("keys":{)";
  AppendJoined(keys, out, [&out](const auto& entry) {
    AppendCanonicalString(entry.first, out);
    out += ':';
    AppendKey(entry.second, out);
  });
  out += '}';
}

void AppendKeyIds(const RoleKeys& role, std::string& out) {
  out += R"("keyids":[)";
  AppendJoined(role.keyids, out, [&out](const std::string& keyid) {
    AppendCanonicalString(keyid, out);
  });
  out += ']';
}

void AppendThreshold(const RoleKeys& role, std::string& out) {
  out += R"("threshold":)";
  AppendNumber(role.threshold, out);
}

void AppendRootRole(std::string_view name, const RoleKeys& role,
                    std::string& out) {
  AppendCanonicalString(name, out);
  out += ":{";
  AppendKeyIds(role, out);
  out += ',';
  AppendThreshold(role, out);
  out += '}';
}

void AppendHashes(const Digests& digests, std::string& out) {
  out += R"("hashes":{)";
  if (digests.sha256) out += R"("sha256":")" + digests.sha256->Hex() + '"';
  if (digests.sha256 && digests.sha512) out += ',';
  if (digests.sha512) out += R"("sha512":")" + digests.sha512->Hex() + '"';
  out += '}';
}

void AppendMetaFile(std::string_view role, const MetaFile& meta,
                    std::string& out) {
  AppendCanonicalString(fmt::format("{}.json", role), out);
  out += ":{";
  if (!meta.digests.empty()) {
    AppendHashes(meta.digests, out);
    out += ',';
  }
  if (meta.length) {
    out += R"("length":)";
    AppendNumber(static_cast<int64_t>(*meta.length), out);
    out += ',';
  }
  out += R"("version":)";
  AppendNumber(meta.version, out);
  out += '}';
}

void AppendTarget(const TargetFile& target, std::string& out) {
  AppendCanonicalString(target.path, out);
  out += ":{";
  if (!target.custom.empty()) {
    out += R"("custom":)";
    out += target.custom;
    out += ',';
  }
  AppendHashes(target.content.digests, out);
  out += R"(,"length":)";
  AppendNumber(static_cast<int64_t>(target.content.length), out);
  out += '}';
}

void AppendStrings(std::string_view key,
                   const std::vector<std::string>& strings, std::string& out) {
  AppendCanonicalString(key, out);
  out += ":[";
  AppendJoined(strings, out, [&out](const std::string& text) {
    AppendCanonicalString(text, out);
  });
  out += ']';
}

void AppendDelegatedRole(const DelegatedRole& role, std::string& out) {
  out += '{';
  AppendKeyIds(role.keys, out);
  out += R"(,"name":)";
  AppendCanonicalString(role.name, out);
  out += ',';
  if (const auto* patterns = std::get_if<PathPatterns>(&role.paths)) {
    AppendStrings("paths", patterns->patterns, out);
  } else {
    AppendStrings("path_hash_prefixes",
                  std::get<PathHashPrefixes>(role.paths).prefixes, out);
  }
  out +=
      role.terminating ? R"(,"terminating":true,)" : R"(,"terminating":false,)";
  AppendThreshold(role.keys, out);
  out += '}';
}

void AppendDelegations(const Delegations& delegations, std::string& out) {
  out += R"("delegations":{)";
  AppendKeys(delegations.keys, out);
  if (const auto* roles =
          std::get_if<std::vector<DelegatedRole>>(&delegations.roles)) {
    out += R"(,"roles":[)";
    AppendJoined(*roles, out, [&out](const DelegatedRole& role) {
      AppendDelegatedRole(role, out);
    });
    out += ']';
  } else {
    const auto& succinct = std::get<SuccinctRoles>(delegations.roles);
    out += R"(,"succinct_roles":{"bit_length":)";
    AppendNumber(succinct.bit_length, out);
    out += ',';
    AppendKeyIds(succinct.keys, out);
    out += R"(,"name_prefix":)";
    AppendCanonicalString(succinct.name_prefix, out);
    out += ',';
    AppendThreshold(succinct.keys, out);
    out += '}';
  }
  out += '}';
}

void AppendExpires(const Common& common, std::string& out) {
  out += fmt::format(R"("expires":"{}")", FormatExpiry(common.expires));
}

void AppendSpecVersion(const Common& common, std::string& out) {
  out += R"("spec_version":)";
  AppendCanonicalString(common.spec_version, out);
}

void AppendVersion(const Common& common, std::string& out) {
  out += R"("version":)";
  AppendNumber(common.version, out);
}

// Canonical JSON has control characters raw inside strings (a PEM key has line
// feeds), ordinary JSON must have them escaped. Outside strings there are none,
// so a byte-wise pass turns the one into the other.
void AppendAsOrdinaryJson(std::string_view canonical, std::string& out) {
  for (const char c : canonical) {
    if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
}

}  // namespace

std::string Key::ComputeKeyId() const {
  std::string form;
  AppendKey(*this, form);
  return crypto::Sha256Of(form).Hex();
}

std::string CanonicalForm(const Root& root) {
  std::string out = R"({"_type":"root","consistent_snapshot":)";
  out += root.consistent_snapshot ? "true," : "false,";
  AppendExpires(root, out);
  out += ',';
  AppendKeys(root.keys, out);
  out += R"(,"roles":{)";
  AppendRootRole("root", root.root, out);
  out += ',';
  AppendRootRole("snapshot", root.snapshot, out);
  out += ',';
  AppendRootRole("targets", root.targets, out);
  out += ',';
  AppendRootRole("timestamp", root.timestamp, out);
  out += "},";
  AppendSpecVersion(root, out);
  out += ',';
  AppendVersion(root, out);
  out += '}';
  return out;
}

std::string CanonicalForm(const Timestamp& timestamp) {
  std::string out = R"({"_type":"timestamp",)";
  AppendExpires(timestamp, out);
  out += R"(,"meta":{)";
  AppendMetaFile("snapshot", timestamp.snapshot, out);
  out += "},";
  AppendSpecVersion(timestamp, out);
  out += ',';
  AppendVersion(timestamp, out);
  out += '}';
  return out;
}

std::string CanonicalForm(const Snapshot& snapshot) {
  std::string out = R"({"_type":"snapshot",)";
  out.reserve(128 + snapshot.meta.size() * 40);
  AppendExpires(snapshot, out);
  out += R"(,"meta":{)";
  // The file names sort otherwise than the role names: "a-b.json" comes before
  // "a.json", although "a" comes before "a-b".
  std::vector<const std::pair<std::string, MetaFile>*> entries;
  entries.reserve(snapshot.meta.size());
  for (const auto& entry : snapshot.meta) entries.push_back(&entry);
  std::sort(entries.begin(), entries.end(), [](const auto* a, const auto* b) {
    return a->first + ".json" < b->first + ".json";
  });
  AppendJoined(entries, out, [&out](const auto* entry) {
    AppendMetaFile(entry->first, entry->second, out);
  });
  out += "},";
  AppendSpecVersion(snapshot, out);
  out += ',';
  AppendVersion(snapshot, out);
  out += '}';
  return out;
}

std::string CanonicalForm(const Targets& targets) {
  std::string out = R"({"_type":"targets",)";
  out.reserve(512 + targets.targets.size() * 220);
  if (targets.delegations) {
    AppendDelegations(*targets.delegations, out);
    out += ',';
  }
  AppendExpires(targets, out);
  out += ',';
  AppendSpecVersion(targets, out);
  out += R"(,"targets":{)";
  AppendJoined(targets.targets, out,
               [&out](const TargetFile& target) { AppendTarget(target, out); });
  out += "},";
  AppendVersion(targets, out);
  out += '}';
  return out;
}

std::string WriteMetadata(std::string_view canonical_signed,
                          const std::vector<Signature>& signatures) {
  std::string out = R"({"signatures":[)";
  out.reserve(canonical_signed.size() + 512);
  AppendJoined(signatures, out, [&out](const Signature& signature) {
    out += R"({"keyid":)";
    AppendCanonicalString(signature.keyid, out);
    out += R"(,"sig":")";
    out += HexEncode(absl::MakeConstSpan(
        reinterpret_cast<const unsigned char*>(signature.value.data()),
        signature.value.size()));
    out += R"("})";
  });
  out += R"(],"signed":)";
  AppendAsOrdinaryJson(canonical_signed, out);
  out += '}';
  return out;
}

}  // namespace tufmirror::tuf
