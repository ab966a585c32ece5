// A file name always stands for the same bytes: others under a published name
// are refused, and that has tests of its own.
#include "sync/index_universe.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "fmt/format.h"
#include "support/distribution_builder.h"
#include "tufmirror/pypi/names.h"

namespace tufmirror::testing {
namespace {

const std::vector<std::string> kVersions = {
    "0.9",  "1.0rc1",      "1.0", "1.0.post1", "1.1.dev3",
    "1.1",  "2.0a1",       "2.0", "2!1.0",     "2004d",
    "v1.2", "2.0+local.1", "3.0", "3.0rc2",    "0.0.1"};
const std::vector<std::string> kRequiresPython = {
    "", "", ">=3.8", "<3.9", ">=3.8,<4", "~=3.7 \"&<x>\"", "==3.*"};
const std::vector<std::string> kReasons = {"", "broken", "br\xC3\xB6ken <&\">"};
const std::vector<std::string> kStatuses = {"archived", "deprecated", ""};

// Upload times are that of days before.
constexpr int kOldestDays = 30;

std::string NameOf(int number) {
  static const std::vector<std::string> kShapes = {"Proj-{}", "proj_{}.Lib",
                                                   "p{}", "Zope.Proj{}"};
  return fmt::format(
      fmt::runtime(kShapes[static_cast<size_t>(number) % kShapes.size()]),
      number);
}

std::string Normal(const std::string& name) {
  return pypi::ProjectName::Parse(name).value().str();
}

std::string TimeOf(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone());
}

// Of a wheel.
std::string VersionOf(const std::string& filename) {
  const size_t start = filename.find('-') + 1;
  return filename.substr(start, filename.find('-', start) - start);
}

bool HasFile(const ServedProject& page, const std::string& filename) {
  return std::any_of(
      page.files.begin(), page.files.end(),
      [&](const ServedFile& file) { return file.filename == filename; });
}

}  // namespace

IndexUniverse::IndexUniverse(RandomChoice& random)
    : random_(random),
      server_(random.OneIn(4) ? IndexServer::Format::kHtml
                              : IndexServer::Format::kJson),
      has_serials_(!random.OneIn(4)) {
  if (!has_serials_) server_.HideSerials();
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  for (int i = random_.Between(0, 8); i > 0; --i) AddProject(now);
}

std::set<std::string> IndexUniverse::Filenames() const {
  std::set<std::string> names;
  for (const auto& [name, project] : projects_) {
    if (project.is_removed || project.is_quarantined) continue;
    for (const ServedFile& file : project.page.files) {
      names.insert(file.filename);
    }
  }
  return names;
}

void IndexUniverse::Publish(Project& project, Serial serial) {
  // Without serials, or with a page whose serial is not in the list yet, a
  // change is seen all the same.
  project.page.serial = serial == Serial::kNew ? 0 : project.page.serial;
  server_.Put(project.page);
  project.page.serial = server_.serial_of(Normal(project.page.name));
  project.is_removed = false;
  project.is_quarantined = false;
}

void IndexUniverse::AddProject(absl::Time now) {
  const std::string display = NameOf(random_.Between(1, 16));
  const auto [known, is_new] = projects_.try_emplace(Normal(display));
  Project& project = known->second;
  if (is_new) project.page.name = display;
  log_ += fmt::format(" new({})", known->first);
  for (int files = random_.Between(0, 4); files > 0; --files) {
    AddFile(project, now);
  }
  Publish(project, Serial::kNew);
}

ServedFile IndexUniverse::Wheel(const Project& project,
                                const std::string& version) {
  DistributionSpec spec{Normal(project.page.name), version};
  // What it needs is told by its name, as everything in it.
  const int needed =
      static_cast<int>((spec.name.size() * 7 + version.size() * 5) % 16) + 1;
  if (needed % 3 != 0) spec.requires_dist = {Normal(NameOf(needed))};
  ServedFile file{.filename = WheelFilename(spec), .bytes = BuildWheel(spec)};
  file.metadata = CoreMetadataText(spec);
  return file;
}

ServedFile IndexUniverse::Sdist(const Project& project,
                                const std::string& version) {
  const DistributionSpec spec{Normal(project.page.name), version};
  const std::string top = fmt::format("{}-{}", spec.name, version);
  const size_t size = (version.size() * 977) % 4000 * 8;
  std::string bytes = BuildTarGz({{top + "/PKG-INFO", CoreMetadataText(spec)},
                                  {top + "/data", std::string(size, 'x')}});
  return {.filename = top + ".tar.gz", .bytes = std::move(bytes)};
}

void IndexUniverse::AddFile(Project& project, absl::Time now) {
  const std::string& version = random_.Of(kVersions);
  const bool is_pep440 = version.find("2004") == std::string::npos &&
                         version.find('!') == std::string::npos;
  ServedFile file = is_pep440 && random_.OneIn(2) ? Wheel(project, version)
                                                  : Sdist(project, version);
  if (HasFile(project.page, file.filename)) return;
  Describe(file, now);
  log_ += fmt::format(" file({})", file.filename);
  project.page.files.push_back(std::move(file));
}

void IndexUniverse::Describe(ServedFile& file, absl::Time now) {
  const auto known = files_.find(file.filename);
  if (known != files_.end()) {
    file.upload_time = known->second.upload_time;
    file.metadata = known->second.metadata;
  } else {
    file.upload_time =
        TimeOf(now - absl::Hours(24 * random_.Between(0, kOldestDays)));
    if (random_.OneIn(3)) file.metadata.reset();
    files_.emplace(file.filename, file);
  }
  file.requires_python = random_.Of(kRequiresPython);
  if (random_.OneIn(5)) file.yanked = random_.Of(kReasons);
  file.has_size = !random_.OneIn(6);
}

IndexUniverse::Project& IndexUniverse::AnyProject() {
  return std::next(projects_.begin(),
                   random_.Between(0, static_cast<int>(projects_.size()) - 1))
      ->second;
}

void IndexUniverse::ChangeFiles(Project& project, absl::Time now) {
  std::vector<ServedFile>& files = project.page.files;
  const auto any = [&]() -> ServedFile& {
    return files[static_cast<size_t>(
        random_.Between(0, static_cast<int>(files.size()) - 1))];
  };
  const int what = files.empty() ? 0 : random_.Between(0, 6);
  if (what == 0) {
    AddFile(project, now);
  } else if (what == 1) {
    const size_t at = static_cast<size_t>(&any() - files.data());
    log_ += fmt::format(" removed({})", files[at].filename);
    files.erase(files.begin() + static_cast<ptrdiff_t>(at));
  } else if (what == 2) {
    ServedFile& file = any();
    file.yanked =
        file.yanked ? std::nullopt : std::optional(random_.Of(kReasons));
    log_ += fmt::format(" yank({})", file.filename);
  } else if (what == 3) {
    any().requires_python = random_.Of(kRequiresPython);
    log_ += " requires-python";
  } else if (what == 4) {
    log_ += fmt::format(" replaced({})", project.page.name);
    files.clear();
    for (int i = random_.Between(0, 3); i > 0; --i) AddFile(project, now);
  } else if (what == 5) {
    ServedFile& file = any();
    if (!file.metadata && file.filename.ends_with(".whl")) {
      file.metadata = Wheel(project, VersionOf(file.filename)).metadata;
      files_[file.filename].metadata = file.metadata;
      log_ += fmt::format(" metadata({})", file.filename);
    }
  } else {
    std::shuffle(files.begin(), files.end(), std::mt19937(7));
    log_ += " reordered";
  }
}

void IndexUniverse::ChangeProject(Project& project) {
  const std::string name = Normal(project.page.name);
  const int what = random_.Between(0, 2);
  log_ += fmt::format(
      " {}({})",
      std::vector{"remove", "quarantine", "status"}[static_cast<size_t>(what)],
      name);
  if (what == 0) {
    server_.Remove(name);
    project.is_removed = true;
  } else if (what == 1) {
    server_.Quarantine(name);
    project.is_quarantined = true;
  } else {
    project.page.status = random_.Of(kStatuses);
    project.page.status_reason = random_.Of(kReasons);
    Publish(project, random_.OneIn(2) ? Serial::kSame : Serial::kNew);
  }
}

void IndexUniverse::Evolve(absl::Time now) {
  log_ += "\n  then:";
  for (int events = random_.Between(1, 6); events > 0; --events) {
    if (projects_.empty() || random_.OneIn(5)) {
      AddProject(now);
      continue;
    }
    Project& project = AnyProject();
    if (project.is_removed || project.is_quarantined) {
      log_ += fmt::format(" back({})", project.page.name);
      Publish(project, Serial::kNew);
    } else if (random_.OneIn(3)) {
      ChangeProject(project);
    } else {
      ChangeFiles(project, now);
      Publish(project, random_.OneIn(4) ? Serial::kSame : Serial::kNew);
    }
  }
}

void IndexUniverse::BreakSomething() {
  const std::vector<Fault> faults = {Fault::Status(503),  Fault::CloseEarly(),
                                     Fault::Truncate(20), Fault::WrongBytes(),
                                     Fault::Status(404),  Fault::Garbage()};
  for (const auto& [name, project] : projects_) {
    // A page that is not there is evidence that its project is gone.
    if (random_.OneIn(4)) {
      server_.pages().Inject(IndexServer::PagePath(name),
                             faults[static_cast<size_t>(random_.Between(0, 2))],
                             kEveryTime);
    }
    for (const ServedFile& file : project.page.files) {
      if (!random_.OneIn(4)) continue;
      server_.files().Inject(IndexServer::FilePath(file.filename),
                             random_.Of(faults), kEveryTime);
    }
  }
  log_ += " trouble";
}

void IndexUniverse::Heal() {
  server_.pages().ClearFaults();
  server_.files().ClearFaults();
}

select::Rules IndexUniverse::RandomRules() {
  select::Rules rules;
  log_ += " rules:";
  if (random_.OneIn(3)) return rules;
  const auto with = [&](const char* name) {
    const bool chosen = random_.OneIn(5);
    if (chosen) log_ += fmt::format(" {}", name);
    return chosen;
  };
  if (with("projects")) {
    rules.projects = {"proj-1", "p3", "p7", "zope-proj4", "proj-2-lib"};
    if (random_.OneIn(2)) rules.projects.push_back("proj-*");
    rules.with_dependencies = random_.OneIn(2);
    log_ += rules.with_dependencies ? "+dependencies" : "";
  }
  if (with("exclude_projects")) rules.exclude_projects = {"*1*", "p3"};
  if (with("exclude_versions")) rules.exclude_versions = {"*<1.1"};
  if (with("prereleases")) {
    rules.prereleases = random_.Of(std::vector{
        select::PrereleaseRule::kDrop, select::PrereleaseRule::kIfNeeded});
  }
  if (with("newest")) {
    rules.newest = random_.Between(1, 2);
    if (random_.OneIn(2)) rules.newest_by = select::NewestBy::kUploadTime;
  }
  if (with("sdists")) {
    rules.sdists = random_.Of(
        std::vector{select::SdistRule::kDrop, select::SdistRule::kIfNoWheel});
  }
  if (with("yanked")) rules.yanked = select::Keep::kDrop;
  if (with("pythons")) rules.pythons = {"3.8"};
  if (with("archived")) rules.archived = select::Keep::kDrop;
  if (with("quarantined")) rules.quarantined = select::Keep::kKeep;
  if (with("max_file_size")) rules.max_file_size = 1000;
  if (with("min_age")) rules.min_age = absl::Hours(24 * 20);
  return rules;
}

}  // namespace tufmirror::testing
