// The simple index: PEP 503 HTML and PEP 691/700/714 JSON pages, from one
// model. Deterministic: equal input, equal bytes.
#ifndef TUFMIRROR_PYPI_SIMPLE_INDEX_H_
#define TUFMIRROR_PYPI_SIMPLE_INDEX_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/pypi/names.h"

namespace tufmirror::pypi {

inline constexpr std::string_view kApiVersion = "1.4";

// One file on a project page.
struct IndexFile {
  std::string filename;
  std::string url;  // relative to the page, percent-encoded
  Sha256 sha256;
  uint64_t size = 0;                      // bytes
  std::optional<absl::Time> upload_time;  // PEP 700, microseconds at most
  std::string requires_python;            // empty if absent
  std::optional<Sha256> core_metadata;    // of FILENAME.metadata (PEP 714)
  std::optional<std::string> yanked;      // the reason, may be empty
  std::string provenance;                 // URL, empty if absent (PEP 740)
};

struct ProjectPage {
  ProjectName name;
  std::vector<IndexFile> files = {};  // rendered in the order given
  std::vector<std::string> versions = {};
  std::string status = {};  // PEP 792, empty: active
  std::string status_reason = {};
  std::optional<int64_t> last_serial = {};
};

// The page of one project. Everything from outside is escaped.
std::string RenderHtml(const ProjectPage& page);
std::string RenderJson(const ProjectPage& page);

// The list of all projects, by normalized name in sorted order. Names are
// display names; the HTML links to "<normalized>/".
struct RootEntry {
  ProjectName name;
  std::string display_name;
};
std::string RenderRootHtml(const std::vector<RootEntry>& projects);
std::string RenderRootJson(const std::vector<RootEntry>& projects,
                           std::optional<int64_t> last_serial);

// The same pages in pieces, for lists that are not to be held in memory: a
// head, the entry of each project, the tail. JSON entries have ',' between
// them.
std::string RootHtmlHead();
void AppendRootHtml(const ProjectName& name, std::string_view display_name,
                    std::string& out);
inline constexpr std::string_view kRootHtmlTail = "</body>\n</html>\n";
std::string RootJsonHead(std::optional<int64_t> last_serial);
void AppendRootJson(std::string_view display_name, std::string& out);
inline constexpr std::string_view kRootJsonTail = "]}\n";

// Reads a page that RenderJson made (or any PEP 691 project page whose files
// have sha256 and size); kMalformed otherwise.
absl::StatusOr<ProjectPage> ParseProjectJson(std::string_view text);

// Link targets of the files of a project: "../../packages/<project>/<file>",
// percent-encoded.
std::string PackageUrl(const ProjectName& project, std::string_view filename);

// What the provenance of `filename` is called where it lies beside it.
std::string ProvenanceName(std::string_view filename);

}  // namespace tufmirror::pypi

#endif  // TUFMIRROR_PYPI_SIMPLE_INDEX_H_
