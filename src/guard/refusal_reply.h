// How a refusal looks to an installer.
#ifndef TUFMIRROR_SRC_GUARD_REFUSAL_REPLY_H_
#define TUFMIRROR_SRC_GUARD_REFUSAL_REPLY_H_

#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tufmirror/guard/guard.h"
#include "tufmirror/serve/exchange.h"

namespace tufmirror::guard {

enum class Asked { kPage, kFile };

// `what` was asked for and `status` is why there is no answer.
Refusal MakeRefusal(absl::Time when, std::string_view what,
                    const absl::Status& status);

// The answer. Its status is one after which pip and uv do not try again and
// which pip prints with its reason: 403 for what a check or the policy refuses,
// 504 for mirrors that cannot be reached or lack the file, 507 where this
// machine has no room, 503 while the guard stops. pip hides every error of an
// index page, but shows a content type that it does not know: it gets 300 and
// the reason as that.
serve::Reply RefusalReply(const serve::Request& request, Asked asked,
                          const Refusal& refusal);

}  // namespace tufmirror::guard

#endif  // TUFMIRROR_SRC_GUARD_REFUSAL_REPLY_H_
