#include "tufmirror/json/document.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "support/status_matchers.h"
#include "tufmirror/base/failure.h"

namespace tufmirror::json {
namespace {

using ::testing::ElementsAre;
using ::tufmirror::testing::FailsWith;
using ::tufmirror::testing::IsOk;

std::string Nested(size_t steps, std::string_view open,
                   std::string_view innermost, std::string_view close) {
  std::string text;
  for (size_t i = 0; i < steps; ++i) text += open;
  text += innermost;
  for (size_t i = 0; i < steps; ++i) text += close;
  return text;
}

TEST(Document, RefusesTextsThatAreNotOneJsonValue) {
  const std::string_view texts[] = {
      "",          " ",           "{",        "}",       "[1,]",
      "{\"a\":}",  "{\"a\"}",     "{a:1}",    "{'a':1}", "nul",
      "truex",     "01",          "+1",       "1.",      ".5",
      "1e",        "--1",         "0x10",     "NaN",     "Infinity",
      "[1] [2]",   "{} x",        "[1 2]",    "\"a",     "\"\\x\"",
      "\"\\u12\"", "\"\\u12g4\"", "\"a\nb\"", "// x\n1", "<!DOCTYPE html>"};
  for (const std::string_view text : texts) {
    EXPECT_THAT(Document::Parse(text),
                FailsWith(Failure::kMalformed, "parse JSON: expected"))
        << text;
  }
  EXPECT_THAT(Document::Parse(std::string_view("\"a\0b\"", 5)),
              FailsWith(Failure::kMalformed));
  EXPECT_THAT(Document::Parse(std::string_view("1\0", 2)),
              FailsWith(Failure::kMalformed));
}

TEST(Document, SaysHowARefusedTextBegins) {
  EXPECT_THAT(Document::Parse("<html>\x1b[31m"),
              FailsWith(Failure::kMalformed, "start with '<html>\\x1b"));
}

TEST(Document, RefusesInvalidUtf8) {
  const std::string_view texts[] = {"\"\xff\"",         "\"\xc0\xaf\"",
                                    "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"",
                                    "\"\xe2\x82\"",     "\xEF\xBB\xBF{}"};
  for (const std::string_view text : texts) {
    EXPECT_THAT(Document::Parse(text), FailsWith(Failure::kMalformed));
  }
}

// Decoders disagree on these, so that a signature could mean two things.
TEST(Document, RefusesLoneSurrogates) {
  const std::string_view texts[] = {
      R"(["\ud800"])",       R"(["\udc00"])",        R"(["\uD83Dx"])",
      R"(["\ud800\u0041"])", R"(["\ud83d\ud83d"])",  R"(["\ude00\ud83d"])",
      R"({"\udfff":1})",     R"(["\ud83d\\ude00"])", R"(["\uDBFF\uE000"])",
      R"(["\n\\\udc00"])"};
  for (const std::string_view text : texts) {
    EXPECT_THAT(Document::Parse(text), FailsWith(Failure::kMalformed)) << text;
  }
}

TEST(Document, PairsSurrogatesExactly) {
  for (const uint32_t high : {0xD800u, 0xD83Du, 0xDBFFu}) {
    for (uint32_t second = 0; second <= 0xFFFF; ++second) {
      const std::string text =
          fmt::format(R"("\u{:04x}\u{:04x}")", high, second);
      ASSERT_EQ(Document::Parse(text).ok(),
                second >= 0xDC00 && second <= 0xDFFF)
          << text;
    }
  }
  for (uint32_t unit = 0xD800; unit <= 0xDFFF; ++unit) {
    for (const std::string_view rest : {"", "x", "\\n", "\\\\udc00"}) {
      const std::string text = fmt::format(R"("\u{:04X}{}")", unit, rest);
      ASSERT_THAT(Document::Parse(text), FailsWith(Failure::kMalformed))
          << text;
    }
  }
}

TEST(Document, DecodesEscapes) {
  ASSERT_OK_AND_ASSIGN(
      const Document document,
      Document::Parse(R"("\ud83d\ude00\u00e9\u0000\\ud800\"\/\b\f\n\r\t")"));
  ASSERT_OK_AND_ASSIGN(const std::string_view text,
                       document.root().AsString("text"));
  EXPECT_EQ(text, std::string_view("\xF0\x9F\x98\x80\xC3\xA9\0\\ud800\"/"
                                   "\b\f\n\r\t",
                                   20));
}

TEST(Document, RefusesTextsAboveTheSizeLimitBeforeParsing) {
  EXPECT_THAT(Document::Parse("[1,2]", {.max_bytes = 5}), IsOk());
  EXPECT_THAT(Document::Parse("[1,2]", {.max_bytes = 4}),
              FailsWith(Failure::kTooLarge, "at most 4 bytes, got 5"));
  EXPECT_THAT(Document::Parse("{{{{{", {.max_bytes = 4}),
              FailsWith(Failure::kTooLarge));
}

TEST(Document, RefusesNestingBeyondTheDepthLimit) {
  struct Shape {
    std::string_view open, innermost, close;
    size_t levels;
  };
  constexpr Shape kShapes[] = {{"[", "", "]", 1},
                               {"{\"a\":", "{}", "}", 1},
                               {"{\"a\":", "1", "}", 1},
                               {"[1,{\"a\":", "1", "}]", 2}};
  for (const Shape& shape : kShapes) {
    const size_t inner_levels = shape.innermost == "{}" ? 1 : 0;
    for (const size_t steps : {size_t{1}, size_t{10}, size_t{500}}) {
      const std::string text =
          Nested(steps, shape.open, shape.innermost, shape.close);
      const size_t levels = steps * shape.levels + inner_levels;
      EXPECT_THAT(Document::Parse(text, {.max_depth = levels}), IsOk())
          << levels;
      EXPECT_THAT(Document::Parse(text, {.max_depth = levels - 1}),
                  FailsWith(Failure::kMalformed))
          << levels;
    }
  }
  EXPECT_THAT(Document::Parse("1", {.max_depth = 0}), IsOk());
  EXPECT_THAT(Document::Parse("[]", {.max_depth = 0}),
              FailsWith(Failure::kMalformed, "levels of nesting"));
}

TEST(Document, SurvivesDepthBombsWhateverTheCallerAllows) {
  for (const std::string_view open : {"[", "{\"a\":", "[{\"a\":"}) {
    std::string bomb;
    while (bomb.size() < (4 << 20)) bomb += open;
    EXPECT_THAT(Document::Parse(bomb, {.max_depth = SIZE_MAX - 8}),
                FailsWith(Failure::kMalformed));
  }
  EXPECT_THAT(
      Document::Parse(Nested(100'000, "[", "", "]"), {.max_depth = 1'000'000}),
      FailsWith(Failure::kMalformed));
}

TEST(Document, RefusesDuplicateKeysAtAnyDepth) {
  const std::string_view texts[] = {
      R"({"a":1,"a":1})",
      R"({"a":1,"b":2,"a":3})",
      R"({"b":1,"a":2,"c":3,"b":4})",
      R"({"x":{"y":[{"a":1},{"b":1,"a":{},"b":2}]}})",
      R"([[[{"":1,"":2}]]])",
      R"({"a":1,"\u0061":2})",
      R"({"z":{"b":1,"a":1},"a":{"c":{"k":1,"k":2}}})",
      R"({"a":{"q":1},"b":{"q":1},"b":{}})",
  };
  for (const std::string_view text : texts) {
    EXPECT_THAT(Document::Parse(text),
                FailsWith(Failure::kMalformed, "unique keys"))
        << text;
  }
}

TEST(Document, AllowsTheSameKeyInDifferentObjects) {
  EXPECT_THAT(Document::Parse(R"({"a":{"a":[{"a":1},{"a":1}]},"b":{"a":1}})"),
              IsOk());
}

TEST(Document, NamesADuplicateKeyWithoutControlCharacters) {
  EXPECT_THAT(Document::Parse(R"({"a\u001b[31m":1,"a\u001b[31m":2})"),
              FailsWith(Failure::kMalformed, "'a\\x1b[31m' twice"));
}

TEST(Document, KnowsTypes) {
  const std::pair<std::string_view, Type> texts[] = {
      {"null", Type::kNull},   {"true", Type::kBool},
      {"false", Type::kBool},  {"0", Type::kInteger},
      {"-5", Type::kInteger},  {"18446744073709551615", Type::kInteger},
      {"1.0", Type::kFloat},   {"1e2", Type::kFloat},
      {"\"\"", Type::kString}, {"[]", Type::kArray},
      {"{}", Type::kObject}};
  for (const auto& [text, type] : texts) {
    ASSERT_OK_AND_ASSIGN(const Document document, Document::Parse(text));
    EXPECT_EQ(TypeName(document.root().type()), TypeName(type)) << text;
  }
}

TEST(Document, IntegersAreSixtyFourBitsAndNeverFloats) {
  ASSERT_OK_AND_ASSIGN(
      const Document document,
      Document::Parse(R"([9223372036854775807,-9223372036854775808,
                          9223372036854775808,1.0,true,"1",null])"));
  std::vector<absl::StatusOr<int64_t>> numbers;
  ASSERT_THAT(document.root().ForEachElement([&](Value value) {
    numbers.push_back(value.AsInteger("version"));
    return absl::OkStatus();
  }),
              IsOk());
  ASSERT_EQ(numbers.size(), 7u);
  EXPECT_EQ(*numbers[0], INT64_MAX);
  EXPECT_EQ(*numbers[1], INT64_MIN);
  EXPECT_THAT(numbers[2], FailsWith(Failure::kMalformed,
                                    "version: expected an integer of at most "
                                    "9223372036854775807, got "
                                    "9223372036854775808"));
  EXPECT_THAT(numbers[3], FailsWith(Failure::kMalformed,
                                    "version: expected an integer, got a "
                                    "floating-point number"));
  EXPECT_THAT(numbers[4], FailsWith(Failure::kMalformed, "got a boolean"));
  EXPECT_THAT(numbers[5], FailsWith(Failure::kMalformed, "got a string"));
  EXPECT_THAT(numbers[6], FailsWith(Failure::kMalformed, "got null"));
}

TEST(Document, RefusesIntegersBeyondSixtyFourBits) {
  const std::string_view texts[] = {
      "18446744073709551616", "-9223372036854775809",
      "1606938044258990275541962092341162602522202993782792835301376", "1e400"};
  for (const std::string_view text : texts) {
    EXPECT_THAT(Document::Parse(text), FailsWith(Failure::kMalformed)) << text;
  }
}

TEST(Value, TypedAccessNamesObjectExpectedAndGot) {
  ASSERT_OK_AND_ASSIGN(const Document document, Document::Parse("[]"));
  const Value root = document.root();
  EXPECT_THAT(
      root.AsString("keyid"),
      FailsWith(Failure::kMalformed, "keyid: expected a string, got an array"));
  EXPECT_THAT(root.AsBool("terminating"),
              FailsWith(Failure::kMalformed,
                        "terminating: expected a boolean, got an array"));
  EXPECT_THAT(root.ExpectObject("roles"),
              FailsWith(Failure::kMalformed,
                        "roles: expected an object, got an array"));
  EXPECT_THAT(root.ExpectArray("roles"), IsOk());
  EXPECT_THAT(root.Get("a", "roles"),
              FailsWith(Failure::kMalformed, "expected an object"));
  EXPECT_FALSE(root.Find("a").has_value());
  EXPECT_THAT(root.ForEachMember(
                  [](std::string_view, Value) { return absl::OkStatus(); }),
              FailsWith(Failure::kMalformed, "expected an object"));
}

TEST(Value, FindsMembersBehindNestedOnes) {
  ASSERT_OK_AND_ASSIGN(
      const Document document,
      Document::Parse(
          R"({"a":{"c":[1,{"c":2}],"d":3},"b":[-1,2.5,18446744073709551615],)"
          R"("c":7,"":{},"a\u0000b":false})"));
  const Value root = document.root();
  EXPECT_EQ(*root.Find("c")->AsInteger("c"), 7);
  EXPECT_EQ(root.Find("")->type(), Type::kObject);
  EXPECT_FALSE(*root.Find(std::string_view("a\0b", 3))->AsBool("x"));
  EXPECT_FALSE(root.Find("d").has_value());
  EXPECT_THAT(root.Get("d", "root"),
              FailsWith(Failure::kMalformed, "root has no 'd'"));
  EXPECT_EQ(root.size(), 5u);
  EXPECT_EQ(root.Find("b")->size(), 3u);
  EXPECT_EQ(root.Find("c")->size(), 0u);
}

TEST(Value, VisitsMembersInDocumentOrderUntilAnError) {
  ASSERT_OK_AND_ASSIGN(const Document document,
                       Document::Parse(R"({"10":1,"9":[2],"b":3,"a":4})"));
  std::vector<std::string> keys;
  const auto visit = [&](std::string_view key, Value) {
    keys.emplace_back(key);
    return key == "b" ? MakeFailure(Failure::kRollback, "stop")
                      : absl::OkStatus();
  };
  EXPECT_THAT(document.root().ForEachMember(visit),
              FailsWith(Failure::kRollback, "stop"));
  EXPECT_THAT(keys, ElementsAre("10", "9", "b"));
}

TEST(Document, ValuesStayValidWhenTheDocumentMovesAndTheTextGoes) {
  auto text =
      std::make_unique<std::string>(R"({"a":"long enough to be heap"})");
  ASSERT_OK_AND_ASSIGN(Document document, Document::Parse(*text));
  const Value value = *document.root().Find("a");
  text.reset();
  const Document moved = std::move(document);
  EXPECT_EQ(*value.AsString("a"), "long enough to be heap");
}

TEST(Document, CountsContainersBeyondTheTapesOwnCounter) {
  std::string text = "[";
  for (int i = 0; i < 0x1000010; ++i) text += "1,";
  text += "1]";
  ASSERT_OK_AND_ASSIGN(const Document document, Document::Parse(text));
  EXPECT_EQ(document.root().size(), 0x1000011u);
}

}  // namespace
}  // namespace tufmirror::json
