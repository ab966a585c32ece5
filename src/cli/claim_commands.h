// The commands of tufmirror claim, from their parsed options to exit codes.
#ifndef TUFMIRROR_SRC_CLI_CLAIM_COMMANDS_H_
#define TUFMIRROR_SRC_CLI_CLAIM_COMMANDS_H_

#include <cstdint>
#include <string>
#include <vector>

namespace tufmirror::cli {

struct ClaimRequestArguments {
  std::string project;
  std::vector<std::string> keys;  // files
  int64_t threshold = 1;
  std::string contact;
  std::vector<std::string> sign_with;  // key files
  std::string passphrase_file;
  std::string output;
};
int ClaimRequestCommand(const ClaimRequestArguments& arguments);

struct ClaimSignArguments {
  std::vector<std::string> distributions;
  std::string project;
  std::string bundle;  // one that others signed; then no distributions
  std::string previous;
  std::vector<std::string> keys;  // files
  std::vector<std::string> withdrawn;
  std::vector<std::string> yanked;  // FILE or FILE=REASON
  int64_t last_version = 0;
  int64_t days = 365;
  std::vector<std::string> requests;  // files that name who may sign
  std::string passphrase_file;
  bool yes = false;
  std::string output;
};
int ClaimSignCommand(const ClaimSignArguments& arguments);

struct ClaimAcceptArguments {
  std::string home;
  std::vector<std::string> files;
  bool force = false;
};
int ClaimAcceptCommand(const ClaimAcceptArguments& arguments);

int ClaimRevokeCommand(const std::string& home, const std::string& project);

struct ClaimListArguments {
  std::string home;
  bool json = false;
};
int ClaimListCommand(const ClaimListArguments& arguments);

// Of a home, or what a file says.
struct ClaimShowArguments {
  std::string from;     // a home, or a request, bundle or role
  std::string project;  // of a home
  std::string output;   // for the release that was signed last
};
int ClaimShowCommand(const ClaimShowArguments& arguments);

struct ClaimPromoteArguments {
  std::string claimed;  // the published file
  std::vector<std::string> requests;
  std::vector<std::string> remove;
  std::vector<std::string> keys;  // files
  int64_t days = 365;
  std::string passphrase_file;
  bool yes = false;
  std::string output;
};
int ClaimPromoteCommand(const ClaimPromoteArguments& arguments);

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_SRC_CLI_CLAIM_COMMANDS_H_
