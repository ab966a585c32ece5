// tufmirror ceremony, each step from its parsed options to an exit code.
#ifndef TUFMIRROR_CLI_CEREMONY_COMMAND_H_
#define TUFMIRROR_CLI_CEREMONY_COMMAND_H_

#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::cli {

// A key from the file of its public half; errors as repo::ParsePublicKey.
absl::StatusOr<tuf::Key> ReadPublicKeyFile(const std::string& path);

struct CeremonyBeginArguments {
  std::string home;
  std::string output;  // empty: named by the candidate, where it is run
  std::vector<std::pair<std::string, std::string>> add_keys;     // role, file
  std::vector<std::pair<std::string, std::string>> remove_keys;  // role, key
  // role, key, file
  std::vector<std::tuple<std::string, std::string, std::string>> replace_keys;
  std::vector<std::pair<std::string, std::string>> thresholds;  // by role
  std::vector<std::string> renew;
  std::string expires;  // a duration, or a day; empty: a year
  std::vector<std::pair<std::string, std::string>> labels;    // by key
  std::vector<std::pair<std::string, std::string>> contacts;  // by key
  std::optional<int> bits;
  bool json = false;
};
int CeremonyBeginCommand(const CeremonyBeginArguments& arguments);

struct CeremonyShowArguments {
  std::vector<std::string> files;
  std::string root;  // one that the reader knows; empty: none
  bool json = false;
};
int CeremonyShowCommand(const CeremonyShowArguments& arguments);
// Also of a home: which ceremony is open.
int CeremonyStatusCommand(const CeremonyShowArguments& arguments);

struct CeremonySignArguments {
  std::string file;
  std::string key;                  // private key file; or
  std::vector<std::string> signer;  // a command that signs, with
  std::string public_key;           // the file of its public key
  std::string passphrase_file;
  std::string root;
  bool yes = false;
  bool json = false;
};
int CeremonySignCommand(const CeremonySignArguments& arguments);

struct CeremonyPublishArguments {
  std::string home;
  std::vector<std::string> files;
  std::string online_key;  // empty: as the configuration says
  bool yes = false;
  bool json = false;
};
int CeremonyPublishCommand(const CeremonyPublishArguments& arguments);

struct CeremonyAbortArguments {
  std::string home;
  bool json = false;
};
int CeremonyAbortCommand(const CeremonyAbortArguments& arguments);

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_CLI_CEREMONY_COMMAND_H_
