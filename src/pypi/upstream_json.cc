#include "pypi/upstream_json.h"

#include "fmt/format.h"
#include "pypi/offer_collector.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::pypi {

using json::Value;

std::optional<Value> FindSet(const Value& object, std::string_view key) {
  std::optional<Value> value = object.Find(key);
  if (value && value->type() == json::Type::kNull) return std::nullopt;
  return value;
}

absl::StatusOr<Value> ReadJsonMeta(const Value& root) {
  ASSIGN_OR_RETURN(const Value meta, root.Get("meta", "the page"));
  ASSIGN_OR_RETURN(const Value value, meta.Get("api-version", "meta"));
  ASSIGN_OR_RETURN(const std::string_view version,
                   value.AsString("api-version"));
  RETURN_IF_ERROR(CheckApiVersion("api-version", version));
  return meta;
}

absl::StatusOr<std::optional<int64_t>> ReadJsonSerial(const Value& object) {
  const std::optional<Value> value = FindSet(object, "_last-serial");
  if (!value) return std::nullopt;
  std::optional<int64_t> serial;
  std::string_view text;
  if (value->type() == json::Type::kString) {
    ASSIGN_OR_RETURN(text, value->AsString("_last-serial"));
    serial = ParseSerial(text);
  } else {
    ASSIGN_OR_RETURN(serial, value->AsInteger("_last-serial"));
  }
  if (!serial || *serial < 0) {
    return MakeFailure(
        Failure::kMalformed,
        fmt::format("_last-serial: a number of 0 or more expected, got '{}'",
                    serial ? fmt::format("{}", *serial) : Printable(text)));
  }
  return serial;
}

}  // namespace tufmirror::pypi
