// Writes a TUF repository as an origin has it, for benchmarks: metadata, and
// files unless their content is stubbed by the server. Equal arguments give
// equal targets.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "fmt/format.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/repo/genesis.h"
#include "tufmirror/repo/keys.h"
#include "tufmirror/repo/project_pages.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror {
namespace {

// Of the sizes of files on a package index, roughly: a mean of 29 KB.
constexpr double kMedianBytes = 20'000;
constexpr double kSpread = 0.877;
constexpr std::string_view kStub = "the same bytes for every target";
constexpr int kFilesOfProject = 10;

struct Arguments {
  std::string directory;
  int targets = 0;
  int bin_bits = 0;
  bool stubbed = false;
};

std::string PathOf(int number) {
  const int project = number / kFilesOfProject;
  return fmt::format(
      "packages/project-{0:06}/project_{0:06}-1.{1}.0-cp311-cp311-manylinux_2_"
      "17_x86_64.manylinux2014_x86_64.whl",
      project, number % kFilesOfProject);
}

std::string RandomBytes(size_t length, std::mt19937_64& random) {
  std::string bytes(length, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// One line "<path in the repository>" a file on standard output, so that peers
// know what to ask for.
absl::StatusOr<tuf::TargetFile> WriteTarget(const Arguments& arguments,
                                            int number,
                                            std::mt19937_64& random) {
  std::lognormal_distribution<double> sizes(std::log(kMedianBytes), kSpread);
  const std::string bytes =
      RandomBytes(static_cast<size_t>(sizes(random)), random);
  tuf::TargetFile target =
      repo::TargetOf(PathOf(number), bytes.size(), crypto::Sha256Of(bytes));
  ASSIGN_OR_RETURN(const TargetPath path, TargetPath::Parse(target.path));
  ASSIGN_OR_RETURN(const TargetPath prefixed,
                   tree::PrefixedPath(path, target.content.digests));
  const std::string file = arguments.directory + "/" + prefixed.str();
  RETURN_IF_ERROR(fs::MakeDirectories(file.substr(0, file.rfind('/')),
                                      tree::kServedDirectoryMode));
  RETURN_IF_ERROR(fs::WriteFileAtomically(file, bytes, tree::kServedFileMode,
                                          fs::Durability::kNone));
  fmt::print("{}\n", prefixed.str());
  return target;
}

absl::StatusOr<std::vector<tuf::TargetFile>> MakeTargets(
    const Arguments& arguments) {
  std::mt19937_64 random(1);
  const Sha256 stub = crypto::Sha256Of(kStub);
  std::vector<tuf::TargetFile> targets;
  for (int number = 0; number < arguments.targets; ++number) {
    if (arguments.stubbed) {
      targets.push_back(repo::TargetOf(PathOf(number), kStub.size(), stub));
      continue;
    }
    ASSIGN_OR_RETURN(tuf::TargetFile target,
                     WriteTarget(arguments, number, random));
    targets.push_back(std::move(target));
  }
  return targets;
}

absl::Status MakeRepository(const Arguments& arguments) {
  const std::string metadata =
      arguments.directory + "/" + std::string(tree::kMetadataDirectory);
  RETURN_IF_ERROR(fs::MakeDirectories(metadata, tree::kServedDirectoryMode));
  repo::GenesisOptions options;
  options.bin_bits = arguments.bin_bits;
  options.now = absl::Now();
  ASSIGN_OR_RETURN(options.targets, MakeTargets(arguments));
  ASSIGN_OR_RETURN(const repo::OriginKeys keys, repo::OriginKeys::Generate(1));
  // For publish_benchmark.
  RETURN_IF_ERROR(keys.online.front().private_key()->WriteFile(
      arguments.directory + "/online.pem", crypto::Secret::Copy("")));
  return repo::MakeGenesis(
      options, keys,
      [&](std::string_view role, std::optional<int64_t> version,
          std::string_view bytes) {
        return fs::WriteFileAtomically(
            arguments.directory + "/" + tree::MetadataPath(role, version),
            bytes, tree::kServedFileMode, fs::Durability::kNone);
      });
}

}  // namespace
}  // namespace tufmirror

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  tufmirror::Arguments arguments;
  const bool stubbed = words.size() == 4 && words[3] == "stubbed";
  if (!((words.size() == 3 || stubbed) &&
        absl::SimpleAtoi(words[1], &arguments.targets) &&
        absl::SimpleAtoi(words[2], &arguments.bin_bits))) {
    fmt::print(stderr,
               "usage: make_repository DIRECTORY TARGETS BIN_BITS [stubbed]\n"
               "stubbed: writes no files; each target is \"{}\"\n",
               tufmirror::kStub);
    return 2;
  }
  arguments.directory = words[0];
  arguments.stubbed = stubbed;
  const absl::Status status = tufmirror::MakeRepository(arguments);
  if (status.ok()) return 0;
  fmt::print(stderr, "make_repository: {}\n",
             tufmirror::FromAbsl(status.message()));
  return 1;
}
