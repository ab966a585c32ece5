#include "support/distribution_builder.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <ctime>

#include "fmt/format.h"

namespace tufmirror::testing {
namespace {

constexpr time_t kMtime = 1'600'000'000;

la_ssize_t AppendTo(struct archive*, void* out, const void* bytes,
                    size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

void AddMember(struct archive* archive, const MemberSpec& member) {
  struct archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, member.path.c_str());
  archive_entry_set_mtime(entry, kMtime, 0);
  archive_entry_set_perm(entry, 0644);
  if (member.link_to.empty()) {
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_size(entry, static_cast<int64_t>(member.content.size()));
  } else {
    archive_entry_set_filetype(entry, AE_IFLNK);
    archive_entry_set_symlink(entry, member.link_to.c_str());
  }
  EXPECT_EQ(archive_write_header(archive, entry), ARCHIVE_OK)
      << archive_error_string(archive);
  if (member.link_to.empty()) {
    EXPECT_EQ(archive_write_data(archive, member.content.data(),
                                 member.content.size()),
              static_cast<la_ssize_t>(member.content.size()));
  }
  archive_entry_free(entry);
}

std::string Build(struct archive* archive,
                  const std::vector<MemberSpec>& members) {
  std::string bytes;
  archive_write_set_bytes_in_last_block(archive, 1);
  EXPECT_EQ(archive_write_open(archive, &bytes, nullptr, AppendTo, nullptr),
            ARCHIVE_OK)
      << archive_error_string(archive);
  for (const MemberSpec& member : members) AddMember(archive, member);
  EXPECT_EQ(archive_write_close(archive), ARCHIVE_OK)
      << archive_error_string(archive);
  archive_write_free(archive);
  return bytes;
}

std::string ModuleName(const DistributionSpec& spec) {
  std::string module = spec.name;
  for (char& c : module) {
    if (c == '-' || c == '.') c = '_';
  }
  return module;
}

std::string Stem(const DistributionSpec& spec) {
  return ModuleName(spec) + "-" + spec.version;
}

std::string ModuleText(const DistributionSpec& spec) {
  return fmt::format("VERSION = \"{}\"\n", spec.version);
}

std::string SetupText(const DistributionSpec& spec) {
  std::string requirements;
  for (const std::string& requirement : spec.requires_dist) {
    requirements += fmt::format("\"{}\", ", requirement);
  }
  return fmt::format(
      "from setuptools import setup\n"
      "setup(name=\"{}\", version=\"{}\", py_modules=[\"{}\"],\n"
      "      python_requires=\"{}\", install_requires=[{}])\n",
      spec.name, spec.version, ModuleName(spec), spec.requires_python,
      requirements);
}

}  // namespace

std::string BuildZip(const std::vector<MemberSpec>& members) {
  struct archive* archive = archive_write_new();
  archive_write_set_format_zip(archive);
  return Build(archive, members);
}

std::string BuildTarGz(const std::vector<MemberSpec>& members) {
  struct archive* archive = archive_write_new();
  archive_write_set_format_pax_restricted(archive);
  archive_write_add_filter_gzip(archive);
  archive_write_set_filter_option(archive, "gzip", "timestamp", nullptr);
  return Build(archive, members);
}

std::string CoreMetadataText(const DistributionSpec& spec) {
  std::string text =
      fmt::format("Metadata-Version: 2.1\nName: {}\nVersion: {}\n", spec.name,
                  spec.version);
  if (!spec.requires_python.empty()) {
    text += fmt::format("Requires-Python: {}\n", spec.requires_python);
  }
  for (const std::string& requirement : spec.requires_dist) {
    text += fmt::format("Requires-Dist: {}\n", requirement);
  }
  return text + "\nA distribution made by a test.\n";
}

std::string WheelFilename(const DistributionSpec& spec) {
  return Stem(spec) + "-py3-none-any.whl";
}

std::string SdistFilename(const DistributionSpec& spec) {
  return Stem(spec) + ".tar.gz";
}

std::string BuildWheel(const DistributionSpec& spec) {
  const std::string module = ModuleName(spec) + ".py";
  const std::string info = Stem(spec) + ".dist-info/";
  return BuildZip({
      {module, ModuleText(spec)},
      {info + "METADATA", CoreMetadataText(spec)},
      {info + "WHEEL",
       "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
       "Tag: py3-none-any\n"},
      {info + "RECORD", fmt::format("{0},,\n{1}METADATA,,\n{1}WHEEL,,\n"
                                    "{1}RECORD,,\n",
                                    module, info)},
  });
}

std::string BuildSdist(const DistributionSpec& spec) {
  const std::string top = Stem(spec) + "/";
  return BuildTarGz({
      {top + "PKG-INFO", CoreMetadataText(spec)},
      {top + "setup.py", SetupText(spec)},
      {top + ModuleName(spec) + ".py", ModuleText(spec)},
  });
}

}  // namespace tufmirror::testing
