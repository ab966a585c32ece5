// Project pages in HTML, read as installers read them: every <a> is a file if
// its URL, or else its text, ends like one of a distribution.
#include <optional>
#include <string>
#include <utility>

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

// Whether the name has the extension of a distribution, whatever else is wrong
// with it.
bool LooksLikeDistribution(std::string_view name) {
  const absl::StatusOr<DistributionName> parsed = ParseDistributionName(name);
  return parsed.ok() || FailureOf(parsed.status()) != Failure::kUnsupported;
}

// The text is asked where the URL is one of a download script, not before:
// servers shorten it, and installers go by the URL.
std::optional<std::string> FilenameOf(const HtmlElement& link,
                                      const std::string& url) {
  std::string segment = LastSegment(url);
  if (LooksLikeDistribution(segment)) return segment;
  if (LooksLikeDistribution(link.text)) return link.text;
  return std::nullopt;
}

absl::Status SetMetadataOffer(const HtmlElement& link, OfferedFile& file) {
  const std::string* offer = link.Find("data-core-metadata");
  if (offer == nullptr) offer = link.Find("data-dist-info-metadata");
  if (offer == nullptr || *offer == "false") return absl::OkStatus();
  file.metadata = MetadataOffer::kPresent;
  absl::string_view hex = *offer;
  if (!absl::ConsumePrefix(&hex, "sha256=")) return absl::OkStatus();
  const absl::StatusOr<Sha256> digest = Sha256::FromHex(FromAbsl(hex));
  if (!digest.ok()) return Annotate(digest.status(), "data-core-metadata");
  file.metadata = MetadataOffer::kWithDigest;
  file.metadata_sha256 = *digest;
  return absl::OkStatus();
}

absl::StatusOr<std::string> AttributeOf(const HtmlElement& link,
                                        std::string_view name) {
  const std::string* value = link.Find(name);
  if (value == nullptr) return std::string();
  RETURN_IF_ERROR(CheckKeptText(name, *value));
  return *value;
}

absl::StatusOr<OfferedFile> ReadLink(const HtmlElement& link,
                                     const std::string& filename,
                                     const std::string& url) {
  OfferedFile file;
  RETURN_IF_ERROR(CheckOfferedFilename(filename));
  file.filename = filename;
  RETURN_IF_ERROR(SetUrl(url, file));
  ASSIGN_OR_RETURN(file.requires_python,
                   AttributeOf(link, "data-requires-python"));
  ASSIGN_OR_RETURN(file.provenance, AttributeOf(link, "data-provenance"));
  RETURN_IF_ERROR(SetMetadataOffer(link, file));
  if (link.Find("data-yanked") != nullptr) {
    ASSIGN_OR_RETURN(file.yanked, AttributeOf(link, "data-yanked"));
  }
  return file;
}

class PageReader {
 public:
  absl::Status Read(const HtmlElement& element) {
    if (element.tag == "a") return ReadAnchor(element);
    if (element.tag == "h1") ReadHeading(element);
    if (element.tag == "base") ReadBase(element);
    if (element.tag == "meta") ReadMeta(element);
    return CheckRepositoryVersion(element);
  }

  absl::StatusOr<UpstreamPage> Finish(std::string_view text,
                                      const HtmlFacts& facts) && {
    UpstreamPage& page = collector_.page();
    RETURN_IF_ERROR(CheckIsIndexPage(text, facts, links_));
    page.last_serial = ParseSerial(facts.serial);
    if (facts.oversized > 0) {
      collector_.AddProblem(MakeFailure(
          Failure::kTooLarge,
          fmt::format("{} tags are larger than any that were expected",
                      facts.oversized)));
    }
    return std::move(collector_).Take();
  }

 private:
  absl::Status ReadAnchor(const HtmlElement& link) {
    const std::string* href = link.Find("href");
    if (href == nullptr) return absl::OkStatus();
    const std::string url(absl::StripAsciiWhitespace(*href));
    const std::optional<std::string> filename = FilenameOf(link, url);
    if (!filename) return absl::OkStatus();
    ++links_;
    return collector_.Add(*filename, ReadLink(link, *filename, url));
  }

  void ReadHeading(const HtmlElement& heading) {
    absl::string_view name = heading.text;
    if (absl::ConsumePrefix(&name, "Links for ")) {
      collector_.page().name = std::string(name);
    }
  }

  // The first one counts.
  void ReadBase(const HtmlElement& base) {
    const std::string* href = base.Find("href");
    if (href != nullptr && collector_.page().base_url.empty()) {
      collector_.page().base_url =
          std::string(absl::StripAsciiWhitespace(*href));
    }
  }

  void ReadMeta(const HtmlElement& meta) {
    const std::string* name = meta.Find("name");
    const std::string* content = meta.Find("content");
    if (name == nullptr || content == nullptr) return;
    UpstreamPage& page = collector_.page();
    if (*name == "pypi:project-status") page.status = NormalStatus(*content);
    if (*name == "pypi:project-status-reason") page.status_reason = *content;
  }

  OfferCollector collector_;
  uint64_t links_ = 0;
};

absl::StatusOr<UpstreamPage> ReadPage(std::string_view text) {
  if (text.size() > kMaxHtmlPageBytes) {
    return MakeFailure(Failure::kTooLarge,
                       fmt::format("at most {} bytes expected, got {}",
                                   kMaxHtmlPageBytes, text.size()));
  }
  PageReader reader;
  ASSIGN_OR_RETURN(const HtmlFacts facts,
                   ReadHtml(text, [&](const HtmlElement& element) {
                     return reader.Read(element);
                   }));
  return std::move(reader).Finish(text, facts);
}

}  // namespace

absl::StatusOr<UpstreamPage> ParseUpstreamHtml(std::string_view text) {
  absl::StatusOr<UpstreamPage> page = ReadPage(text);
  if (!page.ok()) return Annotate(page.status(), "project page");
  return page;
}

}  // namespace tufmirror::pypi
