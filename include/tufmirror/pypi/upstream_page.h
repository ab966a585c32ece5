// What a plain index offers: its project pages and its list of projects, PEP
// 691 JSON and PEP 503 HTML alike, with the liberties that indexes take.
//
// A page is not believed in parts: one malformed entry is a problem of that
// file and reported with it, and the rest of the page stands. What is no
// project page at all (a sign-in page, another API) is refused as a whole.
#ifndef TUFMIRROR_PYPI_UPSTREAM_PAGE_H_
#define TUFMIRROR_PYPI_UPSTREAM_PAGE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/pypi/names.h"

namespace tufmirror::pypi {

// Whether FILENAME.metadata is offered (PEP 658, PEP 714).
enum class MetadataOffer {
  kNone,
  kPresent,     // without a digest that is known here
  kWithDigest,  // with a sha256
};

// One file that an index offers.
struct OfferedFile {
  // 1 to 255 bytes of UTF-8, one segment of a path: no slash or backslash, no
  // control character, neither "." nor "..".
  std::string filename;
  // As written, relative or absolute, without the fragment. Not empty.
  std::string url;
  std::optional<Sha256> sha256;
  bool has_other_hash = false;            // md5, sha512, ...
  std::optional<uint64_t> size;           // bytes
  std::optional<absl::Time> upload_time;  // PEP 700, microseconds at most
  std::string requires_python;  // as written, maybe malformed; empty if absent
  MetadataOffer metadata = MetadataOffer::kNone;
  std::optional<Sha256> metadata_sha256;  // set if kWithDigest
  std::optional<std::string> yanked;      // the reason, may be empty
  std::string provenance;                 // URL, empty if absent (PEP 740)

  friend bool operator==(const OfferedFile&, const OfferedFile&) = default;
};

// An entry that could not be used, or a part of the page that was left out.
struct FileProblem {
  // Fit for a message; empty if the entry has no name or is not a file's.
  std::string filename;
  absl::Status status;
};

struct UpstreamPage {
  std::string name;                // as written; empty if the page does not say
  std::vector<OfferedFile> files;  // each filename once, in the page's order
  std::vector<std::string> versions;   // PEP 700, as written
  std::string status;                  // PEP 792; empty means active
  std::string status_reason;           // empty if absent
  std::optional<int64_t> last_serial;  // not below 0
  std::string base_url;                // HTML's <base href>, else empty
  std::vector<FileProblem> problems;
};

inline constexpr size_t kMaxJsonPageBytes = size_t{256} << 20;
inline constexpr size_t kMaxHtmlPageBytes = size_t{32} << 20;
inline constexpr size_t kMaxRootListBytes = size_t{256} << 20;
inline constexpr size_t kMaxPageFiles = 200'000;

// A project page (PEP 691, 700, 714, 740, 792). kMalformed if it is not JSON
// without duplicate keys, of another major API version, or without files;
// kTooLarge above the limits.
absl::StatusOr<UpstreamPage> ParseUpstreamJson(std::string_view text);

// A project page (PEP 503, 592, 629, 658, 714, 792). Links to what is no
// distribution are passed over. kMalformed if it is not HTML, of another major
// API version, or a form without one file; kTooLarge above the limits.
absl::StatusOr<UpstreamPage> ParseUpstreamHtml(std::string_view text);

// What the list of projects says besides the projects.
struct RootListFacts {
  std::optional<int64_t> last_serial;
  uint64_t projects = 0;  // that were visited
  uint64_t unusable = 0;  // entries without a valid project name
  std::string example;    // the first of them, fit for a message
};

struct RootListEntry {
  ProjectName name;
  std::string_view display_name;  // as written; valid during the visit
  std::optional<int64_t> serial;  // if listed
};
using RootListVisitor =
    absl::FunctionRef<absl::Status(const RootListEntry& entry)>;

// Visits each project of the root list in the order written; an error of
// `visit` ends that and is returned. Memory does not grow with the list.
// kMalformed if `text` is not such a list; projects were visited nevertheless.
absl::StatusOr<RootListFacts> ForEachListedProjectJson(std::string_view text,
                                                       RootListVisitor visit);
absl::StatusOr<RootListFacts> ForEachListedProjectHtml(std::string_view text,
                                                       RootListVisitor visit);

}  // namespace tufmirror::pypi

#endif  // TUFMIRROR_PYPI_UPSTREAM_PAGE_H_
