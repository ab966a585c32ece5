#include "guard/answers.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include "fmt/format.h"
#include "guard/host_check.h"
#include "guard/withheld_body.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/pypi/simple_index.h"
#include "tufmirror/pypi/upstream_page.h"
#include "tufmirror/serve/file_reply.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::guard {
namespace {

using serve::Reply;
using serve::Representation;
using serve::Request;

// Installers ask again each time, and get 304: the guard's verdict may change.
constexpr std::string_view kRevalidate = "no-cache";
// What stands beside a distribution is judged as the distribution is.
constexpr std::string_view kCompanionEndings[] = {".metadata", ".provenance"};

std::string TagOf(const ExpectedContent& content) {
  return fmt::format("\"{}\"", ContentKey(content).value_or("unknown"));
}

std::string_view PageName(Representation representation) {
  return representation == Representation::kJsonV1 ? tree::kJsonPage
                                                   : tree::kHtmlPage;
}

serve::FileReplyOptions PageOptions(Representation representation) {
  return {.content_type = std::string(ContentTypeOf(representation)),
          .cache_control = kRevalidate,
          .vary = "Accept"};
}

// One file under two types: two entities, two strong validators.
std::string PageTag(const std::string& digest, Representation representation) {
  const bool is_v1_html = representation == Representation::kHtmlV1;
  return fmt::format("\"{}{}\"", digest, is_v1_html ? "-v1" : "");
}

Reply NotAcceptable() {
  Reply reply = serve::TextReply(
      406, fmt::format("not acceptable; available: {}, {}, text/html",
                       ContentTypeOf(Representation::kJsonV1),
                       ContentTypeOf(Representation::kHtmlV1)));
  reply.headers.emplace_back("Vary", "Accept");
  return reply;
}

Reply TextPage(const Request& request, std::string text,
               Representation representation) {
  const std::string digest = crypto::Sha256Of(text).Hex();
  Reply reply = serve::EntityReply(
      request, {.size = text.size(), .tag = PageTag(digest, representation)},
      PageOptions(representation));
  if (!reply.content_type.empty()) {
    reply.body = text.substr(reply.first, reply.length);
  }
  return reply;
}

// An answer that needs no body: the file is not even asked for.
bool IsHeadOnly(const Request& request, const Reply& reply) {
  return request.method == "HEAD" || reply.content_type.empty();
}

Reply HeadOnly(Reply reply) {
  reply.write_body = [](serve::BodySink) { return false; };
  return reply;
}

// Pages are read whole, and not asked for if nothing could parse them.
absl::Status CheckPageLength(const ExpectedContent& content) {
  if (content.length <= pypi::kMaxJsonPageBytes) return absl::OkStatus();
  return MakeFailure(
      Failure::kTooLarge,
      fmt::format("page: expected at most {} bytes, its signed length is {}",
                  pypi::kMaxJsonPageBytes, content.length));
}

absl::StatusOr<std::string> ReadVerified(const fs::UniqueFd& fd,
                                         const ExpectedContent& content) {
  std::string bytes(content.length, '\0');
  size_t position = 0;
  while (position < bytes.size()) {
    const ssize_t got =
        pread(fd.get(), bytes.data() + position, bytes.size() - position,
              static_cast<off_t>(position));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fs::ErrnoFailure(errno, "read", "a cached page");
    if (got == 0) break;
    position += static_cast<size_t>(got);
  }
  bytes.resize(position);
  RETURN_IF_ERROR(crypto::CheckContent(bytes, content, "cached page"));
  return bytes;
}

std::optional<PageFormat> PageFormatOf(std::string_view filename) {
  if (filename == tree::kJsonPage) return PageFormat::kJson;
  if (filename == tree::kHtmlPage) return PageFormat::kHtml;
  return std::nullopt;
}

}  // namespace

Reply Answers::Answer(const Request& request) {
  parts_.ledger.CountRequest();
  if (!IsAllowedHost(request.host, options_.host_names)) {
    return Refuse(
        request, Asked::kFile, request.target,
        PolicyRefusal(fmt::format("Host header: expected an IP address, "
                                  "localhost or a name that was allowed, got "
                                  "\"{}\"",
                                  Printable(request.host))));
  }
  if (request.method != "GET" && request.method != "HEAD") {
    Reply reply = serve::TextReply(405, "only GET and HEAD");
    reply.headers.emplace_back("Allow", "GET, HEAD");
    return reply;
  }
  const auto target = serve::ParseRequestTarget(request.target);
  if (!target.ok()) return serve::TextReply(400, "bad request");
  return AnswerTarget(request, *target);
}

Reply Answers::AnswerTarget(const Request& request,
                            const serve::RequestTarget& target) {
  if (target.path.empty()) {
    return serve::RedirectReply(302, "./simple/", target.query);
  }
  PageWanted wanted;
  std::string_view directory = target.path;
  const std::string_view filename =
      directory.substr(directory.rfind('/') + 1);  // npos + 1 is 0
  const auto format = target.directory ? std::nullopt : PageFormatOf(filename);
  if (format && filename.size() < directory.size()) {
    directory.remove_suffix(filename.size() + 1);
    wanted.accepted = {*format == PageFormat::kJson
                           ? Representation::kJsonV1
                           : Representation::kTextHtml};
  } else {
    wanted.accepted = target.format.empty()
                          ? serve::Negotiate(request.accept)
                          : serve::NegotiateFormat(target.format);
  }
  const auto name = serve::ProjectOf(directory);
  if (name) {
    auto project = pypi::ProjectName::Parse(*name);
    if (!project.ok()) return serve::TextReply(404, "not found");
    if (!format && (project->str() != *name || !target.directory)) {
      const std::string_view up = target.directory ? "../" : "./";
      return serve::RedirectReply(301, fmt::format("{}{}/", up, project->str()),
                                  target.query);
    }
    wanted.project = *std::move(project);
  }
  const bool is_root_list =
      directory == tree::kSimpleDirectory && (format || target.directory);
  if (directory == tree::kSimpleDirectory && !is_root_list) {
    return serve::RedirectReply(301, "./simple/", target.query);
  }
  const bool is_page = name || is_root_list;
  if (!is_page && target.directory) return serve::TextReply(404, "not found");
  wanted.directory = std::string(directory);
  auto reply =
      is_page ? AnswerPage(request, wanted) : AnswerFile(request, target.path);
  if (reply.ok()) return Sent(request, *std::move(reply));
  return Refuse(request, is_page ? Asked::kPage : Asked::kFile, target.path,
                reply.status());
}

absl::StatusOr<Reply> Answers::AnswerPage(const Request& request,
                                          const PageWanted& wanted) {
  if (wanted.project) {
    RETURN_IF_ERROR(parts_.judge.OfProject(*wanted.project));
  }
  ASSIGN_OR_RETURN(const StatePtr state, parts_.trust.Current());
  if (!wanted.project) {
    return parts_.judge.SelectsProjects()
               ? EditRootList(request, wanted, *state)
               : PassPage(request, wanted, *state);
  }
  return parts_.judge.lenient() ? PassPage(request, wanted, *state)
                                : EditPage(request, wanted, *state);
}

absl::StatusOr<Reply> Answers::PassPage(const Request& request,
                                        const PageWanted& wanted,
                                        TrustedState& state) {
  for (const Representation representation : wanted.accepted) {
    const std::string path =
        fmt::format("{}/{}", wanted.directory, PageName(representation));
    ASSIGN_OR_RETURN(const OptionalTarget found,
                     parts_.trust.Find(state, path));
    if (!found) continue;
    const ExpectedContent& content = found->target.content;
    // The list of projects has no links to files.
    if (wanted.project) RETURN_IF_ERROR(CheckPageLength(content));
    ASSIGN_OR_RETURN(fs::UniqueFd fd, Obtain(state, found->target));
    if (wanted.project) {
      ASSIGN_OR_RETURN(const std::string bytes, ReadVerified(fd, content));
      if (MayLeadElsewhere(bytes)) return EditPage(request, wanted, state);
    }
    ASSIGN_OR_RETURN(const std::string key, ContentKey(content));
    Reply reply = serve::EntityReply(
        request, {.size = content.length, .tag = PageTag(key, representation)},
        PageOptions(representation));
    if (IsHeadOnly(request, reply)) return HeadOnly(std::move(reply));
    reply.file = serve::OpenedFile{.fd = std::move(fd), .size = content.length};
    return reply;
  }
  for (const std::string_view page : {tree::kJsonPage, tree::kHtmlPage}) {
    ASSIGN_OR_RETURN(
        const OptionalTarget found,
        parts_.trust.Find(state, fmt::format("{}/{}", wanted.directory, page)));
    if (found) return NotAcceptable();
  }
  return serve::TextReply(404, "not found");
}

absl::StatusOr<Reply> Answers::EditPage(const Request& request,
                                        const PageWanted& wanted,
                                        TrustedState& state) {
  ASSIGN_OR_RETURN(const std::optional<Page> source,
                   FetchPage(state, wanted.directory));
  if (!source) return serve::TextReply(404, "not found");
  ASSIGN_OR_RETURN(pypi::UpstreamPage page,
                   ParsePage(source->bytes, source->format));
  const std::vector<std::string> foreign =
      KeepOwnLinks(*wanted.project, options_.mirrors, page);
  if (!foreign.empty()) {
    parts_.ledger.Log(
        LogLine::Kind::kNote,
        fmt::format("page of {}: {} files are left out, as their links lead to "
                    "other servers; the first is {}",
                    wanted.project->str(), foreign.size(), foreign[0]));
  }
  if (!parts_.judge.lenient()) {
    RemoveRefused(parts_.judge.OfFiles(*wanted.project, page, options_.clock()),
                  page);
  }
  for (const Representation representation : wanted.accepted) {
    const PageFormat format = representation == Representation::kJsonV1
                                  ? PageFormat::kJson
                                  : PageFormat::kHtml;
    // HTML does not say how long files are, and JSON must.
    if (format == PageFormat::kJson && source->format == PageFormat::kHtml) {
      continue;
    }
    return TextPage(request, RenderPage(*wanted.project, page, format),
                    representation);
  }
  return NotAcceptable();
}

absl::StatusOr<Reply> Answers::EditRootList(const Request& request,
                                            const PageWanted& wanted,
                                            TrustedState& state) {
  ASSIGN_OR_RETURN(const std::optional<Page> source,
                   FetchPage(state, wanted.directory));
  if (!source) return serve::TextReply(404, "not found");
  if (wanted.accepted.empty()) return NotAcceptable();
  std::vector<pypi::RootEntry> entries;
  const auto visit = [&](const pypi::RootListEntry& entry) {
    if (parts_.judge.OfProject(entry.name).ok()) {
      entries.push_back({.name = entry.name,
                         .display_name = std::string(entry.display_name)});
    }
    return absl::OkStatus();
  };
  const auto facts = source->format == PageFormat::kJson
                         ? pypi::ForEachListedProjectJson(source->bytes, visit)
                         : pypi::ForEachListedProjectHtml(source->bytes, visit);
  RETURN_IF_ERROR(facts.status());
  const Representation representation = wanted.accepted[0];
  return TextPage(request,
                  representation == Representation::kJsonV1
                      ? pypi::RenderRootJson(entries, facts->last_serial)
                      : pypi::RenderRootHtml(entries),
                  representation);
}

absl::StatusOr<Reply> Answers::AnswerFile(const Request& request,
                                          std::string_view path) {
  ASSIGN_OR_RETURN(const StatePtr state, parts_.trust.Current());
  ASSIGN_OR_RETURN(const OptionalTarget found, parts_.trust.Find(*state, path));
  if (!found) return serve::TextReply(404, "not found");
  if (!parts_.judge.lenient()) RETURN_IF_ERROR(JudgeFile(*state, path));
  const ExpectedContent& content = found->target.content;
  Reply reply = serve::EntityReply(
      request, {.size = content.length, .tag = TagOf(content)},
      {.content_type = std::string(serve::ContentTypeOfPath(path)),
       .cache_control = kRevalidate});
  if (IsHeadOnly(request, reply)) return HeadOnly(std::move(reply));
  ASSIGN_OR_RETURN(std::optional<fs::UniqueFd> fd, parts_.cache.Find(content));
  if (fd) {
    parts_.ledger.CountCacheHit();
  } else {
    const auto download = parts_.downloads.Start(
        found->target, state->trusted().root()->consistent_snapshot);
    if (!download->WaitFor(options_.hold)) {
      reply.write_body = [download, first = reply.first,
                          length = reply.length](serve::BodySink sink) {
        return SendWithheld(*download, first, length, sink);
      };
      return reply;
    }
    ASSIGN_OR_RETURN(fd, download->Result());
  }
  reply.file = serve::OpenedFile{.fd = *std::move(fd), .size = content.length};
  return reply;
}

absl::Status Answers::JudgeFile(TrustedState& state, std::string_view path) {
  for (const std::string_view ending : kCompanionEndings) {
    if (!path.ends_with(ending)) continue;
    path.remove_suffix(ending.size());
    break;
  }
  const size_t slash = path.rfind('/') + 1;  // npos + 1 is 0
  const std::string_view filename = path.substr(slash);
  const auto name = pypi::ParseDistributionName(filename);
  std::optional<pypi::ProjectName> project;
  if (const std::string_view directory = path.substr(0, slash);
      directory.starts_with("packages/")) {
    // "packages/NAME/": certain, where old file names are not.
    auto parsed =
        pypi::ProjectName::Parse(directory.substr(9, directory.size() - 9 - 1));
    if (parsed.ok()) project = *std::move(parsed);
  }
  if (!project && name.ok()) project = name->project;
  if (!project) {
    return PolicyRefusal("it is not known which project the file is of");
  }
  RETURN_IF_ERROR(parts_.judge.OfProject(*project));
  ASSIGN_OR_RETURN(const OptionalTarget found, parts_.trust.Find(state, path));
  RETURN_IF_ERROR(parts_.judge.OfDigest(
      found ? found->target.content.digests.sha256 : std::nullopt));
  if (!parts_.judge.NeedsPage()) return absl::OkStatus();
  return JudgeByPage(state, *project, filename);
}

absl::Status Answers::JudgeByPage(TrustedState& state,
                                  const pypi::ProjectName& project,
                                  std::string_view filename) {
  ASSIGN_OR_RETURN(const std::optional<Page> source,
                   FetchPage(state, fmt::format("{}/{}", tree::kSimpleDirectory,
                                                project.str())));
  if (!source) return PolicyRefusal("the project has no page");
  ASSIGN_OR_RETURN(const pypi::UpstreamPage page,
                   ParsePage(source->bytes, source->format));
  const std::vector<absl::Status> verdicts =
      parts_.judge.OfFiles(project, page, options_.clock());
  for (size_t i = 0; i < page.files.size(); ++i) {
    if (page.files[i].filename == filename) return verdicts[i];
  }
  return PolicyRefusal("the page of its project does not list it");
}

absl::StatusOr<std::optional<Answers::Page>> Answers::FetchPage(
    TrustedState& state, std::string_view directory) {
  for (const PageFormat format : {PageFormat::kJson, PageFormat::kHtml}) {
    const std::string path = fmt::format(
        "{}/{}", directory,
        format == PageFormat::kJson ? tree::kJsonPage : tree::kHtmlPage);
    ASSIGN_OR_RETURN(const OptionalTarget found,
                     parts_.trust.Find(state, path));
    if (!found) continue;
    RETURN_IF_ERROR(CheckPageLength(found->target.content));
    ASSIGN_OR_RETURN(const fs::UniqueFd fd, Obtain(state, found->target));
    ASSIGN_OR_RETURN(std::string bytes,
                     ReadVerified(fd, found->target.content));
    return Page{.bytes = std::move(bytes), .format = format};
  }
  return std::nullopt;
}

absl::StatusOr<fs::UniqueFd> Answers::Obtain(const TrustedState& state,
                                             const tuf::TargetFile& target) {
  ASSIGN_OR_RETURN(std::optional<fs::UniqueFd> cached,
                   parts_.cache.Find(target.content));
  if (cached) {
    parts_.ledger.CountCacheHit();
    return *std::move(cached);
  }
  const auto download = parts_.downloads.Start(
      target, state.trusted().root()->consistent_snapshot);
  download->WaitFor(absl::InfiniteDuration());
  return download->Result();
}

Reply Answers::Refuse(const Request& request, Asked asked,
                      std::string_view what, const absl::Status& status) {
  Refusal refusal = MakeRefusal(options_.clock(), what, status);
  Reply reply = RefusalReply(request, asked, refusal);
  parts_.ledger.Refuse(std::move(refusal));
  return reply;
}

Reply Answers::Sent(const Request& request, Reply reply) {
  if (request.method == "GET" && (reply.status == 200 || reply.status == 206)) {
    parts_.ledger.CountAnswer(reply.length);
  }
  return reply;
}

}  // namespace tufmirror::guard
