// Names and order of what a project page lists.
#include "tufmirror/repo/project_pages.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/pypi/version.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::repo {
namespace {

RenderedPage PageOf(std::string path, std::string bytes) {
  RenderedPage page;
  page.target =
      TargetOf(std::move(path), bytes.size(), crypto::Sha256Of(bytes));
  page.bytes = std::move(bytes);
  return page;
}

std::string SimplePath(std::string_view directory, std::string_view page) {
  return fmt::format("{}/{}/{}", tree::kSimpleDirectory, directory, page);
}

}  // namespace

std::string PackagePath(const pypi::ProjectName& project,
                        std::string_view filename) {
  return fmt::format("{}/{}/{}", tree::kPackagesDirectory, project.str(),
                     filename);
}

std::string CoreMetadataPath(const pypi::ProjectName& project,
                             std::string_view filename) {
  return PackagePath(project, filename) + ".metadata";
}

std::string ProvenancePath(const pypi::ProjectName& project,
                           std::string_view filename) {
  return PackagePath(project, pypi::ProvenanceName(filename));
}

std::string HtmlPagePath(const pypi::ProjectName& project) {
  return SimplePath(project.str(), tree::kHtmlPage);
}

std::string JsonPagePath(const pypi::ProjectName& project) {
  return SimplePath(project.str(), tree::kJsonPage);
}

tuf::TargetFile TargetOf(std::string path, uint64_t length,
                         const Sha256& sha256) {
  tuf::TargetFile target;
  target.path = std::move(path);
  target.content.length = length;
  target.content.digests.sha256 = sha256;
  return target;
}

pypi::ProjectPage MakeProjectPage(const pypi::ProjectName& project,
                                  std::vector<ReleaseFile> files) {
  pypi::ProjectPage page{project};
  for (const ReleaseFile& file : files) page.versions.push_back(file.version);
  pypi::SortVersions(page.versions);
  std::map<std::string_view, size_t> order;
  for (size_t i = 0; i < page.versions.size(); ++i) {
    order.emplace(page.versions[i], i);
  }
  std::sort(files.begin(), files.end(),
            [&order](const ReleaseFile& a, const ReleaseFile& b) {
              return std::tie(order[a.version], a.file.filename) <
                     std::tie(order[b.version], b.file.filename);
            });
  for (ReleaseFile& file : files) {
    file.file.url = pypi::PackageUrl(project, file.file.filename);
    page.files.push_back(std::move(file.file));
  }
  return page;
}

RenderedPages RenderProject(const pypi::ProjectPage& page) {
  return {PageOf(HtmlPagePath(page.name), pypi::RenderHtml(page)),
          PageOf(JsonPagePath(page.name), pypi::RenderJson(page))};
}

}  // namespace tufmirror::repo
