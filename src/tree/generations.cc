// {"a":{"number":7,...},"b":{...}}; times as RFC 3339 or "infinite-future".
#include "tree/generations.h"

#include <cstdint>

#include "absl/time/time.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/json/document.h"

namespace tufmirror::tree {
namespace {

constexpr uint64_t kMaxBytes = uint64_t{64} << 10;

std::string TimeText(absl::Time time) {
  return absl::FormatTime(absl::RFC3339_full, time, absl::UTCTimeZone());
}

std::string RenderInfo(const GenerationInfo& info) {
  return fmt::format(
      R"({{"number":{},"published":"{}","targets":{},"target_bytes":{},)"
      R"("timestamp_version":{},"earliest_expiry":"{}"}})",
      info.number, TimeText(info.published), info.targets, info.target_bytes,
      info.timestamp_version, TimeText(info.earliest_expiry));
}

absl::StatusOr<int64_t> Count(json::Value object, std::string_view key) {
  ASSIGN_OR_RETURN(const json::Value value, object.Get(key, "generation"));
  ASSIGN_OR_RETURN(const int64_t count, value.AsInteger(key));
  if (count >= 0) return count;
  return MakeFailure(
      Failure::kMalformed,
      fmt::format("{}: expected no negative number, got {}", key, count));
}

absl::StatusOr<absl::Time> Moment(json::Value object, std::string_view key) {
  ASSIGN_OR_RETURN(const json::Value value, object.Get(key, "generation"));
  ASSIGN_OR_RETURN(const std::string_view text, value.AsString(key));
  absl::Time time;
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, ToAbsl(text), &time, &error)) {
    return time;
  }
  return MakeFailure(
      Failure::kMalformed,
      fmt::format("{}: expected a time, got {}", key, Printable(text)));
}

absl::StatusOr<GenerationInfo> ParseInfo(json::Value object) {
  GenerationInfo info;
  ASSIGN_OR_RETURN(const int64_t number, Count(object, "number"));
  ASSIGN_OR_RETURN(const int64_t targets, Count(object, "targets"));
  ASSIGN_OR_RETURN(const int64_t target_bytes, Count(object, "target_bytes"));
  ASSIGN_OR_RETURN(info.timestamp_version, Count(object, "timestamp_version"));
  ASSIGN_OR_RETURN(info.published, Moment(object, "published"));
  ASSIGN_OR_RETURN(info.earliest_expiry, Moment(object, "earliest_expiry"));
  info.number = static_cast<uint64_t>(number);
  info.targets = static_cast<uint64_t>(targets);
  info.target_bytes = static_cast<uint64_t>(target_bytes);
  return info;
}

}  // namespace

std::string RenderGenerations(const Generations& generations) {
  std::string text = "{";
  if (generations.a) text += "\"a\":" + RenderInfo(*generations.a);
  if (generations.a && generations.b) text += ",";
  if (generations.b) text += "\"b\":" + RenderInfo(*generations.b);
  return text + "}\n";
}

absl::StatusOr<Generations> ParseGenerations(std::string_view text) {
  ASSIGN_OR_RETURN(const json::Document document, json::Document::Parse(text));
  RETURN_IF_ERROR(document.root().ExpectObject("generations"));
  Generations generations;
  if (const auto a = document.root().Find("a")) {
    ASSIGN_OR_RETURN(generations.a, ParseInfo(*a));
  }
  if (const auto b = document.root().Find("b")) {
    ASSIGN_OR_RETURN(generations.b, ParseInfo(*b));
  }
  return generations;
}

absl::StatusOr<Generations> LoadGenerations(const Layout& layout) {
  const absl::StatusOr<std::string> text =
      fs::ReadFile(layout.generation(), kMaxBytes);
  if (!text.ok()) {
    if (FailureOf(text.status()) == Failure::kNotFound) return Generations();
    return text.status();
  }
  absl::StatusOr<Generations> generations = ParseGenerations(*text);
  if (generations.ok()) return generations;
  return Annotate(
      generations.status(),
      fmt::format("read {0}: it is damaged; remove it, and the next sync "
                  "rebuilds the mirror's state from upstream",
                  Printable(layout.generation())));
}

absl::Status SaveGenerations(const Layout& layout,
                             const Generations& generations) {
  return fs::WriteFileAtomically(layout.generation(),
                                 RenderGenerations(generations),
                                 kPrivateFileMode, fs::Durability::kFsync);
}

}  // namespace tufmirror::tree
