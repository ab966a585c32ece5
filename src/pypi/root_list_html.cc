// The root list in HTML: an <a> is a project if its URL ends in a valid name.
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "fmt/format.h"
#include "pypi/html_link.h"
#include "pypi/html_reader.h"
#include "pypi/offer_collector.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/pypi/upstream_page.h"

namespace tufmirror::pypi {
namespace {

// A page links to more than projects, and mostly in the same way; without the
// slash at the end that PEP 503 asks for, the text has to say the same.
class ListReader {
 public:
  explicit ListReader(RootListVisitor visit) : visit_(visit) {}

  absl::Status Read(const HtmlElement& element) {
    if (element.tag != "a") return CheckRepositoryVersion(element);
    const std::string* href = element.Find("href");
    if (href == nullptr) return absl::OkStatus();
    const std::string_view url = FromAbsl(absl::StripAsciiWhitespace(*href));
    const std::string segment = LastSegment(url);
    const auto project = ProjectName::Parse(segment);
    if (!project.ok()) return PassOver(url);
    absl::string_view text = element.text;
    absl::ConsumeSuffix(&text, "/");  // as directory listings have it
    const auto named = ProjectName::Parse(FromAbsl(text));
    if (named.ok() && *named == *project) {
      return Visit({*project, FromAbsl(text), std::nullopt});
    }
    const std::string_view path = url.substr(0, url.find_first_of("?#"));
    if (path.back() != '/') return PassOver(url);
    return Visit({*project, segment, std::nullopt});
  }

  const RootListFacts& facts() const { return facts_; }

 private:
  absl::Status Visit(const RootListEntry& entry) {
    ++facts_.projects;
    return visit_(entry);
  }

  absl::Status PassOver(std::string_view url) {
    if (facts_.unusable++ == 0) facts_.example = Printable(url);
    return absl::OkStatus();
  }

  RootListVisitor visit_;
  RootListFacts facts_;
};

}  // namespace

absl::StatusOr<RootListFacts> ForEachListedProjectHtml(std::string_view text,
                                                       RootListVisitor visit) {
  if (text.size() > kMaxRootListBytes) {
    return MakeFailure(
        Failure::kTooLarge,
        fmt::format("list of projects: at most {} bytes expected, got {}",
                    kMaxRootListBytes, text.size()));
  }
  ListReader reader(visit);
  ASSIGN_OR_RETURN(const HtmlFacts page,
                   ReadHtml(text, [&](const HtmlElement& element) {
                     return reader.Read(element);
                   }));
  RootListFacts facts = reader.facts();
  const absl::Status is_index = CheckIsIndexPage(text, page, facts.projects);
  if (!is_index.ok()) return Annotate(is_index, "list of projects");
  facts.unusable += page.oversized;
  facts.last_serial = ParseSerial(page.serial);
  return facts;
}

}  // namespace tufmirror::pypi
