#include "sync/tree_status.h"

#include <iterator>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/json/canonical.h"
#include "tufmirror/json/document.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::sync {
namespace {

absl::StatusOr<uint64_t> ParseCount(const json::Value& object,
                                    std::string_view key) {
  ASSIGN_OR_RETURN(const json::Value value, object.Get(key, "status.json"));
  ASSIGN_OR_RETURN(const int64_t number, value.AsInteger(key));
  if (number < 0) {
    return MakeFailure(
        Failure::kMalformed,
        fmt::format("status.json: {}: expected a count, got {}", key, number));
  }
  return static_cast<uint64_t>(number);
}

}  // namespace

std::string ToJson(const TreeStatus& status) {
  std::string roles;
  for (const std::string& role : status.delegating_roles) {
    if (!roles.empty()) roles += ',';
    json::AppendString(role, roles);
  }
  return fmt::format(
      "{{\"delegating_roles\":[{}],\"generation\":{},\"kind\":\"{}\","
      "\"published\":\"{}\",\"target_bytes\":{},\"targets\":{}}}\n",
      roles, status.generation, status.kind,
      tuf::FormatExpiry(status.published), status.target_bytes, status.targets);
}

absl::StatusOr<TreeStatus> ParseTreeStatus(std::string_view text) {
  ASSIGN_OR_RETURN(const json::Document document, json::Document::Parse(text));
  const json::Value root = document.root();
  RETURN_IF_ERROR(root.ExpectObject("status.json"));
  TreeStatus status;
  ASSIGN_OR_RETURN(const json::Value kind, root.Get("kind", "status.json"));
  ASSIGN_OR_RETURN(const std::string_view kind_text, kind.AsString("kind"));
  status.kind = std::string(kind_text);
  ASSIGN_OR_RETURN(const json::Value published,
                   root.Get("published", "status.json"));
  ASSIGN_OR_RETURN(const std::string_view time,
                   published.AsString("published"));
  ASSIGN_OR_RETURN(status.published, tuf::ParseExpiry(time));
  ASSIGN_OR_RETURN(status.generation, ParseCount(root, "generation"));
  ASSIGN_OR_RETURN(status.targets, ParseCount(root, "targets"));
  ASSIGN_OR_RETURN(status.target_bytes, ParseCount(root, "target_bytes"));
  ASSIGN_OR_RETURN(const json::Value roles,
                   root.Get("delegating_roles", "status.json"));
  RETURN_IF_ERROR(
      roles.ForEachElement([&](const json::Value& value) -> absl::Status {
        ASSIGN_OR_RETURN(const std::string_view role, value.AsString("role"));
        status.delegating_roles.emplace(role);
        return absl::OkStatus();
      }));
  return status;
}

std::string LastModifiedText(absl::Time published) {
  return absl::FormatTime("%Y%m%d%ET%H:%M:%S\n", published,
                          absl::UTCTimeZone());
}

}  // namespace tufmirror::sync
