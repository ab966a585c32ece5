#include "source/index_page_store.h"

#include <algorithm>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::source {
namespace {

constexpr size_t kDigestCharacters = 32;
constexpr std::string_view kJson = "json";
constexpr std::string_view kHtml = "html";

std::string_view Extension(bool html) { return html ? kHtml : kJson; }

}  // namespace

std::string PageDigest(std::string_view bytes) {
  return crypto::Sha256Of(bytes).Hex().substr(0, kDigestCharacters);
}

absl::StatusOr<pypi::UpstreamPage> ParsePage(std::string_view bytes,
                                             bool html) {
  return html ? pypi::ParseUpstreamHtml(bytes) : pypi::ParseUpstreamJson(bytes);
}

absl::Status WriteIndexFile(const std::string& path, std::string_view bytes) {
  const auto write = [&] {
    return fs::WriteFileAtomically(path, bytes, tree::kPrivateFileMode,
                                   fs::Durability::kNone);
  };
  const absl::Status status = write();
  if (status.ok() || FailureOf(status) != Failure::kNotFound) return status;
  RETURN_IF_ERROR(fs::MakeDirectories(path.substr(0, path.rfind('/')),
                                      tree::kPrivateDirectoryMode));
  return write();
}

IndexPageStore::IndexPageStore(const tree::Layout& layout, bool dry_run)
    : state_(layout.index_state()),
      scratch_(dry_run ? layout.dry_run_index() : std::string()) {}

absl::Status IndexPageStore::Write(std::string_view project, bool html,
                                   std::string_view bytes) const {
  const std::string& directory = scratch_.empty() ? state_ : scratch_;
  RETURN_IF_ERROR(WriteIndexFile(
      tree::IndexPagePath(directory, project, Extension(html)), bytes));
  // An index may change over to the other format.
  return fs::Remove(tree::IndexPagePath(directory, project, Extension(!html)));
}

absl::StatusOr<pypi::UpstreamPage> IndexPageStore::Read(
    const IndexEntry& entry) const {
  for (const std::string& directory : {scratch_, state_}) {
    if (directory.empty()) continue;
    const absl::StatusOr<std::string> bytes = fs::ReadFile(
        tree::IndexPagePath(directory, entry.name, Extension(entry.html)),
        std::max(pypi::kMaxJsonPageBytes, pypi::kMaxHtmlPageBytes));
    if (!bytes.ok() || PageDigest(*bytes) != entry.digest) continue;
    auto page = ParsePage(*bytes, entry.html);
    if (!page.ok()) return Annotate(page.status(), entry.name);
    return page;
  }
  return MakeFailure(
      Failure::kHeldBack,
      fmt::format("{}: its page is not there as it was kept; it is fetched "
                  "again in the next run",
                  entry.name));
}

absl::Status IndexPageStore::Remove(std::string_view project) const {
  if (!scratch_.empty()) return absl::OkStatus();
  for (const std::string_view extension : {kJson, kHtml}) {
    RETURN_IF_ERROR(
        fs::Remove(tree::IndexPagePath(state_, project, extension)));
  }
  return absl::OkStatus();
}

bool IndexPageStore::Has(const IndexEntry& entry) const {
  const auto info =
      fs::Stat(tree::IndexPagePath(state_, entry.name, Extension(entry.html)));
  return info.ok() && info->has_value();
}

}  // namespace tufmirror::source
