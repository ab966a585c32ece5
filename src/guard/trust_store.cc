// A mirror is made ready in a directory beside its place and gets its name
// last, by a rename that fails where the name is taken.
#include "tufmirror/guard/trust_store.h"

#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "guard/trust_record.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/client/metadata_store.h"
#include "tufmirror/client/refresh.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/fs/walk.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror::guard {
namespace {

constexpr mode_t kPrivateDirectory = 0700;
constexpr mode_t kPrivateFile = 0600;
constexpr size_t kMaxNameBytes = 64;
constexpr uint64_t kMaxTrustRecordBytes = uint64_t{64} << 10;
// A clock may be off by a time zone without anybody noticing.
constexpr absl::Duration kClockTolerance = absl::Hours(24);

absl::Status CheckMirrorName(std::string_view name) {
  const auto allowed = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
           c == '_' || c == '.';
  };
  if (!name.empty() && name.size() <= kMaxNameBytes && name.front() != '.' &&
      name.front() != '-' && std::all_of(name.begin(), name.end(), allowed)) {
    return absl::OkStatus();
  }
  return MakeFailure(
      Failure::kUsage,
      fmt::format("'{}' cannot be the name of a trusted mirror: expected 1 to "
                  "{} letters, digits, '-', '_' and '.', the first a letter, "
                  "a digit or '_'",
                  Printable(name, 80), kMaxNameBytes));
}

absl::Status CheckRequest(const TrustRequest& request) {
  RETURN_IF_ERROR(CheckMirrorName(request.name));
  if (request.urls.empty()) {
    return MakeFailure(Failure::kUsage,
                       fmt::format("{}: the URL is missing", request.name));
  }
  for (const std::string& url : request.urls) {
    RETURN_IF_ERROR(http::CheckBaseUrl(url));
  }
  if (request.root.empty() && !request.fingerprint) {
    return MakeFailure(
        Failure::kUsage,
        fmt::format("{}: what is to be trusted? Give the SHA-256 of its root "
                    "(--fingerprint) or the file (--root), got from whoever "
                    "runs the mirror by another way than the mirror",
                    request.name));
  }
  if (request.root_version < 1) {
    return MakeFailure(Failure::kUsage,
                       fmt::format("root version {}: expected 1 or more",
                                   request.root_version));
  }
  return absl::OkStatus();
}

absl::Status CheckFingerprint(std::string_view what, std::string_view bytes,
                              const Sha256& expected) {
  const Sha256 got = crypto::Sha256Of(bytes);
  if (got == expected) return absl::OkStatus();
  return MakeFailure(
      Failure::kDigest,
      fmt::format("{}: expected the fingerprint {}, got {}; it is not the root "
                  "that you were told to trust",
                  what, expected.Hex(), got.Hex()));
}

std::vector<std::string> MetadataUrls(const std::vector<std::string>& urls) {
  std::vector<std::string> metadata;
  metadata.reserve(urls.size());
  for (const std::string& url : urls) {
    metadata.push_back(http::JoinUrl(url, "metadata/"));
  }
  return metadata;
}

// The root that the user vouches for, compared with what the user knows of it.
absl::StatusOr<tuf::RawMetadata> VouchedRoot(const TrustRequest& request,
                                             client::MetadataFetcher& fetcher) {
  if (!request.root.empty()) {
    if (request.fingerprint) {
      RETURN_IF_ERROR(
          CheckFingerprint("--root", request.root, *request.fingerprint));
    }
    return tuf::RawMetadata{request.root};
  }
  return fetcher.FetchVerified(
      "root", request.root_version, std::nullopt,
      [&](const tuf::RawMetadata& offered) {
        return CheckFingerprint(
            fmt::format("version {} of {}", request.root_version,
                        http::RedactUrl(request.urls.front())),
            offered.bytes, *request.fingerprint);
      });
}

std::string Redacted(const std::vector<std::string>& urls) {
  std::vector<std::string> shown;
  shown.reserve(urls.size());
  for (const std::string& url : urls) shown.push_back(http::RedactUrl(url));
  return fmt::format("{}", fmt::join(shown, " "));
}

}  // namespace

std::string TrustStore::PathOf(std::string_view name) const {
  return fmt::format("{}/{}", directory_, name);
}

absl::StatusOr<bool> TrustStore::IsThere(std::string_view name) const {
  ASSIGN_OR_RETURN(const auto info, fs::Stat(PathOf(name)));
  return info.has_value();
}

absl::StatusOr<TrustStore::Outcome> TrustStore::CompareWithPresent(
    const TrustRequest& request) const {
  ASSIGN_OR_RETURN(const TrustedMirror present, Get(request.name));
  const Sha256 wanted = request.fingerprint ? *request.fingerprint
                                            : crypto::Sha256Of(request.root);
  if (present.fingerprint != wanted) {
    return MakeFailure(
        Failure::kReplacedFile,
        fmt::format(
            "{} is trusted by the root with fingerprint {} (version {}) since "
            "{}, and not changed to {}: a root that changes by itself needs "
            "nothing from you, and one that you were told anew may be an "
            "attack. If you know better: tufmirror trust remove {}",
            present.name, present.fingerprint.Hex(), present.root_version,
            tuf::FormatExpiry(present.added), wanted.Hex(), present.name));
  }
  if (present.urls != request.urls) {
    return MakeFailure(
        Failure::kUsage,
        fmt::format("{} is at {}, and not changed to {}; tufmirror trust "
                    "remove {} first",
                    present.name, Redacted(present.urls),
                    Redacted(request.urls), present.name));
  }
  return Outcome::kAlreadyThere;
}

absl::StatusOr<TrustStore::Outcome> TrustStore::Add(const TrustRequest& request,
                                                    http::Transfers& transfers,
                                                    absl::Time now) {
  RETURN_IF_ERROR(CheckRequest(request));
  ASSIGN_OR_RETURN(const bool there, IsThere(request.name));
  if (there) return CompareWithPresent(request);

  client::MetadataFetcher fetcher(transfers, MetadataUrls(request.urls));
  ASSIGN_OR_RETURN(const tuf::RawMetadata root, VouchedRoot(request, fetcher));
  const auto verified = tuf::Verifier::VerifyInitialRoot(root);
  if (!verified.ok()) return Annotate(verified.status(), "root");

  RETURN_IF_ERROR(fs::MakeDirectories(directory_, kPrivateDirectory));
  std::string made = PathOf("." + request.name + ".XXXXXX");
  if (mkdtemp(made.data()) == nullptr) {
    return fs::ErrnoFailure(errno, "make", made);
  }
  absl::Cleanup remove = [&made] { (void)fs::RemoveTree(made); };
  const std::string metadata = made + "/metadata";
  RETURN_IF_ERROR(fs::MakeDirectories(metadata, kPrivateDirectory));
  client::DirectoryStore store(metadata);
  RETURN_IF_ERROR(store.Save("root", (*verified)->version, root));
  RETURN_IF_ERROR(client::Refresh(fetcher, store, now).status());

  const TrustRecord record = {request.urls, crypto::Sha256Of(root.bytes),
                              (*verified)->version, now};
  RETURN_IF_ERROR(fs::WriteFileAtomically(made + "/vouched.root.json",
                                          root.bytes, kPrivateFile,
                                          fs::Durability::kFsync));
  RETURN_IF_ERROR(
      fs::WriteFileAtomically(made + "/mirror.json", WriteTrustRecord(record),
                              kPrivateFile, fs::Durability::kFsync));
  RETURN_IF_ERROR(fs::Rename(made, PathOf(request.name)));
  std::move(remove).Cancel();
  RETURN_IF_ERROR(fs::SyncDirectory(directory_));
  return Outcome::kAdded;
}

absl::StatusOr<TrustedMirror> TrustStore::Get(std::string_view name) const {
  RETURN_IF_ERROR(CheckMirrorName(name));
  ASSIGN_OR_RETURN(const bool there, IsThere(name));
  if (!there) {
    ASSIGN_OR_RETURN(const std::vector<std::string> names, Names());
    return MakeFailure(
        Failure::kNotFound,
        fmt::format("no mirror named {} is trusted; {}", name,
                    names.empty()
                        ? "none is: tufmirror trust add NAME URL "
                          "--fingerprint SHA256"
                        : fmt::format("known: {}", fmt::join(names, ", "))));
  }
  const std::string path = PathOf(name) + "/mirror.json";
  const auto text = fs::ReadFile(path, kMaxTrustRecordBytes);
  const auto record = text.ok() ? ParseTrustRecord(*text)
                                : absl::StatusOr<TrustRecord>(text.status());
  if (!record.ok()) {
    return MakeFailure(
        Failure::kMalformed,
        fmt::format("trusted mirror {} is damaged ({}: {}); tufmirror trust "
                    "remove {}, and add it again",
                    name, path, MessageOf(record.status()), name));
  }
  return TrustedMirror{std::string(name),   record->urls,
                       record->fingerprint, record->root_version,
                       record->added,       PathOf(name) + "/metadata"};
}

absl::StatusOr<TrustedMirror> TrustStore::Only() const {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, Names());
  if (names.size() == 1) return Get(names.front());
  if (names.empty()) {
    return MakeFailure(
        Failure::kUsage,
        "no mirror is named and none is trusted: give --mirror and --root, or "
        "once: tufmirror trust add NAME URL --fingerprint SHA256");
  }
  return MakeFailure(Failure::kUsage,
                     fmt::format("several mirrors are trusted: choose one with "
                                 "--trust ({})",
                                 fmt::join(names, ", ")));
}

absl::StatusOr<std::vector<std::string>> TrustStore::Names() const {
  ASSIGN_OR_RETURN(const auto info, fs::Stat(directory_));
  if (!info) return std::vector<std::string>();
  ASSIGN_OR_RETURN(std::vector<std::string> names,
                   fs::ListDirectory(directory_));
  std::erase_if(names, [](const std::string& name) {
    return name.front() == '.';  // one that was never finished
  });
  return names;
}

absl::Status TrustStore::Remove(std::string_view name) {
  RETURN_IF_ERROR(CheckMirrorName(name));
  ASSIGN_OR_RETURN(const bool there, IsThere(name));
  if (!there) return Get(name).status();
  // Gone at once, and by its name: a removal cut short leaves no half mirror.
  std::string gone = PathOf(fmt::format(".{}.XXXXXX", name));
  if (mkdtemp(gone.data()) == nullptr) {
    return fs::ErrnoFailure(errno, "make", gone);
  }
  absl::Cleanup remove = [&gone] { (void)fs::RemoveTree(gone); };
  RETURN_IF_ERROR(fs::Rename(PathOf(name), gone));
  // What is trusted no longer stays so after a crash.
  RETURN_IF_ERROR(fs::SyncDirectory(directory_));
  std::move(remove).Cancel();
  return fs::RemoveTree(gone);
}

absl::StatusOr<tuf::Root> TrustStore::CurrentRoot(
    const TrustedMirror& mirror) const {
  client::DirectoryStore store(mirror.metadata);
  ASSIGN_OR_RETURN(const tuf::RawMetadata raw,
                   store.Load("root", std::nullopt));
  ASSIGN_OR_RETURN(const auto verified, tuf::Verifier::VerifyInitialRoot(raw));
  return *verified;
}

absl::Status CheckClock(const TrustedMirror& mirror, absl::Time now) {
  if (now >= mirror.added - kClockTolerance) return absl::OkStatus();
  return MakeFailure(
      Failure::kExpired,
      fmt::format("your clock says {}, but {} was added at {}: whether its "
                  "metadata has expired cannot be known. Set the clock",
                  tuf::FormatExpiry(now), mirror.name,
                  tuf::FormatExpiry(mirror.added)));
}

}  // namespace tufmirror::guard
