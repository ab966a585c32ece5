// The file of a candidate, one JSON object:
//
//   "format"   "tufmirror-ceremony-1"
//   "created"  when it was begun
//   "trusted"  {"roots": [FILE, ...], "roles": {"targets": FILE, ...}}: what is
//              published now; absent for the first metadata of an origin
//   "roles"    {"root": FILE, ...}: what is to be signed
//
// where each FILE is a metadata file, {"signatures": [...], "signed": {...}}.
#include <utility>

#include "fmt/format.h"
#include "repo/ceremony_access.h"
#include "repo/ceremony_roles.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/json/canonical.h"
#include "tufmirror/json/document.h"

namespace tufmirror::repo {
namespace {

constexpr std::string_view kCandidateFormat = "tufmirror-ceremony-1";
constexpr size_t kMaxTrustedRoots = 1024;  // as many as a client walks

absl::Status CheckFormat(const json::Value& root) {
  RETURN_IF_ERROR(root.ExpectObject("candidate"));
  ASSIGN_OR_RETURN(const json::Value format, root.Get("format", "candidate"));
  ASSIGN_OR_RETURN(const std::string_view text, format.AsString("format"));
  if (text == kCandidateFormat) return absl::OkStatus();
  return MakeFailure(Failure::kUnsupported,
                     fmt::format("candidate: expected format '{}', got '{}'",
                                 kCandidateFormat, Printable(text, 80)));
}

absl::Status CheckMembers(const json::Value& root) {
  return root.ForEachMember(
      [](std::string_view key, const json::Value&) -> absl::Status {
        if (key == "format" || key == "created" || key == "trusted" ||
            key == "roles") {
          return absl::OkStatus();
        }
        return MakeFailure(
            Failure::kUnsupported,
            fmt::format("candidate: unknown member '{}'", Printable(key, 80)));
      });
}

absl::StatusOr<OfflineMetadata> ParseTrusted(const json::Value& trusted) {
  OfflineMetadata metadata;
  RETURN_IF_ERROR(trusted.ExpectObject("trusted"));
  ASSIGN_OR_RETURN(const json::Value roots, trusted.Get("roots", "trusted"));
  RETURN_IF_ERROR(roots.ExpectArray("roots"));
  if (roots.size() > kMaxTrustedRoots) {
    return MakeFailure(
        Failure::kTooLarge,
        fmt::format("candidate: expected at most {} trusted roots, got {}",
                    kMaxTrustedRoots, roots.size()));
  }
  RETURN_IF_ERROR(
      roots.ForEachElement([&](const json::Value& value) -> absl::Status {
        ASSIGN_OR_RETURN(const SignedDocument root,
                         ReadDocument(value, "trusted root"));
        metadata.roots.push_back(root.Raw());
        return absl::OkStatus();
      }));
  ASSIGN_OR_RETURN(const json::Value roles, trusted.Get("roles", "trusted"));
  RETURN_IF_ERROR(roles.ExpectObject("trusted roles"));
  RETURN_IF_ERROR(roles.ForEachMember(
      [&](std::string_view name, const json::Value& value) -> absl::Status {
        ASSIGN_OR_RETURN(const SignedDocument role, ReadDocument(value, name));
        if (name == kTargetsRole) {
          metadata.targets = role.Raw();
        } else {
          metadata.delegated.emplace(std::string(name), role.Raw());
        }
        return absl::OkStatus();
      }));
  return metadata;
}

absl::StatusOr<std::vector<OfflineRole>> ParseRoles(const json::Value& root) {
  std::vector<OfflineRole> roles;
  ASSIGN_OR_RETURN(const json::Value members, root.Get("roles", "candidate"));
  RETURN_IF_ERROR(members.ExpectObject("roles"));
  RETURN_IF_ERROR(members.ForEachMember(
      [&](std::string_view name, const json::Value& value) -> absl::Status {
        ASSIGN_OR_RETURN(SignedDocument document, ReadDocument(value, name));
        auto role = ReadRole(std::string(name), std::move(document));
        if (!role.ok()) {
          return Annotate(role.status(), fmt::format("candidate: role '{}'",
                                                     Printable(name, 80)));
        }
        roles.push_back(*std::move(role));
        return absl::OkStatus();
      }));
  return roles;
}

absl::StatusOr<Candidate> ParseCandidate(std::string_view text) {
  json::Limits limits;
  limits.max_bytes = kMaxCandidateBytes;
  ASSIGN_OR_RETURN(const json::Document document,
                   json::Document::Parse(text, limits));
  const json::Value root = document.root();
  RETURN_IF_ERROR(CheckFormat(root));
  RETURN_IF_ERROR(CheckMembers(root));
  ASSIGN_OR_RETURN(const json::Value created, root.Get("created", "candidate"));
  ASSIGN_OR_RETURN(const std::string_view time, created.AsString("created"));
  ASSIGN_OR_RETURN(const absl::Time when, tuf::ParseExpiry(time));
  OfflineMetadata metadata;
  if (const auto trusted = root.Find("trusted")) {
    ASSIGN_OR_RETURN(metadata, ParseTrusted(*trusted));
  }
  ASSIGN_OR_RETURN(TrustedRoles trusted, VerifyTrusted(metadata));
  ASSIGN_OR_RETURN(std::vector<OfflineRole> roles, ParseRoles(root));
  ASSIGN_OR_RETURN(
      Candidate candidate,
      CheckedCandidate(std::move(trusted), std::move(roles), when));
  RETURN_IF_ERROR(CheckSignatures(candidate));
  return candidate;
}

// "NAME": FILE, one a line: mail programs and people like short lines.
std::string RolesText(const std::vector<OfflineRole>& roles) {
  std::string out;
  for (const OfflineRole& role : roles) {
    if (!out.empty()) out += ",\n";
    json::AppendString(role.name, out);
    out += ": " + role.document.Raw().bytes;
  }
  return out;
}

}  // namespace

absl::StatusOr<Candidate> Candidate::Parse(std::string_view text) {
  auto candidate = ParseCandidate(text);
  if (candidate.ok()) return candidate;
  // Most are about the candidate in so many words; Annotate adds it to others.
  return MessageOf(candidate.status()).starts_with("candidate")
             ? candidate.status()
             : Annotate(candidate.status(), "candidate");
}

std::string Candidate::Serialize() const {
  std::string out = fmt::format("{{\"format\": \"{}\",\n\"created\": \"{}\",\n",
                                kCandidateFormat, tuf::FormatExpiry(created_));
  if (!roots_.empty()) {
    out += "\"trusted\": {\"roots\": [\n";
    for (size_t i = 0; i < roots_.size(); ++i) {
      if (i > 0) out += ",\n";
      out += roots_[i].document.Raw().bytes;
    }
    out += "],\n\"roles\": {\n" + RolesText(trusted_) + "}},\n";
  }
  return out + "\"roles\": {\n" + RolesText(roles_) + "}}\n";
}

}  // namespace tufmirror::repo
