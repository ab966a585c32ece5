// Each installer's variables are in its own table below.
#include "tufmirror/guard/installer_environment.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"

namespace tufmirror::guard {
namespace {

// Configuration that is empty. pip and pdm take it for "no file".
constexpr std::string_view kNoFile = "/dev/null";

// pip reads PIP_<OPTION> for every long option of its commands: in any case,
// with '_' and '-' the same. "pypi-url" is another name of index-url. A proxy
// that is set here would be asked in the guard's place, NO_PROXY or not.
constexpr std::array<std::string_view, 8> kPipOptions = {
    "config-file", "extra-index-url", "find-links", "index-url",
    "no-index",    "proxy",           "pypi-url",   "trusted-host",
};

// UV_TORCH_BACKEND names an index of its own. PDM_IGNORE_STORED_INDEX would
// make pdm ignore PDM_PYPI_URL too. The JSON API is not a simple index.
constexpr std::array<std::string_view, 14> kRemoved = {
    "PDM_IGNORE_STORED_INDEX",
    "PDM_PYPI_JSON_API",
    "PDM_PYPI_PASSWORD",
    "PDM_PYPI_USERNAME",
    "UV_ALL_PROXY",
    "UV_CONFIG_FILE",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_HTTPS_PROXY",
    "UV_HTTP_PROXY",
    "UV_INDEX",
    "UV_INSECURE_HOST",
    "UV_NO_INDEX",
    "UV_TORCH_BACKEND",
};

bool IsPipIndexOption(std::string_view name) {
  constexpr std::string_view kPrefix = "PIP_";
  if (name.substr(0, kPrefix.size()) != kPrefix) return false;
  std::string option(name.substr(kPrefix.size()));
  for (char& c : option) {
    c = c == '_' ? '-' : absl::ascii_tolower(static_cast<unsigned char>(c));
  }
  const size_t start = option.find_first_not_of('-');
  if (start == std::string::npos) return false;
  return std::find(kPipOptions.begin(), kPipOptions.end(),
                   std::string_view(option).substr(start)) != kPipOptions.end();
}

bool IsRemoved(std::string_view name) {
  return IsPipIndexOption(name) ||
         std::find(kRemoved.begin(), kRemoved.end(), name) != kRemoved.end();
}

std::optional<std::string> ValueOf(const Environment& environment,
                                   std::string_view name) {
  const auto found = environment.find(name);
  if (found == environment.end()) return std::nullopt;
  return found->second;
}

// `list` with `host` in it. "*" is no list: everything is reached directly.
std::string WithHost(std::string_view list, std::string_view host) {
  if (list.empty()) return std::string(host);
  if (list == "*") return "*";
  std::string_view rest = list;
  while (!rest.empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    std::string_view entry = rest.substr(0, comma);
    while (!entry.empty() && entry.front() == ' ') entry.remove_prefix(1);
    while (!entry.empty() && entry.back() == ' ') entry.remove_suffix(1);
    if (entry == host) return std::string(list);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return std::string(list) + "," + std::string(host);
}

// Programs differ in which spelling they read first, so both are set; where one
// was missing it gets what the other says.
void ReachDirectly(std::string_view host, Environment& environment) {
  const auto lower = ValueOf(environment, "no_proxy");
  const auto upper = ValueOf(environment, "NO_PROXY");
  environment["no_proxy"] = WithHost(lower ? *lower : upper.value_or(""), host);
  environment["NO_PROXY"] = WithHost(upper ? *upper : lower.value_or(""), host);
}

}  // namespace

Environment ParseEnvironment(const char* const* entries) {
  Environment environment;
  for (; *entries != nullptr; ++entries) {
    const std::string_view entry = *entries;
    const size_t equals = entry.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    environment.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return environment;
}

std::vector<std::string> EnvironmentEntries(const Environment& environment) {
  std::vector<std::string> entries;
  entries.reserve(environment.size());
  for (const auto& [name, value] : environment) {
    entries.push_back(name + "=" + value);
  }
  return entries;
}

Environment InstallerEnvironment(const Environment& before,
                                 const GuardAddress& guard) {
  Environment after;
  for (const auto& [name, value] : before) {
    if (!IsRemoved(name)) after.emplace(name, value);
  }
  // pip; pipx, which runs it; whatever builds in an isolated environment.
  after["PIP_CONFIG_FILE"] = kNoFile;
  after["PIP_INDEX_URL"] = guard.index_url;
  // uv, new and old.
  after["UV_DEFAULT_INDEX"] = guard.index_url;
  after["UV_INDEX_URL"] = guard.index_url;
  after["UV_NO_CONFIG"] = "1";
  after["PDM_CONFIG_FILE"] = kNoFile;
  after["PDM_PYPI_URL"] = guard.index_url;
  // poetry has no such variable; its plugin poetry-plugin-pypi-mirror does.
  after["POETRY_PYPI_MIRROR_URL"] = guard.index_url;
  after["TUFMIRROR_GUARD_URL"] = guard.index_url;
  ReachDirectly(guard.host, after);
  return after;
}

}  // namespace tufmirror::guard
