#include "cli/guard_choice.h"

#include <unistd.h>

#include <string>

#include "tufmirror/base/status_macros.h"
#include "tufmirror/guard/trust_store.h"
#include "tufmirror/guard/user_directories.h"

namespace tufmirror::cli {

absl::Status UseTrustedMirror(std::string_view name,
                              const guard::Environment& environment,
                              absl::Time now, guard::GuardOptions& options) {
  ASSIGN_OR_RETURN(const guard::UserDirectories directories,
                   guard::UserDirectoriesOf(environment));
  const guard::TrustStore store(directories.trust);
  ASSIGN_OR_RETURN(const guard::TrustedMirror mirror,
                   name.empty() ? store.Only() : store.Get(name));
  RETURN_IF_ERROR(guard::CheckClock(mirror, now));
  options.mirrors = mirror.urls;
  options.trust_directory = mirror.metadata;
  return absl::OkStatus();
}

guard::Environment OwnEnvironment() { return guard::ParseEnvironment(environ); }

guard::GuardAddress AddressOf(const guard::Guard& guard) {
  guard::GuardAddress address;
  address.index_url = guard.IndexUrl();
  // "http://HOST:PORT/simple/", HOST "[::1]" for an IPv6 address.
  const std::string_view url = address.index_url;
  const size_t start = url.find("://") + 3;
  const size_t end = url.rfind(':', url.find('/', start));
  std::string_view host = url.substr(start, end - start);
  if (!host.empty() && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  address.host = std::string(host);
  return address;
}

}  // namespace tufmirror::cli
