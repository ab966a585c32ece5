#include "cli/guard_options.h"

#include <unistd.h>

#include <utility>

#include "absl/time/clock.h"
#include "cli/config_file.h"
#include "cli/guard_choice.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/guard/user_directories.h"

namespace tufmirror::cli {
namespace {

constexpr uint64_t kMaxGuardRootBytes = uint64_t{1} << 20;

absl::StatusOr<std::string> UserCache() {
  ASSIGN_OR_RETURN(const guard::UserDirectories directories,
                   guard::UserDirectoriesOf(guard::ParseEnvironment(environ)));
  return directories.cache;
}

}  // namespace

absl::StatusOr<guard::GuardOptions> ToGuardOptions(
    const GuardArguments& arguments) {
  guard::GuardOptions options;
  options.mirrors = arguments.mirrors;
  options.trust_directory = arguments.trust;
  if (!arguments.root.empty()) {
    ASSIGN_OR_RETURN(options.root,
                     fs::ReadFile(arguments.root, kMaxGuardRootBytes));
  }
  const bool own_trust = !arguments.mirrors.empty() ||
                         !arguments.root.empty() || !arguments.trust.empty();
  if (own_trust && !arguments.trusted.empty()) {
    return MakeFailure(Failure::kUsage,
                       "--trust names a mirror with its root; it does not go "
                       "together with --mirror, --root or --trust-dir");
  }
  if (!own_trust) {
    RETURN_IF_ERROR(UseTrustedMirror(arguments.trusted, OwnEnvironment(),
                                     absl::Now(), options));
  }
  options.cache_directory = arguments.cache;
  if (options.cache_directory.empty()) {
    ASSIGN_OR_RETURN(options.cache_directory, UserCache());
  }
  ASSIGN_OR_RETURN(options.cache_size, ParseByteCount(arguments.cache_size));
  ASSIGN_OR_RETURN(options.refresh, ParseDuration(arguments.refresh));
  options.listen = arguments.listen;
  if (arguments.allow_remote) options.reach = guard::Reach::kRemote;
  options.host_names = arguments.host_names;
  if (arguments.offline) options.connectivity = guard::Connectivity::kOffline;
  options.policy.projects = arguments.only;
  options.policy.refuse_yanked = arguments.refuse_yanked;
  if (!arguments.min_age.empty()) {
    ASSIGN_OR_RETURN(options.policy.min_age, ParseDuration(arguments.min_age));
  }
  options.policy.hash_lists = arguments.hashes;
  options.transfer.contact = arguments.contact;
  options.transfer.proxy = arguments.proxy;
  options.transfer.ca_file = arguments.ca_file;
  options.transfer.credentials_file = arguments.credentials_file;
  if (!arguments.credentials_file.empty()) {
    options.transfer.auth = http::AuthScheme::kBasic;
  }
  return options;
}

}  // namespace tufmirror::cli
