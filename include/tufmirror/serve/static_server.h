// Serves a home's live tree over HTTP: PEP 503/691 index and TUF repository.
//
// For small sites, trials and tests; large sites put nginx before the same
// tree. Invariant: one request sees one generation, and nothing outside the
// document root (its packages directory apart) can be named by any request.
#ifndef TUFMIRROR_SERVE_STATIC_SERVER_H_
#define TUFMIRROR_SERVE_STATIC_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/serve/http_server.h"

namespace tufmirror::serve {

struct StaticServerOptions : HttpServerOptions {
  // The live symlink of a home; looked up again for each request.
  std::string document_root;
};

class StaticServer {
 public:
  // Checks the document root, then as HttpServer::Create. kNotFound for an
  // absent document root.
  static absl::StatusOr<std::unique_ptr<StaticServer>> Create(
      StaticServerOptions options);

  // As those of HttpServer.
  int port() const { return server_->port(); }
  std::string url() const { return server_->url(); }
  absl::Status Run() { return server_->Run(); }
  void Stop() { server_->Stop(); }

 private:
  explicit StaticServer(std::unique_ptr<HttpServer> server)
      : server_(std::move(server)) {}
  std::unique_ptr<HttpServer> server_;
};

}  // namespace tufmirror::serve

#endif  // TUFMIRROR_SERVE_STATIC_SERVER_H_
