// What a run is going to do, decided before anything is done. A plan is made
// by a pure comparison, lives in a file, and is read as a stream: it may be
// larger than memory.
#ifndef TUFMIRROR_SYNC_PLAN_H_
#define TUFMIRROR_SYNC_PLAN_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/base/target_path.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/sync/brakes.h"

namespace tufmirror::sync {

enum class Action {
  kAdd,
  kChange,
  kRemove,
  kRepair,  // the same target before and after, but its file is damaged
};
// "add", "change", "remove", "repair"
std::string_view ActionName(Action action);

// One target that differs between the published and the wanted state.
struct PlannedChange {
  Action action = Action::kAdd;
  TargetPath path;
  ExpectedContent wanted;     // all but kRemove
  ExpectedContent published;  // kChange, kRemove
};

// Reads a finished plan from its start.
class PlanReader {
 public:
  // The plan in the file `path`, which another run may have left.
  static absl::StatusOr<PlanReader> Open(const std::string& path);
  PlanReader(PlanReader&&) noexcept;
  ~PlanReader();
  // nullopt at the end.
  absl::StatusOr<std::optional<PlannedChange>> Next();

 private:
  struct State;
  explicit PlanReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Changes in the order they were found.
class SyncPlan {
 public:
  // Starts an empty plan in a new file at `path`, replacing an older one.
  static absl::StatusOr<SyncPlan> Create(const std::string& path);
  SyncPlan(SyncPlan&&) noexcept = default;

  absl::Status Add(const PlannedChange& change);
  // To be called after the last Add; the plan does not change any more.
  absl::Status Finish();

  // Counts; download_* count every wanted file, also those that turn out to be
  // on disk already.
  const PlanSummary& summary() const { return summary_; }
  PlanSummary& summary() { return summary_; }
  // Bytes of wanted targets, and of those that they take the place of.
  uint64_t bytes_added() const { return bytes_added_; }
  uint64_t bytes_removed() const { return bytes_removed_; }

  // Gives the file another name, replacing what has it. Needs Finish.
  absl::Status Rename(const std::string& path);

  // Needs Finish. Several readers may be open.
  absl::StatusOr<PlanReader> Read() const;

 private:
  SyncPlan(std::string path, fs::UniqueFd fd)
      : path_(std::move(path)), fd_(std::move(fd)) {}

  std::string path_;
  fs::UniqueFd fd_;
  std::string buffer_;  // lines not yet written
  PlanSummary summary_;
  uint64_t bytes_added_ = 0;
  uint64_t bytes_removed_ = 0;
};

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_PLAN_H_
