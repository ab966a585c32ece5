#include <string>

#include "support/status_matchers.h"
#include "tufmirror/json/document.h"
#include "tufmirror/pypi/simple_index.h"

namespace tufmirror::pypi {
namespace {

using testing::IsOk;

ProjectName Name(std::string_view name) {
  return ProjectName::Parse(name).value();
}

IndexFile Wheel() {
  IndexFile file;
  file.filename = "foo-1.0-py3-none-any.whl";
  file.url = PackageUrl(Name("foo"), file.filename);
  file.sha256 = Sha256::FromHex(std::string(64, 'a')).value();
  file.size = 10;
  return file;
}

TEST(RenderJsonTest, RendersAPageWithEveryKey) {
  ProjectPage page{.name = Name("foo")};
  IndexFile file = Wheel();
  file.upload_time = absl::FromUnixMicros(1'700'000'000'000'123);
  file.requires_python = ">=3.7";
  file.core_metadata = Sha256::FromHex(std::string(64, 'b')).value();
  file.yanked = "bad \"build\"";
  file.provenance = "p";
  page.files.push_back(file);
  page.versions = {"1.0", "2.0"};
  page.status = "archived";
  page.status_reason = "moved";
  page.last_serial = 42;
  EXPECT_EQ(
      RenderJson(page),
      "{\"meta\":{\"_last-serial\":42,\"api-version\":\"1.4\"},"
      "\"name\":\"foo\",\"files\":[{\"core-metadata\":{\"sha256\":\"" +
          std::string(64, 'b') +
          "\"},\"filename\":\"foo-1.0-py3-none-any.whl\","
          "\"hashes\":{\"sha256\":\"" +
          std::string(64, 'a') +
          "\"},\"provenance\":\"p\",\"requires-python\":\">=3.7\","
          "\"size\":10,\"upload-time\":\"2023-11-14T22:13:20.000123Z\","
          "\"url\":\"../../packages/foo/foo-1.0-py3-none-any.whl\","
          "\"yanked\":\"bad \\\"build\\\"\"}],\"versions\":[\"1.0\",\"2.0\"],"
          "\"project-status\":{\"status\":\"archived\",\"reason\":\"moved\"}"
          "}\n");
}

TEST(RenderJsonTest, LeavesOutWhatIsAbsent) {
  ProjectPage page{.name = Name("foo")};
  page.files.push_back(Wheel());
  EXPECT_EQ(RenderJson(page),
            "{\"meta\":{\"api-version\":\"1.4\"},\"name\":\"foo\",\"files\":[{"
            "\"core-metadata\":false,\"filename\":\"foo-1.0-py3-none-any.whl\","
            "\"hashes\":{\"sha256\":\"" +
                std::string(64, 'a') +
                "\"},\"size\":10,"
                "\"url\":\"../../packages/foo/foo-1.0-py3-none-any.whl\","
                "\"yanked\":false}],\"versions\":[],"
                "\"project-status\":{\"status\":\"active\"}}\n");
}

TEST(RenderJsonTest, StaysJsonWhateverComesFromOutside) {
  ProjectPage page{.name = Name("foo")};
  page.files.push_back(Wheel());
  page.files[0].requires_python = "\"},\x01\n\\</script>";
  page.files[0].yanked = "\xFF\xC3\xA9";
  page.versions = {"\"", "\\"};
  EXPECT_THAT(json::Document::Parse(RenderJson(page)), IsOk());
}

TEST(RenderRootJsonTest, ListsDisplayNames) {
  EXPECT_EQ(RenderRootJson({{Name("Foo.Bar"), "Foo.Bar"}, {Name("x"), "x"}}, 7),
            "{\"meta\":{\"_last-serial\":7,\"api-version\":\"1.4\"},"
            "\"projects\":[{\"name\":\"Foo.Bar\"},{\"name\":\"x\"}]}\n");
  EXPECT_EQ(RenderRootJson({}, std::nullopt),
            "{\"meta\":{\"api-version\":\"1.4\"},\"projects\":[]}\n");
}

}  // namespace
}  // namespace tufmirror::pypi
