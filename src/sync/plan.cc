// The plan's file: one change a line, "action wanted published path" with
// content as "length:sha256:sha512", '-' for what is not listed.
#include "tufmirror/sync/plan.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/strings/numbers.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::sync {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 16;

std::string FormatContent(const ExpectedContent& content) {
  const Digests& digests = content.digests;
  return fmt::format("{}:{}:{}", content.length,
                     digests.sha256 ? digests.sha256->Hex() : "-",
                     digests.sha512 ? digests.sha512->Hex() : "-");
}

absl::Status Damaged(std::string_view line) {
  return MakeFailure(Failure::kInternal,
                     fmt::format("plan: damaged line '{}'", Printable(line)));
}

// Takes what `text` has before its first `delimiter`, and that one, off it; all
// of it if there is none.
std::string_view TakeField(std::string_view& text, char delimiter) {
  const size_t end = std::min(text.find(delimiter), text.size());
  const std::string_view field = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return field;
}

absl::StatusOr<ExpectedContent> ParseContent(std::string_view text) {
  std::string_view rest = text;
  const std::string_view length = TakeField(rest, ':');
  const std::string_view sha256 = TakeField(rest, ':');
  ExpectedContent content;
  if (!absl::SimpleAtoi(ToAbsl(length), &content.length)) return Damaged(text);
  if (sha256 != "-") {
    ASSIGN_OR_RETURN(content.digests.sha256, Sha256::FromHex(sha256));
  }
  if (rest != "-") {
    ASSIGN_OR_RETURN(content.digests.sha512, Sha512::FromHex(rest));
  }
  return content;
}

absl::StatusOr<Action> ParseAction(std::string_view text) {
  for (const Action action :
       {Action::kAdd, Action::kChange, Action::kRemove, Action::kRepair}) {
    if (ActionName(action) == text) return action;
  }
  return Damaged(text);
}

absl::StatusOr<PlannedChange> ParseLine(std::string_view line) {
  std::string_view rest = line;
  ASSIGN_OR_RETURN(const Action action, ParseAction(TakeField(rest, ' ')));
  ASSIGN_OR_RETURN(ExpectedContent wanted, ParseContent(TakeField(rest, ' ')));
  ASSIGN_OR_RETURN(ExpectedContent published,
                   ParseContent(TakeField(rest, ' ')));
  ASSIGN_OR_RETURN(TargetPath path, TargetPath::Parse(rest));
  return PlannedChange{action, std::move(path), std::move(wanted),
                       std::move(published)};
}

}  // namespace

std::string_view ActionName(Action action) {
  switch (action) {
    case Action::kAdd:
      return "add";
    case Action::kChange:
      return "change";
    case Action::kRemove:
      return "remove";
    case Action::kRepair:
      return "repair";
  }
  return "";
}

absl::StatusOr<SyncPlan> SyncPlan::Create(const std::string& path) {
  ASSIGN_OR_RETURN(fs::UniqueFd fd,
                   fs::Open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW,
                            tree::kPrivateFileMode));
  return SyncPlan(path, std::move(fd));
}

absl::Status SyncPlan::Add(const PlannedChange& change) {
  fmt::format_to(std::back_inserter(buffer_), "{} {} {} {}\n",
                 ActionName(change.action), FormatContent(change.wanted),
                 FormatContent(change.published), change.path.str());
  if (change.action != Action::kRepair) {
    bytes_added_ = SaturatingAdd(bytes_added_, change.wanted.length);
    bytes_removed_ = SaturatingAdd(bytes_removed_, change.published.length);
  }
  switch (change.action) {
    case Action::kAdd:
      ++summary_.added;
      break;
    case Action::kChange:
      ++summary_.changed;
      break;
    case Action::kRemove:
      ++summary_.removed;
      break;
    case Action::kRepair:
      ++summary_.repaired;
      break;
  }
  if (change.action != Action::kRemove) {
    ++summary_.download_files;
    summary_.download_bytes =
        SaturatingAdd(summary_.download_bytes, change.wanted.length);
  }
  if (buffer_.size() < kBufferBytes) return absl::OkStatus();
  return fs::WriteAll(fd_.get(), std::exchange(buffer_, {}), path_);
}

absl::Status SyncPlan::Finish() {
  RETURN_IF_ERROR(fs::WriteAll(fd_.get(), std::exchange(buffer_, {}), path_));
  return fd_.Close(path_);
}

struct PlanReader::State {
  fs::UniqueFd fd;
  std::string path;
  std::string buffer;
  size_t position = 0;
  bool at_end = false;
};

PlanReader::PlanReader(std::unique_ptr<State> state)
    : state_(std::move(state)) {}
PlanReader::PlanReader(PlanReader&&) noexcept = default;
PlanReader::~PlanReader() = default;

absl::StatusOr<PlanReader> PlanReader::Open(const std::string& path) {
  auto state = std::make_unique<State>();
  ASSIGN_OR_RETURN(state->fd, fs::Open(path, O_RDONLY | O_NOFOLLOW));
  state->path = path;
  return PlanReader(std::move(state));
}

absl::StatusOr<PlanReader> SyncPlan::Read() const {
  return PlanReader::Open(path_);
}

absl::Status SyncPlan::Rename(const std::string& path) {
  RETURN_IF_ERROR(fs::Rename(path_, path));
  path_ = path;
  return absl::OkStatus();
}

absl::StatusOr<std::optional<PlannedChange>> PlanReader::Next() {
  State& state = *state_;
  while (true) {
    const size_t end = state.buffer.find('\n', state.position);
    if (end != std::string::npos) {
      const std::string_view line =
          std::string_view(state.buffer)
              .substr(state.position, end - state.position);
      state.position = end + 1;
      ASSIGN_OR_RETURN(PlannedChange change, ParseLine(line));
      return change;
    }
    if (state.at_end) {
      if (state.position == state.buffer.size()) return std::nullopt;
      return Damaged(std::string_view(state.buffer).substr(state.position));
    }
    state.buffer.erase(0, std::exchange(state.position, 0));
    const size_t old_size = state.buffer.size();
    state.buffer.resize(old_size + kBufferBytes);
    const ssize_t got =
        read(state.fd.get(), state.buffer.data() + old_size, kBufferBytes);
    if (got < 0) return fs::ErrnoFailure(errno, "read", state.path);
    state.buffer.resize(old_size + static_cast<size_t>(got));
    state.at_end = got == 0;
  }
}

}  // namespace tufmirror::sync
