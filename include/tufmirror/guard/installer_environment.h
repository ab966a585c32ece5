// What pip, uv, pdm, pipx and poetry read from the environment, changed so that
// they ask one index and no other. Pure: an environment goes in, one comes out.
#ifndef TUFMIRROR_GUARD_INSTALLER_ENVIRONMENT_H_
#define TUFMIRROR_GUARD_INSTALLER_ENVIRONMENT_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tufmirror::guard {

// Variables by name.
using Environment = std::map<std::string, std::string, std::less<>>;

// The entries "NAME=VALUE" of an environ(7) array, ended by nullptr. Of two
// with one name the first counts, as for getenv(3); what has no name is left
// out.
Environment ParseEnvironment(const char* const* entries);
// The same as entries, sorted by name.
std::vector<std::string> EnvironmentEntries(const Environment& environment);

struct GuardAddress {
  std::string host;       // "127.0.0.1"
  std::string index_url;  // "http://127.0.0.1:43210/simple/"
};

// `before` for a command whose installers are to ask the guard only:
// - the index of each is the guard;
// - variables that name another index, a place with files, a trusted host or a
//   proxy of the installer's own are gone, in every spelling it accepts;
// - the user's configuration files, which may name such things too, are not
//   read (pip, uv, pdm);
// - the guard is reached without a proxy; proxies stay for everything else.
// What a project itself says (sources in pyproject.toml, options in a
// requirements file) and options of the command line are beyond this.
Environment InstallerEnvironment(const Environment& before,
                                 const GuardAddress& guard);

}  // namespace tufmirror::guard

#endif  // TUFMIRROR_GUARD_INSTALLER_ENVIRONMENT_H_
