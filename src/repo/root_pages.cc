// The HTML page has one line per project, which is what it is read back by.
#include "tufmirror/repo/root_pages.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <optional>
#include <string_view>

#include "fmt/format.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/pypi/simple_index.h"
#include "tufmirror/repo/project_pages.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::repo {
namespace {

constexpr size_t kPieceBytes = size_t{256} << 10;
constexpr std::string_view kLinkStart = "<a href=\"";
constexpr std::string_view kLinkEnd = "/\">";

absl::StatusOr<tuf::TargetFile> FinishPage(tree::BlobWriter writer,
                                           std::string_view page) {
  ASSIGN_OR_RETURN(const ExpectedContent content, std::move(writer).Finish());
  return TargetOf(fmt::format("{}/{}", tree::kSimpleDirectory, page),
                  content.length, content.digests.sha256.value());
}

// The project that a line of the HTML page links to.
std::optional<std::string_view> LinkedProject(std::string_view line) {
  if (!line.starts_with(kLinkStart)) return std::nullopt;
  line.remove_prefix(kLinkStart.size());
  const size_t end = line.find(kLinkEnd);
  if (end == std::string_view::npos) return std::nullopt;
  return line.substr(0, end);
}

// Reads a file in pieces and gives what it has of whole lines.
class LinePieces {
 public:
  LinePieces(int fd, const std::string& path) : fd_(fd), path_(path) {}

  // Whole lines, valid until the next call; empty at the end. What follows the
  // last line end is passed over.
  absl::StatusOr<std::string_view> Next() {
    text_.erase(0, given_);
    given_ = 0;
    while (true) {
      const size_t start = text_.size();
      text_.resize(start + kPieceBytes);
      ssize_t got = 0;
      do {
        got = read(fd_, text_.data() + start, kPieceBytes);
      } while (got < 0 && errno == EINTR);
      if (got < 0) return fs::ErrnoFailure(errno, "read", path_);
      text_.resize(start + static_cast<size_t>(got));
      if (got == 0) return std::string_view();
      const size_t end = text_.rfind('\n');
      if (end == std::string::npos) continue;
      given_ = end + 1;
      return std::string_view(text_).substr(0, given_);
    }
  }

 private:
  const int fd_;
  const std::string& path_;
  std::string text_;
  size_t given_ = 0;
};

}  // namespace

RootPages::RootPages(tree::BlobWriter html, tree::BlobWriter json)
    : html_(std::move(html)),
      json_(std::move(json)),
      html_text_(pypi::RootHtmlHead()),
      json_text_(pypi::RootJsonHead(std::nullopt)) {}

absl::StatusOr<RootPages> RootPages::Create(const tree::Home& home) {
  ASSIGN_OR_RETURN(tree::BlobWriter html,
                   tree::BlobWriter::Create(home, tree::kHtmlPage));
  ASSIGN_OR_RETURN(tree::BlobWriter json,
                   tree::BlobWriter::Create(home, tree::kJsonPage));
  return RootPages(std::move(html), std::move(json));
}

absl::Status RootPages::Add(const pypi::ProjectName& project) {
  if (!is_first_) json_text_ += ',';
  is_first_ = false;
  pypi::AppendRootHtml(project, project.str(), html_text_);
  pypi::AppendRootJson(project.str(), json_text_);
  return html_text_.size() < kPieceBytes ? absl::OkStatus() : Flush();
}

absl::Status RootPages::Flush() {
  RETURN_IF_ERROR(html_.Append(html_text_));
  RETURN_IF_ERROR(json_.Append(json_text_));
  html_text_.clear();
  json_text_.clear();
  return absl::OkStatus();
}

absl::StatusOr<std::vector<tuf::TargetFile>> RootPages::Finish() && {
  html_text_ += pypi::kRootHtmlTail;
  json_text_ += pypi::kRootJsonTail;
  RETURN_IF_ERROR(Flush());
  ASSIGN_OR_RETURN(tuf::TargetFile html,
                   FinishPage(std::move(html_), tree::kHtmlPage));
  ASSIGN_OR_RETURN(tuf::TargetFile json,
                   FinishPage(std::move(json_), tree::kJsonPage));
  return std::vector<tuf::TargetFile>{std::move(html), std::move(json)};
}

absl::Status ForEachProjectOnRootPage(
    const std::string& path,
    absl::FunctionRef<absl::Status(pypi::ProjectName project)> visit) {
  ASSIGN_OR_RETURN(const fs::UniqueFd fd,
                   fs::Open(path, O_RDONLY | O_NOFOLLOW, 0));
  LinePieces pieces(fd.get(), path);
  while (true) {
    ASSIGN_OR_RETURN(std::string_view lines, pieces.Next());
    if (lines.empty()) return absl::OkStatus();
    while (!lines.empty()) {
      const size_t end = lines.find('\n');
      const auto name = LinkedProject(lines.substr(0, end));
      lines.remove_prefix(end + 1);
      if (!name) continue;
      ASSIGN_OR_RETURN(pypi::ProjectName project,
                       pypi::ProjectName::Parse(*name));
      RETURN_IF_ERROR(visit(std::move(project)));
    }
  }
}

}  // namespace tufmirror::repo
