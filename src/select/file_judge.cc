// The order of the rules decides only which of several refusals is told: what
// excludes by name first, what time may change last.
#include "select/file_judge.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "select/rule_text.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/pypi/wheel_tags.h"

namespace tufmirror::select {
namespace {

using pypi::DistributionKind;

PrereleaseRule RuleFor(const CompiledRules& rules,
                       const pypi::ProjectName& project) {
  if (rules.prereleases_keep.Matches(project.str())) {
    return PrereleaseRule::kKeep;
  }
  if (rules.prereleases_if_needed.Matches(project.str())) {
    return PrereleaseRule::kIfNeeded;
  }
  if (rules.prereleases_drop.Matches(project.str())) {
    return PrereleaseRule::kDrop;
  }
  return rules.rules.prereleases;
}

// An entry with hashes is of those files only. Where the index gives no
// digest, the version has to do.
bool AcceptsHash(const ListEntry& entry, const pypi::OfferedFile& file) {
  return entry.hashes.empty() || !file.sha256 ||
         std::binary_search(entry.hashes.begin(), entry.hashes.end(),
                            *file.sha256);
}

std::string RefusalByKind(const Rules& rules, DistributionKind kind) {
  switch (kind) {
    case DistributionKind::kWheel:
      return rules.wheels ? "" : "wheels = false";
    case DistributionKind::kSdist:
      return rules.sdists == SdistRule::kDrop ? "sdists = false" : "";
    case DistributionKind::kLegacy:
      return rules.legacy ? "" : "legacy = false";
  }
  return "";
}

// The point in time that a limit means for what was uploaded at `upload`: from
// then on it is older than the limit.
std::optional<absl::Time> OlderFrom(const AgeLimit& limit, absl::Time upload) {
  if (const auto* age = std::get_if<absl::Duration>(&limit)) {
    return upload + *age;
  }
  if (const auto* time = std::get_if<absl::Time>(&limit)) {
    return upload < *time ? absl::InfinitePast() : absl::InfiniteFuture();
  }
  return std::nullopt;
}

}  // namespace

FileJudge::FileJudge(const CompiledRules& rules, const AllowList& list,
                     const pypi::ProjectName& project, absl::Time now)
    : rules_(rules),
      project_(project),
      now_(now),
      versions_(rules.versions.For(project)),
      exclude_versions_(rules.exclude_versions.For(project)),
      entries_(list.Find(project)),
      constraints_(list.FindConstraints(project)),
      prereleases_(RuleFor(rules, project)),
      has_min_age_(rules.rules.min_age > absl::ZeroDuration() &&
                   !rules.min_age_exceptions.Matches(project.str())) {}

JudgedFile FileJudge::Judge(const pypi::OfferedFile& file) {
  JudgedFile judged{.offered = &file};
  std::optional<pypi::DistributionName> name;
  if (auto parsed = pypi::ParseDistributionName(file.filename, project_);
      parsed.ok()) {
    name = *std::move(parsed);
    judged.kind = name->kind;
    judged.version = ReleaseVersion::Of(name->version);
  }
  judged.pinned_by = PinOf(judged);
  judged.refusal = RefusalByName(judged);
  if (judged.selected()) judged.refusal = RefusalByVersion(judged);
  if (judged.selected()) judged.refusal = RefusalByTarget(judged, name);
  if (judged.selected() && judged.pinned_by.empty()) {
    judged.refusal = RefusalByAge(judged);
  }
  return judged;
}

std::string FileJudge::PinOf(const JudgedFile& file) const {
  if (file.version.text.empty()) return "";
  for (const VersionLine* line : versions_) {
    if (IsPin(line->specifier) &&
        ContainsRelease(line->specifier, file.version)) {
      return RuleText("versions", line->text);
    }
  }
  if (entries_ == nullptr) return "";
  for (const ListEntry& entry : *entries_) {
    if (IsPin(entry.specifier) &&
        ContainsRelease(entry.specifier, file.version)) {
      return entry.origin;
    }
  }
  return "";
}

std::string FileJudge::RefusalByName(const JudgedFile& file) const {
  const std::string& filename = file.offered->filename;
  if (const auto* pattern = rules_.exclude_files.Match(filename)) {
    return RuleText("exclude_files", *pattern);
  }
  if (!rules_.files.empty() && !rules_.files.Matches(filename)) {
    return RuleText("files", rules_.rules.files);
  }
  std::string by_kind = RefusalByKind(rules_.rules, file.kind);
  if (!by_kind.empty()) return by_kind;
  const uint64_t limit = rules_.rules.max_file_size;
  if (limit > 0 && file.offered->size.value_or(0) > limit) {
    return fmt::format("max_file_size: {} bytes, got {}", limit,
                       *file.offered->size);
  }
  return "";
}

std::string FileJudge::RefusalByVersion(const JudgedFile& file) const {
  const ReleaseVersion& version = file.version;
  for (const VersionLine* line : exclude_versions_) {
    if (ContainsRelease(line->specifier, version)) {
      return RuleText("exclude_versions", line->text);
    }
  }
  if (const auto* pattern = rules_.exclude_version_patterns.Match(version.text);
      pattern != nullptr && !version.text.empty()) {
    return RuleText("exclude_version_patterns", *pattern);
  }
  std::string by_list = RefusalByList(file);
  if (!by_list.empty()) return by_list;
  const bool is_contained =
      versions_.empty() ||
      std::any_of(versions_.begin(), versions_.end(),
                  [&](const VersionLine* line) {
                    return ContainsRelease(line->specifier, version);
                  });
  if (is_contained || !file.pinned_by.empty()) return "";
  std::vector<std::string> lines;
  for (const VersionLine* line : versions_) lines.push_back(line->text);
  return RuleText("versions", lines);
}

std::string FileJudge::RefusalByList(const JudgedFile& file) const {
  if (rules_.rules.requirements_mode != RequirementsMode::kPinned) return "";
  if (entries_ != nullptr) {
    bool has_version = false;
    bool has_file = false;
    for (const ListEntry& entry : *entries_) {
      if (!ContainsRelease(entry.specifier, file.version)) continue;
      has_version = true;
      has_file = has_file || AcceptsHash(entry, *file.offered);
    }
    const std::string& origin = entries_->front().origin;
    if (!has_version) {
      return fmt::format("{}: it lists another version", origin);
    }
    if (!has_file) return fmt::format("{}: it lists other hashes", origin);
  }
  if (constraints_ == nullptr) return "";
  for (const ListEntry& entry : *constraints_) {
    if (!ContainsRelease(entry.specifier, file.version)) {
      return fmt::format("{}: the constraint is against it", entry.origin);
    }
  }
  return "";
}

std::string FileJudge::RefusalByTarget(
    const JudgedFile& file,
    const std::optional<pypi::DistributionName>& name) const {
  if (name && file.kind == DistributionKind::kWheel) {
    const pypi::WheelTags tags = pypi::WheelTags::Of(*name);
    std::string refusal = rules_.platforms.RefusalOfWheel(tags);
    if (refusal.empty()) refusal = rules_.pythons.RefusalOfWheel(tags);
    if (!refusal.empty()) return refusal;
  } else if (file.kind == DistributionKind::kLegacy) {
    std::string refusal =
        rules_.platforms.RefusalOfLegacy(file.offered->filename);
    if (!refusal.empty()) return refusal;
  }
  return rules_.pythons.RefusalOfRequiresPython(file.offered->requires_python);
}

std::string FileJudge::RefusalByAge(const JudgedFile& file) {
  const Rules& rules = rules_.rules;
  if (rules.yanked == Keep::kDrop && file.offered->yanked) {
    return "yanked = \"drop\"";
  }
  if (prereleases_ == PrereleaseRule::kDrop && file.is_prerelease()) {
    return "prereleases = \"drop\"";
  }
  const std::optional<absl::Time>& upload = file.offered->upload_time;
  if (!upload) {
    return has_min_age_ ? "min_age: the index gives no upload time" : "";
  }
  // Each is asked, so that each notes its time.
  std::string refusal;
  if (const auto from = OlderFrom(rules.newer_than, *upload);
      from && IsPast(*from)) {
    refusal = "newer_than: it is older";
  }
  if (const auto from = OlderFrom(rules.older_than, *upload);
      from && !IsPast(*from)) {
    refusal = "older_than: it is newer";
  }
  if (has_min_age_ && !IsPast(*upload + rules.min_age)) {
    refusal = fmt::format(
        "min_age: not before {}",
        absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", *upload + rules.min_age,
                         absl::UTCTimeZone()));
  }
  return refusal;
}

bool FileJudge::IsPast(absl::Time time) {
  if (now_ >= time) return true;
  if (time < absl::InfiniteFuture()) {
    changes_at_ = changes_at_ ? std::min(*changes_at_, time) : time;
  }
  return false;
}

}  // namespace tufmirror::select
