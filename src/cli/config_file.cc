// One table holds every option: its name, its help, how it is read and how it
// is written. Nothing else knows the file's format.
#include "cli/config_file.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "cli/config_options.h"
#include "cli/network_options.h"
#include "cli/select_options.h"
#include "cli/signer_options.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/repo/custom_fields.h"
#include "tufmirror/repo/genesis.h"
#include "tufmirror/select/rules.h"

namespace tufmirror::cli {
namespace {

using sync::Config;

constexpr uint64_t kMaxConfigBytes = uint64_t{1} << 20;

Option KindOption() {
  return WordOption<sync::UpstreamKind>(
      "upstream", "kind",
      "\"tuf\": follow a TUF repository (replica); \"directory\": sign a "
      "directory of distributions (origin); \"index\": sign what a plain index "
      "has (origin)",
      {{"tuf", sync::UpstreamKind::kTuf},
       {"directory", sync::UpstreamKind::kDirectory},
       {"index", sync::UpstreamKind::kIndex}},
      [](Config & c) -> auto& { return c.upstream.kind; });
}

std::vector<Option> UpstreamOptions() {
  return {
      KindOption(),
      StringOption(
          "upstream", "directory",
          "origin: where wheels and sdists are, searched recursively",
          [](Config & c) -> auto& { return c.upstream.directory; }),
      StringsOption(
          "upstream", "url",
          "replica: base URLs of the repository (http, https, file), tried in "
          "order; origin: of the index",
          [](Config & c) -> auto& { return c.upstream.urls; }),
      StringOption(
          "upstream", "metadata_path",
          "replica: where metadata is, below each url",
          [](Config & c) -> auto& { return c.upstream.metadata_path; }),
      StringsOption(
          "upstream", "targets_url",
          "replica: base URLs of targets, if they are elsewhere than url",
          [](Config & c) -> auto& { return c.upstream.targets_urls; }),
  };
}

std::vector<Option> IndexOptions() {
  return {
      StringsOption(
          "upstream", "adopt",
          "index: directories of other mirrors on this machine; files that are "
          "there are linked instead of downloaded",
          [](Config & c) -> auto& { return c.upstream.index.adopt; }),
      BytesOption(
          "upstream", "max_file_size",
          "index: larger files are held back and reported, 0: none",
          [](Config & c) -> auto& { return c.upstream.index.max_file_size; }),
      BooleanOption(
          "upstream", "allow_unhashed",
          "index: files that are listed without a sha256 are taken as they "
          "come",
          [](Config & c) -> auto& { return c.upstream.index.allow_unhashed; }),
      BooleanOption(
          "upstream", "provenance",
          "index: provenance files (attestations, PEP 740) are mirrored beside "
          "the files that have them",
          [](Config & c) -> auto& { return c.upstream.index.provenance; }),
      ShareOption(
          "upstream", "sweep_share",
          "index: share of the unchanged pages that each run looks at again",
          [](Config & c) -> auto& { return c.upstream.index.sweep_share; }),
      IntegerOption(
          "upstream", "removal_confirmations",
          "index: in how many runs a project must be gone before it is removed",
          1, 1000, [](Config & c) -> auto& {
            return c.upstream.index.removal_confirmations;
          }),
  };
}

std::vector<Option> TransferOptions() {
  return {
      IntegerOption(
          "upstream", "concurrency", "transfers at the same time", 1, 256,
          [](Config & c) -> auto& { return c.upstream.transfer.concurrency; }),
      BytesOption(
          "upstream", "max_rate",
          "bytes per second over all transfers, 0: no limit",
          [](Config & c) -> auto& { return c.upstream.transfer.max_rate; }),
      IntegerOption(
          "upstream", "retries", "further tries of what can heal", 0, 100,
          [](Config & c) -> auto& { return c.upstream.transfer.retries; }),
      DurationOption(
          "upstream", "connect_timeout", "time to connect to a server",
          [](Config & c) -> auto& {
            return c.upstream.transfer.connect_timeout;
          }),
      DurationOption(
          "upstream", "download_timeout", "time for one file, overall",
          [](Config & c) -> auto& {
            return c.upstream.transfer.download_timeout;
          }),
      BytesOption(
          "upstream", "min_speed",
          "bytes per second below which a transfer is given up ...",
          [](Config & c) -> auto& { return c.upstream.transfer.min_speed; }),
      DurationOption(
          "upstream", "min_speed_time", "... after this long",
          [](Config & c) -> auto& {
            return c.upstream.transfer.min_speed_time;
          }),
  };
}

Option CustomFieldsOption() {
  return {
      "origin", "custom_fields",
      "what the metadata say of each distribution besides length and digest: "
      "requires-dist, requires-python, upload-time, yanked",
      [](const toml::node& node, Config& config) -> absl::Status {
        ASSIGN_OR_RETURN(const std::vector<std::string> names, StringsOf(node));
        repo::CustomFields fields;
        for (const std::string& name : names) {
          ASSIGN_OR_RETURN(const repo::CustomField field,
                           repo::ParseCustomField(name));
          fields.insert(field);
        }
        config.origin.custom_fields = std::move(fields);
        return absl::OkStatus();
      },
      [](const Config& config) {
        std::vector<std::string> names;
        for (const repo::CustomField field : config.origin.custom_fields) {
          names.emplace_back(repo::CustomFieldName(field));
        }
        return ArrayToml(names);
      }};
}

std::vector<Option> OriginAndPublishOptions() {
  return {
      StringOption(
          "origin", "online_key",
          "private key of bins, snapshot and timestamp (PKCS#8 PEM)",
          [](Config & c) -> auto& { return c.origin.online_key; }),
      StringOption(
          "origin", "passphrase_file",
          "its passphrase, in the first line; empty: "
          "TUFMIRROR_KEY_PASSPHRASE or a prompt",
          [](Config & c) -> auto& { return c.origin.passphrase_file; }),
      OnlineSignersOption(),
      IntegerOption(
          "origin", "bin_bits", "2^bin_bits bins; chosen at init, then fixed",
          1, repo::kMaxBinBits,
          [](Config & c) -> auto& { return c.origin.bin_bits; }),
      CustomFieldsOption(),
      DurationOption(
          "origin", "bin_expiry", "life of a bin's signature",
          [](Config & c) -> auto& { return c.origin.bin_expiry; }),
      DurationOption(
          "origin", "snapshot_expiry", "life of the snapshot's signature",
          [](Config & c) -> auto& { return c.origin.snapshot_expiry; }),
      DurationOption(
          "origin", "timestamp_expiry", "life of the timestamp's signature",
          [](Config & c) -> auto& { return c.origin.timestamp_expiry; }),
      DurationOption(
          "publish", "grace",
          "how long superseded metadata and pages stay for slow readers",
          [](Config & c) -> auto& { return c.publish.grace; }),
      DurationOption(
          "publish", "keep_removed",
          "how long removed distribution files stay on disk",
          [](Config & c) -> auto& { return c.publish.keep_removed; }),
      BooleanOption(
          "publish", "deltas",
          "write delta packs, with which readers who have an older version of "
          "a metadata file fetch little",
          [](Config & c) -> auto& { return c.publish.deltas; }),
      ShareOption(
          "brakes", "max_removals",
          "share of all targets that one run may remove; ten removals always "
          "pass, unless nothing would be left",
          [](Config & c) -> auto& { return c.brakes.max_removals; }),
      BytesOption(
          "brakes", "min_free_space", "bytes that must stay free on the disk",
          [](Config & c) -> auto& { return c.brakes.min_free_space; }),
  };
}

std::vector<Option> AllOptions() {
  std::vector<Option> all = UpstreamOptions();
  for (auto more : {IndexOptions(), TransferOptions(), NetworkOptions(),
                    SelectOptions(), OriginAndPublishOptions()}) {
    for (Option& option : more) all.push_back(std::move(option));
  }
  return all;
}

// Levenshtein distance, for "did you mean".
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row[b.size()];
}

absl::Status UnknownKey(std::string_view name, const std::vector<Option>& all) {
  const auto nearest = std::min_element(
      all.begin(), all.end(), [name](const Option& a, const Option& b) {
        return EditDistance(name, a.Name()) < EditDistance(name, b.Name());
      });
  return MakeFailure(Failure::kUsage,
                     fmt::format("there is no option '{}'; the nearest is '{}'",
                                 Printable(name, 80), nearest->Name()));
}

absl::Status ReadOption(const std::string& name, const toml::node& node,
                        const std::vector<Option>& all, Config& config) {
  const auto option =
      std::find_if(all.begin(), all.end(),
                   [&name](const Option& o) { return o.Name() == name; });
  if (option == all.end()) return UnknownKey(name, all);
  return Annotate(option->read(node, config), name);
}

absl::Status ReadTable(const toml::table& table, const std::string& path,
                       const std::vector<Option>& all, Config& config) {
  const auto at = [&path](const absl::Status& status, const toml::node& node) {
    return Annotate(status,
                    fmt::format("{}:{}", path, node.source().begin.line));
  };
  for (const auto& [section, content] : table) {
    const std::string section_name(section.str());
    const toml::table* options = content.as_table();
    if (options == nullptr) {
      return at(UnknownKey(section_name, all), content);
    }
    for (const auto& [key, node] : *options) {
      const std::string name = section_name + "." + std::string(key.str());
      RETURN_IF_ERROR(at(ReadOption(name, node, all, config), node));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckWhole(const Config& config) {
  const sync::UpstreamConfig& upstream = config.upstream;
  RETURN_IF_ERROR(select::CheckRules(config.select));
  RETURN_IF_ERROR(CheckOnlineSigners(config.origin));
  if (upstream.kind != sync::UpstreamKind::kIndex &&
      config.select != select::Rules()) {
    return MakeFailure(
        Failure::kUsage,
        fmt::format(
            "select: rules expected for an origin of an index only, got "
            "them for {}",
            upstream.kind == sync::UpstreamKind::kTuf
                ? "a replica, which mirrors what upstream has signed"
                : "a directory, which is published as it is"));
  }
  for (const std::string& path : upstream.index.adopt) {
    if (path.starts_with('/')) continue;
    return MakeFailure(
        Failure::kUsage,
        fmt::format("upstream.adopt: expected absolute paths, got '{}'",
                    Printable(path)));
  }
  if (upstream.kind == sync::UpstreamKind::kDirectory) {
    if (!upstream.directory.starts_with('/')) {
      return MakeFailure(
          Failure::kUsage,
          fmt::format("upstream.directory: expected an absolute path, got '{}'",
                      Printable(upstream.directory)));
    }
    return absl::OkStatus();
  }
  if (upstream.urls.empty()) {
    return MakeFailure(Failure::kUsage,
                       "upstream.url: expected at least one URL, got none");
  }
  for (const auto& urls :
       {upstream.urls, upstream.targets_urls, upstream.credential_urls}) {
    for (const std::string& url : urls)
      RETURN_IF_ERROR(http::CheckBaseUrl(url));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Config> ParseConfig(std::string_view text,
                                   const std::string& path) {
  const toml::parse_result parsed = toml::parse(text, path);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return MakeFailure(Failure::kUsage,
                       fmt::format("{}:{}: {}", path, error.source().begin.line,
                                   error.description()));
  }
  Config config;
  RETURN_IF_ERROR(ReadTable(parsed.table(), path, AllOptions(), config));
  RETURN_IF_ERROR(Annotate(CheckWhole(config), path));
  NameCredentialServers(config.upstream);
  return config;
}

absl::StatusOr<Config> LoadConfig(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, fs::ReadFile(path, kMaxConfigBytes));
  return ParseConfig(text, path);
}

std::string WriteConfig(const Config& config) {
  std::string text =
      "# tufmirror: every option, with its help. Unknown options are "
      "refused.\n";
  std::string section;
  for (const Option& option : AllOptions()) {
    if (option.section != section) {
      section = option.section;
      text += fmt::format("\n[{}]\n", section);
    }
    text += fmt::format("# {}\n{} = {}\n", option.help, option.key,
                        option.write(config));
  }
  return text;
}

}  // namespace tufmirror::cli
