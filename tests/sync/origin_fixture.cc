// Every question to the mirror is asked by a new client.
#include "sync/origin_fixture.h"

#include <filesystem>
#include <utility>

#include "fmt/format.h"
#include "sync/origin_run.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/client/metadata_store.h"
#include "tufmirror/client/updater.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/http/transfers.h"
#include "tufmirror/json/document.h"

namespace tufmirror::testing {
namespace {

constexpr uint64_t kMaxBytes = uint64_t{64} << 20;

}  // namespace

OriginFixture::OriginFixture() {
  std::filesystem::create_directory(dir_.Join("source"));
  init_.home = dir_.Join("home");
  init_.from = dir_.Join("source");
  init_.config_text = "# an origin\n";
  init_.origin.bin_bits = 3;
  init_.now = now_;
  config_.upstream.kind = sync::UpstreamKind::kDirectory;
  config_.upstream.directory = init_.from;
  config_.brakes.min_free_space = 0;
}

absl::Status OriginFixture::TryInit() {
  const crypto::Secret passphrase = crypto::Secret::Copy(passphrase_);
  ASSIGN_OR_RETURN(const auto result, sync::InitOrigin(init_, passphrase));
  config_.origin = init_.origin;
  config_.origin.online_key = result.keys.online.front();
  ASSIGN_OR_RETURN(tree::Home home, tree::Home::Open(init_.home));
  home_ = std::make_unique<tree::Home>(std::move(home));
  return absl::OkStatus();
}

void OriginFixture::Init() { ASSERT_THAT(TryInit(), IsOk()); }

std::string OriginFixture::AddWheel(const std::string& project,
                                    const std::string& version) {
  const DistributionSpec spec{project, version, ">=3.8"};
  AddFile(WheelFilename(spec), BuildWheel(spec));
  return WheelFilename(spec);
}

std::string OriginFixture::AddSdist(const std::string& project,
                                    const std::string& version) {
  const DistributionSpec spec{project, version};
  AddFile(SdistFilename(spec), BuildSdist(spec));
  return SdistFilename(spec);
}

void OriginFixture::AddFile(const std::string& name, std::string_view bytes) {
  dir_.Write("source/" + name, bytes);
}

void OriginFixture::RemoveFile(const std::string& name) {
  ASSERT_TRUE(std::filesystem::remove(dir_.Join("source/" + name))) << name;
}

report::RunReport OriginFixture::RunWith(bool dry_run,
                                         std::vector<std::string>* planned) {
  sync::RunOptions options;
  options.dry_run = dry_run;
  options.now = now_;
  options.passphrase =
      [this](const sync::OnlineSigner&) -> absl::StatusOr<crypto::Secret> {
    return crypto::Secret::Copy(passphrase_);
  };
  options.on_planned = [planned](std::string_view action,
                                 std::string_view path) {
    if (planned) planned->push_back(fmt::format("{} {}", action, path));
  };
  report::RunReport report;
  report.outcome = sync::RunOrigin(*home_, config_, options, report);
  return report;
}

report::RunReport OriginFixture::Run() { return RunWith(false, nullptr); }

report::RunReport OriginFixture::DryRun(std::vector<std::string>& planned) {
  return RunWith(true, &planned);
}

void OriginFixture::RunCleanly() {
  const report::RunReport report = Run();
  ASSERT_THAT(report.outcome, IsOk());
  EXPECT_TRUE(report.published);
  for (const report::Problem& problem : report.problems) {
    ADD_FAILURE() << problem.object << ": " << problem.reason.ToString();
  }
}

absl::StatusOr<std::string> OriginFixture::Download(const std::string& path) {
  const std::string client = fmt::format("client-{}", clients_++);
  dir_.Write(client + "/root.json", LiveFile("metadata/1.root.json"));
  std::filesystem::create_directory(dir_.Join(client + "-targets"));
  ASSIGN_OR_RETURN(const auto transfers, http::Transfers::Create({}));
  client::DirectoryStore store(dir_.Join(client));
  const std::string base = "file://" + init_.home + "/live/";
  client::Updater updater({{base + "metadata/"}, {base}, {}}, *transfers,
                          store);
  RETURN_IF_ERROR(updater.Refresh(now_));
  ASSIGN_OR_RETURN(const auto found, updater.FindTarget(path));
  if (!found) return MakeFailure(Failure::kNotFound, "no target: " + path);
  ASSIGN_OR_RETURN(
      const std::string file,
      updater.Download(found->target, dir_.Join(client + "-targets")));
  return fs::ReadFile(file, kMaxBytes);
}

std::string OriginFixture::Page(const std::string& project) {
  return Download("simple/" + project + "/index.v1_json").value_or("");
}

tree::GenerationInfo OriginFixture::Live() {
  const auto live = tree::Publisher::CurrentGeneration(*home_);
  EXPECT_THAT(live, IsOk());
  return live.value_or(tree::GenerationInfo());
}

std::string OriginFixture::LiveFile(const std::string& path) const {
  return ReadWholeFile(init_.home + "/live/" + path);
}

bool OriginFixture::LiveHas(const std::string& path) const {
  return std::filesystem::exists(init_.home + "/live/" + path);
}

int64_t OriginFixture::TimestampVersion() const {
  const auto document =
      json::Document::Parse(LiveFile("metadata/timestamp.json"));
  return *document->root().Find("signed")->Find("version")->AsInteger("v");
}

}  // namespace tufmirror::testing
