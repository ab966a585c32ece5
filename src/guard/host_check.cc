#include "guard/host_check.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/serve/http_server.h"

namespace tufmirror::guard {
namespace {

bool IsIpv4(const std::string& host, in_addr* address) {
  return inet_pton(AF_INET, host.c_str(), address) == 1;
}

bool IsIpv6(const std::string& host, in6_addr* address) {
  return inet_pton(AF_INET6, host.c_str(), address) == 1;
}

bool IsLoopback(const std::string& host) {
  in_addr v4 = {};
  in6_addr v6 = {};
  if (IsIpv4(host, &v4)) return (ntohl(v4.s_addr) >> 24) == IN_LOOPBACKNET;
  if (IsIpv6(host, &v6)) return IN6_IS_ADDR_LOOPBACK(&v6);
  return host == "localhost";
}

}  // namespace

bool IsAllowedHost(std::string_view host,
                   const std::vector<std::string>& names) {
  in6_addr v6 = {};
  if (host.starts_with('[')) {
    const size_t end = host.find(']');
    if (end == std::string_view::npos) return false;
    const std::string_view rest = host.substr(end + 1);
    return (rest.empty() || rest.starts_with(':')) &&
           IsIpv6(std::string(host.substr(1, end - 1)), &v6);
  }
  const std::string name(host.substr(0, host.find(':')));
  in_addr v4 = {};
  if (IsIpv4(name, &v4)) return true;
  const auto is_name = [&name](std::string_view allowed) {
    return absl::EqualsIgnoreCase(name, ToAbsl(allowed));
  };
  return is_name("localhost") ||
         std::any_of(names.begin(), names.end(), is_name);
}

absl::Status CheckListenAddress(std::string_view listen, Reach reach) {
  ASSIGN_OR_RETURN(const serve::ListenAddress address,
                   serve::ParseListenAddress(listen));
  if (reach == Reach::kRemote || IsLoopback(address.host)) {
    return absl::OkStatus();
  }
  return MakeFailure(
      Failure::kUsage,
      fmt::format("guard: expected a loopback address to listen on, got "
                  "\"{}\", which others on the network can reach; say so "
                  "(--allow-remote) if they shall",
                  Printable(listen)));
}

}  // namespace tufmirror::guard
