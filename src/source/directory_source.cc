// The result of a scan as the origin sees it, made out of records when asked.
#include "tufmirror/source/directory_source.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/types/span.h"
#include "source/directory_scanner.h"
#include "source/saved_index.h"
#include "source/source_index.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"

namespace tufmirror::source {
namespace {

// The records of `project`.
absl::Span<const IndexRecord> RecordsOf(const std::vector<IndexRecord>& records,
                                        std::string_view project) {
  const auto first = std::lower_bound(
      records.begin(), records.end(), project,
      [](const IndexRecord& r, std::string_view p) { return r.project < p; });
  const auto last = std::upper_bound(
      first, records.end(), project,
      [](std::string_view p, const IndexRecord& r) { return p < r.project; });
  return absl::MakeConstSpan(records).subspan(
      static_cast<size_t>(first - records.begin()),
      static_cast<size_t>(last - first));
}

absl::StatusOr<ScannedFile> FileOf(const IndexRecord& record,
                                   const pypi::ProjectName& project) {
  ASSIGN_OR_RETURN(RecordDetails details, ParseDetails(record));
  ASSIGN_OR_RETURN(const Sha256 sha256, Sha256::FromHex(details.sha256));
  ScannedFile file{.relative_path = std::string(record.path),
                   .filename = std::string(record.filename()),
                   .project = project,
                   .display_name = std::move(details.display_name),
                   .version = std::move(details.version),
                   .sha256 = sha256,
                   .size = record.size,
                   .upload_time = absl::FromUnixNanos(details.upload_time),
                   .requires_python = std::move(details.requires_python),
                   .core_metadata = {}};
  if (!details.core_metadata.empty()) {
    ASSIGN_OR_RETURN(file.core_metadata,
                     Sha256::FromHex(details.core_metadata));
  }
  return file;
}

}  // namespace

struct DirectoryScan::State : ScanResult {
  std::string index_path;
};

DirectoryScan::DirectoryScan(std::unique_ptr<State> state)
    : state_(std::move(state)) {}
DirectoryScan::DirectoryScan(DirectoryScan&&) noexcept = default;
DirectoryScan& DirectoryScan::operator=(DirectoryScan&&) noexcept = default;
DirectoryScan::~DirectoryScan() = default;

bool DirectoryScan::had_index() const { return state_->had_index; }

const std::vector<pypi::ProjectName>& DirectoryScan::changed_projects() const {
  return state_->changed;
}

const std::vector<Problem>& DirectoryScan::problems() const {
  return state_->problems;
}

std::vector<pypi::ProjectName> DirectoryScan::Projects() const {
  std::vector<pypi::ProjectName> projects;
  std::string_view last;
  for (const IndexRecord& record : state_->index.records) {
    if (record.state != RecordState::kTaken || record.project == last) continue;
    last = record.project;
    absl::StatusOr<pypi::ProjectName> name = pypi::ProjectName::Parse(last);
    if (name.ok()) projects.push_back(*std::move(name));
  }
  return projects;
}

size_t DirectoryScan::file_count() const {
  return static_cast<size_t>(
      std::count_if(state_->index.records.begin(), state_->index.records.end(),
                    [](const IndexRecord& record) {
                      return record.state == RecordState::kTaken;
                    }));
}

std::vector<ScannedFile> DirectoryScan::FilesOf(
    const pypi::ProjectName& project) const {
  std::vector<ScannedFile> files;
  for (const IndexRecord& record :
       RecordsOf(state_->index.records, project.str())) {
    if (record.state != RecordState::kTaken) continue;
    // The index has the digest of all its lines: they are as they were written.
    absl::StatusOr<ScannedFile> file = FileOf(record, project);
    if (file.ok()) files.push_back(*std::move(file));
  }
  return files;
}

absl::Status DirectoryScan::SaveIndex(
    const std::vector<pypi::ProjectName>& unpublished) {
  std::vector<std::string_view> names;
  names.reserve(unpublished.size());
  for (const pypi::ProjectName& project : unpublished) {
    names.push_back(state_->store.Keep(project.str()));
  }
  std::sort(names.begin(), names.end());
  SavedIndex& index = state_->index;
  if (state_->saved && names == index.unpublished) return absl::OkStatus();
  index.unpublished = std::move(names);
  state_->saved = false;
  RETURN_IF_ERROR(Annotate(source::SaveIndex(state_->index_path, index),
                           "save the index of the directory"));
  state_->saved = true;
  return absl::OkStatus();
}

absl::StatusOr<DirectoryScan> ScanDirectory(const std::string& directory,
                                            const std::string& index_path,
                                            const ScanOptions& options) {
  ASSIGN_OR_RETURN(ScanResult result, Scan(directory, index_path, options));
  auto state = std::make_unique<DirectoryScan::State>();
  static_cast<ScanResult&>(*state) = std::move(result);
  state->index_path = index_path;
  return DirectoryScan(std::move(state));
}

absl::StatusOr<ProjectOffer> DirectorySource::Offer(
    const pypi::ProjectName& project) {
  ProjectOffer offer;
  for (ScannedFile& scanned : scan_.FilesOf(project)) {
    SourceFile file{.location = std::move(scanned.relative_path),
                    .filename = std::move(scanned.filename),
                    .project = project,
                    .version = std::move(scanned.version),
                    .sha256 = scanned.sha256,
                    .size = scanned.size,
                    .upload_time = scanned.upload_time,
                    .requires_python = std::move(scanned.requires_python),
                    .has_core_metadata = scanned.core_metadata.has_value(),
                    .core_metadata = scanned.core_metadata};
    offer.files.push_back(std::move(file));
  }
  offer.listed = !offer.files.empty();
  return offer;
}

}  // namespace tufmirror::source
