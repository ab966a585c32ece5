// The delegation inside is written and parsed by tuf's own functions.
#include "tufmirror/repo/claim_request.h"

#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/json/canonical.h"
#include "tufmirror/json/document.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror::repo {
namespace {

constexpr std::string_view kRequestType = "claim-request";
constexpr std::string_view kRequestName = "claim request";

absl::Status BadRequest(std::string_view what) {
  return MakeFailure(Failure::kMalformed,
                     fmt::format("{}: {}", kRequestName, what));
}

bool IsFitForPrint(std::string_view text) {
  return text.size() <= kMaxClaimContactBytes && Printable(text) == text;
}

std::string SignedPart(const ClaimRequest& request) {
  tuf::Targets delegator;
  delegator.expires = request.expires;
  delegator = WithClaim(std::move(delegator), request.project, request.keys);
  std::string out = fmt::format(R"({{"_type":"{}","contact":)", kRequestType);
  json::AppendCanonicalString(request.contact, out);
  out += fmt::format(R"(,"delegation":{},"project":"{}"}})",
                     tuf::CanonicalForm(delegator), request.project.str());
  return out;
}

absl::StatusOr<json::Value> SignedPartOf(const json::Document& document) {
  const json::Value root = document.root();
  RETURN_IF_ERROR(root.ExpectObject(kRequestName));
  ASSIGN_OR_RETURN(const json::Value part, root.Get("signed", kRequestName));
  RETURN_IF_ERROR(part.ExpectObject("signed"));
  return part;
}

absl::StatusOr<std::string> TextOf(const json::Value& part,
                                   std::string_view key) {
  ASSIGN_OR_RETURN(const json::Value value, part.Get(key, kRequestName));
  ASSIGN_OR_RETURN(const std::string_view text, value.AsString(key));
  return std::string(text);
}

absl::StatusOr<json::Document> OpenRequest(std::string_view text) {
  json::Limits limits;
  limits.max_bytes = kMaxClaimRequestBytes;
  auto document = json::Document::Parse(text, limits);
  if (document.ok()) return document;
  return Annotate(document.status(), kRequestName);
}

}  // namespace

bool LooksLikeClaimRequest(std::string_view text) {
  const auto document = OpenRequest(text);
  if (!document.ok()) return false;
  const auto part = SignedPartOf(*document);
  if (!part.ok()) return false;
  const auto type = TextOf(*part, "_type");
  return type.ok() && *type == kRequestType;
}

absl::StatusOr<std::string> WriteClaimRequest(
    const ClaimRequest& request, const std::vector<const Signer*>& signers) {
  RETURN_IF_ERROR(CheckClaimKeys(request.keys));
  if (!IsFitForPrint(request.contact)) {
    return MakeFailure(Failure::kUsage,
                       fmt::format("contact: expected at most {} bytes of one "
                                   "line of text",
                                   kMaxClaimContactBytes));
  }
  const std::string canonical = SignedPart(request);
  std::vector<tuf::Signature> signatures;
  for (const Signer* signer : signers) {
    ASSIGN_OR_RETURN(tuf::Signature signature, signer->Sign(canonical));
    signatures.push_back(std::move(signature));
  }
  return tuf::WriteMetadata(canonical, signatures);
}

absl::StatusOr<ClaimRequest> ParseClaimRequest(std::string_view text) {
  ASSIGN_OR_RETURN(const json::Document document, OpenRequest(text));
  ASSIGN_OR_RETURN(const json::Value part, SignedPartOf(document));
  ASSIGN_OR_RETURN(const std::string type, TextOf(part, "_type"));
  if (type != kRequestType) return BadRequest("has another type");
  ASSIGN_OR_RETURN(const std::string name, TextOf(part, "project"));
  ASSIGN_OR_RETURN(pypi::ProjectName project, pypi::ProjectName::Parse(name));
  if (project.str() != name) {
    return BadRequest(fmt::format("expected the normalized name '{}', got '{}'",
                                  project.str(), Printable(name)));
  }
  ASSIGN_OR_RETURN(const json::Value delegation,
                   part.Get("delegation", kRequestName));
  ASSIGN_OR_RETURN(const tuf::Targets delegator, tuf::ParseTargets(delegation));
  auto keys = ClaimKeysIn(delegator, project);
  if (!keys) return BadRequest("does not delegate its project");
  ClaimRequest request{std::move(project), *std::move(keys), "",
                       delegator.expires};
  ASSIGN_OR_RETURN(request.contact, TextOf(part, "contact"));
  if (!IsFitForPrint(request.contact)) {
    return BadRequest("the contact is too long, or no text");
  }
  RETURN_IF_ERROR(Annotate(CheckClaimKeys(request.keys), kRequestName));
  // What is accepted is what is shown: nothing else may be in it.
  std::string canonical;
  ASSIGN_OR_RETURN(const std::string_view given,
                   json::CanonicalView(part, canonical));
  if (given != SignedPart(request)) {
    return BadRequest("has other content than a request for its project");
  }
  return request;
}

absl::Status CheckClaimRequestSigned(std::string_view text,
                                     const ClaimKeys& keys) {
  return tuf::Verifier::CheckSigned(tuf::RawMetadata{std::string(text)},
                                    kRequestName, keys.keys, keys.role());
}

absl::Status CheckMaySign(const std::vector<ClaimRequest>& requests,
                          const pypi::ProjectName& project,
                          const Signer& signer) {
  bool named = false;
  for (const ClaimRequest& request : requests) {
    if (request.project != project) {
      return MakeFailure(
          Failure::kUsage,
          fmt::format("{}: expected one of {}, got one of {}", kRequestName,
                      project.str(), request.project.str()));
    }
    named = named || request.keys.keys.contains(signer.keyid());
  }
  if (named) return absl::OkStatus();
  return MakeFailure(Failure::kUsage,
                     fmt::format("sign: expected a key that the {} of {} "
                                 "names, got {}",
                                 kRequestName, project.str(), signer.keyid()));
}

bool CountsAsSigned(const ClaimBundle& bundle, const std::string& keyid,
                    const std::vector<ClaimRequest>& requests) {
  for (const ClaimRequest& request : requests) {
    const auto key = request.keys.keys.find(keyid);
    if (key == request.keys.keys.end()) continue;
    return tuf::Verifier::CheckSigned(tuf::RawMetadata{bundle.role},
                                      ClaimRoleName(bundle.project), {*key},
                                      tuf::RoleKeys{{keyid}, 1})
        .ok();
  }
  return false;
}

}  // namespace tufmirror::repo
