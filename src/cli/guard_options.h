// What the command line says about a guard, as options of the library. For
// every command that starts one.
#ifndef TUFMIRROR_SRC_CLI_GUARD_OPTIONS_H_
#define TUFMIRROR_SRC_CLI_GUARD_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tufmirror/guard/guard.h"

namespace tufmirror::cli {

struct GuardArguments {
  std::vector<std::string> mirrors;
  std::string root;     // file; may be empty where a trust directory has a root
  std::string trusted;  // name of a mirror that the user trusts
  std::string trust;    // directory; empty: below the cache
  std::string cache;    // directory; empty: the user's
  std::string cache_size = "4GiB";
  std::string refresh = "60s";
  std::string listen = "127.0.0.1:0";
  bool allow_remote = false;
  std::vector<std::string> host_names;
  bool offline = false;
  std::vector<std::string> only;
  bool refuse_yanked = false;
  std::string min_age;  // a duration; empty: none
  std::vector<std::string> hashes;
  std::string contact;
  std::string proxy;
  std::string ca_file;
  std::string credentials_file;
  bool quiet = false;
};

// Without `log`. Reads the root; kUsage for values that do not parse, kNotFound
// for a root file that is not there.
absl::StatusOr<guard::GuardOptions> ToGuardOptions(
    const GuardArguments& arguments);

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_SRC_CLI_GUARD_OPTIONS_H_
