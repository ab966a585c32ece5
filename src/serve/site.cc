// Redirects, negotiated index pages and plain files.
#include "serve/site.h"

#include <fmt/format.h>

#include "tufmirror/base/failure.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/serve/file_reply.h"
#include "tufmirror/serve/negotiation.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::serve {
namespace {

Reply NotFound() { return TextReply(404, "not found"); }

Reply FailureReply(const absl::Status& status) {
  switch (FailureOf(status)) {
    case Failure::kMalformed:
    case Failure::kUnsafePath:
      return TextReply(400, "bad request");
    case Failure::kNotFound:
      return NotFound();
    default:
      return TextReply(500, "cannot read the file");
  }
}

std::string LastSegmentEncoded(std::string_view path) {
  static constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
  std::string out;
  for (const char c : path.substr(path.rfind('/') + 1)) {
    if (kPlain.find(c) != std::string_view::npos) {
      out.push_back(c);
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace

Reply Site::Answer(const Request& request) const {
  if (request.method != "GET" && request.method != "HEAD") {
    Reply reply = TextReply(405, "only GET and HEAD");
    reply.headers.emplace_back("Allow", "GET, HEAD");
    return reply;
  }
  absl::StatusOr<RequestTarget> target = ParseRequestTarget(request.target);
  if (!target.ok()) return FailureReply(target.status());
  absl::StatusOr<LiveTree> tree = LiveTree::Open(document_root_);
  // The root was there when the server was made: not the client's mistake.
  if (!tree.ok()) return TextReply(500, "cannot open the tree");
  return AnswerPath(*tree, *target, request);
}

Reply Site::AnswerPath(const LiveTree& tree, const RequestTarget& target,
                       const Request& request) const {
  if (target.path.empty()) {
    return RedirectReply(302, fmt::format("./{}/", tree::kSimpleDirectory),
                         target.query);
  }
  if (const auto name = ProjectOf(target.path); name && target.directory) {
    const auto project = pypi::ProjectName::Parse(*name);
    if (!project.ok()) return NotFound();
    if (project->str() != *name) {
      return RedirectReply(301, fmt::format("../{}/", project->str()),
                           target.query);
    }
  }
  if (target.directory) return AnswerDirectory(tree, target, request);

  absl::StatusOr<OpenedFile> file = tree.OpenFile(target.path);
  if (file.ok()) {
    return FileOf(request, target.path, *std::move(file),
                  {.content_type = std::string(ContentTypeOfPath(target.path)),
                   .cache_control = CacheControlOfPath(target.path)});
  }
  if (FailureOf(file.status()) != Failure::kNotFound) {
    return FailureReply(file.status());
  }
  if (const auto name = ProjectOf(target.path)) {
    // "simple/Some.Name", without the slash: one redirect instead of two.
    const auto project = pypi::ProjectName::Parse(*name);
    if (project.ok() && tree.IsDirectory(fmt::format(
                            "{}/{}", tree::kSimpleDirectory, project->str()))) {
      return RedirectReply(301, fmt::format("./{}/", project->str()),
                           target.query);
    }
    return NotFound();
  }
  if (tree.IsDirectory(target.path)) {
    return RedirectReply(301,
                         fmt::format("./{}/", LastSegmentEncoded(target.path)),
                         target.query);
  }
  return NotFound();
}

Reply Site::FileOf(const Request& request, std::string_view path,
                   OpenedFile file, FileReplyOptions options) const {
  if (!IsCompressible(path, file.size)) {
    return FileReply(request, std::move(file), options);
  }
  const std::string vary =
      options.vary.empty() ? "Accept-Encoding"
                           : fmt::format("{}, Accept-Encoding", options.vary);
  options.vary = vary;
  // A range is one of the file as it is.
  const auto encoding = request.range.empty()
                            ? ChooseEncoding(request.accept_encoding)
                            : std::nullopt;
  if (!encoding) return FileReply(request, std::move(file), options);
  // Other bytes, so another strong validator.
  const std::string suffix =
      fmt::format("{}-{}", options.etag_suffix, compress::NameOf(*encoding));
  FileReplyOptions encoded = options;
  encoded.etag_suffix = suffix;
  Reply reply = FileReply(request, std::move(file), encoded);
  // Only what is sent is worth compressing.
  if (reply.status != 200 || !reply.file) return reply;
  const auto body = compressed_.Get(*reply.file, *encoding);
  if (body == nullptr) {
    return FileReply(request, *std::move(reply.file), options);
  }
  reply.file.reset();
  reply.body = *body;
  reply.length = body->size();
  reply.headers.emplace_back("Content-Encoding", compress::NameOf(*encoding));
  return reply;
}

Reply Site::AnswerDirectory(const LiveTree& tree, const RequestTarget& target,
                            const Request& request) const {
  if (target.path == tree::kSimpleDirectory || ProjectOf(target.path)) {
    return AnswerIndexPage(tree, target, request);
  }
  const std::string page = fmt::format("{}/{}", target.path, tree::kHtmlPage);
  absl::StatusOr<OpenedFile> file = tree.OpenFile(page);
  if (!file.ok()) return FailureReply(file.status());
  return FileReply(request, *std::move(file),
                   {.content_type = std::string(ContentTypeOfPath(page)),
                    .cache_control = CacheControlOfPath(page)});
}

Reply Site::AnswerIndexPage(const LiveTree& tree, const RequestTarget& target,
                            const Request& request) const {
  const std::string json = fmt::format("{}/{}", target.path, tree::kJsonPage);
  const std::string html = fmt::format("{}/{}", target.path, tree::kHtmlPage);
  const std::vector<Representation> accepted =
      target.format.empty() ? Negotiate(request.accept)
                            : NegotiateFormat(target.format);
  for (const Representation representation : accepted) {
    const bool is_json = representation == Representation::kJsonV1;
    absl::StatusOr<OpenedFile> file = tree.OpenFile(is_json ? json : html);
    if (!file.ok()) continue;
    return FileOf(
        request, is_json ? json : html, *std::move(file),
        {.content_type = std::string(ContentTypeOf(representation)),
         .cache_control = CacheControlOfPath(html),
         // One file under two types: two entities, two strong validators.
         .etag_suffix = representation == Representation::kHtmlV1 ? "-v1" : "",
         .vary = "Accept"});
  }
  if (!tree.OpenFile(json).ok() && !tree.OpenFile(html).ok()) {
    return NotFound();
  }
  Reply reply =
      TextReply(406, fmt::format("not acceptable; available: {}, {}, text/html",
                                 ContentTypeOf(Representation::kJsonV1),
                                 ContentTypeOf(Representation::kHtmlV1)));
  reply.headers.emplace_back("Vary", "Accept");
  return reply;
}

}  // namespace tufmirror::serve
