#include "tufmirror/json/canonical.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "json/plain_canonical.h"
#include "json/random_json.h"
#include "support/status_matchers.h"
#include "tufmirror/json/document.h"

namespace tufmirror::json {
namespace {

using ::tufmirror::testing::FailsWith;
using ::tufmirror::testing::IsOk;

std::string CanonicalOf(std::string_view text) {
  const auto document = Document::Parse(text);
  if (!document.ok()) return document.status().ToString();
  const auto canonical = Canonicalize(document->root());
  return canonical.ok() ? *canonical : canonical.status().ToString();
}

TEST(Canonical, WritesTheOlpcForm) {
  const std::pair<std::string_view, std::string_view> table[] = {
      {"null", "null"},
      {" true ", "true"},
      {"[ false , true ]", "[false,true]"},
      {"-0", "0"},
      {"-1", "-1"},
      {"9223372036854775807", "9223372036854775807"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"18446744073709551615", "18446744073709551615"},
      {"{}", "{}"},
      {"[\n]", "[]"},
      {R"({"b":1,"a":2})", R"({"a":2,"b":1})"},
      {R"({"a":{"z":[],"y":{}},"":0})", R"({"":0,"a":{"y":{},"z":[]}})"},
      {R"("a\"b\\c\/d")", R"("a\"b\\c/d")"},
      {R"("\u00e9\u20ac")", "\"\xC3\xA9\xE2\x82\xAC\""},
      {R"("\ud83d\ude00")", "\"\xF0\x9F\x98\x80\""},
      {R"("\n\t\u001f\u007f")", "\"\n\t\x1f\x7f\""},
      {R"("\u0022\u005c")", R"("\"\\")"},
      {R"({"10":1,"9":2,"a":3,"B":4})", R"({"10":1,"9":2,"B":4,"a":3})"},
      {R"({"a\"b":1,"a!":2})", R"({"a!":2,"a\"b":1})"},
      // Code points, not UTF-16 code units: U+FF5E before U+1F600.
      {R"({"\ud83d\ude00":1,"\uff5e":2})",
       "{\"\xEF\xBD\x9E\":2,\"\xF0\x9F\x98\x80\":1}"},
      {R"({"aa":1,"a":2,"ab":3})", R"({"a":2,"aa":1,"ab":3})"},
  };
  for (const auto& [text, canonical] : table) {
    EXPECT_EQ(CanonicalOf(text), canonical) << text;
  }
}

TEST(Canonical, KeepsNulInStrings) {
  EXPECT_EQ(CanonicalOf(R"({"a\u0000b":"\u0000"})"),
            std::string("{\"a\0b\":\"\0\"}", 11));
}

TEST(Canonical, HasNoFloats) {
  for (const std::string_view text :
       {"1.0", "[1,2.5]", R"({"a":{"b":1e2}})", "-0.0", "1E0"}) {
    const auto document = Document::Parse(text);
    ASSERT_THAT(document, IsOk());
    EXPECT_THAT(Canonicalize(document->root()),
                FailsWith(Failure::kUnsupported, "floating-point number"))
        << text;
  }
}

TEST(Canonical, AFloatElsewhereDoesNotMatter) {
  ASSERT_OK_AND_ASSIGN(const Document document,
                       Document::Parse(R"({"x":1.0,"signed":{"a":1}})"));
  EXPECT_EQ(*Canonicalize(*document.root().Find("signed")), R"({"a":1})");
}

TEST(CanonicalView, PointsIntoTheDocumentOnlyWhenItsBytesAreCanonical) {
  const auto is_view = [](std::string_view text) {
    const auto document = *Document::Parse(text);
    std::string storage;
    const Value body = *document.root().Find("signed");
    const std::string_view view = *CanonicalView(body, storage);
    EXPECT_EQ(view, PlainCanonical(body)) << text;
    return view.data() != storage.data();
  };
  EXPECT_TRUE(is_view(R"({"signatures":[],"signed":{"a":[1,{}],"b":-10}})"));
  EXPECT_TRUE(is_view("\n {\"z\":{\"b\":1,\"a\":1},\"signed\":{\"a\":9}}\n"));
  const std::string_view written[] = {
      R"({"signed": {"a":1}})",             // white space
      R"({"signed":{"b":1,"a":2}})",        // order
      R"({"signed":{"a":{"c":1,"b":2}}})",  // order deeper
      R"({"signed":{"a":-0}})",             // not the shortest zero
      R"({"signed":{"a":"\/"}})",           // escape
      R"({"signed":{"a":"\n"}})",
      R"({"signed":{"a":1},"x":1.5})",
      R"({"signed":{"a":"\""}})",
      // White space and a shorter form elsewhere must not cancel out.
      R"({"signed":{"a": 1},"x":"\u0041"})",
  };
  for (const std::string_view text : written) {
    EXPECT_FALSE(is_view(text)) << text;
  }
}

// The forms of every value of a document, by both ways of writing them.
void ExpectAgreement(const Value& value, const std::string& text) {
  std::string storage = "left over";
  ASSERT_OK_AND_ASSIGN(const std::string_view view,
                       CanonicalView(value, storage));
  ASSERT_EQ(view, PlainCanonical(value)) << text;
  ASSERT_EQ(*Canonicalize(value), view) << text;
  if (value.type() == Type::kObject) {
    ASSERT_THAT(value.ForEachMember([&](std::string_view, Value member) {
      ExpectAgreement(member, text);
      return absl::OkStatus();
    }),
                IsOk());
  } else if (value.type() == Type::kArray) {
    ASSERT_THAT(value.ForEachElement([&](Value element) {
      ExpectAgreement(element, text);
      return absl::OkStatus();
    }),
                IsOk());
  }
}

TEST(Canonical, AgreesWithPlainWritingOnRandomDocuments) {
  size_t views = 0;
  for (uint32_t seed = 0; seed < 30'000; ++seed) {
    const std::string text = RandomJson(seed).Text();
    const auto document = Document::Parse(text);
    ASSERT_THAT(document, IsOk()) << text;
    ExpectAgreement(document->root(), text);
    if (HasFatalFailure()) return;
    std::string storage;
    if ((*CanonicalView(document->root(), storage)).data() != storage.data()) {
      ++views;
    }
  }
  // Both ways were taken.
  EXPECT_GT(views, 3000u);
  EXPECT_LT(views, 27'000u);
}

TEST(Canonical, IsItsOwnCanonicalForm) {
  for (uint32_t seed = 0; seed < 3000; ++seed) {
    const std::string once = CanonicalOf(RandomJson(seed).Text());
    const auto again = Document::Parse(once);
    if (!again.ok()) continue;  // raw control characters are not JSON
    ASSERT_EQ(*Canonicalize(again->root()), once);
  }
}

TEST(AppendCanonicalString, EscapesOnlyQuotesAndBackslashes) {
  std::string out = "x";
  AppendCanonicalString("a\"b\\c/\n\x01\xC3\xA9", out);
  EXPECT_EQ(out, "x\"a\\\"b\\\\c/\n\x01\xC3\xA9\"");
  out.clear();
  AppendCanonicalString("\"\"", out);
  EXPECT_EQ(out, R"("\"\"")");
  out.clear();
  AppendCanonicalString("", out);
  EXPECT_EQ(out, R"("")");
}

TEST(AppendString, WritesWhatAnyJsonReaderAccepts) {
  const std::pair<std::string_view, std::string_view> table[] = {
      {"", R"("")"},
      {"a\"\\/", R"("a\"\\/")"},
      {"\b\f\n\r\t\x01\x1f", R"("\b\f\n\r\t\u0001\u001f")"},
      {std::string_view("\0", 1), R"("\u0000")"},
      {"\xC3\xA9\xF0\x9F\x98\x80", "\"\xC3\xA9\xF0\x9F\x98\x80\""},
      {"a\xFFz", "\"a\xEF\xBF\xBDz\""},
      {"\xE2\x82", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
  };
  for (const auto& [text, expected] : table) {
    std::string out;
    AppendString(text, out);
    EXPECT_EQ(out, expected);
    EXPECT_THAT(Document::Parse(out), IsOk()) << out;
  }
}

}  // namespace
}  // namespace tufmirror::json
