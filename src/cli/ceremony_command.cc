// What a step is asked to do, and what it says; the rest is in repo and sync.
#include "cli/ceremony_command.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "cli/ceremony_text.h"
#include "cli/commands.h"
#include "cli/config_file.h"
#include "cli/expect_yes.h"
#include "cli/moment.h"
#include "cli/shell_quote.h"
#include "cli/terminal.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/json/canonical.h"
#include "tufmirror/repo/ceremony.h"
#include "tufmirror/repo/ceremony_changes.h"
#include "tufmirror/sync/ceremony.h"
#include "tufmirror/tree/home.h"
#include "tufmirror/tree/publisher.h"

namespace tufmirror::cli {
namespace {

constexpr int kIncompleteExitCode = 3;
constexpr mode_t kCandidateMode = 0644;

// "FILE: " before what is wrong with it.
template <typename T>
absl::StatusOr<T> About(absl::StatusOr<T> result, const std::string& path) {
  if (result.ok()) return result;
  return Annotate(result.status(), Printable(path, 1024));
}

absl::StatusOr<repo::Candidate> ReadCandidate(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text,
                   fs::ReadFile(path, repo::kMaxCandidateBytes));
  return About(repo::Candidate::Parse(text), path);
}

// Copies put together: each may have other signatures.
absl::StatusOr<repo::Candidate> ReadCopies(
    const std::vector<std::string>& paths) {
  ASSIGN_OR_RETURN(repo::Candidate candidate, ReadCandidate(paths[0]));
  for (size_t i = 1; i < paths.size(); ++i) {
    ASSIGN_OR_RETURN(const repo::Candidate copy, ReadCandidate(paths[i]));
    RETURN_IF_ERROR(Annotate(repo::Merge(candidate, copy),
                             fmt::format("{} and {}", Printable(paths[0], 1024),
                                         Printable(paths[i], 1024))));
  }
  return candidate;
}

absl::Status CheckKnownRoot(const repo::Candidate& candidate,
                            const std::string& path) {
  if (path.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::string bytes,
                   fs::ReadFile(path, client::kMaxRootBytes));
  return Annotate(repo::CheckFollowsFrom(candidate, {std::move(bytes)}),
                  fmt::format("--root {}", Printable(path, 1024)));
}

absl::Status CheckJsonHasYes(bool json, bool yes) {
  if (!json || yes) return absl::OkStatus();
  return MakeFailure(Failure::kUsage, "--json: expected --yes too");
}

// A day, or a time from now.
absl::StatusOr<std::optional<absl::Duration>> LifeOf(const std::string& text,
                                                     absl::Time now) {
  if (text.empty()) return std::nullopt;
  if (const auto duration = ParseDuration(text); duration.ok()) {
    return *duration;
  }
  const auto moment = ParseMoment(text);
  if (moment.ok()) return *moment - now;
  return Annotate(moment.status(), "--expires");
}

// What the command line says of a new key it says by the name of its file.
class KeyFilesGiven {
 public:
  absl::StatusOr<tuf::Key> Read(const std::string& path) {
    ASSIGN_OR_RETURN(tuf::Key key, ReadPublicKeyFile(path));
    keyids_.insert_or_assign(path, key.ComputeKeyId());
    return key;
  }
  std::string KeyOf(const std::string& text) const {
    const auto found = keyids_.find(text);
    return found == keyids_.end() ? text : found->second;
  }

 private:
  std::map<std::string, std::string> keyids_;
};

void AddHolders(const CeremonyBeginArguments& arguments,
                const KeyFilesGiven& files, repo::CeremonyChanges& changes) {
  std::map<std::string, repo::KeyHolder> holders;
  for (const auto& [key, label] : arguments.labels) {
    holders[files.KeyOf(key)].label = label;
  }
  for (const auto& [key, contact] : arguments.contacts) {
    holders[files.KeyOf(key)].contact = contact;
  }
  changes.holders.assign(holders.begin(), holders.end());
}

absl::StatusOr<repo::CeremonyChanges> ChangesOf(
    const CeremonyBeginArguments& arguments, absl::Time now) {
  repo::CeremonyChanges changes;
  KeyFilesGiven files;
  for (const auto& [role, file] : arguments.add_keys) {
    ASSIGN_OR_RETURN(tuf::Key key, files.Read(file));
    changes.add.push_back({role, std::move(key)});
  }
  for (const auto& [role, old_key, file] : arguments.replace_keys) {
    ASSIGN_OR_RETURN(tuf::Key key, files.Read(file));
    changes.add.push_back({role, std::move(key)});
    changes.remove.push_back({role, old_key});
  }
  for (const auto& [role, key] : arguments.remove_keys) {
    changes.remove.push_back({role, key});
  }
  for (const auto& [role, text] : arguments.thresholds) {
    int threshold = 0;
    if (!absl::SimpleAtoi(text, &threshold)) {
      return MakeFailure(Failure::kUsage,
                         fmt::format("--threshold {}: expected a number, got "
                                     "'{}'",
                                     Printable(role, 80), Printable(text, 80)));
    }
    changes.thresholds.insert_or_assign(role, threshold);
  }
  changes.renew.insert(arguments.renew.begin(), arguments.renew.end());
  changes.bin_bits = arguments.bits;
  ASSIGN_OR_RETURN(changes.life, LifeOf(arguments.expires, now));
  AddHolders(arguments, files, changes);
  return changes;
}

absl::StatusOr<std::string> OutputPath(const CeremonyBeginArguments& arguments,
                                       const std::string& id) {
  std::error_code error;
  const std::string name = arguments.output.empty()
                               ? fmt::format("ceremony-{}.json", id)
                               : arguments.output;
  const auto absolute = std::filesystem::absolute(name, error);
  if (!error) return absolute.lexically_normal().string();
  return MakeFailure(Failure::kUsage,
                     fmt::format("--output {} is not a path", Printable(name)));
}

absl::Status Begin(const CeremonyBeginArguments& arguments) {
  const absl::Time now =
      absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now()));
  ASSIGN_OR_RETURN(const tree::Home home, tree::Home::Open(arguments.home));
  ASSIGN_OR_RETURN(const repo::CeremonyChanges changes,
                   ChangesOf(arguments, now));
  ASSIGN_OR_RETURN(
      const sync::BegunCeremony begun,
      sync::BeginCeremony(
          home, changes,
          [&](const std::string& id) { return OutputPath(arguments, id); },
          now));
  if (arguments.json) {
    fmt::print("{{\"file\":{},\"candidate\":{}}}\n", JsonText(begun.file),
               CeremonyJson(begun.candidate));
    return absl::OkStatus();
  }
  fmt::print("{}\nWritten to {}: give each holder a copy.\n",
             CeremonyText(begun.candidate, now), begun.file);
  fmt::print("\nNext: tufmirror ceremony sign {} --key KEY\n",
             ShellQuoted(begun.file));
  return absl::OkStatus();
}

absl::Status Show(const CeremonyShowArguments& arguments) {
  ASSIGN_OR_RETURN(const repo::Candidate candidate,
                   ReadCopies(arguments.files));
  RETURN_IF_ERROR(CheckKnownRoot(candidate, arguments.root));
  fmt::print("{}", arguments.json ? CeremonyJson(candidate) + "\n"
                                  : CeremonyText(candidate, absl::Now()));
  return absl::OkStatus();
}

bool IsDirectory(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// True if nothing is missing.
absl::StatusOr<bool> StatusOfHome(const std::string& path, bool json) {
  ASSIGN_OR_RETURN(const tree::Home home, tree::Home::Open(path));
  ASSIGN_OR_RETURN(const auto open, sync::ReadOpenCeremony(home.layout()));
  if (!open) {
    fmt::print("{}", json ? "{\"open\":null}\n" : "no ceremony is open\n");
    return true;
  }
  fmt::print("{}\n", json ? "{\"open\":" + OpenCeremonyJson(*open) + "}"
                          : OpenCeremonyText(*open));
  return false;
}

absl::StatusOr<bool> Status(const CeremonyShowArguments& arguments) {
  if (arguments.files.size() == 1 && IsDirectory(arguments.files[0])) {
    return StatusOfHome(arguments.files[0], arguments.json);
  }
  ASSIGN_OR_RETURN(const repo::Candidate candidate,
                   ReadCopies(arguments.files));
  fmt::print("{}", arguments.json
                       ? CeremonyJson(candidate) + "\n"
                       : fmt::format("Candidate {}\n{}", candidate.id(),
                                     CeremonySignaturesText(candidate)));
  return repo::IsComplete(candidate);
}

absl::StatusOr<repo::Signer> SignerOf(const CeremonySignArguments& arguments) {
  if (!arguments.signer.empty() && !arguments.public_key.empty()) {
    ASSIGN_OR_RETURN(tuf::Key key, ReadPublicKeyFile(arguments.public_key));
    return repo::Signer::External({arguments.signer, {}, absl::Minutes(5)},
                                  std::move(key));
  }
  if (arguments.key.empty()) {
    return MakeFailure(Failure::kUsage,
                       "ceremony sign: expected --key, or --signer with "
                       "--public-key");
  }
  ASSIGN_OR_RETURN(crypto::PrivateKey key,
                   crypto::PrivateKey::FromFile(arguments.key, [&] {
                     return ReadPassphrase(arguments.passphrase_file,
                                           PassphraseUse::kOpen, arguments.key);
                   }));
  return repo::Signer(std::move(key));
}

absl::Status Sign(const CeremonySignArguments& arguments) {
  RETURN_IF_ERROR(CheckJsonHasYes(arguments.json, arguments.yes));
  ASSIGN_OR_RETURN(repo::Candidate candidate, ReadCandidate(arguments.file));
  RETURN_IF_ERROR(CheckKnownRoot(candidate, arguments.root));
  const absl::Time now = absl::Now();
  RETURN_IF_ERROR(repo::CheckUnexpired(candidate, now));
  if (!arguments.json) fmt::print("{}", CeremonyText(candidate, now));
  if (!arguments.yes) RETURN_IF_ERROR(ExpectYes("Sign this?"));
  ASSIGN_OR_RETURN(const repo::Signer signer, SignerOf(arguments));
  ASSIGN_OR_RETURN(const std::vector<std::string> roles,
                   repo::AddSignature(candidate, signer, now));
  RETURN_IF_ERROR(fs::WriteFileAtomically(arguments.file, candidate.Serialize(),
                                          kCandidateMode,
                                          fs::Durability::kFsync));
  if (arguments.json) {
    fmt::print("{}\n", CeremonyJson(candidate));
    return absl::OkStatus();
  }
  fmt::print("\nSigned:");
  for (const std::string& role : roles) fmt::print(" {}", Printable(role, 80));
  fmt::print("\n{}", CeremonySignaturesText(candidate));
  return absl::OkStatus();
}

void PrintPublished(const sync::PublishedCeremony& published,
                    const CeremonyPublishArguments& arguments) {
  if (arguments.json) {
    std::string roles;
    for (const std::string& role : published.offline_roles) {
      roles += (roles.empty() ? "" : ",") + JsonText(role);
    }
    fmt::print(
        "{{\"id\":\"{}\",\"generation\":{},\"roles\":[{}],"
        "\"metadata_files\":{},\"earliest_expiry\":\"{}\"}}\n",
        published.id, published.generation, roles, published.metadata_files,
        tuf::FormatExpiry(published.earliest_expiry));
    return;
  }
  fmt::print("{} generation {}:",
             published.by_earlier_try ? "Published before, and live in"
                                      : "Published as",
             published.generation);
  for (const std::string& role : published.offline_roles) {
    fmt::print(" {};", Printable(role, 80));
  }
  fmt::print(" {} metadata files\n", published.metadata_files);
  if (arguments.online_key.empty()) return;
  fmt::print(
      "\nNext: name {} as origin.online_key in {}/tufmirror.toml: every "
      "sync signs with it from now on\n",
      Printable(arguments.online_key, 1024), arguments.home);
}

absl::Status Publish(const CeremonyPublishArguments& arguments) {
  RETURN_IF_ERROR(CheckJsonHasYes(arguments.json, arguments.yes));
  ASSIGN_OR_RETURN(const tree::Home home, tree::Home::Open(arguments.home));
  ASSIGN_OR_RETURN(sync::Config config, LoadConfig(home.layout().config()));
  if (!arguments.online_key.empty()) {
    config.origin.online_key = arguments.online_key;
    config.origin.online_signers.clear();
  }
  ASSIGN_OR_RETURN(const repo::Candidate candidate,
                   ReadCopies(arguments.files));
  const absl::Time now = absl::Now();
  if (!arguments.yes) {
    fmt::print("{}", CeremonyText(candidate, now));
    RETURN_IF_ERROR(ExpectYes("Publish this?"));
  }
  ASSIGN_OR_RETURN(const sync::PublishedCeremony published,
                   sync::PublishCeremony(
                       home, config, candidate,
                       [](const sync::OnlineSigner& key) {
                         return ReadPassphrase(key.passphrase_file,
                                               PassphraseUse::kOpen, key.key);
                       },
                       now));
  PrintPublished(published, arguments);
  return absl::OkStatus();
}

absl::Status Abort(const CeremonyAbortArguments& arguments) {
  ASSIGN_OR_RETURN(const tree::Home home, tree::Home::Open(arguments.home));
  ASSIGN_OR_RETURN(const sync::OpenCeremony open, sync::AbortCeremony(home));
  if (arguments.json) {
    fmt::print("{{\"id\":{},\"file\":{}}}\n", JsonText(open.id),
               JsonText(open.file));
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const auto live, tree::Publisher::CurrentGeneration(home));
  if (live.number == 0) {
    fmt::print(
        "Ceremony {} is forgotten, and nothing was ever published here: remove "
        "{} and the keys that init made for it, and init again.\n",
        Printable(open.id), Printable(arguments.home, 1024));
    return absl::OkStatus();
  }
  fmt::print(
      "Ceremony {} is forgotten. Its file {} could still be published: "
      "tell those who have a copy.\n",
      Printable(open.id), Printable(open.file, 1024));
  return absl::OkStatus();
}

int StepExitCode(const absl::Status& status) {
  return status.ok() ? 0 : Fail(status);
}

}  // namespace

absl::StatusOr<tuf::Key> ReadPublicKeyFile(const std::string& path) {
  constexpr uint64_t kMaxPublicKeyFile = uint64_t{64} << 10;
  ASSIGN_OR_RETURN(const std::string text,
                   fs::ReadFile(path, kMaxPublicKeyFile));
  return repo::ParsePublicKey(text, Printable(path, 1024));
}

int CeremonyBeginCommand(const CeremonyBeginArguments& arguments) {
  return StepExitCode(Begin(arguments));
}

int CeremonyShowCommand(const CeremonyShowArguments& arguments) {
  return StepExitCode(Show(arguments));
}

int CeremonyStatusCommand(const CeremonyShowArguments& arguments) {
  const auto complete = Status(arguments);
  if (!complete.ok()) return Fail(complete.status());
  return *complete ? 0 : kIncompleteExitCode;
}

int CeremonySignCommand(const CeremonySignArguments& arguments) {
  return StepExitCode(Sign(arguments));
}

int CeremonyPublishCommand(const CeremonyPublishArguments& arguments) {
  return StepExitCode(Publish(arguments));
}

int CeremonyAbortCommand(const CeremonyAbortArguments& arguments) {
  return StepExitCode(Abort(arguments));
}

}  // namespace tufmirror::cli
