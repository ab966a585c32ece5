// tufmirror init: a new origin or replica, with its configuration file.
#include <cstdio>
#include <filesystem>
#include <map>
#include <utility>

#include "absl/time/clock.h"
#include "cli/ceremony_command.h"
#include "cli/ceremony_text.h"
#include "cli/commands.h"
#include "cli/config_file.h"
#include "cli/key_command.h"
#include "cli/shell_quote.h"
#include "cli/terminal.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/sync/ceremony_init.h"
#include "tufmirror/sync/init_origin.h"
#include "tufmirror/tree/home.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror::cli {
namespace {

absl::StatusOr<std::string> AbsolutePath(const std::string& path) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  if (error || path.empty()) {
    return MakeFailure(Failure::kUsage,
                       fmt::format("'{}' is not a path", Printable(path)));
  }
  std::string text = absolute.lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

bool IsUrl(std::string_view text) {
  return text.find("://") != std::string_view::npos;
}

void PrintOrigin(const sync::InitOriginResult& made, const Sha256& fingerprint,
                 const InitOriginArguments& arguments) {
  fmt::print("{} is an origin now.\n\n", made.home);
  fmt::print("Move these keys offline, and keep copies; no sync needs them:\n");
  for (const std::string& path : made.keys.root) fmt::print("  {}\n", path);
  fmt::print("  {}\n  {}\n", made.keys.targets, made.keys.bins);
  fmt::print("{}; every sync signs with {}:\n",
             made.keys.online.size() == 1 ? "This one stays" : "These stay",
             made.keys.online.size() == 1 ? "it" : "them");
  for (const std::string& path : made.keys.online) fmt::print("  {}\n", path);
  fmt::print(
      "Give your readers this file, by another way than the mirror:\n  {}\n",
      made.root);
  fmt::print("or its fingerprint (tufmirror trust add):\n  {}\n",
             fingerprint.Hex());
  if (IsUrl(arguments.from)) {
    fmt::print(
        "\nWithout rules it mirrors all of {}; say what you want in [select] "
        "of\n  {}/tufmirror.toml\n",
        http::RedactUrl(arguments.from), made.home);
  }
  fmt::print("\nNext: tufmirror sync {}\n", ShellQuoted(arguments.home));
}

absl::StatusOr<sync::InitOriginOptions> OriginOptionsOf(
    const InitOriginArguments& arguments) {
  sync::InitOriginOptions options;
  ASSIGN_OR_RETURN(options.home, AbsolutePath(arguments.home));
  const bool from_index = IsUrl(arguments.from);
  if (from_index) {
    RETURN_IF_ERROR(http::CheckBaseUrl(arguments.from));
  } else {
    ASSIGN_OR_RETURN(options.from, AbsolutePath(arguments.from));
  }
  options.key_dir = sync::DefaultKeyDirectory(options.home);
  if (!arguments.key_dir.empty()) {
    ASSIGN_OR_RETURN(options.key_dir, AbsolutePath(arguments.key_dir));
  }
  options.origin.bin_bits = arguments.bits;
  const std::vector<std::string> online =
      sync::OnlineKeyPaths(options.key_dir, arguments.online_keys);
  if (online.size() == 1) options.origin.online_key = online.front();
  for (const std::string& path : online) {
    if (online.size() > 1)
      options.origin.online_signers.emplace_back().key = path;
  }
  if (!arguments.passphrase_file.empty()) {
    ASSIGN_OR_RETURN(options.origin.passphrase_file,
                     AbsolutePath(arguments.passphrase_file));
  }
  options.root_keys = arguments.root_keys;
  options.root_threshold = arguments.root_threshold;
  options.online_keys = arguments.online_keys;
  options.online_threshold = arguments.online_threshold;
  ASSIGN_OR_RETURN(options.online_algorithm,
                   KeyAlgorithmOf(arguments.online_algorithm));
  options.profile = arguments.hash_prefixes ? repo::BinProfile::kHashPrefixes
                                            : repo::BinProfile::kSuccinct;
  options.claims = arguments.claims;
  options.now = absl::Now();

  sync::Config config;
  if (from_index) {
    config.upstream.kind = sync::UpstreamKind::kIndex;
    config.upstream.urls = {arguments.from};
  } else {
    config.upstream.kind = sync::UpstreamKind::kDirectory;
    config.upstream.directory = options.from;
  }
  config.origin = options.origin;
  options.config_text = WriteConfig(config);

  return options;
}

absl::StatusOr<crypto::Secret> NewPassphrase(
    const InitOriginArguments& arguments,
    const sync::InitOriginOptions& options) {
  if (arguments.unencrypted_keys) return crypto::Secret::Copy("");
  return ReadPassphrase(options.origin.passphrase_file, PassphraseUse::kCreate,
                        "the new keys");
}

absl::Status InitOrigin(const InitOriginArguments& arguments) {
  ASSIGN_OR_RETURN(const sync::InitOriginOptions options,
                   OriginOptionsOf(arguments));
  ASSIGN_OR_RETURN(const crypto::Secret passphrase,
                   NewPassphrase(arguments, options));
  ASSIGN_OR_RETURN(const sync::InitOriginResult made,
                   sync::InitOrigin(options, passphrase));
  ASSIGN_OR_RETURN(const std::string root,
                   fs::ReadFile(made.root, client::kMaxRootBytes));
  PrintOrigin(made, crypto::Sha256Of(root), arguments);
  return absl::OkStatus();
}

// Keys as the command line names them, by file, with what it calls them.
absl::StatusOr<sync::CeremonyInitOptions> CeremonyOptionsOf(
    const InitOriginArguments& arguments) {
  const InitCeremonyArguments& ceremony = arguments.ceremony;
  sync::CeremonyInitOptions options;
  ASSIGN_OR_RETURN(options.init, OriginOptionsOf(arguments));
  ASSIGN_OR_RETURN(options.candidate, AbsolutePath(ceremony.candidate));
  std::map<std::string, std::string> keyids;  // by file
  for (const std::string& file : ceremony.root) {
    ASSIGN_OR_RETURN(tuf::Key key, ReadPublicKeyFile(file));
    keyids[file] = key.ComputeKeyId();
    options.root.push_back(std::move(key));
  }
  for (const auto& [file, key] :
       {std::pair(&ceremony.targets, &options.targets),
        std::pair(&ceremony.bins, &options.bins)}) {
    if (file->empty()) continue;
    ASSIGN_OR_RETURN(*key, ReadPublicKeyFile(*file));
    keyids[*file] = (*key)->ComputeKeyId();
  }
  for (const auto& [file, text] : ceremony.labels) {
    options.holders[keyids[file]].label = text;
  }
  for (const auto& [file, text] : ceremony.contacts) {
    options.holders[keyids[file]].contact = text;
  }
  if (!options.holders.contains("")) return options;
  return MakeFailure(Failure::kUsage,
                     "--label and --contact: expected the file of a key that "
                     "--root-public, --targets-public or --bins-public names");
}

absl::Status InitByCeremony(const InitOriginArguments& arguments) {
  ASSIGN_OR_RETURN(const sync::CeremonyInitOptions options,
                   CeremonyOptionsOf(arguments));
  ASSIGN_OR_RETURN(const crypto::Secret passphrase,
                   NewPassphrase(arguments, options.init));
  ASSIGN_OR_RETURN(const sync::CeremonyInitResult made,
                   sync::InitOriginCeremony(options, passphrase));
  fmt::print("{}\n{} is made; nothing is published yet.\n\n",
             CeremonyText(made.candidate, options.init.now), made.home);
  if (!made.offline_keys.empty()) {
    fmt::print("Move these keys offline, and keep copies; they have signed:\n");
  }
  for (const std::string& path : made.offline_keys) fmt::print("  {}\n", path);
  fmt::print("Every sync signs with:\n");
  for (const std::string& path : made.online_keys) fmt::print("  {}\n", path);
  fmt::print(
      "\nNext: each root holder gets a copy of {0} and runs\n"
      "  tufmirror ceremony sign COPY --key KEY\n"
      "then: tufmirror ceremony publish {1} COPY...\n",
      ShellQuoted(options.candidate), ShellQuoted(arguments.home));
  return absl::OkStatus();
}

// The root is looked at before anything is made.
absl::StatusOr<tuf::RawMetadata> ReadTrustedRoot(const std::string& path) {
  auto bytes = fs::ReadFile(path, client::kMaxRootBytes);
  if (!bytes.ok()) {
    return Annotate(bytes.status(), fmt::format("--root {}", path));
  }
  tuf::RawMetadata raw{*std::move(bytes)};
  const auto verified = tuf::Verifier::VerifyInitialRoot(raw);
  if (!verified.ok()) {
    return Annotate(verified.status(), fmt::format("--root {}", path));
  }
  return raw;
}

absl::Status InitReplica(const InitReplicaArguments& arguments) {
  ASSIGN_OR_RETURN(const std::string path, AbsolutePath(arguments.home));
  for (const std::string& url : arguments.from) {
    RETURN_IF_ERROR(http::CheckBaseUrl(url));
  }
  ASSIGN_OR_RETURN(const tuf::RawMetadata root,
                   ReadTrustedRoot(arguments.root));
  ASSIGN_OR_RETURN(const tree::Home home, tree::Home::Create(path));
  const tree::Layout& layout = home.layout();
  RETURN_IF_ERROR(
      fs::MakeDirectories(layout.trust(), tree::kPrivateDirectoryMode));
  RETURN_IF_ERROR(fs::WriteFileAtomically(layout.trusted_root(), root.bytes,
                                          tree::kPrivateFileMode,
                                          fs::Durability::kFsync));
  sync::Config config;
  config.upstream.kind = sync::UpstreamKind::kTuf;
  config.upstream.urls = arguments.from;
  // Last: this file is what makes a home of the directory.
  RETURN_IF_ERROR(fs::WriteFileAtomically(layout.config(), WriteConfig(config),
                                          tree::kPrivateFileMode,
                                          fs::Durability::kFsync));
  fmt::print("{} is a replica now; it trusts the root with SHA-256\n  {}\n",
             layout.home(), crypto::Sha256Of(root.bytes).Hex());
  fmt::print("\nNext: tufmirror sync {}\n", ShellQuoted(arguments.home));
  return absl::OkStatus();
}

}  // namespace

int InitOriginCommand(const InitOriginArguments& arguments) {
  const absl::Status status = arguments.ceremony.candidate.empty()
                                  ? InitOrigin(arguments)
                                  : InitByCeremony(arguments);
  return status.ok() ? 0 : Fail(status);
}

int InitReplicaCommand(const InitReplicaArguments& arguments) {
  const absl::Status status = InitReplica(arguments);
  return status.ok() ? 0 : Fail(status);
}

}  // namespace tufmirror::cli
