// tufmirror claim: what a person sees of it. What is signed is shown.
#include <cstdio>
#include <utility>

#include "absl/time/clock.h"
#include "cli/claim_commands.h"
#include "cli/claim_text.h"
#include "cli/commands.h"
#include "cli/expect_yes.h"
#include "cli/shell_quote.h"
#include "cli/terminal.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/secret_file.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/repo/ceremony_changes.h"
#include "tufmirror/repo/claim_bundle.h"
#include "tufmirror/repo/claim_request.h"
#include "tufmirror/repo/claimed_role.h"
#include "tufmirror/repo/signer.h"
#include "tufmirror/sync/claim_sign.h"
#include "tufmirror/sync/claims.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::cli {
namespace {

constexpr uint64_t kMaxPublicKeyBytes = uint64_t{64} << 10;
// A request that nobody answered is asked for again.
constexpr absl::Duration kRequestLife = absl::Hours(90 * 24);
constexpr unsigned kOutputMode = 0644;

absl::StatusOr<std::string> ReadClaimFile(const std::string& path) {
  return fs::ReadFile(path, repo::kMaxClaimBundleBytes);
}

// Before anything is shown or asked: what is there may be a private key.
absl::Status CheckNothingAt(const std::string& output) {
  ASSIGN_OR_RETURN(const auto existing, fs::Stat(output));
  if (!existing) return absl::OkStatus();
  return MakeFailure(Failure::kUsage,
                     fmt::format("-o: expected no file {}, nothing is "
                                 "overwritten",
                                 Printable(output, 1024)));
}

absl::Status WriteOutput(const std::string& path, std::string_view bytes) {
  RETURN_IF_ERROR(fs::WriteFileAtomically(path, bytes, kOutputMode,
                                          fs::Durability::kFsync));
  fmt::print("written: {}\n", path);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<repo::Signer>> ReadSigners(
    const std::vector<std::string>& paths, const std::string& passphrase_file) {
  std::vector<repo::Signer> signers;
  for (const std::string& path : paths) {
    ASSIGN_OR_RETURN(const crypto::Secret pem,
                     crypto::ReadSecretFile(path, "private key"));
    crypto::Secret passphrase = crypto::Secret::Copy("");
    if (crypto::PrivateKey::IsEncryptedPem(pem.view())) {
      ASSIGN_OR_RETURN(passphrase, ReadPassphrase(passphrase_file,
                                                  PassphraseUse::kOpen, path));
    }
    ASSIGN_OR_RETURN(repo::Signer signer,
                     repo::Signer::FromFile(path, passphrase));
    signers.push_back(std::move(signer));
  }
  return signers;
}

absl::StatusOr<repo::ClaimKeys> ReadClaimKeys(
    const std::vector<std::string>& paths, int64_t threshold) {
  repo::ClaimKeys keys;
  keys.threshold = threshold;
  for (const std::string& path : paths) {
    ASSIGN_OR_RETURN(const std::string text,
                     fs::ReadFile(path, kMaxPublicKeyBytes));
    ASSIGN_OR_RETURN(tuf::Key key, repo::ParsePublicKey(text, path));
    std::string keyid = key.ComputeKeyId();
    if (!keys.keys.emplace(std::move(keyid), std::move(key)).second) {
      return MakeFailure(Failure::kUsage,
                         fmt::format("{}: this key is there twice", path));
    }
  }
  return keys;
}

absl::Status MakeRequest(const ClaimRequestArguments& arguments) {
  RETURN_IF_ERROR(CheckNothingAt(arguments.output));
  ASSIGN_OR_RETURN(pypi::ProjectName project,
                   pypi::ProjectName::Parse(arguments.project));
  ASSIGN_OR_RETURN(repo::ClaimKeys keys,
                   ReadClaimKeys(arguments.keys, arguments.threshold));
  ASSIGN_OR_RETURN(const auto signers,
                   ReadSigners(arguments.sign_with, arguments.passphrase_file));
  const repo::ClaimRequest request{std::move(project), std::move(keys),
                                   arguments.contact,
                                   absl::Now() + kRequestLife};
  ASSIGN_OR_RETURN(const std::string text,
                   repo::WriteClaimRequest(request, repo::PointersTo(signers)));
  fmt::print("{}", RequestText(request));
  return WriteOutput(arguments.output, text);
}

// FILE or FILE=REASON.
std::map<std::string, std::string> YankedOf(
    const std::vector<std::string>& texts) {
  std::map<std::string, std::string> yanked;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    yanked[text.substr(0, equals)] =
        equals == std::string::npos ? "" : text.substr(equals + 1);
  }
  return yanked;
}

absl::StatusOr<repo::ClaimBundle> BundleToSign(
    const ClaimSignArguments& arguments) {
  const bool prepares = !arguments.project.empty();
  if (prepares == !arguments.bundle.empty() ||
      (!prepares && !arguments.distributions.empty())) {
    return MakeFailure(Failure::kUsage,
                       "claim sign: expected --project with distributions, or "
                       "--bundle alone");
  }
  if (!prepares) {
    ASSIGN_OR_RETURN(const std::string text, ReadClaimFile(arguments.bundle));
    return repo::ParseClaimBundle(text);
  }
  ASSIGN_OR_RETURN(pypi::ProjectName project,
                   pypi::ProjectName::Parse(arguments.project));
  sync::ReleaseOptions options{std::move(project)};
  options.distributions = arguments.distributions;
  if (!arguments.previous.empty()) {
    ASSIGN_OR_RETURN(const std::string text, ReadClaimFile(arguments.previous));
    ASSIGN_OR_RETURN(options.previous, repo::ParseClaimBundle(text));
  }
  options.withdrawn = {arguments.withdrawn.begin(), arguments.withdrawn.end()};
  options.yanked = YankedOf(arguments.yanked);
  options.last_version = arguments.last_version;
  // Whole seconds, as metadata have them.
  options.expires = absl::FromUnixSeconds(
      absl::ToUnixSeconds(absl::Now() + absl::Hours(24) * arguments.days));
  return sync::PrepareRelease(options);
}

absl::StatusOr<std::vector<repo::ClaimRequest>> ReadRequests(
    const std::vector<std::string>& paths) {
  std::vector<repo::ClaimRequest> requests;
  requests.reserve(paths.size());
  for (const std::string& path : paths) {
    ASSIGN_OR_RETURN(const std::string text, ReadClaimFile(path));
    auto request = repo::ParseClaimRequest(text);
    if (!request.ok()) return Annotate(request.status(), path);
    requests.push_back(*std::move(request));
  }
  return requests;
}

absl::Status SignRelease(const ClaimSignArguments& arguments) {
  RETURN_IF_ERROR(CheckNothingAt(arguments.output));
  ASSIGN_OR_RETURN(const std::vector<repo::ClaimRequest> requests,
                   ReadRequests(arguments.requests));
  ASSIGN_OR_RETURN(repo::ClaimBundle bundle, BundleToSign(arguments));
  ASSIGN_OR_RETURN(const repo::ClaimRelease release,
                   repo::OpenClaimBundle(bundle));
  // Before a passphrase is asked for.
  fmt::print("{}", ReleaseText(release));
  std::fflush(stdout);
  if (!arguments.yes) RETURN_IF_ERROR(ExpectYes("Sign this?"));
  ASSIGN_OR_RETURN(const auto signers,
                   ReadSigners(arguments.keys, arguments.passphrase_file));
  for (const repo::Signer& signer : signers) {
    if (!requests.empty()) {
      RETURN_IF_ERROR(repo::CheckMaySign(requests, bundle.project, signer));
    }
    ASSIGN_OR_RETURN(bundle, repo::SignClaimBundle(std::move(bundle), signer));
  }
  ASSIGN_OR_RETURN(const auto keyids, repo::KeyidsThatSigned(bundle));
  fmt::print("{}", SignaturesText(bundle, keyids, requests));
  return WriteOutput(arguments.output, repo::WriteClaimBundle(bundle));
}

absl::Status AcceptFiles(const ClaimAcceptArguments& arguments) {
  ASSIGN_OR_RETURN(const tree::Home home, tree::Home::Open(arguments.home));
  const auto key_change = arguments.force
                              ? sync::KeyChange::kVouchedForByOperator
                              : sync::KeyChange::kSignedByOldKeys;
  for (const std::string& path : arguments.files) {
    ASSIGN_OR_RETURN(const std::string text, ReadClaimFile(path));
    const auto accepted =
        sync::AcceptClaim(home, text, key_change, absl::Now());
    if (!accepted.ok()) return Annotate(accepted.status(), path);
    fmt::print("{}", AcceptedText(*accepted));
  }
  fmt::print("\nNext: tufmirror sync {}\n", ShellQuoted(arguments.home));
  return absl::OkStatus();
}

absl::Status Revoke(const std::string& directory, const std::string& name) {
  ASSIGN_OR_RETURN(const tree::Home home, tree::Home::Open(directory));
  ASSIGN_OR_RETURN(const pypi::ProjectName project,
                   pypi::ProjectName::Parse(name));
  ASSIGN_OR_RETURN(const sync::RevokedClaim revoked,
                   sync::RevokeClaim(home, project));
  if (revoked == sync::RevokedClaim::kRequest) {
    fmt::print("{}: the request is forgotten, nothing of it was published\n",
               project.str());
    return absl::OkStatus();
  }
  fmt::print(
      "{}: from the next sync on this origin signs it again, beginning with "
      "what its maintainers signed last\n",
      project.str());
  return absl::OkStatus();
}

absl::Status List(const ClaimListArguments& arguments) {
  ASSIGN_OR_RETURN(const tree::Home home, tree::Home::Open(arguments.home));
  ASSIGN_OR_RETURN(const auto listings, sync::ListClaims(home));
  fmt::print("{}",
             arguments.json ? ListingsJson(listings) : ListingsText(listings));
  return absl::OkStatus();
}

absl::Status ShowOfHome(const ClaimShowArguments& arguments) {
  ASSIGN_OR_RETURN(const tree::Home home, tree::Home::Open(arguments.from));
  ASSIGN_OR_RETURN(const pypi::ProjectName project,
                   pypi::ProjectName::Parse(arguments.project));
  if (!arguments.output.empty()) {
    RETURN_IF_ERROR(CheckNothingAt(arguments.output));
  }
  ASSIGN_OR_RETURN(const auto listings, sync::ListClaims(home));
  bool found = false;
  for (const sync::ClaimListing& listing : listings) {
    if (listing.project == project.str()) {
      fmt::print("{}", ListingText(listing));
      found = true;
    }
  }
  if (!found) {
    return MakeFailure(
        Failure::kNotFound,
        fmt::format("claim show: nobody claims {} here", project.str()));
  }
  if (arguments.output.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string text, sync::ExportClaim(home, project));
  return WriteOutput(arguments.output, text);
}

absl::Status Show(const ClaimShowArguments& arguments) {
  if (!arguments.project.empty()) return ShowOfHome(arguments);
  ASSIGN_OR_RETURN(const std::string text, ReadClaimFile(arguments.from));
  if (repo::LooksLikeClaimRequest(text)) {
    ASSIGN_OR_RETURN(const repo::ClaimRequest request,
                     repo::ParseClaimRequest(text));
    fmt::print("{}", RequestText(request));
    return absl::OkStatus();
  }
  if (repo::ReadTargetsRole(text).ok()) {
    ASSIGN_OR_RETURN(const tuf::Targets role, repo::ReadClaimedRole(text));
    fmt::print("{}", ClaimedRoleText(role));
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const repo::ClaimBundle bundle,
                   repo::ParseClaimBundle(text));
  ASSIGN_OR_RETURN(const repo::ClaimRelease release,
                   repo::OpenClaimBundle(bundle));
  fmt::print("{}", ReleaseText(release));
  ASSIGN_OR_RETURN(const auto keyids, repo::KeyidsThatSigned(bundle));
  for (const std::string& keyid : keyids) fmt::print("signed by {}\n", keyid);
  return absl::OkStatus();
}

absl::StatusOr<repo::ClaimedChanges> ChangesOf(
    const ClaimPromoteArguments& arguments) {
  repo::ClaimedChanges changes;
  ASSIGN_OR_RETURN(changes.add, ReadRequests(arguments.requests));
  for (const std::string& name : arguments.remove) {
    ASSIGN_OR_RETURN(pypi::ProjectName project, pypi::ProjectName::Parse(name));
    changes.remove.push_back(std::move(project));
  }
  changes.expires = absl::FromUnixSeconds(
      absl::ToUnixSeconds(absl::Now() + absl::Hours(24) * arguments.days));
  return changes;
}

// All that will be signed, the changes last.
absl::Status ShowPromotion(std::string_view text,
                           const repo::ClaimedChanges& changes,
                           bool adds_signature) {
  ASSIGN_OR_RETURN(const tuf::Targets role, repo::ReadClaimedRole(text));
  if (adds_signature) {
    fmt::print("{}", ClaimedRoleText(role));
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const tuf::Targets next,
                   repo::DraftClaimedRole(text, changes));
  fmt::print("{}\nasked for:\n", ClaimedRoleText(next, role));
  for (const repo::ClaimRequest& request : changes.add) {
    fmt::print("{}", RequestText(request));
  }
  for (const pypi::ProjectName& project : changes.remove) {
    fmt::print("taken out: {}\n", project.str());
  }
  return absl::OkStatus();
}

absl::Status Promote(const ClaimPromoteArguments& arguments) {
  RETURN_IF_ERROR(CheckNothingAt(arguments.output));
  ASSIGN_OR_RETURN(std::string text, ReadClaimFile(arguments.claimed));
  ASSIGN_OR_RETURN(const repo::ClaimedChanges changes, ChangesOf(arguments));
  const bool adds_signature = changes.add.empty() && changes.remove.empty();
  RETURN_IF_ERROR(ShowPromotion(text, changes, adds_signature));
  std::fflush(stdout);
  if (!arguments.yes) RETURN_IF_ERROR(ExpectYes("Sign this?"));
  ASSIGN_OR_RETURN(const auto signers,
                   ReadSigners(arguments.keys, arguments.passphrase_file));
  if (adds_signature) {
    for (const repo::Signer& signer : signers) {
      ASSIGN_OR_RETURN(text, repo::SignClaimedRole(text, signer));
    }
  } else {
    ASSIGN_OR_RETURN(
        text, repo::NextClaimedRole(text, changes, repo::PointersTo(signers)));
  }
  return WriteOutput(arguments.output, text);
}

int ExitCodeFor(const absl::Status& status) {
  return status.ok() ? 0 : Fail(status);
}

}  // namespace

int ClaimRequestCommand(const ClaimRequestArguments& arguments) {
  return ExitCodeFor(MakeRequest(arguments));
}

int ClaimSignCommand(const ClaimSignArguments& arguments) {
  return ExitCodeFor(SignRelease(arguments));
}

int ClaimAcceptCommand(const ClaimAcceptArguments& arguments) {
  return ExitCodeFor(AcceptFiles(arguments));
}

int ClaimRevokeCommand(const std::string& home, const std::string& project) {
  return ExitCodeFor(Revoke(home, project));
}

int ClaimListCommand(const ClaimListArguments& arguments) {
  return ExitCodeFor(List(arguments));
}

int ClaimShowCommand(const ClaimShowArguments& arguments) {
  return ExitCodeFor(Show(arguments));
}

int ClaimPromoteCommand(const ClaimPromoteArguments& arguments) {
  return ExitCodeFor(Promote(arguments));
}

}  // namespace tufmirror::cli
