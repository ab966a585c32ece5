// Gets every file of a plan that is not on disk yet, in parallel, verified, to
// the place from which it can be published.
#ifndef TUFMIRROR_SYNC_REPLICA_DOWNLOAD_H_
#define TUFMIRROR_SYNC_REPLICA_DOWNLOAD_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/base/target_path.h"
#include "tufmirror/http/transfers.h"
#include "tufmirror/report/run_report.h"
#include "tufmirror/sync/plan.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::sync {

// Takes the files that are on disk already, by their length, out of the
// download counts of the plan's summary.
absl::Status DiscountFilesOnDisk(const tree::Home& home, SyncPlan& plan);

// kYes: the live tree is not to be relied on; everything is put anew.
enum class Rebuild { kNo, kYes };

struct DownloadOptions {
  std::vector<std::string> base_urls;  // of targets, one a mirror
  bool prefixed = true;  // upstream has digest-prefixed names (TUF 6.2)
  Rebuild rebuild = Rebuild::kNo;
};

// Packages end below packages/, everything else as a blob in staging/. In a
// rebuild, and for repairs, files that are good under one of their names are
// taken from there; none is replaced before its replacement is verified. A file
// that fails does not stop the others: what was downloaded is there for the
// next run. Each failure is a problem in `report`; the status is that of the
// gravest one, security before the rest. The result has the repairs that
// failed, which do not count as failures.
absl::StatusOr<std::set<TargetPath>> DownloadPlanned(
    const tree::Home& home, const SyncPlan& plan,
    const DownloadOptions& options, http::Transfers& transfers,
    report::RunReport& report);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_REPLICA_DOWNLOAD_H_
