// A directory of wheels and sdists, as an origin reads it: what is in it now,
// and which projects differ from what was there when the index of the last
// scan was saved.
//
// The index makes a scan incremental: a file with the size, modification time
// and inode that the index remembers is neither opened nor hashed. Deleting
// the index costs time, never correctness: then every project counts as
// changed, and the origin's comparison with its own pages finds no difference.
#ifndef TUFMIRROR_SOURCE_DIRECTORY_SOURCE_H_
#define TUFMIRROR_SOURCE_DIRECTORY_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/source/origin_source.h"

namespace tufmirror::source {

// A distribution whose file name, metadata and archive agree.
struct ScannedFile {
  std::string relative_path;  // below the directory, '/' between segments
  std::string filename;
  pypi::ProjectName project;
  std::string display_name;  // the project's name as its metadata write it
  std::string version;       // normal form; as written if not PEP 440
  Sha256 sha256;
  uint64_t size = 0;  // bytes
  // When these bytes were first seen under this name: their modification time
  // then. Touching or moving the file later does not change it.
  absl::Time upload_time;
  std::string requires_python;          // empty if absent
  std::optional<Sha256> core_metadata;  // wheels: of METADATA, see
                                        // ReadMetadataFile
};

struct ScanOptions {
  // How many files are read and hashed at a time.
  int threads = 2;
  // Files modified less than two seconds before this may change again without
  // a new modification time: the next scan reads them once more.
  absl::Time now = absl::Now();
  // Asked before each file that has to be read, from several threads at once;
  // true makes the scan fail with kCancelled. May be empty.
  std::function<bool()> cancelled;
  // Told after each file that was read, by one thread at a time. May be empty.
  std::function<void(size_t done, size_t total)> progress;
};

// What one scan found. Movable.
class DirectoryScan {
 public:
  DirectoryScan(DirectoryScan&&) noexcept;
  DirectoryScan& operator=(DirectoryScan&&) noexcept;
  ~DirectoryScan();

  // False if there was no usable index. Then projects that were published but
  // have no file any more are unknown here: compare Projects() with the
  // published ones.
  bool had_index() const;

  // Projects that gained, lost or changed a distribution since the index was
  // saved, and those it was saved with as unpublished; sorted. One that has no
  // distribution left is among them.
  const std::vector<pypi::ProjectName>& changed_projects() const;

  // All projects with at least one distribution, sorted.
  std::vector<pypi::ProjectName> Projects() const;

  // All distributions of `project`, sorted by file name; each file name once.
  // Of a file name found twice, the bytes of the last scan win, then the first
  // path. A file of the last scan that is still there but cannot be read as a
  // distribution any more stays listed as it was, and is a problem.
  std::vector<ScannedFile> FilesOf(const pypi::ProjectName& project) const;

  // Number of distributions of all projects.
  size_t file_count() const;

  // Named by path, sorted. kUnsupported: not a distribution; kMalformed,
  // kTooLarge: see ReadDistribution; kHeldBack: the file name is there twice
  // with different bytes, or the file changed while it was read; others: it
  // could not be read. Hidden files and directories, "index.html", and
  // companions
  // (.metadata, .asc, .sig, .provenance) are passed over in silence; every
  // other regular file is a distribution or a problem, in every scan anew.
  const std::vector<Problem>& problems() const;

  // Makes this scan the one that the next compares with. `unpublished` names
  // the projects whose changes were not published (held back): they are
  // changed again next time. Writes nothing if the index would stay the same.
  // May also be called early with all changed projects as unpublished, so that
  // a run that dies later need not hash again.
  absl::Status SaveIndex(const std::vector<pypi::ProjectName>& unpublished);

 private:
  friend absl::StatusOr<DirectoryScan> ScanDirectory(
      const std::string& directory, const std::string& index_path,
      const ScanOptions& options);
  struct State;
  explicit DirectoryScan(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Scans `directory` recursively, following no symlink. `index_path` is where
// SaveIndex writes and where the last index is looked for; one that does not
// parse counts as absent. Fails only as a whole: directory unreadable,
// cancelled; what is wrong with one file is a problem of the result.
absl::StatusOr<DirectoryScan> ScanDirectory(const std::string& directory,
                                            const std::string& index_path,
                                            const ScanOptions& options = {});

// A scanned directory as an origin's source.
class DirectorySource : public OriginSource {
 public:
  explicit DirectorySource(DirectoryScan scan) : scan_(std::move(scan)) {}

  bool knows_changes() const override { return scan_.had_index(); }
  const std::vector<pypi::ProjectName>& changed_projects() const override {
    return scan_.changed_projects();
  }
  std::vector<pypi::ProjectName> Projects() const override {
    return scan_.Projects();
  }
  absl::StatusOr<ProjectOffer> Offer(const pypi::ProjectName& project) override;
  const std::vector<Problem>& problems() const override {
    return scan_.problems();
  }
  absl::Status Save(
      const std::vector<pypi::ProjectName>& unpublished) override {
    return scan_.SaveIndex(unpublished);
  }

 private:
  DirectoryScan scan_;
};

}  // namespace tufmirror::source

#endif  // TUFMIRROR_SOURCE_DIRECTORY_SOURCE_H_
