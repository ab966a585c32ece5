#include "source/index_offer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/http/transfers.h"
#include "tufmirror/pypi/simple_index.h"
#include "tufmirror/pypi/version.h"

namespace tufmirror::source {
namespace {

std::string NormalVersion(std::string_view text) {
  const absl::StatusOr<pypi::Version> version = pypi::Version::Parse(text);
  return version.ok() ? version->str() : std::string(text);
}

absl::StatusOr<std::string> BaseOf(const pypi::UpstreamPage& page,
                                   std::string_view page_url) {
  if (page.base_url.empty()) return std::string(page_url);
  return http::ResolveUrl(page_url, page.base_url);
}

absl::Status CheckLimits(const pypi::OfferedFile& file,
                         const OfferRules& rules) {
  if (!file.sha256 && !rules.allow_unhashed) {
    return MakeFailure(
        Failure::kUnsupported,
        fmt::format("{}: expected a sha256 on the page, got {}",
                    Printable(file.filename),
                    file.has_other_hash ? "only weaker digests or others"
                                        : "no digest"));
  }
  if (rules.max_file_size > 0 && file.size &&
      *file.size > rules.max_file_size) {
    return MakeFailure(
        Failure::kTooLarge,
        fmt::format("{}: at most {} bytes expected, got {}",
                    Printable(file.filename), rules.max_file_size, *file.size));
  }
  return absl::OkStatus();
}

absl::StatusOr<SourceFile> MapFile(const pypi::ProjectName& project,
                                   const pypi::OfferedFile& file,
                                   const std::string& base,
                                   const OfferRules& rules) {
  ASSIGN_OR_RETURN(const pypi::DistributionName name,
                   pypi::ParseDistributionName(file.filename, project));
  RETURN_IF_ERROR(CheckLimits(file, rules));
  ASSIGN_OR_RETURN(std::string location, http::ResolveUrl(base, file.url));
  SourceFile mapped{.location = std::move(location),
                    .filename = file.filename,
                    .project = project,
                    .version = NormalVersion(name.version),
                    .sha256 = file.sha256,
                    .size = file.size,
                    .upload_time = file.upload_time,
                    .requires_python = file.requires_python,
                    .core_metadata = file.metadata_sha256,
                    .yanked = file.yanked,
                    .provenance = {}};
  mapped.has_core_metadata = file.metadata != pypi::MetadataOffer::kNone;
  return mapped;
}

}  // namespace

MappedOffer MapOffer(const pypi::ProjectName& project,
                     const pypi::UpstreamPage& page, std::string_view page_url,
                     const select::PageVerdict& verdict,
                     const OfferRules& rules) {
  MappedOffer mapped;
  if (!verdict.project.selected) return mapped;
  const auto report = [&](std::string_view what, absl::Status reason) {
    mapped.problems.push_back({what.empty()
                                   ? project.str()
                                   : fmt::format("{}: {}", project.str(), what),
                               std::move(reason)});
  };
  for (const pypi::FileProblem& problem : page.problems) {
    report(problem.filename, problem.status);
  }
  const absl::StatusOr<std::string> base = BaseOf(page, page_url);
  ProjectOffer& offer = mapped.offer;
  for (size_t at = 0; at < page.files.size(); ++at) {
    if (at >= verdict.files.size() || !verdict.files[at].selected) continue;
    const pypi::OfferedFile& file = page.files[at];
    absl::StatusOr<SourceFile> source_file =
        base.ok() ? MapFile(project, file, *base, rules) : base.status();
    if (!source_file.ok()) {
      report(Printable(file.filename), std::move(source_file).status());
      continue;
    }
    if (rules.provenance && !file.provenance.empty()) {
      auto url = http::ResolveUrl(*base, file.provenance);
      if (url.ok()) {
        source_file->provenance = *std::move(url);
      } else {
        report(Printable(pypi::ProvenanceName(file.filename)), url.status());
      }
    }
    offer.files.push_back(*std::move(source_file));
  }
  std::sort(offer.files.begin(), offer.files.end(),
            [](const SourceFile& a, const SourceFile& b) {
              return a.filename < b.filename;
            });
  offer.listed = true;
  offer.status = page.status;
  offer.status_reason = page.status_reason;
  offer.last_serial = page.last_serial;
  return mapped;
}

}  // namespace tufmirror::source
