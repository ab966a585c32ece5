#include "tufmirror/serve/static_server.h"

#include <utility>

#include "serve/live_tree.h"
#include "serve/site.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"

namespace tufmirror::serve {

absl::StatusOr<std::unique_ptr<StaticServer>> StaticServer::Create(
    StaticServerOptions options) {
  RETURN_IF_ERROR(
      Annotate(LiveTree::Open(options.document_root).status(), "serve"));
  HttpServer::Handler answer =
      [site = std::make_shared<const Site>(options.document_root)](
          const Request& request) { return site->Answer(request); };
  ASSIGN_OR_RETURN(auto server,
                   HttpServer::Create(std::move(options), std::move(answer)));
  return std::unique_ptr<StaticServer>(new StaticServer(std::move(server)));
}

}  // namespace tufmirror::serve
