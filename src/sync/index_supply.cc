// A wheel has its core metadata inside: what upstream serves beside it is
// asked for only where that is not the same.
#include "sync/index_supply.h"

#include <utility>

#include "fmt/format.h"
#include "sync/directory_supply.h"
#include "sync/failure_scope.h"
#include "sync/parallel.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/file_content.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/json/document.h"
#include "tufmirror/repo/project_pages.h"
#include "tufmirror/source/distribution_reader.h"
#include "tufmirror/source/index_source.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::sync {
namespace {

// Of a file whose size the index does not say, where no limit is configured.
constexpr uint64_t kMaxUnknownBytes = uint64_t{16} << 30;
constexpr uint64_t kMaxProvenanceBytes = uint64_t{8} << 20;
constexpr std::string_view kPackages = "/packages/";
// "aa/bb/<60 hexadecimal digits>"
constexpr size_t kBlake2bPathBytes = 2 + 1 + 2 + 1 + 60;

// What it attests is for its readers to verify: here it need only be what may
// be served under that name.
absl::Status CheckIsProvenance(std::string_view bytes) {
  ASSIGN_OR_RETURN(
      const json::Document document,
      json::Document::Parse(bytes, {.max_bytes = kMaxProvenanceBytes}));
  return document.root().ExpectObject("provenance");
}

http::FetchRequest ProvenanceRequest(const source::SourceFile& file) {
  http::FetchRequest request;
  request.urls = {file.provenance};
  request.max_bytes = kMaxProvenanceBytes;
  request.headers = {
      "Accept: application/vnd.pypi.integrity.v1+json, "
      "application/json;q=0.5"};
  request.encoding = http::BodyEncoding::kCompressed;
  return request;
}

}  // namespace

std::optional<crypto::Blake2bDigest> Blake2bInUrl(std::string_view url) {
  const size_t start = url.rfind(kPackages);
  if (start == std::string_view::npos) return std::nullopt;
  const std::string_view path = url.substr(start + kPackages.size());
  const bool shaped = path.size() > kBlake2bPathBytes && path[2] == '/' &&
                      path[5] == '/' && path[kBlake2bPathBytes] == '/';
  if (!shaped) return std::nullopt;
  const auto digest = crypto::Blake2bDigest::FromHex(fmt::format(
      "{}{}{}", path.substr(0, 2), path.substr(3, 2), path.substr(6, 60)));
  if (!digest.ok()) return std::nullopt;
  return *digest;
}

struct IndexSupply::Job {
  WantedPackage& wanted;
  TargetPath path;
  TargetPath metadata_path;
  SuppliedPackage supplied = {};
  absl::Status status = {};
  bool needs_metadata = false;

  const source::SourceFile& file() const { return *wanted.file; }
  bool needs_file() const {
    return status.ok() && !wanted.is_published && !supplied.file;
  }
  bool wants_provenance() const {
    return status.ok() && !file().provenance.empty();
  }
  // Length and digest, as far as the index says them.
  ExpectedContent content() const {
    ExpectedContent content;
    content.length = file().size.value_or(0);
    content.digests.sha256 = file().sha256;
    return content;
  }
  bool content_is_known() const { return file().size && file().sha256; }
  void Supplied(const ExpectedContent& content) {
    supplied.file =
        repo::TargetOf(repo::PackagePath(file().project, file().filename),
                       content.length, content.digests.sha256.value());
  }
};

absl::Status IndexSupply::Supply(
    absl::Span<WantedPackage> wanted,
    absl::FunctionRef<absl::Status(size_t done)> tick) {
  std::vector<Job> jobs;
  jobs.reserve(wanted.size());
  for (WantedPackage& package : wanted) {
    const source::SourceFile& file = *package.file;
    ASSIGN_OR_RETURN(TargetPath path, tree::TreePathOfTarget(repo::PackagePath(
                                          file.project, file.filename)));
    ASSIGN_OR_RETURN(TargetPath metadata,
                     tree::TreePathOfTarget(
                         repo::CoreMetadataPath(file.project, file.filename)));
    jobs.push_back({package, std::move(path), std::move(metadata)});
  }
  RETURN_IF_ERROR(ParallelFor(
      jobs.size(), [&](size_t i) { return TakeLocal(jobs[i]); },
      [&](size_t) { return tick(0); }));
  RETURN_IF_ERROR(Download(jobs));
  RETURN_IF_ERROR(ParallelFor(
      jobs.size(), [&](size_t i) { return TakeMetadataFromWheel(jobs[i]); },
      tick));
  RETURN_IF_ERROR(FetchMetadata(jobs));
  RETURN_IF_ERROR(FetchProvenance(jobs));
  for (Job& job : jobs) {
    if (job.status.ok()) {
      job.wanted.supplied = std::move(job.supplied);
    } else {
      job.wanted.supplied = std::move(job.status);
    }
  }
  return tick(jobs.size());
}

// What an earlier run brought, or another mirror's tree has.
absl::Status IndexSupply::TakeLocal(Job& job) {
  if (!job.needs_file() || !job.content_is_known()) return absl::OkStatus();
  const ExpectedContent content = job.content();
  if (store_.Has(job.path, content)) {
    job.Supplied(content);
    return absl::OkStatus();
  }
  for (const std::string& place : PlacesOf(job.file())) {
    const auto info = fs::Stat(place);
    if (!info.ok() || !*info) continue;
    const absl::Status adopted = Adopt(job, place);
    if (adopted.ok()) return adopted;
    if (FailureOf(adopted) == Failure::kReplacedFile) {
      job.status = adopted;
      return absl::OkStatus();
    }
    // The other mirror's file is bad, or not readable: it is downloaded.
  }
  return absl::OkStatus();
}

// Where another mirror may have the file: a plain directory, a home or a tree
// of ours, PyPI's layout.
std::vector<std::string> IndexSupply::PlacesOf(
    const source::SourceFile& file) const {
  std::vector<std::string> places;
  const auto digest = Blake2bInUrl(file.location);
  for (const std::string& root : config_.adopt) {
    places.push_back(fmt::format("{}/{}", root, file.filename));
    places.push_back(fmt::format("{}/packages/{}/{}", root, file.project.str(),
                                 file.filename));
    if (!digest) continue;
    const std::string hex = digest->Hex();
    places.push_back(fmt::format("{}/packages/{}/{}/{}/{}", root,
                                 hex.substr(0, 2), hex.substr(2, 2),
                                 hex.substr(4), file.filename));
  }
  return places;
}

// The link has a name of its own, and none that a download would continue:
// that would write into the other mirror's file.
absl::Status IndexSupply::Adopt(Job& job, const std::string& from) {
  const ExpectedContent content = job.content();
  const std::string adopted =
      store_.PartialPath(job.path, content) + ".adopted";
  RETURN_IF_ERROR(fs::Remove(adopted));
  // Verified after it has a name here: what the other name is replaced by then
  // is no matter.
  absl::Status status = fs::Link(from, adopted);
  if (status.ok()) status = crypto::CheckFile(adopted, content);
  if (!status.ok()) status = CopyVerified(from, content, adopted);
  if (status.ok()) status = store_.Accept(adopted, job.path, content);
  if (!status.ok()) {
    RETURN_IF_ERROR(fs::Remove(adopted));
    return status;
  }
  job.Supplied(content);
  return absl::OkStatus();
}

http::DownloadRequest IndexSupply::RequestFor(Job& job) {
  const source::SourceFile& file = job.file();
  http::DownloadRequest request;
  request.urls = {file.location};
  request.content = job.content();
  request.what = fmt::format("{}: {}", file.project.str(), file.filename);
  request.blake2b = Blake2bInUrl(file.location);
  if (!file.sha256) request.digest_rule = http::DigestRule::kNoneKnown;
  if (!file.size) {
    request.length_rule = http::LengthRule::kAtMost;
    request.content.length =
        config_.max_file_size > 0 ? config_.max_file_size : kMaxUnknownBytes;
  }
  ExpectedContent name = request.content;
  if (!file.sha256) name.digests.sha256 = crypto::Sha256Of(file.location);
  request.partial_path = store_.PartialPath(job.path, name);
  request.accept_content = [this, &job, partial = request.partial_path](
                               const http::ReceivedContent& got) {
    ExpectedContent content;
    content.length = got.length;
    content.digests.sha256 = got.sha256;
    RETURN_IF_ERROR(store_.Accept(partial, job.path, content));
    job.Supplied(content);
    return absl::OkStatus();
  };
  return request;
}

absl::Status IndexSupply::Download(std::vector<Job>& jobs) {
  size_t next = 0;
  return transfers_.DownloadAll(
      [&]() -> std::optional<http::DownloadRequest> {
        while (next < jobs.size() && !jobs[next].needs_file()) ++next;
        if (next == jobs.size()) return std::nullopt;
        http::DownloadRequest request = RequestFor(jobs[next]);
        request.tag = next++;
        return request;
      },
      [&](const http::DownloadRequest& request, const absl::Status& status) {
        if (status.ok()) return absl::OkStatus();
        if (ConcernsEveryFile(FailureOf(status))) return status;
        jobs[request.tag].status = status;
        return absl::OkStatus();
      });
}

absl::Status IndexSupply::TakeMetadataFromWheel(Job& job) {
  if (!job.status.ok() || !job.file().has_core_metadata) {
    return absl::OkStatus();
  }
  job.needs_metadata = true;
  if (!job.file().filename.ends_with(".whl")) return absl::OkStatus();
  const auto bytes =
      source::ReadMetadataFile(store_.PlainPath(job.path), job.file().filename,
                               job.file().core_metadata);
  // Not what the index promises: perhaps its own file is.
  if (!bytes.ok()) return absl::OkStatus();
  return AcceptMetadata(job, *bytes);
}

// What stands beside the files: each job settles with its own answer, and only
// trouble that concerns every file ends the rest.
absl::Status IndexSupply::FetchCompanions(
    std::vector<Job>& jobs, absl::FunctionRef<bool(const Job&)> wants,
    absl::FunctionRef<http::FetchRequest(const source::SourceFile&)> request_of,
    absl::FunctionRef<absl::Status(Job&, std::string_view)> accept,
    absl::FunctionRef<void(Job&, const absl::Status&)> give_up) {
  size_t next = 0;
  return transfers_.FetchAll(
      [&]() -> std::optional<http::FetchRequest> {
        while (next < jobs.size() && !wants(jobs[next])) ++next;
        if (next == jobs.size()) return std::nullopt;
        http::FetchRequest request = request_of(jobs[next].file());
        request.tag = next++;
        return request;
      },
      [&](const http::FetchRequest& request,
          const absl::StatusOr<http::FetchResponse>& response) -> absl::Status {
        Job& job = jobs[request.tag];
        absl::Status status = response.status();
        if (status.ok()) status = accept(job, response->body);
        if (status.ok() || ConcernsEveryFile(FailureOf(status))) return status;
        give_up(job, status);
        return absl::OkStatus();
      });
}

absl::Status IndexSupply::FetchMetadata(std::vector<Job>& jobs) {
  return FetchCompanions(
      jobs, [](const Job& job) { return job.needs_metadata; },
      source::MetadataRequest,
      [this](Job& job, std::string_view bytes) {
        return AcceptMetadata(job, bytes);
      },
      [](Job& job, const absl::Status& status) {
        job.supplied.core_metadata_status = Annotate(
            status,
            "published without its core metadata, which the index promises");
      });
}

absl::Status IndexSupply::AcceptMetadata(Job& job, std::string_view bytes) {
  const source::SourceFile& file = job.file();
  ExpectedContent content;
  content.length = bytes.size();
  content.digests.sha256 = file.core_metadata.value_or(crypto::Sha256Of(bytes));
  RETURN_IF_ERROR(store_.AcceptBytes(bytes, job.metadata_path, content));
  job.needs_metadata = false;
  job.supplied.core_metadata =
      repo::TargetOf(repo::CoreMetadataPath(file.project, file.filename),
                     content.length, *content.digests.sha256);
  return absl::OkStatus();
}

absl::Status IndexSupply::FetchProvenance(std::vector<Job>& jobs) {
  return FetchCompanions(
      jobs, [](const Job& job) { return job.wants_provenance(); },
      ProvenanceRequest,
      [this](Job& job, std::string_view bytes) {
        return AcceptProvenance(job, bytes);
      },
      [](Job& job, const absl::Status& status) {
        job.supplied.provenance_status = Annotate(
            status,
            fmt::format("provenance of {}", Printable(job.file().filename)));
      });
}

absl::Status IndexSupply::AcceptProvenance(Job& job, std::string_view bytes) {
  RETURN_IF_ERROR(CheckIsProvenance(bytes));
  const source::SourceFile& file = job.file();
  std::string target = repo::ProvenancePath(file.project, file.filename);
  ASSIGN_OR_RETURN(const TargetPath path, tree::TreePathOfTarget(target));
  ExpectedContent content;
  content.length = bytes.size();
  content.digests.sha256 =
      job.wanted.provenance_sha256.value_or(crypto::Sha256Of(bytes));
  RETURN_IF_ERROR(store_.AcceptBytes(bytes, path, content));
  job.supplied.provenance = repo::TargetOf(std::move(target), content.length,
                                           *content.digests.sha256);
  return absl::OkStatus();
}

}  // namespace tufmirror::sync
