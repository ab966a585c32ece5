#include "guard/refusal_reply.h"

#include <string>

#include "fmt/format.h"
#include "guard/mirrors.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::guard {
namespace {

constexpr size_t kMessageBytes = 1500;
constexpr size_t kReasonBytes = 600;

int HttpStatusOf(Failure failure) {
  if (IsSecurityFailure(failure)) return 403;
  switch (failure) {
    case Failure::kHeldBack:  // the policy
    case Failure::kMalformed:
    case Failure::kUnsupported:
      return 403;
    case Failure::kNetwork:
    case Failure::kTimeout:
    case Failure::kHttpStatus:
    case Failure::kNotFound:
      return 504;
    case Failure::kCancelled:
      return 503;
    case Failure::kDiskFull:
      return 507;
    default:
      return 500;
  }
}

std::string_view CheckName(Failure failure) {
  return failure == Failure::kHeldBack ? "policy" : FailureName(failure);
}

// Fit for a status line and a header: visible ASCII.
std::string HeaderText(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kReasonBytes)) {
    out.push_back(c >= ' ' && c < 0x7f ? c : '?');
  }
  return out;
}

// A JSON string; `text` is Printable().
std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
  return out;
}

}  // namespace

Refusal MakeRefusal(absl::Time when, std::string_view what,
                    const absl::Status& status) {
  Refusal refusal;
  refusal.when = when;
  refusal.check = FailureOf(status);
  refusal.http_status = HttpStatusOf(refusal.check);
  refusal.what = Printable(what);
  refusal.mirror = BlamedMirror(status);
  refusal.message = Printable(
      fmt::format("tufmirror guard refuses {}: {} check: {}", refusal.what,
                  CheckName(refusal.check), MessageOf(status)),
      kMessageBytes);
  return refusal;
}

serve::Reply RefusalReply(const serve::Request& request, Asked asked,
                          const Refusal& refusal) {
  serve::Reply reply;
  reply.headers = {{"Cache-Control", "no-store"},
                   {"X-Content-Type-Options", "nosniff"}};
  reply.reason = HeaderText(refusal.message);
  if (asked == Asked::kPage && request.user_agent.starts_with("pip/")) {
    reply.status = 300;
    reply.content_type = reply.reason;
    reply.body = refusal.message + "\n";
  } else {
    reply.status = refusal.http_status;
    reply.content_type = "application/problem+json";  // RFC 9457; uv shows it
    reply.body = fmt::format(
        "{{\"title\": \"refused by tufmirror guard\", \"status\": {}, "
        "\"detail\": {}}}\n",
        refusal.http_status, Quoted(refusal.message));
  }
  reply.length = reply.body.size();
  return reply;
}

}  // namespace tufmirror::guard
