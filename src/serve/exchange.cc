// Replies without a file.
#include "tufmirror/serve/exchange.h"

#include <fmt/format.h>

namespace tufmirror::serve {

Reply TextReply(int status, std::string_view text) {
  Reply reply;
  reply.status = status;
  reply.content_type = "text/plain; charset=utf-8";
  reply.body = fmt::format("{} {}\n", status, text);
  reply.length = reply.body.size();
  // A cache that kept "not found" would hide the next root from TUF clients.
  reply.headers.emplace_back("Cache-Control", "no-store");
  return reply;
}

Reply RedirectReply(int status, std::string location, std::string_view query) {
  location += query;
  Reply reply = TextReply(status, "see " + location);
  reply.headers.emplace_back("Location", std::move(location));
  return reply;
}

}  // namespace tufmirror::serve
