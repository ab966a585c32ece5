// The canonical form written the slow and obvious way, through public calls
// only: what the fast ways are compared with.
#ifndef TUFMIRROR_TESTS_JSON_PLAIN_CANONICAL_H_
#define TUFMIRROR_TESTS_JSON_PLAIN_CANONICAL_H_

#include <map>
#include <string>
#include <string_view>

#include "tufmirror/json/document.h"

namespace tufmirror::json {

inline std::string PlainString(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

// Of a value without floats and without integers above INT64_MAX.
inline std::string PlainCanonical(const Value& value) {
  std::string out;
  switch (value.type()) {
    case Type::kNull:
      return "null";
    case Type::kBool:
      return *value.AsBool("") ? "true" : "false";
    case Type::kInteger:
      return std::to_string(*value.AsInteger(""));
    case Type::kString:
      return PlainString(*value.AsString(""));
    case Type::kArray:
      value
          .ForEachElement([&](Value element) {
            out += (out.empty() ? "" : ",") + PlainCanonical(element);
            return absl::OkStatus();
          })
          .IgnoreError();
      return "[" + out + "]";
    case Type::kObject: {
      std::map<std::string, std::string> members;
      value
          .ForEachMember([&](std::string_view key, Value member) {
            members[std::string(key)] = PlainCanonical(member);
            return absl::OkStatus();
          })
          .IgnoreError();
      for (const auto& [key, member] : members) {
        out += (out.empty() ? "" : ",") + PlainString(key) + ":" + member;
      }
      return "{" + out + "}";
    }
    case Type::kFloat:
      break;
  }
  return "a float";
}

}  // namespace tufmirror::json

#endif  // TUFMIRROR_TESTS_JSON_PLAIN_CANONICAL_H_
