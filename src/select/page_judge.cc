// Rules that compare releases, each on what the rules before it have left.
#include "select/page_judge.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

#include "fmt/format.h"
#include "select/rule_text.h"

namespace tufmirror::select {
namespace {

using pypi::DistributionKind;

// By version: those that are not of PEP 440 first, by their text.
struct ByVersion {
  bool operator()(const ReleaseVersion& a, const ReleaseVersion& b) const {
    if (a.parsed && b.parsed) return *a.parsed < *b.parsed;
    if (!a.parsed && !b.parsed) return a.text < b.text;
    return !a.parsed;
  }
};

// What is left of a release: it has at least one file.
struct Release {
  std::vector<JudgedFile*> files;
  absl::Time first_upload = absl::InfiniteFuture();

  bool is_prerelease() const { return files.front()->is_prerelease(); }
  void Refuse(const std::string& rule) {
    for (JudgedFile* file : files) {
      if (file->pinned_by.empty()) file->refusal = rule;
    }
  }
};

using Releases = std::map<ReleaseVersion, Release, ByVersion>;

Releases SelectedReleases(std::vector<JudgedFile>& files) {
  Releases releases;
  for (JudgedFile& file : files) {
    if (!file.selected()) continue;
    Release& release = releases[file.version];
    release.files.push_back(&file);
    release.first_upload =
        std::min(release.first_upload,
                 file.offered->upload_time.value_or(absl::InfiniteFuture()));
  }
  for (auto& [version, release] : releases) {
    // What has no time is old: it came before indexes had times.
    if (release.first_upload == absl::InfiniteFuture()) {
      release.first_upload = absl::InfinitePast();
    }
  }
  return releases;
}

void DropUnneededPrereleases(std::vector<JudgedFile>& files) {
  const bool has_final =
      std::any_of(files.begin(), files.end(), [](const JudgedFile& file) {
        return file.selected() && !file.is_prerelease();
      });
  if (!has_final) return;
  for (JudgedFile& file : files) {
    if (file.selected() && file.is_prerelease() && file.pinned_by.empty()) {
      file.refusal = "prereleases = \"if-needed\"";
    }
  }
}

void KeepNewest(const Rules& rules, std::vector<JudgedFile>& files) {
  Releases releases = SelectedReleases(files);
  std::vector<Release*> order;  // the newest first
  for (auto& [version, release] : releases) order.push_back(&release);
  std::reverse(order.begin(), order.end());
  if (rules.newest_by == NewestBy::kUploadTime) {
    std::stable_sort(order.begin(), order.end(),
                     [](const Release* a, const Release* b) {
                       return a->first_upload > b->first_upload;
                     });
  }
  bool has_final = false;
  int kept = 0;
  for (Release* release : order) {
    const bool is_first_final = !has_final && !release->is_prerelease();
    has_final = has_final || is_first_final;
    if (kept++ < rules.newest || is_first_final) continue;
    release->Refuse(fmt::format("newest = {}", rules.newest));
  }
}

void DropSdistsBesideWheels(std::vector<JudgedFile>& files) {
  for (auto& [version, release] : SelectedReleases(files)) {
    const bool has_wheel = std::any_of(
        release.files.begin(), release.files.end(), [](const JudgedFile* file) {
          return file->kind == DistributionKind::kWheel;
        });
    if (!has_wheel) continue;
    for (JudgedFile* file : release.files) {
      if (file->kind == DistributionKind::kSdist) {
        file->refusal = "sdists = \"if-no-wheel\"";
      }
    }
  }
}

// The rule against the project for what the index says of it; empty if none.
std::string RefusalByStatus(const Rules& rules, std::string_view status) {
  const std::pair<std::string_view, Keep> statuses[] = {
      {"archived", rules.archived},
      {"deprecated", rules.deprecated},
      {"quarantined", rules.quarantined}};
  for (const auto& [name, keep] : statuses) {
    if (status == name && keep == Keep::kDrop) {
      return fmt::format("{} = \"drop\"", name);
    }
  }
  return "";
}

std::string RefusalBySize(const CompiledRules& rules,
                          const pypi::ProjectName& project,
                          const std::vector<JudgedFile>& files) {
  const uint64_t limit = rules.rules.max_project_size;
  if (limit == 0 || rules.max_project_size_exceptions.Matches(project.str())) {
    return "";
  }
  uint64_t size = 0;
  for (const JudgedFile& file : files) {
    if (!file.selected()) continue;
    const uint64_t more = file.offered->size.value_or(0);
    size = more > UINT64_MAX - size ? UINT64_MAX : size + more;
  }
  if (size <= limit) return "";
  return fmt::format("max_project_size: {} bytes, got {}", limit, size);
}

PageVerdict RefuseAll(const std::string& rule, size_t files) {
  const Verdict verdict{.selected = false, .rule = rule};
  return {.project = verdict,
          .files = std::vector<Verdict>(files, verdict),
          .changes_at = std::nullopt};
}

Verdict VerdictOf(const JudgedFile& file, const Verdict& by_name) {
  if (!file.selected()) return {.selected = false, .rule = file.refusal};
  if (!file.pinned_by.empty()) {
    return {.selected = true,
            .rule = fmt::format("pinned by {}", file.pinned_by)};
  }
  return by_name;
}

}  // namespace

PageVerdict JudgePage(const CompiledRules& rules, const AllowList& list,
                      const pypi::ProjectName& project,
                      const pypi::UpstreamPage& page, const Verdict& by_name,
                      absl::Time now) {
  const std::string by_status = RefusalByStatus(rules.rules, page.status);
  if (!by_status.empty()) return RefuseAll(by_status, page.files.size());

  FileJudge judge(rules, list, project, now);
  std::vector<JudgedFile> files;
  files.reserve(page.files.size());
  for (const pypi::OfferedFile& file : page.files) {
    files.push_back(judge.Judge(file));
  }
  if (judge.prerelease_rule() == PrereleaseRule::kIfNeeded) {
    DropUnneededPrereleases(files);
  }
  if (rules.rules.newest > 0) KeepNewest(rules.rules, files);
  if (rules.rules.sdists == SdistRule::kIfNoWheel) {
    DropSdistsBesideWheels(files);
  }
  const std::string by_size = RefusalBySize(rules, project, files);
  PageVerdict verdict = by_size.empty() ? PageVerdict{.project = by_name}
                                        : RefuseAll(by_size, page.files.size());
  verdict.changes_at = judge.changes_at();
  if (!by_size.empty()) return verdict;
  for (const JudgedFile& file : files) {
    verdict.files.push_back(VerdictOf(file, by_name));
  }
  return verdict;
}

}  // namespace tufmirror::select
