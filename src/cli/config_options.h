// Kinds of options in the configuration file: how a value of each is read,
// strictly, and written so that it reads back the same.
#ifndef TUFMIRROR_SRC_CLI_CONFIG_OPTIONS_H_
#define TUFMIRROR_SRC_CLI_CONFIG_OPTIONS_H_

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/sync/config.h"

namespace tufmirror::cli {

struct Option {
  std::string section;
  std::string key;
  std::string help;
  std::function<absl::Status(const toml::node&, sync::Config&)> read;
  std::function<std::string(const sync::Config&)> write;

  std::string Name() const { return section + "." + key; }
};

// A reference to one field of a Config, const or not.
template <typename T>
using Field = std::function<T&(sync::Config&)>;

template <typename T>
const T& Get(const Field<T>& field, const sync::Config& config) {
  return field(const_cast<sync::Config&>(config));
}

// kUsage: "expected WHAT, got a string".
absl::Status Expected(std::string_view what, const toml::node& got);
absl::StatusOr<std::string> StringOf(const toml::node& node);
// An array of strings, or one string.
absl::StatusOr<std::vector<std::string>> StringsOf(const toml::node& node);
std::string QuoteToml(std::string_view text);
std::string ArrayToml(const std::vector<std::string>& elements);

Option StringOption(std::string section, std::string key, std::string help,
                    Field<std::string> field);
Option StringsOption(std::string section, std::string key, std::string help,
                     Field<std::vector<std::string>> field);
Option IntegerOption(std::string section, std::string key, std::string help,
                     int64_t minimum, int64_t maximum, Field<int> field);
Option BooleanOption(std::string section, std::string key, std::string help,
                     Field<bool> field);
// A share from 0 to 1.
Option ShareOption(std::string section, std::string key, std::string help,
                   Field<double> field);
Option DurationOption(std::string section, std::string key, std::string help,
                      Field<absl::Duration> field);
Option BytesOption(std::string section, std::string key, std::string help,
                   Field<uint64_t> field);

// kUsage: `got` is none of `words`.
absl::Status ExpectedWord(const std::vector<std::string>& words,
                          std::string_view got);

// One of a few words, each for a value.
template <typename T>
Option WordOption(std::string section, std::string key, std::string help,
                  std::vector<std::pair<std::string, T>> words,
                  Field<T> field) {
  return {std::move(section), std::move(key), std::move(help),
          [=](const toml::node& node, sync::Config& config) -> absl::Status {
            const absl::StatusOr<std::string> text = StringOf(node);
            if (!text.ok()) return text.status();
            std::vector<std::string> known;
            for (const auto& [word, value] : words) {
              if (word == *text) {
                field(config) = value;
                return absl::OkStatus();
              }
              known.push_back(word);
            }
            return ExpectedWord(known, *text);
          },
          [=](const sync::Config& config) {
            for (const auto& [word, value] : words) {
              if (value == Get(field, config)) return QuoteToml(word);
            }
            return QuoteToml("");
          }};
}

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_SRC_CLI_CONFIG_OPTIONS_H_
