// See network_options.h. No option holds a secret of its own, a password in a
// URL apart; files and variables do.
#include "cli/network_options.h"

#include <optional>
#include <string>
#include <utility>

#include "tufmirror/base/status_macros.h"

namespace tufmirror::cli {
namespace {

using sync::Config;

Option TransferString(std::string key, std::string help,
                      std::string http::TransferOptions::*member) {
  return StringOption("upstream", std::move(key), std::move(help),
                      [member](Config& config) -> std::string& {
                        return config.upstream.transfer.*member;
                      });
}

Option NetrcOption() {
  return {"upstream", "netrc",
          "true: ~/.netrc has credentials by host; or the path of such a file",
          [](const toml::node& node, Config& config) -> absl::Status {
            std::optional<std::string>& netrc = config.upstream.transfer.netrc;
            if (const auto wanted = node.value_exact<bool>()) {
              netrc = *wanted ? std::optional<std::string>("") : std::nullopt;
              return absl::OkStatus();
            }
            if (!node.is_string()) {
              return Expected("true, false or the path of a file", node);
            }
            ASSIGN_OR_RETURN(netrc, StringOf(node));
            return absl::OkStatus();
          },
          [](const Config& config) -> std::string {
            const std::optional<std::string>& netrc =
                config.upstream.transfer.netrc;
            if (!netrc) return "false";
            return netrc->empty() ? "true" : QuoteToml(*netrc);
          }};
}

std::vector<Option> CredentialOptions() {
  using http::AuthScheme;
  return {
      WordOption<AuthScheme>(
          "upstream", "auth",
          "what upstream is told: \"none\", \"basic\" or \"bearer\"",
          {{"none", AuthScheme::kNone},
           {"basic", AuthScheme::kBasic},
           {"bearer", AuthScheme::kBearer}},
          [](Config & c) -> auto& { return c.upstream.transfer.auth; }),
      TransferString("credentials_file",
                     "its first line: \"user:password\" or the token, unless "
                     "TUFMIRROR_UPSTREAM_CREDENTIALS has it",
                     &http::TransferOptions::credentials_file),
      StringsOption(
          "upstream", "credential_urls",
          "URLs of further servers that hear them; those of url and "
          "targets_url always do",
          [](Config & c) -> auto& { return c.upstream.credential_urls; }),
      NetrcOption(),
      BooleanOption(
          "upstream", "allow_plain_credentials",
          "send credentials over http too, where others can read them",
          [](Config & c) -> auto& {
            return c.upstream.transfer.allow_plain_credentials;
          }),
  };
}

}  // namespace

std::vector<Option> NetworkOptions() {
  using http::TransferOptions;
  std::vector<Option> options = {
      TransferString("proxy",
                     "proxy URL (http, https, socks5, socks5h); empty: "
                     "http_proxy, https_proxy, no_proxy",
                     &TransferOptions::proxy),
      TransferString("proxy_credentials_file",
                     "its first line: \"user:password\", unless "
                     "TUFMIRROR_PROXY_CREDENTIALS has it",
                     &TransferOptions::proxy_credentials_file),
      TransferString("ca_file",
                     "PEM file of certificate authorities; empty: the system's",
                     &TransferOptions::ca_file),
      TransferString("ca_dir",
                     "directory of them, hashed by `openssl rehash`; empty: "
                     "the system's",
                     &TransferOptions::ca_dir),
      TransferString("client_certificate", "PEM file to show to servers",
                     &TransferOptions::client_certificate),
      TransferString("client_key",
                     "its key, not encrypted; empty: in the same file",
                     &TransferOptions::client_key),
  };
  for (Option& option : CredentialOptions()) {
    options.push_back(std::move(option));
  }
  options.push_back(TransferString("user_agent", "empty: tufmirror/VERSION",
                                   &TransferOptions::user_agent));
  options.push_back(TransferString(
      "contact", "e-mail or URL that upstream finds in the User-Agent",
      &TransferOptions::contact));
  return options;
}

void NameCredentialServers(sync::UpstreamConfig& upstream) {
  std::vector<std::string>& named = upstream.transfer.credential_urls;
  named = upstream.urls;
  for (const auto& urls : {upstream.targets_urls, upstream.credential_urls}) {
    named.insert(named.end(), urls.begin(), urls.end());
  }
}

}  // namespace tufmirror::cli
