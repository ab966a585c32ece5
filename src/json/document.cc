#include "tufmirror/json/document.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "json/parsed_text.h"
#include "json/scan.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::json {
namespace {

// Values are visited by recursion, so that no caller may ask for more.
constexpr size_t kDeepest = 1024;

absl::Status WrongType(std::string_view what, std::string_view expected,
                       std::string_view got) {
  return MakeFailure(Failure::kMalformed, fmt::format("{}: expected {}, got {}",
                                                      what, expected, got));
}

absl::Status Refused(std::string_view text, std::string_view reason) {
  return MakeFailure(
      Failure::kMalformed,
      fmt::format("parse JSON: expected one JSON value in UTF-8, got {} bytes "
                  "that start with '{}': {}",
                  text.size(), Printable(text.substr(0, 64), 40), reason));
}

}  // namespace

std::string_view TypeName(Type type) {
  switch (type) {
    case Type::kNull:
      return "null";
    case Type::kBool:
      return "a boolean";
    case Type::kInteger:
      return "an integer";
    case Type::kFloat:
      return "a floating-point number";
    case Type::kString:
      return "a string";
    case Type::kArray:
      return "an array";
    case Type::kObject:
      return "an object";
  }
  return "an unknown type";
}

Type Value::type() const {
  switch (ValueAccess::Text(*this).Kind(index_)) {
    case '{':
      return Type::kObject;
    case '[':
      return Type::kArray;
    case '"':
      return Type::kString;
    case 'l':
    case 'u':
      return Type::kInteger;
    case 'd':
      return Type::kFloat;
    case 't':
    case 'f':
      return Type::kBool;
    default:
      return Type::kNull;
  }
}

absl::StatusOr<std::string_view> Value::AsString(std::string_view what) const {
  if (type() != Type::kString) {
    return WrongType(what, "a string", TypeName(type()));
  }
  return ValueAccess::Text(*this).String(index_);
}

absl::StatusOr<int64_t> Value::AsInteger(std::string_view what) const {
  const ParsedText& text = ValueAccess::Text(*this);
  if (text.Kind(index_) == 'l') return text.Signed(index_);
  if (text.Kind(index_) == 'u') {
    return WrongType(what, fmt::format("an integer of at most {}", INT64_MAX),
                     fmt::format("{}", text.Unsigned(index_)));
  }
  return WrongType(what, "an integer", TypeName(type()));
}

absl::StatusOr<bool> Value::AsBool(std::string_view what) const {
  if (type() != Type::kBool) {
    return WrongType(what, "a boolean", TypeName(type()));
  }
  return ValueAccess::Text(*this).Kind(index_) == 't';
}

absl::Status Value::ExpectObject(std::string_view what) const {
  if (type() == Type::kObject) return absl::OkStatus();
  return WrongType(what, "an object", TypeName(type()));
}

absl::Status Value::ExpectArray(std::string_view what) const {
  if (type() == Type::kArray) return absl::OkStatus();
  return WrongType(what, "an array", TypeName(type()));
}

std::optional<Value> Value::Find(std::string_view key) const {
  const ParsedText& text = ValueAccess::Text(*this);
  if (text.Kind(index_) != '{') return std::nullopt;
  const size_t close = text.Close(index_);
  for (size_t i = index_ + 1; i < close; i = text.Next(i + 1)) {
    if (text.String(i) == key) return ValueAccess::Make(text, i + 1);
  }
  return std::nullopt;
}

absl::StatusOr<Value> Value::Get(std::string_view key,
                                 std::string_view what) const {
  RETURN_IF_ERROR(ExpectObject(what));
  std::optional<Value> member = Find(key);
  if (!member) {
    return MakeFailure(Failure::kMalformed,
                       fmt::format("{} has no '{}'", what, Printable(key)));
  }
  return *member;
}

size_t Value::size() const {
  const ParsedText& text = ValueAccess::Text(*this);
  const char kind = text.Kind(index_);
  if (kind != '{' && kind != '[') return 0;
  const size_t value_offset = kind == '{' ? 1 : 0;
  const size_t close = text.Close(index_);
  size_t count = 0;
  for (size_t i = index_ + 1; i < close; i = text.Next(i + value_offset)) {
    ++count;
  }
  return count;
}

absl::Status Value::ForEachMember(
    absl::FunctionRef<absl::Status(std::string_view key, Value value)> visit)
    const {
  RETURN_IF_ERROR(ExpectObject("members of a JSON value"));
  const ParsedText& text = ValueAccess::Text(*this);
  const size_t close = text.Close(index_);
  for (size_t i = index_ + 1; i < close; i = text.Next(i + 1)) {
    RETURN_IF_ERROR(visit(text.String(i), ValueAccess::Make(text, i + 1)));
  }
  return absl::OkStatus();
}

absl::Status Value::ForEachElement(
    absl::FunctionRef<absl::Status(Value value)> visit) const {
  RETURN_IF_ERROR(ExpectArray("elements of a JSON value"));
  const ParsedText& text = ValueAccess::Text(*this);
  const size_t close = text.Close(index_);
  for (size_t i = index_ + 1; i < close; i = text.Next(i)) {
    RETURN_IF_ERROR(visit(ValueAccess::Make(text, i)));
  }
  return absl::OkStatus();
}

struct Document::State : ParsedText {};

absl::StatusOr<Document> Document::Parse(std::string_view text,
                                         const Limits& limits) {
  if (text.size() > limits.max_bytes) {
    return MakeFailure(Failure::kTooLarge,
                       fmt::format("parse JSON: expected at most {} bytes, got "
                                   "{}",
                                   limits.max_bytes, text.size()));
  }
  if (text.empty()) return Refused(text, "empty");
  const size_t max_depth = std::min(limits.max_depth, kDeepest);
  auto state = std::make_unique<State>();
  state->text = simdjson::padded_string(text.data(), text.size());
  if (state->text.data() == nullptr) {
    return MakeFailure(Failure::kInternal, "parse JSON: out of memory");
  }
  // The parser's own buffers grow with the input, not with the limit. One
  // level more than allowed, because simdjson counts the levels otherwise; the
  // exact limit is the scan's.
  simdjson::dom::parser parser;
  simdjson::error_code error = parser.allocate(text.size(), max_depth + 2);
  if (error == simdjson::SUCCESS) {
    error = parser.parse_into_document(state->parsed, state->text).error();
  }
  if (error != simdjson::SUCCESS) {
    return Refused(text, simdjson::error_message(error));
  }
  RETURN_IF_ERROR(Scan(max_depth, *state));
  return Document(std::move(state));
}

Document::Document(std::unique_ptr<State> state) : state_(std::move(state)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Value Document::root() const {
  return ValueAccess::Make(*state_, ParsedText::kRootIndex);
}

}  // namespace tufmirror::json
