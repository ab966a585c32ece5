// What an origin reads: a directory of distributions, or a plain index. Either
// offers projects with files; which projects differ from last time is the
// source's to know, what is published of them is the origin's.
#ifndef TUFMIRROR_SOURCE_ORIGIN_SOURCE_H_
#define TUFMIRROR_SOURCE_ORIGIN_SOURCE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/pypi/names.h"

namespace tufmirror::source {

// A distribution file that a source offers.
struct SourceFile {
  // Where it is: below the directory, '/' between segments; or an absolute
  // URL, without credentials.
  std::string location;
  std::string filename;
  pypi::ProjectName project;
  std::string version;  // normal form; as written if not PEP 440
  // Not known: an index that lists no sha256 (where the operator allows it).
  std::optional<Sha256> sha256 = {};
  std::optional<uint64_t> size = {};           // bytes; an index may not say
  std::optional<absl::Time> upload_time = {};  // an index may not say
  std::string requires_python = {};            // empty if absent
  // FILENAME.metadata is offered, with this digest if that is known. A
  // directory offers what ReadMetadataFile reads out of a wheel.
  bool has_core_metadata = false;
  std::optional<Sha256> core_metadata = {};
  std::optional<std::string> yanked = {};  // the reason, may be empty
  // Absolute URL of its provenance (PEP 740); empty if there is none, or if
  // provenance is not mirrored.
  std::string provenance = {};

  friend bool operator==(const SourceFile&, const SourceFile&) = default;
};

// All that a source has of one project.
struct ProjectOffer {
  // True if the project is to have a page, be it one without files.
  bool listed = false;
  // Each file name once, sorted.
  std::vector<SourceFile> files;
  std::string status;  // PEP 792, empty: active
  std::string status_reason;
  std::optional<int64_t> last_serial;
};

// A file or project that is left out, and why.
struct Problem {
  std::string what;  // a relative path, a file name, a project's name
  absl::Status reason;
};

class OriginSource {
 public:
  virtual ~OriginSource() = default;

  // False if there is nothing to compare with: then changed_projects() does
  // not name projects that were published and are gone.
  virtual bool knows_changes() const = 0;

  // Projects that differ from what they were when Save was called last, and
  // those that it was called with; sorted. A project that is gone is one too.
  virtual const std::vector<pypi::ProjectName>& changed_projects() const = 0;

  // All projects that have something to publish, sorted.
  virtual std::vector<pypi::ProjectName> Projects() const = 0;

  // One that is not listed and has no files for a project that is not to be
  // published. An error holds this project back as it is published now.
  virtual absl::StatusOr<ProjectOffer> Offer(
      const pypi::ProjectName& project) = 0;

  // What was left out so far, and why.
  virtual const std::vector<Problem>& problems() const = 0;

  // Makes this state the one that the next run compares with. `unpublished`
  // names the projects whose changes were not published (held back): they are
  // changed again next time. Whole or not at all, and durable once a
  // publication after it is: an older state is as good as any.
  virtual absl::Status Save(
      const std::vector<pypi::ProjectName>& unpublished) = 0;
};

}  // namespace tufmirror::source

#endif  // TUFMIRROR_SOURCE_ORIGIN_SOURCE_H_
