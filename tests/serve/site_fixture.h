// A small home's trees, as a publisher leaves them, for tests of serving.
#ifndef TUFMIRROR_TESTS_SERVE_SITE_FIXTURE_H_
#define TUFMIRROR_TESTS_SERVE_SITE_FIXTURE_H_

#include <filesystem>
#include <string>

#include "support/temp_directory.h"

namespace tufmirror::testing {

inline constexpr char kPipAccept[] =
    "application/vnd.pypi.simple.v1+json, "
    "application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01";

class SiteFixture {
 public:
  SiteFixture() {
    WriteTree("trees/a", "first");
    WriteTree("trees/b", "second");
    home.Write("packages/flit/flit-3.9.0-py3-none-any.whl", "0123456789");
    home.Write("packages/flit/flit-3.9.0-py3-none-any.whl.metadata",
               "Name: flit\n");
    home.Write("packages/flit/.partial", "hidden");
    home.Write("state/secret", "secret");
    std::filesystem::create_symlink("trees/a", live());
  }

  std::string live() const { return home.Join("live"); }

  // Makes the other generation live, as a publisher does.
  void Publish(const std::string& tree) const {
    std::filesystem::create_symlink(tree, home.Join("live.new"));
    std::filesystem::rename(home.Join("live.new"), live());
  }

  TempDirectory home;

 private:
  void WriteTree(const std::string& tree, const std::string& generation) {
    home.Write(tree + "/simple/index.html", "root html " + generation);
    home.Write(tree + "/simple/index.v1_json", "root json " + generation);
    home.Write(tree + "/simple/flit/index.html", "flit html " + generation);
    home.Write(tree + "/simple/flit/index.v1_json", "flit json " + generation);
    home.Write(tree + "/simple/htmlonly/index.html", "html only");
    home.Write(tree + "/metadata/timestamp.json", "timestamp " + generation);
    home.Write(tree + "/metadata/1.root.json", "root");
    home.Write(tree + "/status/index.html", "status");
    home.Write(tree + "/empty", "");
    home.Write(tree + "/.hidden", "hidden");
    std::filesystem::create_symlink("../../packages",
                                    home.Join(tree + "/packages"));
    std::filesystem::create_symlink("../../state", home.Join(tree + "/escape"));
    std::filesystem::create_symlink("../../state/secret",
                                    home.Join(tree + "/leak.json"));
  }
};

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_SERVE_SITE_FIXTURE_H_
