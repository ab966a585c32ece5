#include "guard/pages.h"

#include <optional>
#include <set>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/http/transfers.h"
#include "tufmirror/pypi/simple_index.h"

namespace tufmirror::guard {
namespace {

// Stands for the guard itself, whatever it is called: reserved, no host.
constexpr std::string_view kSelf = "http://guard.invalid/";

// The path below the guard, or below a mirror, that `link` leads to.
std::optional<std::string> OwnPath(const std::string& base,
                                   const std::string& link,
                                   const std::vector<std::string>& mirrors) {
  const auto resolved = http::ResolveUrl(base, link);
  if (!resolved.ok()) return std::nullopt;
  if (resolved->starts_with(kSelf)) return resolved->substr(kSelf.size());
  for (const std::string& mirror : mirrors) {
    const std::string below = mirror.ends_with('/') ? mirror : mirror + "/";
    if (resolved->starts_with(below)) return resolved->substr(below.size());
  }
  return std::nullopt;
}

}  // namespace

bool MayLeadElsewhere(std::string_view page) {
  // Without one of these there is no host and no base in any link. Pages are
  // signed: nobody has a reason to hide one.
  for (const std::string_view sign : {"//", "\\/", "<base", "<BASE"}) {
    if (page.find(sign) != std::string_view::npos) return true;
  }
  return false;
}

absl::StatusOr<pypi::UpstreamPage> ParsePage(std::string_view page,
                                             PageFormat format) {
  return format == PageFormat::kJson ? pypi::ParseUpstreamJson(page)
                                     : pypi::ParseUpstreamHtml(page);
}

std::vector<std::string> KeepOwnLinks(const pypi::ProjectName& project,
                                      const std::vector<std::string>& mirrors,
                                      pypi::UpstreamPage& page) {
  std::string base = fmt::format("{}simple/{}/", kSelf, project.str());
  if (!page.base_url.empty()) {
    // What does not resolve leads nowhere: then no link is ours.
    base = http::ResolveUrl(base, page.base_url).value_or("http://invalid./");
  }
  std::vector<std::string> left_out;
  std::vector<pypi::OfferedFile> kept;
  for (pypi::OfferedFile& file : page.files) {
    const auto path = OwnPath(base, file.url, mirrors);
    if (!path) {
      left_out.push_back(std::move(file.filename));
      continue;
    }
    file.url = "../../" + *path;
    kept.push_back(std::move(file));
  }
  page.files = std::move(kept);
  page.base_url.clear();
  return left_out;
}

void RemoveRefused(const std::vector<absl::Status>& verdicts,
                   pypi::UpstreamPage& page) {
  std::vector<pypi::OfferedFile> kept;
  for (size_t i = 0; i < page.files.size(); ++i) {
    if (verdicts[i].ok()) kept.push_back(std::move(page.files[i]));
  }
  page.files = std::move(kept);
}

std::string RenderPage(const pypi::ProjectName& project,
                       const pypi::UpstreamPage& page, PageFormat format) {
  pypi::ProjectPage rendered{.name = project};
  rendered.status = page.status;
  rendered.status_reason = page.status_reason;
  rendered.last_serial = page.last_serial;
  std::set<std::string> versions;
  for (const pypi::OfferedFile& file : page.files) {
    if (!file.sha256) continue;
    if (format == PageFormat::kJson && !file.size) continue;
    rendered.files.push_back({.filename = file.filename,
                              .url = file.url,
                              .sha256 = *file.sha256,
                              .size = file.size.value_or(0),
                              .upload_time = file.upload_time,
                              .requires_python = file.requires_python,
                              .core_metadata = file.metadata_sha256,
                              .yanked = file.yanked,
                              .provenance = file.provenance});
    const auto name = pypi::ParseDistributionName(file.filename, project);
    if (name.ok()) versions.insert(name->version);
  }
  // Only what a file is left of; as the page writes it.
  for (const std::string& version : page.versions) {
    if (versions.count(version) > 0) rendered.versions.push_back(version);
  }
  return format == PageFormat::kJson ? pypi::RenderJson(rendered)
                                     : pypi::RenderHtml(rendered);
}

}  // namespace tufmirror::guard
