#include "tufmirror/json/canonical.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "json/parsed_text.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::json {
namespace {

constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

// Writes canonical forms of values of one document.
class CanonicalWriter {
 public:
  CanonicalWriter(const ParsedText& parsed, std::string& out)
      : parsed_(parsed), out_(out) {}

  absl::Status Write(size_t index) {
    switch (parsed_.Kind(index)) {
      case '{':
        return WriteObject(index);
      case '[':
        return WriteArray(index);
      case '"':
        WriteString(index);
        break;
      case 'l':
        WriteNumber(parsed_.Signed(index));
        break;
      case 'u':
        WriteNumber(parsed_.Unsigned(index));
        break;
      case 'd':
        return MakeFailure(Failure::kUnsupported,
                           "write canonical JSON: expected integers only, got "
                           "a floating-point number");
      case 't':
        out_ += "true";
        break;
      case 'f':
        out_ += "false";
        break;
      default:
        out_ += "null";
    }
    return absl::OkStatus();
  }

 private:
  using Member = std::pair<std::string_view, size_t>;  // key, index of the key

  // Code point order is byte order in UTF-8.
  bool IsAscending(size_t index) const {
    const size_t close = parsed_.Close(index);
    std::string_view last_key;
    for (size_t i = index + 1; i < close; i = parsed_.Next(i + 1)) {
      const std::string_view key = parsed_.String(i);
      if (key < last_key) return false;
      last_key = key;
    }
    return true;
  }

  absl::Status WriteObject(size_t index) {
    if (!IsAscending(index)) return WriteSorted(index);
    const size_t close = parsed_.Close(index);
    out_ += '{';
    for (size_t i = index + 1; i < close; i = parsed_.Next(i + 1)) {
      if (i != index + 1) out_ += ',';
      RETURN_IF_ERROR(WriteMember(i));
    }
    out_ += '}';
    return absl::OkStatus();
  }

  absl::Status WriteSorted(size_t index) {
    // The members of this object are on top of those of the ones around it.
    const size_t base = members_.size();
    const size_t close = parsed_.Close(index);
    for (size_t i = index + 1; i < close; i = parsed_.Next(i + 1)) {
      members_.emplace_back(parsed_.String(i), i);
    }
    std::sort(members_.begin() + static_cast<std::ptrdiff_t>(base),
              members_.end());
    const size_t end = members_.size();
    out_ += '{';
    for (size_t m = base; m < end; ++m) {
      if (m != base) out_ += ',';
      RETURN_IF_ERROR(WriteMember(members_[m].second));
    }
    out_ += '}';
    members_.resize(base);
    return absl::OkStatus();
  }

  absl::Status WriteMember(size_t key_index) {
    WriteString(key_index);
    out_ += ':';
    return Write(key_index + 1);
  }

  absl::Status WriteArray(size_t index) {
    out_ += '[';
    const size_t close = parsed_.Close(index);
    for (size_t i = index + 1; i < close; i = parsed_.Next(i)) {
      if (i != index + 1) out_ += ',';
      RETURN_IF_ERROR(Write(i));
    }
    out_ += ']';
    return absl::OkStatus();
  }

  void WriteString(size_t index) {
    const std::string_view text = parsed_.String(index);
    if (parsed_.has_escapes) return AppendCanonicalString(text, out_);
    out_ += '"';
    out_ += text;
    out_ += '"';
  }

  template <typename Integer>
  void WriteNumber(Integer number) {
    const fmt::format_int digits(number);
    out_.append(digits.data(), digits.size());
  }

  const ParsedText& parsed_;
  std::string& out_;
  std::vector<Member> members_;
};

// Length of the UTF-8 sequence at the start of `text`; 0 if it is not one.
size_t SequenceLength(std::string_view text) {
  for (size_t length = 1; length <= std::min<size_t>(4, text.size());
       ++length) {
    if (IsUtf8(text.substr(0, length))) return length;
  }
  return 0;
}

void AppendControl(char c, std::string& out) {
  switch (c) {
    case '\b':
      out += "\\b";
      break;
    case '\f':
      out += "\\f";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
  }
}

}  // namespace

absl::StatusOr<std::string> Canonicalize(const Value& value) {
  std::string storage;
  ASSIGN_OR_RETURN(const std::string_view view, CanonicalView(value, storage));
  if (view.data() != storage.data()) storage = view;
  return storage;
}

absl::StatusOr<std::string_view> CanonicalView(const Value& value,
                                               std::string& storage) {
  const ParsedText& parsed = ValueAccess::Text(value);
  const size_t index = ValueAccess::Index(value);
  for (const Extent& extent : parsed.extents) {
    if (extent.index != index) continue;
    return std::string_view(parsed.text.data() + extent.begin,
                            extent.end - extent.begin);
  }
  storage.clear();
  RETURN_IF_ERROR(CanonicalWriter(parsed, storage).Write(index));
  return std::string_view(storage);
}

void AppendCanonicalString(std::string_view text, std::string& out) {
  out += '"';
  size_t plain = 0;  // where the bytes begin that are not in `out` yet
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '"' && text[i] != '\\') continue;
    out += text.substr(plain, i - plain);
    out += '\\';
    plain = i;
  }
  out += text.substr(plain);
  out += '"';
}

void AppendString(std::string_view text, std::string& out) {
  out += '"';
  while (!text.empty()) {
    const char c = text.front();
    const size_t length = SequenceLength(text);
    if (length == 0) {
      out += kReplacementCharacter;
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      AppendControl(c, out);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  out += '"';
}

}  // namespace tufmirror::json
