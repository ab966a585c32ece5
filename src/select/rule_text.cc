// One form for all messages about options.
#include "select/rule_text.h"

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::select {
namespace {

constexpr size_t kMaxValues = 8;

}  // namespace

std::string RuleText(std::string_view option, std::string_view value) {
  return fmt::format("{} '{}'", option, Printable(value));
}

std::string RuleText(std::string_view option,
                     const std::vector<std::string>& values) {
  std::string text(option);
  for (size_t i = 0; i < values.size(); ++i) {
    if (i == kMaxValues) {
      return text + fmt::format(", and {} more", values.size() - i);
    }
    text += fmt::format("{} '{}'", i == 0 ? "" : ",", Printable(values[i]));
  }
  return text;
}

absl::Status BadValue(std::string_view option, std::string_view value,
                      std::string_view expected) {
  return MakeFailure(Failure::kUsage,
                     fmt::format("select.{}: expected {}, got '{}'", option,
                                 expected, Printable(value)));
}

}  // namespace tufmirror::select
