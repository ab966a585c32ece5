// What a Document owns, and how the rest of json reads it: the text, and the
// "tape" that simdjson made of it.
//
// The tape is an array of 64-bit words in document order, the kind of value in
// the top byte: '{' and '[' hold the index behind their closing word, '"' an
// offset to (32-bit length, bytes) among the strings, 'l' (int64), 'u' (uint64
// above INT64_MAX) and 'd' (double) are followed by a word with the number.
#ifndef TUFMIRROR_SRC_JSON_PARSED_TEXT_H_
#define TUFMIRROR_SRC_JSON_PARSED_TEXT_H_

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "tufmirror/json/document.h"

namespace tufmirror::json {

// Where one value stands in a compact text (see ParsedText::extents).
struct Extent {
  size_t index = 0;  // of the value on the tape
  size_t begin = 0;  // offsets into the text
  size_t end = 0;
};

struct ParsedText {
  // Index on the tape of the outermost value.
  static constexpr size_t kRootIndex = 1;

  simdjson::padded_string text;
  simdjson::dom::document parsed;
  // False if no string of the document can hold '"' or '\'.
  bool has_escapes = false;
  // The root, and the first few of its members, as far as their bytes in
  // `text` are proven to be their canonical form.
  std::vector<Extent> extents;

  char Kind(size_t index) const {
    return static_cast<char>(parsed.tape[index] >> 56);
  }
  // Index of the value behind the one at `index`.
  size_t Next(size_t index) const {
    switch (Kind(index)) {
      case '{':
      case '[':
        return static_cast<uint32_t>(parsed.tape[index]);
      case 'l':
      case 'u':
      case 'd':
        return index + 2;
      default:
        return index + 1;
    }
  }
  // Index of the closing word of the container at `index`.
  size_t Close(size_t index) const { return Next(index) - 1; }

  std::string_view String(size_t index) const {
    const uint8_t* at =
        parsed.string_buf.get() + (parsed.tape[index] & 0xFFFFFFFFFFFFFF);
    uint32_t length = 0;
    std::memcpy(&length, at, sizeof(length));
    return {reinterpret_cast<const char*>(at + sizeof(length)), length};
  }
  int64_t Signed(size_t index) const {
    return static_cast<int64_t>(parsed.tape[index + 1]);
  }
  uint64_t Unsigned(size_t index) const { return parsed.tape[index + 1]; }
};

// The way into a Value for this folder.
struct ValueAccess {
  static Value Make(const ParsedText& text, size_t index) {
    Value value;
    value.document_ = &text;
    value.index_ = index;
    return value;
  }
  static const ParsedText& Text(const Value& value) {
    return *static_cast<const ParsedText*>(value.document_);
  }
  static size_t Index(const Value& value) { return value.index_; }
};

}  // namespace tufmirror::json

#endif  // TUFMIRROR_SRC_JSON_PARSED_TEXT_H_
