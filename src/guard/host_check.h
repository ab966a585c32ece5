// Who a request believes to talk to. A page of the web that has its own name
// resolve to this machine (DNS rebinding) gives that name away here.
#ifndef TUFMIRROR_SRC_GUARD_HOST_CHECK_H_
#define TUFMIRROR_SRC_GUARD_HOST_CHECK_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "tufmirror/guard/guard.h"

namespace tufmirror::guard {

// True if the value of a Host header is an IP address, "localhost" or one of
// `names`, with any port or none.
bool IsAllowedHost(std::string_view host,
                   const std::vector<std::string>& names);

// kUsage unless `listen` is on the loopback interface or `reach` says more.
absl::Status CheckListenAddress(std::string_view listen, Reach reach);

}  // namespace tufmirror::guard

#endif  // TUFMIRROR_SRC_GUARD_HOST_CHECK_H_
