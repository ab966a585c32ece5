// From a project's files to its index pages and to the targets of a repository.
// Equal input gives equal bytes.
#ifndef TUFMIRROR_REPO_PROJECT_PAGES_H_
#define TUFMIRROR_REPO_PROJECT_PAGES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tufmirror/base/digest.h"
#include "tufmirror/pypi/simple_index.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::repo {

// Target paths.
std::string PackagePath(const pypi::ProjectName& project,
                        std::string_view filename);
// Of the core metadata of that file (PEP 658).
std::string CoreMetadataPath(const pypi::ProjectName& project,
                             std::string_view filename);
// Of the provenance of that file (PEP 740).
std::string ProvenancePath(const pypi::ProjectName& project,
                           std::string_view filename);
std::string HtmlPagePath(const pypi::ProjectName& project);
std::string JsonPagePath(const pypi::ProjectName& project);

tuf::TargetFile TargetOf(std::string path, uint64_t length,
                         const Sha256& sha256);

// A page and the target that it is.
struct RenderedPage {
  tuf::TargetFile target;
  std::string bytes;
};
struct RenderedPages {
  RenderedPage html;
  RenderedPage json;
};

// One file of a project with the version that its name says.
struct ReleaseFile {
  std::string version;
  pypi::IndexFile file;  // its url is filled in here
};

// The page of a project: files by version (PEP 440) and then by name, versions
// in order.
pypi::ProjectPage MakeProjectPage(const pypi::ProjectName& project,
                                  std::vector<ReleaseFile> files);
RenderedPages RenderProject(const pypi::ProjectPage& page);

}  // namespace tufmirror::repo

#endif  // TUFMIRROR_REPO_PROJECT_PAGES_H_
