// Everything an operator can set, with its default. The command line reads it
// from HOME/tufmirror.toml; nothing else in the product reads configuration.
#ifndef TUFMIRROR_SYNC_CONFIG_H_
#define TUFMIRROR_SYNC_CONFIG_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tufmirror/http/transfers.h"
#include "tufmirror/repo/custom_fields.h"
#include "tufmirror/repo/signer.h"
#include "tufmirror/select/rules.h"

namespace tufmirror::sync {

enum class UpstreamKind { kDirectory, kIndex, kTuf };

// [upstream], of an origin of a plain index
struct IndexConfig {
  // Trees of other mirrors on this machine: absolute paths. A file that is
  // there with the right digest is not downloaded.
  std::vector<std::string> adopt;
  // Files that the index lists without a sha256 are mirrored too.
  bool allow_unhashed = false;
  uint64_t max_file_size = 0;  // bytes, larger files are held back; 0: none
  bool provenance = false;     // provenance files (PEP 740) are mirrored too
  // Share of the unchanged pages that are looked at again in each run.
  double sweep_share = 0.01;
  // In how many runs a project must be found gone before it is removed.
  int removal_confirmations = 2;
};

// [upstream]
struct UpstreamConfig {
  UpstreamKind kind = UpstreamKind::kTuf;
  std::string directory;  // kDirectory: absolute path
  // kTuf, kIndex: base URLs of the same thing, tried in order
  std::vector<std::string> urls;
  std::string metadata_path = "metadata/";  // kTuf: below each base URL
  std::vector<std::string> targets_urls;    // kTuf: empty: the base URLs
  IndexConfig index;
  // Further servers that hear the credentials; transfer.credential_urls has
  // these, urls and targets_urls once the file is read.
  std::vector<std::string> credential_urls;
  http::TransferOptions transfer;
};

// [[origin.online_signers]]: one key, in a file or behind a command.
struct OnlineSigner {
  std::string key;              // absolute path of a PKCS#8 PEM file, or empty:
  std::string passphrase_file;  // of `key`; empty: origin.passphrase_file
  repo::SignerCommand command;  // signs where `key` is empty
  std::string public_key;       // absolute path of the command's key (PEM)
  friend bool operator==(const OnlineSigner&, const OnlineSigner&) = default;
};

// [origin]
struct OriginConfig {
  std::string online_key;       // absolute path of a PKCS#8 PEM file
  std::string passphrase_file;  // empty: environment or prompt
  // In the place of `online_key`: several keys, or such that are no files.
  std::vector<OnlineSigner> online_signers;
  int bin_bits = 6;  // 2^bits bins; fixed at init
  // What the targets of distributions say besides length and digest.
  repo::CustomFields custom_fields;
  absl::Duration bin_expiry = absl::Hours(14 * 24);
  absl::Duration snapshot_expiry = absl::Hours(24);
  absl::Duration timestamp_expiry = absl::Hours(24);
};

// [publish]
struct PublishConfig {
  absl::Duration grace = absl::Hours(6);              // superseded metadata
  absl::Duration keep_removed = absl::Hours(7 * 24);  // removed packages
  bool deltas = true;  // delta packs beside new versions of metadata
};

// [brakes]
struct BrakeConfig {
  // Share of all targets, 0 to 1. Ten removals pass whatever the share, unless
  // nothing would be left.
  double max_removals = 0.1;
  uint64_t min_free_space = uint64_t{1} << 30;  // bytes left after the run
};

struct Config {
  UpstreamConfig upstream;
  select::Rules select;  // [select]: of an origin
  OriginConfig origin;
  PublishConfig publish;
  BrakeConfig brakes;
};

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_CONFIG_H_
