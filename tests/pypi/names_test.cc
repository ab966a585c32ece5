#include "tufmirror/pypi/names.h"

#include <string>
#include <vector>

#include "support/status_matchers.h"

namespace tufmirror::pypi {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using testing::IsOk;

TEST(ProjectNameTest, NormalizesAsPep503) {
  for (const char* name :
       {"friendly-bard", "Friendly-Bard", "FRIENDLY-BARD", "friendly.bard",
        "friendly_bard", "friendly--bard", "FrIeNdLy-._.-bArD"}) {
    ASSERT_OK_AND_ASSIGN(const ProjectName project, ProjectName::Parse(name));
    EXPECT_EQ(project.str(), "friendly-bard") << name;
  }
  ASSERT_OK_AND_ASSIGN(const ProjectName one, ProjectName::Parse("X"));
  EXPECT_EQ(one.str(), "x");
}

TEST(ProjectNameTest, RefusesInvalidNames) {
  for (const std::string& name :
       {std::string(""), std::string("-a"), std::string("a-"), std::string("_"),
        std::string("."), std::string(".."), std::string("a/b"),
        std::string("a b"), std::string("a\0b", 3), std::string("caf\xC3\xA9"),
        std::string("a\xC3\xA9z"), std::string(201, 'a'),
        std::string("../x")}) {
    EXPECT_THAT(ProjectName::Parse(name),
                FailsWith(Failure::kMalformed, "project name"))
        << name;
  }
  EXPECT_THAT(ProjectName::Parse(std::string(200, 'a')), IsOk());
}

struct Case {
  const char* filename;
  const char* project;
  const char* version;
  DistributionKind kind;
};

TEST(DistributionNameTest, SplitsEveryKind) {
  const Case cases[] = {
      {"flit-3.9.0-py3-none-any.whl", "flit", "3.9.0",
       DistributionKind::kWheel},
      {"Flask_SQLAlchemy-3.0-py3-none-any.whl", "flask-sqlalchemy", "3.0",
       DistributionKind::kWheel},
      {"zope.interface-4.1.0-cp27-cp27mu-manylinux1_x86_64.whl",
       "zope-interface", "4.1.0", DistributionKind::kWheel},
      {"foo-1.0+ubuntu_1-py3-none-any.whl", "foo", "1.0+ubuntu_1",
       DistributionKind::kWheel},
      {"flit-3.9.0.tar.gz", "flit", "3.9.0", DistributionKind::kSdist},
      {"my_cool_pkg-1.0.tar.gz", "my-cool-pkg", "1.0",
       DistributionKind::kSdist},
      {"my-cool-pkg-1.0.tar.gz", "my-cool-pkg", "1.0",
       DistributionKind::kSdist},
      {"zope.interface-4.1.0.zip", "zope-interface", "4.1.0",
       DistributionKind::kSdist},
      {"py-2-1.0.zip", "py-2", "1.0", DistributionKind::kSdist},
      {"foo-1.0-beta.tar.gz", "foo", "1.0-beta", DistributionKind::kSdist},
      {"pytz-2004d.tar.gz", "pytz", "2004d", DistributionKind::kSdist},
      {"my-pkg-unknown.tar.gz", "my-pkg", "unknown", DistributionKind::kSdist},
      {"foo-1.0.linux-x86_64.tar.gz", "foo", "1.0.linux-x86_64",
       DistributionKind::kSdist},
      {"foo-1.0-py2.7.egg", "foo", "1.0", DistributionKind::kLegacy},
      {"foo_bar-1.0-py2.7-linux-x86_64.egg", "foo-bar", "1.0",
       DistributionKind::kLegacy},
      {"foo-1.0.win32-py2.7.exe", "foo", "1.0", DistributionKind::kLegacy},
      {"foo-1.0.win-amd64-py2.7.msi", "foo", "1.0", DistributionKind::kLegacy},
      {"foo-bar-1.0-1.noarch.rpm", "foo-bar", "1.0", DistributionKind::kLegacy},
      {"foo-1.0.macosx-10.9-x86_64.dmg", "foo", "1.0",
       DistributionKind::kLegacy},
      {"python-foo_1.0-1_all.deb", "python-foo", "1.0",
       DistributionKind::kLegacy},
      {"foo-1.0.tar.bz2", "foo", "1.0", DistributionKind::kLegacy},
      {"foo-1.0.tgz", "foo", "1.0", DistributionKind::kLegacy},
      {"foo-1.0.tar.Z", "foo", "1.0", DistributionKind::kLegacy},
  };
  for (const Case& c : cases) {
    ASSERT_OK_AND_ASSIGN(const DistributionName name,
                         ParseDistributionName(c.filename));
    EXPECT_EQ(name.project.str(), c.project) << c.filename;
    EXPECT_EQ(name.version, c.version) << c.filename;
    EXPECT_EQ(name.kind, c.kind) << c.filename;
  }
}

TEST(DistributionNameTest, TakesCompressedTagSetsApart) {
  ASSERT_OK_AND_ASSIGN(
      const DistributionName name,
      ParseDistributionName("foo-1.0-2abc-py2.py3-none-manylinux_2_17_x86_64."
                            "manylinux2014_x86_64.whl"));
  EXPECT_EQ(name.build, "2abc");
  EXPECT_THAT(name.python_tags, ElementsAre("py2", "py3"));
  EXPECT_THAT(name.abi_tags, ElementsAre("none"));
  EXPECT_THAT(name.platform_tags,
              ElementsAre("manylinux_2_17_x86_64", "manylinux2014_x86_64"));
}

TEST(DistributionNameTest, RefusesMalformedNames) {
  const std::vector<std::pair<std::string, const char*>> cases = {
      {"foo-1.0.whl", "5 or 6 parts"},
      {"foo-1.0-py3-none.whl", "5 or 6 parts"},
      {"a-b-1.0-1-py3-none-any.whl", "5 or 6 parts"},
      {"foo-1.0-x1-py3-none-any.whl", "build tag"},
      {"foo-1.0--py3-none-any.whl", "build tag"},
      {"foo--py3-none-any.whl", "no version"},
      {"foo-1.0-py3--any.whl", "compatibility tag"},
      {"foo-1.0-py3.-none-any.whl", "compatibility tag"},
      {"foo-1.0-py3-none-a!y.whl", "compatibility tag"},
      {"-1.0-py3-none-any.whl", "project name"},
      {"foo.tar.gz", "{name}-{version}"},
      {"-1.0.tar.gz", "{name}-{version}"},
      {".tar.gz", "{name}-{version}"},
      {"foo-.tar.gz", "no version"},
      {"fo o-1.0.tar.gz", "project name"},
      {"a/foo-1.0.tar.gz", "slash"},
      {"a\\foo-1.0.tar.gz", "slash"},
      {"foo-1.0\n.tar.gz", "control character"},
      {"foo-1.0\xFF.tar.gz", "UTF-8"},
      {"foo-" + std::string(250, '1') + ".tar.gz", "bytes"},
  };
  for (const auto& [filename, why] : cases) {
    EXPECT_THAT(ParseDistributionName(filename),
                FailsWith(Failure::kMalformed, why))
        << filename;
  }
}

TEST(DistributionNameTest, SaysWhatIsNoDistributionAtAll) {
  for (const char* filename : {"README.md", "foo-1.0.tar", "foo-1.0.whl.asc",
                               "foo-1.0.WHL", "", "whl"}) {
    EXPECT_THAT(ParseDistributionName(filename),
                FailsWith(Failure::kUnsupported, "extension"))
        << filename;
  }
}

TEST(DistributionNameTest, KnownProjectDecidesTheSplit) {
  ASSERT_OK_AND_ASSIGN(const ProjectName foo, ProjectName::Parse("foo"));
  ASSERT_OK_AND_ASSIGN(const ProjectName cool, ProjectName::Parse("My.Cool"));
  ASSERT_OK_AND_ASSIGN(const DistributionName post,
                       ParseDistributionName("foo-1.0-1.tar.gz", foo));
  EXPECT_EQ(post.version, "1.0-1");
  ASSERT_OK_AND_ASSIGN(const DistributionName beta,
                       ParseDistributionName("my-cool-1.0-beta-2.zip", cool));
  EXPECT_EQ(beta.version, "1.0-beta-2");
  EXPECT_EQ(beta.project, cool);
  EXPECT_THAT(ParseDistributionName("foo-1.0.tar.gz", cool),
              FailsWith(Failure::kMalformed, "does not start with 'my-cool-'"));
  EXPECT_THAT(ParseDistributionName("foo-1.0-py3-none-any.whl", cool),
              FailsWith(Failure::kMalformed, "does not start with 'my-cool-'"));
}

}  // namespace
}  // namespace tufmirror::pypi
