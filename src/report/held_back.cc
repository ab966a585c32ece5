#include "tufmirror/report/held_back.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/json/canonical.h"
#include "tufmirror/json/document.h"

namespace tufmirror::report {
namespace {

constexpr mode_t kHeldBackMode = 0600;
constexpr uint64_t kMaxHeldBackBytes = uint64_t{256} << 20;

absl::StatusOr<std::string> MemberText(const json::Value& entry,
                                       std::string_view key) {
  ASSIGN_OR_RETURN(const json::Value value, entry.Get(key, "entry"));
  ASSIGN_OR_RETURN(const std::string_view text, value.AsString(key));
  return std::string(text);
}

// A file that does not parse says nothing.
std::vector<HeldBackObject> ObjectsIn(std::string_view text) {
  std::vector<HeldBackObject> objects;
  const auto document = json::Document::Parse(text);
  if (!document.ok()) return objects;
  const auto list = document->root().Find("held_back");
  if (!list || !list->ExpectArray("held_back").ok()) return objects;
  const absl::Status read =
      list->ForEachElement([&](json::Value entry) -> absl::Status {
        HeldBackObject object;
        ASSIGN_OR_RETURN(object.object, MemberText(entry, "object"));
        ASSIGN_OR_RETURN(object.reason, MemberText(entry, "reason"));
        ASSIGN_OR_RETURN(object.since, MemberText(entry, "since"));
        objects.push_back(std::move(object));
        return absl::OkStatus();
      });
  if (!read.ok()) objects.clear();
  return objects;
}

// Since when, by object, as the file has it.
std::map<std::string, std::string> TimesIn(std::string_view text) {
  std::map<std::string, std::string> times;
  for (HeldBackObject& object : ObjectsIn(text)) {
    times.emplace(std::move(object.object), std::move(object.since));
  }
  return times;
}

void AppendMember(std::string_view key, std::string_view value,
                  std::string& out) {
  out += key;
  json::AppendString(value, out);
}

}  // namespace

absl::Status UpdateHeldBack(const std::string& path,
                            const std::vector<Problem>& problems,
                            absl::Time now) {
  if (problems.empty()) return fs::Remove(path);
  const auto before = fs::ReadFile(path, kMaxHeldBackBytes);
  const auto times =
      before.ok() ? TimesIn(*before) : std::map<std::string, std::string>();
  const std::string today =
      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", now, absl::UTCTimeZone());
  std::vector<std::pair<std::string, std::string>> lines;
  for (const Problem& problem : problems) {
    const std::string object = Printable(problem.object, 1024);
    const auto known = times.find(object);
    std::string line = "  {";
    AppendMember("\"object\": ", object, line);
    AppendMember(", \"failure\": ", FailureName(FailureOf(problem.reason)),
                 line);
    AppendMember(", \"reason\": ", MessageOf(problem.reason), line);
    AppendMember(", \"since\": ", known == times.end() ? today : known->second,
                 line);
    lines.emplace_back(object, line + "}");
  }
  std::sort(lines.begin(), lines.end());
  std::string text = "{\"held_back\": [\n";
  for (size_t i = 0; i < lines.size(); ++i) {
    text += lines[i].second;
    text += i + 1 < lines.size() ? ",\n" : "\n";
  }
  text += "]}\n";
  if (before.ok() && *before == text) return absl::OkStatus();
  return fs::WriteFileAtomically(path, text, kHeldBackMode,
                                 fs::Durability::kNone);
}

std::vector<HeldBackObject> ReadHeldBack(const std::string& path) {
  const auto text = fs::ReadFile(path, kMaxHeldBackBytes);
  return text.ok() ? ObjectsIn(*text) : std::vector<HeldBackObject>();
}

}  // namespace tufmirror::report
