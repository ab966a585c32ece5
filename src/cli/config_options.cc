// Reading and writing one value of each kind of option.
#include "cli/config_options.h"

#include <utility>

#include "cli/config_file.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::cli {

using sync::Config;

absl::Status Expected(std::string_view what, const toml::node& got) {
  std::string type = fmt::format("{}", static_cast<int>(got.type()));
  switch (got.type()) {
    case toml::node_type::string:
      type = "a string";
      break;
    case toml::node_type::integer:
      type = "an integer";
      break;
    case toml::node_type::floating_point:
      type = "a number";
      break;
    case toml::node_type::boolean:
      type = "true or false";
      break;
    case toml::node_type::array:
      type = "an array";
      break;
    case toml::node_type::table:
      type = "a table";
      break;
    default:
      type = "a date or time";
  }
  return MakeFailure(Failure::kUsage,
                     fmt::format("expected {}, got {}", what, type));
}

absl::StatusOr<std::string> StringOf(const toml::node& node) {
  if (const auto value = node.value_exact<std::string>()) return *value;
  return Expected("a string", node);
}

absl::StatusOr<std::vector<std::string>> StringsOf(const toml::node& node) {
  std::vector<std::string> strings;
  const toml::array* array = node.as_array();
  if (array == nullptr) {
    ASSIGN_OR_RETURN(std::string text, StringOf(node));
    strings.push_back(std::move(text));
    return strings;
  }
  for (const toml::node& element : *array) {
    ASSIGN_OR_RETURN(std::string text, StringOf(element));
    strings.push_back(std::move(text));
  }
  return strings;
}

std::string QuoteToml(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      quoted += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string ArrayToml(const std::vector<std::string>& elements) {
  std::string text = "[";
  for (const std::string& element : elements) {
    if (text.size() > 1) text += ", ";
    text += QuoteToml(element);
  }
  return text + "]";
}

Option StringOption(std::string section, std::string key, std::string help,
                    Field<std::string> field) {
  return {
      std::move(section), std::move(key), std::move(help),
      [field](const toml::node& node, Config& config) -> absl::Status {
        ASSIGN_OR_RETURN(field(config), StringOf(node));
        return absl::OkStatus();
      },
      [field](const Config& config) { return QuoteToml(Get(field, config)); }};
}

Option StringsOption(std::string section, std::string key, std::string help,
                     Field<std::vector<std::string>> field) {
  return {
      std::move(section), std::move(key), std::move(help),
      [field](const toml::node& node, Config& config) -> absl::Status {
        ASSIGN_OR_RETURN(field(config), StringsOf(node));
        return absl::OkStatus();
      },
      [field](const Config& config) { return ArrayToml(Get(field, config)); }};
}

Option IntegerOption(std::string section, std::string key, std::string help,
                     int64_t minimum, int64_t maximum, Field<int> field) {
  return {std::move(section), std::move(key), std::move(help),
          [=](const toml::node& node, Config& config) -> absl::Status {
            const auto value = node.value_exact<int64_t>();
            if (!value) return Expected("an integer", node);
            if (*value < minimum || *value > maximum) {
              return MakeFailure(Failure::kUsage,
                                 fmt::format("expected {} to {}, got {}",
                                             minimum, maximum, *value));
            }
            field(config) = static_cast<int>(*value);
            return absl::OkStatus();
          },
          [field](const Config& config) {
            return fmt::format("{}", Get(field, config));
          }};
}

Option BooleanOption(std::string section, std::string key, std::string help,
                     Field<bool> field) {
  return {std::move(section), std::move(key), std::move(help),
          [field](const toml::node& node, Config& config) -> absl::Status {
            const auto value = node.value_exact<bool>();
            if (!value) return Expected("true or false", node);
            field(config) = *value;
            return absl::OkStatus();
          },
          [field](const Config& config) {
            return std::string(Get(field, config) ? "true" : "false");
          }};
}

Option ShareOption(std::string section, std::string key, std::string help,
                   Field<double> field) {
  return {std::move(section), std::move(key), std::move(help),
          [field](const toml::node& node, Config& config) -> absl::Status {
            const auto value = node.value<double>();
            if (!value || !node.is_number()) return Expected("a number", node);
            if (!(*value >= 0 && *value <= 1)) {
              return MakeFailure(
                  Failure::kUsage,
                  fmt::format("expected a share from 0 to 1, got {}", *value));
            }
            field(config) = *value;
            return absl::OkStatus();
          },
          [field](const Config& config) {
            return fmt::format("{}", Get(field, config));
          }};
}

Option DurationOption(std::string section, std::string key, std::string help,
                      Field<absl::Duration> field) {
  return {std::move(section), std::move(key), std::move(help),
          [field](const toml::node& node, Config& config) -> absl::Status {
            ASSIGN_OR_RETURN(const std::string text, StringOf(node));
            ASSIGN_OR_RETURN(field(config), ParseDuration(text));
            return absl::OkStatus();
          },
          [field](const Config& config) {
            return QuoteToml(DurationText(Get(field, config)));
          }};
}

Option BytesOption(std::string section, std::string key, std::string help,
                   Field<uint64_t> field) {
  return {std::move(section), std::move(key), std::move(help),
          [field](const toml::node& node, Config& config) -> absl::Status {
            if (const auto value = node.value_exact<int64_t>();
                value && *value >= 0) {
              field(config) = static_cast<uint64_t>(*value);
              return absl::OkStatus();
            }
            ASSIGN_OR_RETURN(const std::string text, StringOf(node));
            ASSIGN_OR_RETURN(field(config), ParseByteCount(text));
            return absl::OkStatus();
          },
          [field](const Config& config) {
            return QuoteToml(ByteCountText(Get(field, config)));
          }};
}

absl::Status ExpectedWord(const std::vector<std::string>& words,
                          std::string_view got) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += QuoteToml(words[i]);
  }
  return MakeFailure(Failure::kUsage, fmt::format("expected {}, got \"{}\"",
                                                  text, Printable(got, 40)));
}

}  // namespace tufmirror::cli
