// Random JSON texts without floats: key order, white space, escapes, numbers
// and nesting vary from text to text, and about a third are canonical but for
// one thing or entirely.
#ifndef TUFMIRROR_TESTS_JSON_RANDOM_JSON_H_
#define TUFMIRROR_TESTS_JSON_RANDOM_JSON_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tufmirror/json/canonical.h"

namespace tufmirror::json {

class RandomJson {
 public:
  explicit RandomJson(uint32_t seed)
      : random_(seed),
        white_space_percent_(Pick({0, 0, 0, 1, 30})),
        escape_percent_(Pick({0, 0, 0, 1, 30})),
        unsorted_percent_(Pick({0, 0, 0, 10, 100})),
        odd_number_percent_(Pick({0, 0, 0, 5})) {}

  std::string Text() {
    std::string out = Space();
    AppendValue(0, out);
    return out + Space();
  }

 private:
  uint32_t Below(uint32_t limit) { return random_() % limit; }
  bool Percent(uint32_t percent) { return Below(100) < percent; }
  uint32_t Pick(std::vector<uint32_t> choices) {
    return choices[Below(static_cast<uint32_t>(choices.size()))];
  }
  std::string Space() {
    std::string out;
    while (Percent(white_space_percent_)) out += " \n\t\r"[Below(4)];
    return out;
  }

  void AppendValue(uint32_t depth, std::string& out) {
    const uint32_t kind = depth == 0 ? 8 + Below(4) : Below(depth < 5 ? 12 : 8);
    if (kind < 3) {
      AppendText(RandomText(), out);
    } else if (kind < 6) {
      AppendNumber(out);
    } else if (kind < 8) {
      static constexpr std::string_view kWords[] = {"true", "false", "null"};
      out += kWords[Below(3)];
    } else if (kind < 9) {
      AppendArray(depth, out);
    } else {
      AppendObject(depth, out);
    }
  }

  void AppendNumber(std::string& out) {
    if (Percent(odd_number_percent_)) {
      out += "-0";
      return;
    }
    const auto wide =
        static_cast<int64_t>(uint64_t{random_()} << 32 | random_());
    out += std::to_string(wide >> Below(64));
  }

  void AppendArray(uint32_t depth, std::string& out) {
    out += '[';
    const uint32_t count = Below(5);
    for (uint32_t i = 0; i < count; ++i) {
      if (i > 0) out += ',';
      out += Space();
      AppendValue(depth + 1, out);
      out += Space();
    }
    if (count == 0) out += Space();
    out += ']';
  }

  void AppendObject(uint32_t depth, std::string& out) {
    std::map<std::string, int> unique;
    for (uint32_t i = Below(depth == 0 ? 12 : 5); i > 0; --i) {
      unique[RandomText()] = 0;
    }
    std::vector<std::string> keys;
    for (const auto& [key, unused] : unique) keys.push_back(key);
    if (Percent(unsorted_percent_)) {
      std::shuffle(keys.begin(), keys.end(), random_);
    }
    out += '{';
    for (size_t i = 0; i < keys.size(); ++i) {
      if (i > 0) out += ',';
      out += Space();
      AppendText(keys[i], out);
      out += Space() + ":" + Space();
      AppendValue(depth + 1, out);
      out += Space();
    }
    if (keys.empty()) out += Space();
    out += '}';
  }

  // Code points in UTF-8; few, so that keys share prefixes.
  std::string RandomText() {
    static constexpr std::string_view kPieces[] = {"a",
                                                   "b",
                                                   "packages/",
                                                   "Z",
                                                   "0",
                                                   "9",
                                                   "~",
                                                   "/",
                                                   "\xC3\xA9",
                                                   "\xE2\x82\xAC",
                                                   "\xEF\xBD\x9E",
                                                   "\xF0\x9F\x98\x80"};
    static constexpr std::string_view kSpecial[] = {"\"", "\\", "\n", "\x01",
                                                    std::string_view("\0", 1)};
    std::string text;
    for (uint32_t i = Below(6); i > 0; --i) {
      text +=
          Percent(escape_percent_) ? kSpecial[Below(5)] : kPieces[Below(12)];
    }
    return text;
  }

  // As a JSON string: sometimes with escapes that are not needed.
  void AppendText(const std::string& text, std::string& out) {
    if (!Percent(escape_percent_)) return AppendString(text, out);
    static constexpr char kDigits[] = "0123456789abcdef";
    out += '"';
    for (size_t i = 0; i < text.size(); ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      if (c == '/' && Percent(50)) {
        out += "\\/";
      } else if (c < 0x20 || c == '"' || c == '\\' ||
                 (c < 0x80 && Percent(50))) {
        out += "\\u00";
        out += kDigits[c >> 4];
        out += kDigits[c & 15];
      } else if (text.substr(i).starts_with("\xF0\x9F\x98\x80") &&
                 Percent(50)) {
        out += "\\ud83D\\uDe00";
        i += 3;
      } else {
        out += text[i];
      }
    }
    out += '"';
  }

  std::mt19937 random_;
  uint32_t white_space_percent_;
  uint32_t escape_percent_;
  uint32_t unsorted_percent_;
  uint32_t odd_number_percent_;
};

}  // namespace tufmirror::json

#endif  // TUFMIRROR_TESTS_JSON_RANDOM_JSON_H_
