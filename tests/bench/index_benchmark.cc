// What following an index costs apart from moving bytes: pages rendered, and
// versions parsed and sorted.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "fmt/format.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/pypi/version.h"
#include "tufmirror/repo/project_pages.h"

namespace tufmirror {
namespace {

constexpr int kFilesOfPage = 20;
constexpr int kVersions = 1'000'000;

std::vector<repo::ReleaseFile> FilesOf(const pypi::ProjectName& project) {
  std::vector<repo::ReleaseFile> files;
  for (int i = 0; i < kFilesOfPage; ++i) {
    repo::ReleaseFile file;
    file.version = fmt::format("1.{}.0", i / 2);
    file.file.filename =
        i % 2 == 0
            ? fmt::format("{}-1.{}.0.tar.gz", project.str(), i / 2)
            : fmt::format("{}-1.{}.0-py3-none-any.whl", project.str(), i / 2);
    file.file.sha256 = crypto::Sha256Of(file.file.filename);
    file.file.size = 20'000 + static_cast<uint64_t>(i);
    file.file.upload_time = absl::FromUnixSeconds(1'700'000'000 + i);
    file.file.requires_python = ">=3.8";
    if (i % 2 == 1) {
      file.file.core_metadata = crypto::Sha256Of(file.version);
    }
    files.push_back(std::move(file));
  }
  return files;
}

// Both pages of a project, and their targets with digests.
void RenderProject(benchmark::State& state) {
  const auto project = *pypi::ProjectName::Parse("project");
  const std::vector<repo::ReleaseFile> files = FilesOf(project);
  for (auto _ : state) {
    const pypi::ProjectPage page = repo::MakeProjectPage(project, files);
    benchmark::DoNotOptimize(repo::RenderProject(page));
  }
  state.SetItemsProcessed(2 * state.iterations());
}

std::vector<std::string> VersionTexts() {
  std::mt19937 random(1);
  const std::vector<std::string> ends = {
      "", "", "", "", "rc1", "a2", ".post1", ".dev3", "b1.dev4", "+cu118"};
  std::vector<std::string> texts;
  for (int i = 0; i < kVersions; ++i) {
    texts.push_back(fmt::format("{}.{}.{}{}", random() % 30, random() % 40,
                                random() % 20, ends[random() % ends.size()]));
  }
  return texts;
}

void ParseAndSortVersions(benchmark::State& state) {
  const std::vector<std::string> texts = VersionTexts();
  for (auto _ : state) {
    std::vector<pypi::Version> versions;
    versions.reserve(texts.size());
    for (const std::string& text : texts) {
      versions.push_back(*pypi::Version::Parse(text));
    }
    std::sort(versions.begin(), versions.end());
    benchmark::DoNotOptimize(versions);
  }
  state.SetItemsProcessed(kVersions * state.iterations());
}

BENCHMARK(RenderProject);
BENCHMARK(ParseAndSortVersions)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tufmirror

BENCHMARK_MAIN();
