// A plain index (PEP 691 JSON, PEP 503 HTML) as an origin reads it: which
// projects differ from what they were, and what each of them offers.
//
// Asks upstream as little as can be: the list of projects and each page with
// the ETag of last time, and only pages whose serial moved, that are due, or
// whose turn the background sweep says it is. What was seen is kept below
// state/index: deleting any of it costs time, never correctness. One project's
// trouble is its own: it stays as it was and is asked for again next time.
#ifndef TUFMIRROR_SOURCE_INDEX_SOURCE_H_
#define TUFMIRROR_SOURCE_INDEX_SOURCE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tufmirror/http/transfers.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/pypi/upstream_page.h"
#include "tufmirror/select/selection.h"
#include "tufmirror/source/origin_source.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::source {

// The Requires-Dist lines of a file that offers no core metadata of its own,
// read out of the published file; nullopt if it is not published yet.
using PublishedRequires =
    std::function<absl::StatusOr<std::optional<std::vector<std::string>>>(
        const SourceFile& file)>;

struct IndexOptions {
  // One index, on several mirrors, in order: what "<project>/" is appended to.
  std::vector<std::string> urls;
  // How many of the unchanged pages are looked at again in each run, in turn:
  // not every change moves a serial.
  double sweep_share = 0.01;
  // In how many runs a project must be found gone before it counts as gone.
  int removal_confirmations = 2;
  // Pages of projects that the list does not name (any more) that are looked
  // at in one run. The others wait for the next.
  int max_absent_checks = 500;
  // A page older than the list says is asked for again, after a pause that
  // doubles; then it is held back.
  int stale_retries = 3;
  absl::Duration stale_backoff = absl::Seconds(2);
  // Serials may be wrong upstream for months: a page that stays older than
  // the list says for this long is taken as it is.
  absl::Duration stale_patience = absl::Hours(24);
  // Files without a sha256 on the page are left out unless this is set.
  bool allow_unhashed = false;
  uint64_t max_file_size = 0;  // bytes, larger files are left out; 0: none
  // Files are offered with their provenance (PEP 740).
  bool provenance = false;
  absl::Time now = absl::Now();
  // Pages are kept in scratch space, as a dry run has to; Save is not for it.
  bool dry_run = false;
  // Told after each page; an error from it ends Refresh. May be empty.
  std::function<absl::Status(std::string_view phase, uint64_t done,
                             uint64_t total)>
      progress;
  // May be empty: then nothing is known of such a file.
  PublishedRequires published_requires;
};

// What one Refresh came to; for the report.
struct IndexCounts {
  bool list_asked = false;        // the list of projects
  bool list_unchanged = false;    // 304
  uint64_t listed = 0;            // projects in the list, if it was read
  uint64_t asked = 0;             // pages, a repeated one once
  uint64_t unchanged = 0;         // of these: 304, or the same bytes
  uint64_t stale = 0;             // held back as older than the list says
  uint64_t failed = 0;            // held back for another reason
  uint64_t gone = 0;              // confirmed in this run
  uint64_t awaiting_removal = 0;  // found gone, not confirmed yet
  uint64_t postponed = 0;         // not asked for: bounded, or upstream is down
  uint64_t dependencies = 0;      // projects that only others need
};

// What the rules say of a project as it was seen last.
struct Explanation {
  // No page is kept: the verdict is by name alone.
  bool has_page = false;
  pypi::UpstreamPage page;
  select::PageVerdict verdict;
};

// A request for the core metadata that an index offers beside `file` (PEP 658).
http::FetchRequest MetadataRequest(const SourceFile& file);

// Not for use by two threads at once.
class IndexSource : public OriginSource {
 public:
  // Reads what is kept of earlier runs; what does not parse counts as absent.
  // kUsage if `options` make no sense. `selection` outlives the result.
  static absl::StatusOr<std::unique_ptr<IndexSource>> Open(
      const tree::Layout& layout, const select::Selection& selection,
      IndexOptions options);
  ~IndexSource() override;

  // Brings the list and the pages up to date. To be called once, before
  // anything below. Fails only as a whole: the list of projects cannot be had
  // or is no such list, no page at all could be had, the state cannot be
  // written, or `progress` says so. What was fetched until then is kept, so
  // that the next run goes on from there.
  absl::Status Refresh(http::Transfers& transfers);

  const IndexCounts& counts() const;

  // False if there was no usable state.
  bool knows_changes() const override;
  // All known projects if the rules differ from last time.
  const std::vector<pypi::ProjectName>& changed_projects() const override;
  std::vector<pypi::ProjectName> Projects() const override;
  // From the kept page, without asking upstream. kHeldBack if it is not usable.
  // A project that is gone, or not selected, offers nothing. Problems of its
  // files (left out) are added to problems(), as "<project>: <filename>".
  absl::StatusOr<ProjectOffer> Offer(const pypi::ProjectName& project) override;
  // From what is kept, without asking upstream: also for projects that are not
  // selected. Needs no Refresh.
  absl::StatusOr<Explanation> Explain(const pypi::ProjectName& project) const;
  // Projects that are held back by name; files of those that were offered.
  const std::vector<Problem>& problems() const override;
  // Writes nothing if the state would stay the same. May also be called right
  // after Refresh with all changed projects, so that a run that dies later
  // need not fetch again.
  absl::Status Save(const std::vector<pypi::ProjectName>& unpublished) override;

 private:
  struct State;
  explicit IndexSource(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tufmirror::source

#endif  // TUFMIRROR_SOURCE_INDEX_SOURCE_H_
