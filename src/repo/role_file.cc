#include "repo/role_file.h"

#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/json/canonical.h"
#include "tufmirror/json/document.h"

namespace tufmirror::repo {
namespace {

absl::StatusOr<std::string> SignatureText(const json::Value& entry,
                                          std::string_view key) {
  ASSIGN_OR_RETURN(const json::Value value, entry.Get(key, "signature"));
  ASSIGN_OR_RETURN(const std::string_view text, value.AsString(key));
  return std::string(text);
}

absl::StatusOr<std::vector<tuf::Signature>> SignaturesIn(
    const json::Value& root) {
  std::vector<tuf::Signature> signatures;
  ASSIGN_OR_RETURN(const json::Value list, root.Get("signatures", "role"));
  RETURN_IF_ERROR(list.ExpectArray("signatures"));
  RETURN_IF_ERROR(
      list.ForEachElement([&](const json::Value& entry) -> absl::Status {
        RETURN_IF_ERROR(entry.ExpectObject("signature"));
        tuf::Signature signature;
        ASSIGN_OR_RETURN(signature.keyid, SignatureText(entry, "keyid"));
        ASSIGN_OR_RETURN(const std::string hex, SignatureText(entry, "sig"));
        ASSIGN_OR_RETURN(signature.value, HexDecode(hex));
        signatures.push_back(std::move(signature));
        return absl::OkStatus();
      }));
  return signatures;
}

}  // namespace

absl::StatusOr<RoleFile> OpenRoleFile(std::string_view text) {
  ASSIGN_OR_RETURN(const json::Document document, json::Document::Parse(text));
  const json::Value root = document.root();
  RETURN_IF_ERROR(root.ExpectObject("role"));
  RoleFile file;
  ASSIGN_OR_RETURN(file.signatures, SignaturesIn(root));
  ASSIGN_OR_RETURN(const json::Value part, root.Get("signed", "role"));
  RETURN_IF_ERROR(part.ExpectObject("signed"));
  ASSIGN_OR_RETURN(file.role, tuf::ParseTargets(part));
  std::string canonical;
  ASSIGN_OR_RETURN(const std::string_view given,
                   json::CanonicalView(part, canonical));
  if (given == tuf::CanonicalForm(file.role)) return file;
  return MakeFailure(Failure::kMalformed,
                     "role: expected no members but those of a targets role");
}

absl::StatusOr<std::string> SignRoleFile(RoleFile file, const Signer& signer) {
  for (const tuf::Signature& signature : file.signatures) {
    if (signature.keyid != signer.keyid()) continue;
    return MakeFailure(
        Failure::kUsage,
        fmt::format("sign: key {} has signed it already", signer.keyid()));
  }
  const std::string canonical = tuf::CanonicalForm(file.role);
  ASSIGN_OR_RETURN(tuf::Signature signature, signer.Sign(canonical));
  file.signatures.push_back(std::move(signature));
  return tuf::WriteMetadata(canonical, file.signatures);
}

}  // namespace tufmirror::repo
