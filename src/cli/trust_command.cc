// tufmirror trust: which mirrors a user trusts, by name.
#include <cstdio>
#include <utility>

#include "absl/time/clock.h"
#include "cli/clock_hint.h"
#include "cli/commands.h"
#include "cli/guard_choice.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/guard/trust_store.h"
#include "tufmirror/guard/user_directories.h"

namespace tufmirror::cli {
namespace {

using guard::TrustedMirror;
using guard::TrustStore;

absl::StatusOr<TrustStore> OwnStore() {
  ASSIGN_OR_RETURN(const guard::UserDirectories directories,
                   guard::UserDirectoriesOf(OwnEnvironment()));
  return TrustStore(directories.trust);
}

// "SHA256:..." and colons between bytes are how fingerprints are often shown.
absl::StatusOr<Sha256> ParseFingerprint(std::string_view text) {
  std::string hex;
  if (constexpr std::string_view kPrefix = "sha256:";
      text.size() > kPrefix.size() &&
      (text.substr(0, kPrefix.size()) == kPrefix ||
       text.substr(0, kPrefix.size()) == "SHA256:")) {
    text.remove_prefix(kPrefix.size());
  }
  for (const char c : text) {
    if (c != ':') hex += c;
  }
  const auto digest = Sha256::FromHex(hex);
  if (digest.ok()) return *digest;
  return MakeFailure(Failure::kUsage,
                     fmt::format("--fingerprint: expected the 64 hexadecimal "
                                 "digits of a SHA-256, got '{}'",
                                 Printable(text, 80)));
}

absl::Status AddTrusted(const TrustAddArguments& arguments) {
  guard::TrustRequest request;
  request.name = arguments.name;
  request.urls = arguments.urls;
  request.root_version = arguments.root_version;
  if (!arguments.fingerprint.empty()) {
    ASSIGN_OR_RETURN(request.fingerprint,
                     ParseFingerprint(arguments.fingerprint));
  }
  if (!arguments.root.empty()) {
    auto bytes = fs::ReadFile(arguments.root, client::kMaxRootBytes);
    if (!bytes.ok()) {
      return Annotate(bytes.status(), fmt::format("--root {}", arguments.root));
    }
    request.root = *std::move(bytes);
  }
  ASSIGN_OR_RETURN(TrustStore store, OwnStore());
  ASSIGN_OR_RETURN(const auto transfers, http::Transfers::Create({}));
  const absl::Time now = absl::Now();
  const auto outcome = store.Add(request, *transfers, now);
  if (!outcome.ok()) {
    return WithClockHint(
        Annotate(outcome.status(),
                 fmt::format("trust add {}", Printable(request.name, 80))),
        request.urls, now);
  }
  ASSIGN_OR_RETURN(const TrustedMirror mirror, store.Get(request.name));
  ASSIGN_OR_RETURN(const tuf::Root root, store.CurrentRoot(mirror));
  if (*outcome == TrustStore::Outcome::kAlreadyThere) {
    fmt::print("{} is trusted already: {} as you say\n", mirror.name,
               mirror.fingerprint.Hex());
    return absl::OkStatus();
  }
  fmt::print(
      "{} is trusted now: root version {}, reached from version {}, {}\n",
      mirror.name, root.version, mirror.root_version, mirror.fingerprint.Hex());
  fmt::print("\nNext: tufmirror exec --trust {} -- pip install PROJECT\n",
             mirror.name);
  return absl::OkStatus();
}

absl::Status ListTrusted() {
  ASSIGN_OR_RETURN(const TrustStore store, OwnStore());
  ASSIGN_OR_RETURN(const auto names, store.Names());
  absl::Status first_failure;
  for (const std::string& name : names) {
    const auto mirror = store.Get(name);
    if (!mirror.ok()) {  // the others are listed all the same
      if (first_failure.ok()) first_failure = mirror.status();
      continue;
    }
    fmt::print("{}", name);
    for (const std::string& url : mirror->urls) {
      fmt::print(" {}", http::RedactUrl(url));
    }
    fmt::print("\n");
  }
  return first_failure;
}

void PrintRole(std::string_view name, const tuf::RoleKeys& role) {
  fmt::print("  {:<9} {} of {} keys:", name, role.threshold,
             role.keyids.size());
  for (const std::string& keyid : role.keyids) {
    fmt::print(" {}", Printable(keyid.substr(0, 12)));
  }
  fmt::print("\n");
}

absl::Status ShowTrusted(const std::string& name) {
  ASSIGN_OR_RETURN(const TrustStore store, OwnStore());
  ASSIGN_OR_RETURN(const TrustedMirror mirror, store.Get(name));
  ASSIGN_OR_RETURN(const tuf::Root root, store.CurrentRoot(mirror));
  fmt::print("{}, trusted since {}\n", mirror.name,
             tuf::FormatExpiry(mirror.added));
  for (const std::string& url : mirror.urls) {
    fmt::print("  mirror    {}\n", http::RedactUrl(url));
  }
  fmt::print("  vouched   root version {}, fingerprint {}\n",
             mirror.root_version, mirror.fingerprint.Hex());
  fmt::print("  now       root version {}, {} at {}\n", root.version,
             root.expires <= absl::Now() ? "EXPIRED" : "expires",
             tuf::FormatExpiry(root.expires));
  PrintRole("root", root.root);
  PrintRole("targets", root.targets);
  PrintRole("snapshot", root.snapshot);
  PrintRole("timestamp", root.timestamp);
  fmt::print("  kept in   {}\n", mirror.metadata);
  return absl::OkStatus();
}

absl::Status RemoveTrusted(const std::string& name) {
  ASSIGN_OR_RETURN(TrustStore store, OwnStore());
  RETURN_IF_ERROR(store.Remove(name));
  fmt::print("{} is not trusted any more\n", name);
  return absl::OkStatus();
}

int TrustExitCode(const absl::Status& status) {
  return status.ok() ? 0 : Fail(status);
}

}  // namespace

int TrustAddCommand(const TrustAddArguments& arguments) {
  return TrustExitCode(AddTrusted(arguments));
}

int TrustListCommand() { return TrustExitCode(ListTrusted()); }

int TrustShowCommand(const std::string& name) {
  return TrustExitCode(ShowTrusted(name));
}

int TrustRemoveCommand(const std::string& name) {
  return TrustExitCode(RemoveTrusted(name));
}

}  // namespace tufmirror::cli
