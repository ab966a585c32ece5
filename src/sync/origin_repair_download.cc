// Damaged packages of an index, downloaded again: where they are is on the kept
// page, what they must be is signed.
#include <deque>
#include <utility>

#include "absl/types/span.h"
#include "fmt/format.h"
#include "sync/index_options.h"
#include "sync/index_supply.h"
#include "sync/origin_repair.h"
#include "sync/package_store.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/http/transfers.h"
#include "tufmirror/repo/project_pages.h"
#include "tufmirror/source/index_source.h"
#include "tufmirror/tree/retired.h"

namespace tufmirror::sync {
namespace {

// Why `wanted`, which asked for one file, did not bring it; OK if it did.
absl::Status OutcomeOf(const WantedPackage& wanted) {
  RETURN_IF_ERROR(wanted.supplied.status());
  const SuppliedPackage& supplied = *wanted.supplied;
  if (supplied.file || supplied.core_metadata || supplied.provenance) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(supplied.provenance_status);
  RETURN_IF_ERROR(supplied.core_metadata_status);
  return MakeFailure(Failure::kInternal, "nothing was supplied");
}

}  // namespace

// Nothing is asked for: the pages that are kept have the URLs.
absl::StatusOr<std::unique_ptr<source::OriginSource>>
OriginRepair::OpenIndex() {
  ASSIGN_OR_RETURN(selection_, select::Selection::Create(config_.select));
  return source::IndexSource::Open(home_.layout(), *selection_,
                                   IndexOptionsOf(config_, options_.now));
}

// The file of the kept page that is to be had for `missing`, with nothing else
// that it offers.
absl::StatusOr<source::SourceFile> OriginRepair::OfferedAs(
    const Missing& missing) {
  const std::string_view directory = missing.path.directory();
  ASSIGN_OR_RETURN(
      const pypi::ProjectName project,
      pypi::ProjectName::Parse(directory.substr(directory.find('/') + 1)));
  ASSIGN_OR_RETURN(source::ProjectOffer offer, OfferOf(project));
  for (source::SourceFile& file : offer.files) {
    const std::string& path = missing.path.str();
    const bool is_file = path == repo::PackagePath(project, file.filename);
    const bool is_metadata =
        path == repo::CoreMetadataPath(project, file.filename);
    const bool is_provenance =
        path == repo::ProvenancePath(project, file.filename) &&
        !file.provenance.empty();
    if (!is_file && !is_metadata && !is_provenance) continue;
    if (is_file) {
      file.sha256 = missing.content.digests.sha256;
      file.size = missing.content.length;
    }
    file.has_core_metadata = is_metadata;
    file.core_metadata =
        is_metadata ? missing.content.digests.sha256 : std::nullopt;
    if (!is_provenance) file.provenance.clear();
    return std::move(file);
  }
  return MakeFailure(
      Failure::kNotFound,
      fmt::format("{}: the page of '{}' that was fetched last does not offer "
                  "the file any more",
                  http::RedactUrl(config_.upstream.urls.front()),
                  project.str()));
}

absl::Status OriginRepair::DownloadMissing() {
  if (missing_.empty()) return absl::OkStatus();
  std::deque<source::SourceFile> files;
  std::vector<const Missing*> asked;
  std::vector<WantedPackage> wanted;
  for (const Missing& missing : missing_) {
    auto file = OfferedAs(missing);
    RETURN_IF_ERROR(NoteOwnTrouble(missing.path, file.status()));
    if (!file.ok()) continue;
    asked.push_back(&missing);
    WantedPackage& package = wanted.emplace_back();
    package.file = &files.emplace_back(*std::move(file));
    package.is_published = missing.path.filename() != package.file->filename;
    package.provenance_sha256 = missing.content.digests.sha256;
  }
  ASSIGN_OR_RETURN(const auto transfers,
                   http::Transfers::Create(config_.upstream.transfer));
  ASSIGN_OR_RETURN(const tree::RetiredFiles retired,
                   tree::RetiredFiles::Load(home_));
  PackageStore store(home_, retired, AcceptedFor::kRepair);
  IndexSupply supply(store, *transfers, config_.upstream.index);
  const auto tick = [&](uint64_t done) {
    if (!options_.on_progress) return absl::OkStatus();
    Progress progress;
    progress.phase = "repair";
    progress.files_done = done;
    progress.files_total = wanted.size();
    return options_.on_progress(progress);
  };
  transfers->SetTick([&](const http::TransferCounters& counters) {
    return tick(counters.files_verified);
  });
  RETURN_IF_ERROR(supply.Supply(absl::MakeSpan(wanted), tick));
  for (size_t i = 0; i < wanted.size(); ++i) {
    const absl::Status outcome = OutcomeOf(wanted[i]);
    if (outcome.ok()) {
      mended_.emplace(asked[i]->path, asked[i]->content);
    } else {
      report_.problems.push_back({asked[i]->path.str(), outcome});
    }
  }
  return absl::OkStatus();
}

}  // namespace tufmirror::sync
