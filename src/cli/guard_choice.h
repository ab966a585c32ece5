// A mirror that the user trusts by name, as what a guard stands before.
#ifndef TUFMIRROR_SRC_CLI_GUARD_CHOICE_H_
#define TUFMIRROR_SRC_CLI_GUARD_CHOICE_H_

#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tufmirror/guard/guard.h"
#include "tufmirror/guard/installer_environment.h"

namespace tufmirror::cli {

// Sets the mirrors and the trust directory of `options` to those of the mirror
// that is trusted as `name`, or of the only one there is if that is empty.
// kNotFound or kUsage if there is none to choose; kExpired for a clock that is
// behind.
absl::Status UseTrustedMirror(std::string_view name,
                              const guard::Environment& environment,
                              absl::Time now, guard::GuardOptions& options);

// This process's environment.
guard::Environment OwnEnvironment();

// What installers are told of `guard`.
guard::GuardAddress AddressOf(const guard::Guard& guard);

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_SRC_CLI_GUARD_CHOICE_H_
