// HTTP/1.1 on a listening socket: bounded heads, bounded waits, a bounded
// number of connections. What is answered is the handler's business.
#ifndef TUFMIRROR_SERVE_HTTP_SERVER_H_
#define TUFMIRROR_SERVE_HTTP_SERVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/serve/exchange.h"

namespace tufmirror::serve {

// One answered request. Text from outside is as received: Printable() it.
struct AccessLogEntry {
  std::string remote;  // numeric address
  std::string method;
  std::string target;
  int status = 0;
  uint64_t body_bytes = 0;  // promised by Content-Length
};

struct HttpServerOptions {
  // HOST:PORT, [IPV6]:PORT; port 0 lets the system pick one.
  std::string listen = "127.0.0.1:8080";
  int threads = 32;            // connections being served at the same time
  int max_connections = 1024;  // more are closed at once
  absl::Duration idle_timeout = absl::Seconds(15);   // between requests
  absl::Duration head_timeout = absl::Seconds(10);   // for a request's head
  absl::Duration write_timeout = absl::Seconds(30);  // no byte taken this long
  // Clients that take an answer more slowly than this, over this time, give
  // way where others wait for a thread.
  uint64_t slow_rate = 32 << 10;  // bytes per second
  absl::Duration slow_time = absl::Seconds(3);
  absl::Duration drain_timeout = absl::Seconds(5);  // after Stop()
  // Called after each request, on its thread, several at a time; empty: off.
  std::function<void(const AccessLogEntry&)> access_log = {};
};

struct ListenAddress {
  std::string host;
  int port = 0;
};

// "127.0.0.1:8080", "[::1]:0", "localhost:8080"; kUsage otherwise.
absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text);

class HttpServer {
 public:
  // Called on several threads at a time. Requests with a body never get there.
  using Handler = std::function<Reply(const Request&)>;

  // Binds and listens: connections queue from here on and are answered by Run.
  // kUsage for an address that does not parse, kNetwork if binding fails.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Create(
      HttpServerOptions options, Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // The port that is listened on.
  int port() const;
  // "http://127.0.0.1:8080/", fit to be shown and opened.
  std::string url() const;

  // Serves until Stop(); called once. Afterwards every connection is closed
  // and every thread has ended: requests in progress get `drain_timeout`.
  absl::Status Run();

  // Makes Run return, also when called before it. Callable from any thread
  // and from a signal handler; calling it again does nothing.
  void Stop();

 private:
  class Core;
  explicit HttpServer(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace tufmirror::serve

#endif  // TUFMIRROR_SERVE_HTTP_SERVER_H_
