// The commands, each as a function from its parsed options to an exit code.
// Only these print.
#ifndef TUFMIRROR_CLI_COMMANDS_H_
#define TUFMIRROR_CLI_COMMANDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace tufmirror::cli {

// Files of public keys whose holders sign the first metadata elsewhere.
struct InitCeremonyArguments {
  std::string candidate;  // the file to make
  std::vector<std::string> root;
  std::string targets;  // empty: made here
  std::string bins;
  // What to call a key, and how to reach its holder; by the key's file.
  std::vector<std::pair<std::string, std::string>> labels;
  std::vector<std::pair<std::string, std::string>> contacts;
};

struct InitOriginArguments {
  std::string home;
  std::string from;
  std::string key_dir;  // empty: HOME/keys
  std::string passphrase_file;
  int bits = 6;
  int root_keys = 1;
  int root_threshold = 1;
  int online_keys = 1;
  int online_threshold = 1;
  std::string online_algorithm = "ed25519";
  bool unencrypted_keys = false;
  bool hash_prefixes = false;
  bool claims = false;
  InitCeremonyArguments ceremony;
};
int InitOriginCommand(const InitOriginArguments& arguments);

struct InitReplicaArguments {
  std::string home;
  std::vector<std::string> from;
  std::string root;
};
int InitReplicaCommand(const InitReplicaArguments& arguments);

struct SyncArguments {
  std::string home;
  bool dry_run = false;
  bool json = false;
  bool verbose = false;
  std::optional<double> max_removals;
};
int SyncCommand(const SyncArguments& arguments);

struct ServeArguments {
  std::string home;
  std::string listen = "127.0.0.1:8080";
  bool access_log = false;
};
int ServeCommand(const ServeArguments& arguments);

struct GuardArguments;  // guard_options.h
int GuardCommand(const GuardArguments& arguments);
int ExecCommand(const GuardArguments& arguments,
                const std::vector<std::string>& command);

struct TrustAddArguments {
  std::string name;
  std::vector<std::string> urls;
  std::string fingerprint;  // hexadecimal SHA-256; empty with `root`
  int64_t root_version = 1;
  std::string root;  // file
};
int TrustAddCommand(const TrustAddArguments& arguments);
int TrustListCommand();
int TrustShowCommand(const std::string& name);
int TrustRemoveCommand(const std::string& name);

struct StatusArguments {
  std::string home;
  std::string at;  // day or moment; empty: now
  bool json = false;
};
int StatusCommand(const StatusArguments& arguments);

struct RehearseArguments {
  std::string home;
  std::string at;  // day or moment; empty: now
  bool json = false;
};
int RehearseCommand(const RehearseArguments& arguments);

struct ResumeArguments {
  std::string home;
  std::vector<std::string> from;
};
int ResumeCommand(const ResumeArguments& arguments);

struct VerifyArguments {
  std::string home;
  bool deep = false;
  bool repair = false;
  bool json = false;
};
int VerifyCommand(const VerifyArguments& arguments);

struct ExplainArguments {
  std::string home;
  std::string project;  // PROJECT or PROJECT==VERSION
  bool json = false;
};
int ExplainCommand(const ExplainArguments& arguments);

int RollbackCommand(const std::string& home);

struct ImportArguments {
  std::string file;    // a bandersnatch.conf
  std::string output;  // a tufmirror.toml; empty: standard output
  bool verbose = false;
};
int ImportConfigCommand(const ImportArguments& arguments);

struct ClientArguments {
  std::string metadata_dir;
  std::string metadata_url;
  std::vector<std::string> target_names;
  std::string target_base_url;
  std::string target_dir;
};
int ClientInitCommand(const ClientArguments& arguments,
                      const std::string& root_file);
int ClientRefreshCommand(const ClientArguments& arguments);
int ClientDownloadCommand(const ClientArguments& arguments);

// Prints "tufmirror: MESSAGE" to standard error; gives the exit code.
int Fail(const absl::Status& status);

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_CLI_COMMANDS_H_
