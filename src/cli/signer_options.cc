#include "cli/signer_options.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/config_file.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::cli {
namespace {

using sync::OnlineSigner;

constexpr absl::Duration kLongestSigning = absl::Minutes(10);

absl::Status BadSigner(std::string_view problem) {
  return MakeFailure(Failure::kUsage, problem);
}

absl::StatusOr<std::string> AbsolutePathOf(const toml::node& node) {
  absl::StatusOr<std::string> path = StringOf(node);
  if (!path.ok() || path->starts_with('/')) return path;
  return BadSigner(
      fmt::format("expected an absolute path, got '{}'", Printable(*path)));
}

absl::StatusOr<absl::Duration> TimeoutOf(const toml::node& node) {
  ASSIGN_OR_RETURN(const std::string text, StringOf(node));
  ASSIGN_OR_RETURN(const absl::Duration timeout, ParseDuration(text));
  if (timeout > absl::ZeroDuration() && timeout <= kLongestSigning) {
    return timeout;
  }
  return BadSigner(fmt::format("expected more than 0 and at most {}, got {}",
                               DurationText(kLongestSigning), text));
}

absl::Status ReadField(std::string_view name, const toml::node& node,
                       OnlineSigner& signer) {
  if (name == "key") {
    ASSIGN_OR_RETURN(signer.key, AbsolutePathOf(node));
  } else if (name == "passphrase_file") {
    ASSIGN_OR_RETURN(signer.passphrase_file, AbsolutePathOf(node));
  } else if (name == "command") {
    ASSIGN_OR_RETURN(signer.command.words, StringsOf(node));
  } else if (name == "public_key") {
    ASSIGN_OR_RETURN(signer.public_key, AbsolutePathOf(node));
  } else if (name == "environment") {
    ASSIGN_OR_RETURN(signer.command.environment, StringsOf(node));
  } else if (name == "timeout") {
    ASSIGN_OR_RETURN(signer.command.timeout, TimeoutOf(node));
  } else {
    return BadSigner(
        "expected 'key' and 'passphrase_file', or 'command', 'public_key', "
        "'environment' and 'timeout', got another name");
  }
  return absl::OkStatus();
}

absl::Status CheckSigner(const OnlineSigner& signer) {
  const repo::SignerCommand defaults;
  if (!signer.key.empty()) {
    if (signer.command == defaults && signer.public_key.empty()) {
      return absl::OkStatus();
    }
    return BadSigner(
        "expected a 'key' or a 'command', got both or parts of them");
  }
  if (signer.command.words.empty() || signer.command.words.front().empty()) {
    return BadSigner("expected a 'key' or a 'command', got neither");
  }
  if (signer.public_key.empty()) {
    return BadSigner("expected the 'public_key' of the command, got none");
  }
  if (!signer.passphrase_file.empty()) {
    return BadSigner("expected 'passphrase_file' beside a 'key' only");
  }
  for (const std::string& name : signer.command.environment) {
    if (!name.empty() && name.find('=') == name.npos) continue;
    return BadSigner(
        fmt::format("environment: expected names of variables, "
                    "got '{}'",
                    Printable(name, 80)));
  }
  return absl::OkStatus();
}

absl::StatusOr<OnlineSigner> ReadSigner(const toml::table& table) {
  OnlineSigner signer;
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    RETURN_IF_ERROR(
        Annotate(ReadField(name, node, signer), Printable(name, 80)));
  }
  RETURN_IF_ERROR(CheckSigner(signer));
  return signer;
}

absl::Status ReadSignerTables(const toml::node& node, sync::Config& config) {
  const toml::array* signers = node.as_array();
  if (signers == nullptr) {
    return Expected("tables [[origin.online_signers]]", node);
  }
  std::vector<OnlineSigner> read;
  for (const toml::node& element : *signers) {
    const toml::table* table = element.as_table();
    if (table == nullptr) {
      return Expected("tables [[origin.online_signers]]", element);
    }
    auto signer = ReadSigner(*table);
    if (!signer.ok()) {
      return Annotate(signer.status(),
                      fmt::format("signer {}", read.size() + 1));
    }
    read.push_back(*std::move(signer));
  }
  config.origin.online_signers = std::move(read);
  return absl::OkStatus();
}

std::string SignerToml(const OnlineSigner& signer) {
  std::vector<std::string> fields;
  const auto add = [&fields](std::string_view name, const std::string& text) {
    if (!text.empty()) {
      fields.push_back(fmt::format("{} = {}", name, QuoteToml(text)));
    }
  };
  add("key", signer.key);
  add("passphrase_file", signer.passphrase_file);
  if (signer.key.empty()) {
    fields.push_back(
        fmt::format("command = {}", ArrayToml(signer.command.words)));
    add("public_key", signer.public_key);
    fields.push_back(
        fmt::format("environment = {}", ArrayToml(signer.command.environment)));
    add("timeout", DurationText(signer.command.timeout));
  }
  return fmt::format("{{ {} }}", fmt::join(fields, ", "));
}

// Inline tables: an array of tables would have to be the last of [origin].
std::string SignersToml(const sync::Config& config) {
  std::string text = "[";
  for (const OnlineSigner& signer : config.origin.online_signers) {
    text += fmt::format("\n  {},", SignerToml(signer));
  }
  return text + (text.size() > 1 ? "\n]" : "]");
}

}  // namespace

Option OnlineSignersOption() {
  return {"origin", "online_signers",
          "instead of online_key: several keys, or keys that commands sign "
          "with; { key = PATH } or { command = [...], public_key = PATH }",
          ReadSignerTables, SignersToml};
}

absl::Status CheckOnlineSigners(const sync::OriginConfig& config) {
  if (config.online_key.empty() || config.online_signers.empty()) {
    return absl::OkStatus();
  }
  return BadSigner(
      "origin: expected online_key or online_signers, got both; the one key "
      "can be one of the signers: { key = PATH }");
}

}  // namespace tufmirror::cli
