// tufmirror client: the public conformance protocol of TUF clients. Exit code 0
// or 1, nothing else.
#include <memory>
#include <utility>

#include "absl/time/clock.h"
#include "cli/commands.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/client/metadata_store.h"
#include "tufmirror/client/updater.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/http/transfers.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror::cli {
namespace {

constexpr mode_t kDirectoryMode = 0755;

absl::Status Require(const std::string& value, std::string_view option) {
  if (!value.empty()) return absl::OkStatus();
  return MakeFailure(Failure::kUsage, fmt::format("{} is missing", option));
}

absl::Status Init(const ClientArguments& arguments,
                  const std::string& root_file) {
  ASSIGN_OR_RETURN(std::string bytes,
                   fs::ReadFile(root_file, client::kMaxRootBytes));
  const tuf::RawMetadata root{std::move(bytes)};
  const auto verified = tuf::Verifier::VerifyInitialRoot(root);
  if (!verified.ok()) return Annotate(verified.status(), root_file);
  RETURN_IF_ERROR(fs::MakeDirectories(arguments.metadata_dir, kDirectoryMode));
  return client::DirectoryStore(arguments.metadata_dir)
      .Save("root", (*verified)->version, root);
}

// Everything a client command needs, refreshed.
struct Session {
  std::unique_ptr<http::Transfers> transfers;
  std::unique_ptr<client::DirectoryStore> store;
  std::unique_ptr<client::Updater> updater;
};

absl::StatusOr<Session> Refresh(const ClientArguments& arguments) {
  RETURN_IF_ERROR(Require(arguments.metadata_url, "--metadata-url"));
  RETURN_IF_ERROR(http::CheckBaseUrl(arguments.metadata_url));
  Session session;
  ASSIGN_OR_RETURN(session.transfers, http::Transfers::Create({}));
  session.store =
      std::make_unique<client::DirectoryStore>(arguments.metadata_dir);
  client::UpdaterOptions options;
  options.metadata_urls = {arguments.metadata_url};
  options.target_urls = {arguments.target_base_url};
  session.updater = std::make_unique<client::Updater>(
      std::move(options), *session.transfers, *session.store);
  RETURN_IF_ERROR(session.updater->Refresh(absl::Now()));
  return session;
}

absl::Status Download(const ClientArguments& arguments) {
  RETURN_IF_ERROR(Require(arguments.target_base_url, "--target-base-url"));
  RETURN_IF_ERROR(http::CheckBaseUrl(arguments.target_base_url));
  RETURN_IF_ERROR(Require(arguments.target_dir, "--target-dir"));
  if (arguments.target_names.empty()) return Require("", "--target-name");
  ASSIGN_OR_RETURN(const Session session, Refresh(arguments));
  RETURN_IF_ERROR(fs::MakeDirectories(arguments.target_dir, kDirectoryMode));
  for (const std::string& name : arguments.target_names) {
    ASSIGN_OR_RETURN(const auto found, session.updater->FindTarget(name));
    if (!found) {
      return MakeFailure(Failure::kNotFound,
                         fmt::format("target '{}': no authorised role lists it",
                                     Printable(name)));
    }
    RETURN_IF_ERROR(
        session.updater->Download(found->target, arguments.target_dir)
            .status());
  }
  return absl::OkStatus();
}

int ExitCode(const absl::Status& status) {
  if (status.ok()) return 0;
  Fail(status);
  return 1;
}

}  // namespace

int ClientInitCommand(const ClientArguments& arguments,
                      const std::string& root_file) {
  return ExitCode(Init(arguments, root_file));
}

int ClientRefreshCommand(const ClientArguments& arguments) {
  return ExitCode(Refresh(arguments).status());
}

int ClientDownloadCommand(const ClientArguments& arguments) {
  return ExitCode(Download(arguments));
}

}  // namespace tufmirror::cli
