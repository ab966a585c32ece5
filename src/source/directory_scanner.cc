// The index and the walk are joined by path; everything after that works on
// sorted records, where the files of one name and of one project are
// neighbours.
#include "source/directory_scanner.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "fmt/format.h"
#include "source/file_facts.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/walk.h"

namespace tufmirror::source {
namespace {

constexpr absl::Duration kRacyAge = absl::Seconds(2);

// A record and where it comes from.
struct Candidate {
  IndexRecord record;
  RecordDetails details;
  bool present = false;  // still (or now) in the directory
  bool fresh = false;    // read in this scan
};

bool IsPassedOver(std::string_view path) {
  if (path.front() == '.' || path.find("/.") != std::string_view::npos) {
    return true;
  }
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (name == "index.html") return true;
  for (const std::string_view end :
       {".metadata", ".asc", ".sig", ".provenance"}) {
    if (name.size() > end.size() &&
        name.substr(name.size() - end.size()) == end) {
      return true;
    }
  }
  return false;
}

// True for failures that a file keeps until it changes.
bool IsRemembered(Failure failure) {
  return failure == Failure::kMalformed || failure == Failure::kUnsupported ||
         failure == Failure::kTooLarge;
}

bool SamePublished(const RecordDetails& a, const RecordDetails& b) {
  return a.sha256 == b.sha256 && a.core_metadata == b.core_metadata &&
         a.upload_time == b.upload_time && a.version == b.version &&
         a.display_name == b.display_name &&
         a.requires_python == b.requires_python;
}

// True for two records of one file name in one project.
bool SameName(const IndexRecord& a, const IndexRecord& b) {
  return a.project == b.project && a.filename() == b.filename();
}

// The order of the index, as far as names go.
bool NameBefore(const IndexRecord& a, const IndexRecord& b) {
  if (const int by = a.project.compare(b.project); by != 0) return by < 0;
  return a.filename() < b.filename();
}

absl::Status ConflictWith(const IndexRecord& taken) {
  return MakeFailure(
      Failure::kHeldBack,
      fmt::format("{}: another file of this name with other bytes is at '{}'",
                  Printable(taken.filename()), Printable(taken.path)));
}

std::string Owned(std::string_view text) { return std::string(text); }

class Scanner {
 public:
  Scanner(const std::string& directory, const std::string& index_path,
          const ScanOptions& options)
      : directory_(directory), index_path_(index_path), options_(options) {}

  absl::StatusOr<ScanResult> Run() {
    // One waits for the kernel, the other computes.
    absl::Status loaded;
    std::thread loading([this, &loaded] { loaded = LoadIndex(); });
    const absl::Status listed = ListFiles();
    loading.join();
    RETURN_IF_ERROR(loaded);
    RETURN_IF_ERROR(listed);
    MatchFiles();
    std::vector<std::string_view> changed = result_.index.unpublished;
    if (!unknown_.empty() || present_count_ < known_.size()) {
      RETURN_IF_ERROR(ReadUnknownFiles());
      RETURN_IF_ERROR(TakeRivals());
      SettleNames(changed);
      ReplaceRivals();
    }
    result_.index.records = std::move(known_);
    NameChanged(std::move(changed));
    RETURN_IF_ERROR(ListProblems());
    return std::move(result_);
  }

 private:
  // What the walk says of a file; its path is in listed_paths_.
  struct ListedFile {
    size_t path_begin;
    size_t path_size;
    uint64_t size;
    uint64_t inode;
    absl::Time mtime;
  };
  struct UnknownFile {
    ListedFile info;
    std::string path;
    // The candidate of the same path that the index has, if any.
    std::optional<size_t> known;
  };

  absl::Status LoadIndex() {
    absl::StatusOr<SavedIndex> index =
        source::LoadIndex(index_path_, result_.store);
    if (!index.ok()) {
      const Failure failure = FailureOf(index.status());
      return failure == Failure::kNotFound || failure == Failure::kMalformed
                 ? absl::OkStatus()
                 : index.status();
    }
    result_.had_index = true;
    result_.saved = true;
    known_ = std::move(index->records);
    result_.index = *std::move(index);
    present_.resize(known_.size());
    by_path_.reserve(known_.size());
    for (size_t i = 0; i < known_.size(); ++i) {
      by_path_.emplace(ToAbsl(known_[i].path), i);
    }
    return absl::OkStatus();
  }

  absl::Status ListFiles() {
    return Annotate(
        fs::WalkFiles(directory_,
                      [&](std::string_view path, const fs::FileInfo& info) {
                        if (IsPassedOver(path)) return absl::OkStatus();
                        listed_.push_back({listed_paths_.size(), path.size(),
                                           info.size, info.inode, info.mtime});
                        listed_paths_ += path;
                        return absl::OkStatus();
                      }),
        "scan of the directory");
  }

  static bool SameFile(const IndexRecord& record, const ListedFile& file) {
    return record.size == file.size && record.inode == file.inode &&
           record.mtime == absl::ToUnixNanos(file.mtime);
  }

  // Marks what the index knows as present; collects the rest.
  void MatchFiles() {
    for (const ListedFile& file : listed_) {
      const auto path = std::string_view(listed_paths_)
                            .substr(file.path_begin, file.path_size);
      const auto found = by_path_.find(ToAbsl(path));
      const bool known = found != by_path_.end();
      if (known && SameFile(known_[found->second], file)) {
        present_[found->second] = true;
        ++present_count_;
        continue;
      }
      unknown_.push_back({file, Owned(path), {}});
      if (known) unknown_.back().known = found->second;
    }
    std::sort(unknown_.begin(), unknown_.end(),
              [](const UnknownFile& a, const UnknownFile& b) {
                return a.path < b.path;
              });
  }

  // What the index knows under the names that something is new or gone of
  // competes with what is new; all other names stay as they are.
  absl::Status TakeRivals() {
    std::vector<IndexRecord> names;
    for (const Candidate& candidate : candidates_) {
      names.push_back(candidate.record);
    }
    if (present_count_ < known_.size()) {
      for (size_t i = 0; i < known_.size(); ++i) {
        if (!present_[i]) names.push_back(known_[i]);
      }
    }
    rivals_.resize(known_.size());
    for (const IndexRecord& name : names) {
      auto rival =
          std::lower_bound(known_.begin(), known_.end(), name, NameBefore);
      for (; rival != known_.end() && SameName(*rival, name); ++rival) {
        const auto at = static_cast<size_t>(rival - known_.begin());
        if (rivals_[at]) continue;
        rivals_[at] = true;
        ASSIGN_OR_RETURN(RecordDetails details, ParseDetails(*rival));
        candidates_.push_back({.record = *rival,
                               .details = std::move(details),
                               .present = present_[at]});
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadUnknownFiles() {
    std::vector<std::string> paths;
    paths.reserve(unknown_.size());
    for (const UnknownFile& file : unknown_) paths.push_back(file.path);
    ASSIGN_OR_RETURN(const auto results,
                     ReadFiles(directory_, paths, options_));
    for (size_t i = 0; i < results.size(); ++i) {
      const UnknownFile& file = unknown_[i];
      if (results[i].ok() && results[i]->size == file.info.size) {
        AddDistribution(file, *results[i]);
      } else if (results[i].ok()) {
        AddBadFile(file, MakeFailure(Failure::kHeldBack,
                                     "the file changed while it was read"));
      } else {
        AddBadFile(file, results[i].status());
      }
    }
    return absl::OkStatus();
  }

  IndexRecord RecordOf(const UnknownFile& file) {
    IndexRecord record;
    record.path = result_.store.Keep(file.path);
    record.size = file.info.size;
    record.inode = file.info.inode;
    // One that was modified just now may be modified again within the
    // resolution of its file system's clock.
    if (file.info.mtime < options_.now - kRacyAge) {
      record.mtime = absl::ToUnixNanos(file.info.mtime);
    }
    return record;
  }

  void AddDistribution(const UnknownFile& file, const FileFacts& facts) {
    IndexRecord record = RecordOf(file);
    record.state = RecordState::kTaken;
    record.project = result_.store.Keep(facts.project);
    RecordDetails details;
    details.display_name = facts.display_name;
    details.version = facts.version;
    details.requires_python = facts.requires_python;
    details.sha256 = facts.sha256.Hex();
    if (facts.core_metadata) details.core_metadata = facts.core_metadata->Hex();
    details.upload_time = absl::ToUnixNanos(file.info.mtime);
    AddFresh(record, std::move(details));
  }

  void AddFresh(const IndexRecord& record, RecordDetails details) {
    candidates_.push_back({.record = record,
                           .details = std::move(details),
                           .present = true,
                           .fresh = true});
  }

  void AddBadFile(const UnknownFile& file, const absl::Status& reason) {
    // What was published stays so: the origin never lets bytes be replaced,
    // by bad ones as little as by others.
    if (file.known && known_[*file.known].state == RecordState::kTaken) {
      present_[*file.known] = true;
      ++present_count_;
      AddProblem(file.path, reason);
      return;
    }
    if (!IsRemembered(FailureOf(reason))) {
      AddProblem(file.path, reason);
      return;
    }
    RecordDetails details;
    details.failure = FailureOf(reason);
    details.message = MessageOf(reason);
    AddFresh(RecordOf(file), std::move(details));
  }

  // Decides for every file name which file it is; adds the projects that
  // differ to `changed`.
  void SettleNames(std::vector<std::string_view>& changed) {
    std::sort(candidates_.begin(), candidates_.end(),
              [](const Candidate& a, const Candidate& b) {
                return a.record < b.record;
              });
    for (size_t first = 0; first < candidates_.size();) {
      const size_t last = EndOfName(first);
      if (!candidates_[first].record.project.empty() &&
          SettleName(absl::MakeSpan(&candidates_[first], last - first))) {
        changed.push_back(candidates_[first].record.project);
      }
      for (; first < last; ++first) {
        Candidate& candidate = candidates_[first];
        if (candidate.present) Settle(candidate);
        if (!candidate.present || candidate.fresh) result_.saved = false;
      }
    }
  }

  void Settle(Candidate& candidate) {
    IndexRecord& record = candidate.record;
    record.in_base = false;
    record.details =
        result_.store.Keep(FormatDetails(record.state, candidate.details));
    settled_.push_back(record);
  }

  // The settled records take the place of those that they competed with.
  void ReplaceRivals() {
    std::vector<size_t> gone;
    for (size_t i = 0; i < known_.size(); ++i) {
      if (!rivals_[i]) continue;
      gone.push_back(i);
      if (known_[i].in_base) result_.index.dropped.push_back(known_[i]);
    }
    known_ = MergeRecords(known_, gone, settled_);
  }

  void NameChanged(std::vector<std::string_view> changed) {
    std::sort(changed.begin(), changed.end());
    changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
    for (const std::string_view project : changed) {
      absl::StatusOr<pypi::ProjectName> name =
          pypi::ProjectName::Parse(project);
      if (name.ok()) result_.changed.push_back(*std::move(name));
    }
  }

  // The end of the run of candidates with the file name of `first`.
  size_t EndOfName(size_t first) const {
    const IndexRecord& record = candidates_[first].record;
    size_t last = first + 1;
    while (last < candidates_.size() &&
           SameName(candidates_[last].record, record)) {
      ++last;
    }
    return last;
  }

  // Takes one of the candidates for a file name; true if what is published
  // under it has to change.
  bool SettleName(absl::Span<Candidate> name) {
    const Candidate* old = nullptr;
    for (const Candidate& candidate : name) {
      if (!candidate.fresh && candidate.record.state == RecordState::kTaken) {
        old = &candidate;
      }
    }
    Candidate* const taken = Choose(name, old);
    if (taken == nullptr) return old != nullptr;
    const bool had_old = old != nullptr;
    const RecordDetails before = had_old ? old->details : RecordDetails();
    if (had_old && before.sha256 == taken->details.sha256) {
      taken->details.upload_time = before.upload_time;
    }
    for (Candidate& candidate : name) {
      RecordState state = RecordState::kConflict;
      if (candidate.details.sha256 == taken->details.sha256) {
        state = &candidate == taken ? RecordState::kTaken : RecordState::kSpare;
      }
      if (candidate.record.state != state) result_.saved = false;
      candidate.record.state = state;
    }
    return !had_old || !SamePublished(before, taken->details);
  }

  // The bytes of the last scan win, at their old path if they are still
  // there; else the first path. Nullptr if no candidate is present.
  static Candidate* Choose(absl::Span<Candidate> name, const Candidate* old) {
    Candidate* chosen = nullptr;
    for (Candidate& candidate : name) {
      if (!candidate.present) continue;
      if (&candidate == old) return &candidate;
      const bool same =
          old != nullptr && candidate.details.sha256 == old->details.sha256;
      const bool chosen_same = old != nullptr && chosen != nullptr &&
                               chosen->details.sha256 == old->details.sha256;
      if (chosen == nullptr || (same && !chosen_same)) chosen = &candidate;
    }
    return chosen;
  }

  absl::Status ListProblems() {
    const std::vector<IndexRecord>& records = result_.index.records;
    for (const IndexRecord& record : records) {
      if (record.state == RecordState::kProblem) {
        ASSIGN_OR_RETURN(const RecordDetails details, ParseDetails(record));
        AddProblem(record.path, MakeFailure(details.failure, details.message));
      } else if (record.state == RecordState::kConflict) {
        // One of its name is taken.
        auto taken = std::lower_bound(records.begin(), records.end(), record,
                                      NameBefore);
        while (taken->state != RecordState::kTaken) ++taken;
        AddProblem(record.path, ConflictWith(*taken));
      }
    }
    std::sort(
        result_.problems.begin(), result_.problems.end(),
        [](const Problem& a, const Problem& b) { return a.what < b.what; });
    return absl::OkStatus();
  }

  void AddProblem(std::string_view path, absl::Status reason) {
    result_.problems.push_back({Owned(path), std::move(reason)});
  }

  const std::string& directory_;
  const std::string& index_path_;
  const ScanOptions& options_;
  ScanResult result_;
  std::vector<IndexRecord> known_;  // by the index that was loaded
  std::vector<bool> present_;       // of known_: in the directory, unchanged
  size_t present_count_ = 0;
  std::vector<Candidate> candidates_;  // of the names that are settled anew
  std::vector<bool> rivals_;           // of known_: among the candidates
  std::vector<IndexRecord> settled_;   // sorted
  absl::flat_hash_map<absl::string_view, size_t> by_path_;  // of known_
  std::string listed_paths_;
  std::vector<ListedFile> listed_;    // by the walk
  std::vector<UnknownFile> unknown_;  // of listed_: not in the index as it is
};

}  // namespace

absl::StatusOr<ScanResult> Scan(const std::string& directory,
                                const std::string& index_path,
                                const ScanOptions& options) {
  return Scanner(directory, index_path, options).Run();
}

}  // namespace tufmirror::source
