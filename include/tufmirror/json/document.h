// A parsed JSON document, bounded before parsing and strict after it.
//
// Parsing is simdjson's. What is added here: a size and a depth limit, refusal
// of duplicate keys at any depth (TUF readers disagree on which one wins), and
// values cheap to copy. simdjson is included in src/json only.
#ifndef TUFMIRROR_JSON_DOCUMENT_H_
#define TUFMIRROR_JSON_DOCUMENT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tufmirror::json {

enum class Type { kNull, kBool, kInteger, kFloat, kString, kArray, kObject };

// "an object", "a string", ...: for messages.
std::string_view TypeName(Type type);

struct Limits {
  size_t max_bytes = size_t{512} << 20;
  size_t max_depth = 64;  // levels of arrays and objects; never above 1024
};

// A value inside a Document. Sixteen bytes, copied freely; valid as long as
// the Document it came from. String views point into the Document.
class Value {
 public:
  Type type() const;

  // Typed access; kMalformed, naming `what`, expected and got, on another
  // type. A float such as 1.0 is not an integer; an integer above INT64_MAX
  // is refused.
  absl::StatusOr<std::string_view> AsString(std::string_view what) const;
  absl::StatusOr<int64_t> AsInteger(std::string_view what) const;
  absl::StatusOr<bool> AsBool(std::string_view what) const;
  absl::Status ExpectObject(std::string_view what) const;
  absl::Status ExpectArray(std::string_view what) const;

  // The member `key` of an object; nullopt if absent or not an object.
  std::optional<Value> Find(std::string_view key) const;
  // The same, but kMalformed "WHAT has no 'key'" when absent.
  absl::StatusOr<Value> Get(std::string_view key, std::string_view what) const;

  // Number of members or elements; 0 for scalars.
  size_t size() const;

  // Calls `visit` for each member in document order, until it returns an
  // error, which is then returned. Keys are unique. Needs an object.
  absl::Status ForEachMember(
      absl::FunctionRef<absl::Status(std::string_view key, Value value)> visit)
      const;
  // The same for the elements of an array.
  absl::Status ForEachElement(
      absl::FunctionRef<absl::Status(Value value)> visit) const;

 private:
  friend class Document;
  friend struct ValueAccess;
  const void* document_ = nullptr;
  size_t index_ = 0;
};

// Owns the parsed form of one document. Movable, not copyable.
class Document {
 public:
  // Parses `text`, which need not outlive the result. kTooLarge above
  // `limits.max_bytes` (checked before parsing); kMalformed on anything that
  // is not one JSON value in UTF-8, is nested deeper than `limits.max_depth`,
  // or has a duplicate key.
  static absl::StatusOr<Document> Parse(std::string_view text,
                                        const Limits& limits = {});
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  Value root() const;

 private:
  struct State;
  explicit Document(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tufmirror::json

#endif  // TUFMIRROR_JSON_DOCUMENT_H_
