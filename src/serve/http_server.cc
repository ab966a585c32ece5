// Joins the parts: the listener accepts, a pool of threads serves one
// connection each, cpp-httplib speaks HTTP on it, the site answers.
#include "tufmirror/serve/http_server.h"

#include <errno.h>
#include <fmt/format.h>
#include <httplib.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "serve/connection.h"
#include "serve/listener.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"

namespace tufmirror::serve {
namespace {

constexpr size_t kPieceBytes = 256 * 1024;

// All lines of one header, joined as RFC 9110 section 5.3 says.
std::string HeaderOf(const httplib::Request& request, const std::string& name) {
  std::string joined;
  const size_t count = request.get_header_value_count(name);
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) joined += ", ";
    joined += request.get_header_value(name, i);
  }
  return joined;
}

// Where the library does not look: no field of a request can have this name.
constexpr char kAcceptEncoding[] = ":accept-encoding";

std::string HttpDate(absl::Time time) {
  return absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", time,
                          absl::UTCTimeZone());
}

Request ToRequest(const httplib::Request& request) {
  return {.method = request.method,
          .target = request.target,
          .host = HeaderOf(request, "Host"),
          .user_agent = HeaderOf(request, "User-Agent"),
          .accept = HeaderOf(request, "Accept"),
          .accept_encoding = HeaderOf(request, kAcceptEncoding),
          .if_none_match = HeaderOf(request, "If-None-Match"),
          .if_modified_since = HeaderOf(request, "If-Modified-Since"),
          .range = HeaderOf(request, "Range"),
          .if_range = HeaderOf(request, "If-Range")};
}

// Sends `length` bytes of a file, one piece at a time.
bool SendPiece(const OpenedFile& file, uint64_t position, size_t length,
               httplib::DataSink& sink) {
  std::string piece(std::min(length, kPieceBytes), '\0');
  ssize_t got = 0;
  do {
    got = pread(file.fd.get(), piece.data(), piece.size(),
                static_cast<off_t>(position));
  } while (got < 0 && errno == EINTR);
  // Short of what Content-Length promised: cutting the connection tells.
  if (got <= 0) return false;
  return sink.write(piece.data(), static_cast<size_t>(got));
}

void Fill(Reply reply, httplib::Response& response) {
  response.status = reply.status;
  for (const auto& [name, value] : reply.headers) {
    response.set_header(name, value);
  }
  response.reason = std::move(reply.reason);
  if (reply.content_type.empty()) return;
  if (reply.write_body && reply.length > 0) {
    // Also for HEAD, which asks for the length only.
    response.set_content_provider(
        reply.length, reply.content_type,
        [write = std::move(reply.write_body)](size_t, size_t,
                                              httplib::DataSink& sink) {
          return write([&sink](std::string_view bytes) {
            return sink.write(bytes.data(), bytes.size());
          });
        });
    return;
  }
  if (!reply.file || reply.length == 0) {
    response.set_header("Content-Type", reply.content_type);
    response.body = std::move(reply.body);
    return;  // the library adds Content-Length
  }
  // std::function wants what can be copied; the file cannot.
  auto file = std::make_shared<OpenedFile>(*std::move(reply.file));
  response.set_content_provider(
      reply.length, reply.content_type,
      [file, first = reply.first](size_t offset, size_t length,
                                  httplib::DataSink& sink) {
        return SendPiece(*file, first + offset, length, sink);
      });
}

bool HasBody(const httplib::Request& request) {
  return request.has_header("Transfer-Encoding") ||
         (request.has_header("Content-Length") &&
          HeaderOf(request, "Content-Length") != "0");
}

// The library's protocol engine on streams of ours: its own sockets, threads
// and file serving are not used.
class Protocol : public httplib::Server {
 public:
  // The library takes a server without a listening socket for one that is
  // shutting down, and cuts its answers.
  Protocol(int listening_socket, HttpServer::Handler handler,
           std::function<void(const AccessLogEntry&)> access_log)
      : handler_(std::move(handler)) {
    svr_sock_ = listening_socket;
    set_pre_routing_handler(
        [this](const httplib::Request& request, httplib::Response& response) {
          Answer(request, response);
          request.response_handler(response);
          return HandlerResponse::Handled;
        });
    // The library calls an answer without content one of length 0; to a 304
    // that would be the length of the file.
    set_post_routing_handler(
        [](const httplib::Request&, httplib::Response& response) {
          response.headers.erase("Keep-Alive");
          response.set_header("Date", HttpDate(absl::Now()));
          if (response.status == 304) response.headers.erase("Content-Length");
        });
    set_exception_handler([](const httplib::Request&,
                             httplib::Response& response,
                             std::exception_ptr) { response.status = 500; });
    if (access_log) {
      set_logger(
          [log = std::move(access_log)](const httplib::Request& request,
                                        const httplib::Response& response) {
            Log(log, request, response);
          });
    }
  }

  enum class Next { kKeepAlive, kClose };
  // Answers the request whose head `connection` holds.
  Next Serve(Connection& connection) {
    bool close = false;
    bool understood = false;
    const bool written = process_request(
        connection, /*close_connection=*/false, close,
        [&](httplib::Request& request) {
          understood = true;
          // A client's part of the library that servers are
          // free to use: the way back to the connection.
          request.response_handler =
              [&connection](const httplib::Response& response) {
                connection.SetReason(response.reason);
                return true;
              };
          // Ranges and compression are the handler's
          // business.
          request.ranges.clear();
          request.set_header(kAcceptEncoding,
                             HeaderOf(request, "Accept-Encoding"));
          request.headers.erase("Accept-Encoding");
          request.headers.erase("Expect");
          if (HasBody(request)) close = true;
          if (close) {
            request.headers.erase("Connection");
            request.set_header("Connection", "close");
          }
        });
    const bool flushed = connection.Flush();
    const bool keep =
        written && flushed && understood && !close && connection.HeadConsumed();
    return keep ? Next::kKeepAlive : Next::kClose;
  }

 private:
  void Answer(const httplib::Request& request, httplib::Response& response) {
    if (HasBody(request)) {
      // What would be a body here might be a request elsewhere.
      response.status = 400;
      response.body = "400 no request bodies\n";
      response.set_header("Content-Type", "text/plain; charset=utf-8");
      return;
    }
    Fill(handler_(ToRequest(request)), response);
  }

  static void Log(const std::function<void(const AccessLogEntry&)>& log,
                  const httplib::Request& request,
                  const httplib::Response& response) {
    AccessLogEntry entry;
    entry.remote = request.remote_addr;
    entry.method = request.method;
    entry.target = request.target;
    entry.status = response.status;
    entry.body_bytes =
        response.body.empty() ? response.content_length_ : response.body.size();
    log(entry);
  }

  HttpServer::Handler handler_;
};

std::string_view RefusalOf(Connection::Head head) {
  switch (head) {
    case Connection::Head::kMalformed:
      return "400 Bad Request";
    case Connection::Head::kTimeout:
      return "408 Request Timeout";
    case Connection::Head::kUriTooLong:
      return "414 URI Too Long";
    case Connection::Head::kTooLarge:
      return "431 Request Header Fields Too Large";
    case Connection::Head::kReady:
    case Connection::Head::kClosed:
      break;
  }
  return {};
}

// Answers requests on one connection until one side has enough.
void ServeConnection(Protocol& protocol, Connection& connection) {
  while (true) {
    const Connection::Head head = connection.AwaitHead();
    if (head == Connection::Head::kClosed) return;
    if (head != Connection::Head::kReady) {
      const std::string refusal = fmt::format(
          "HTTP/1.1 {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
          RefusalOf(head));
      connection.write(refusal.data(), refusal.size());
      connection.Flush();
      connection.Linger();
      return;
    }
    if (protocol.Serve(connection) == Protocol::Next::kClose) {
      connection.Linger();
      return;
    }
  }
}

}  // namespace

class HttpServer::Core {
 public:
  Core(HttpServerOptions options, Handler handler, Listener listener,
       Event stop, Event pressure)
      : listener_(std::move(listener)),
        stop_(std::move(stop)),
        pressure_(std::move(pressure)),
        threads_(std::max(1, options.threads)),
        max_connections_(std::max(1, options.max_connections)),
        limits_({.idle_timeout = options.idle_timeout,
                 .head_timeout = options.head_timeout,
                 .write_timeout = options.write_timeout,
                 .drain_timeout = options.drain_timeout,
                 .slow_rate = options.slow_rate,
                 .slow_time = options.slow_time}),
        protocol_(listener_.fd(), std::move(handler),
                  std::move(options.access_log)) {}

  const Listener& listener() const { return listener_; }
  const Event& stop() const { return stop_; }

  absl::Status Run() {
    httplib::ThreadPool pool(static_cast<size_t>(threads_));
    absl::Status status = AcceptAll(pool);
    stop_.Set();  // also after an error: idle connections end now
    pool.shutdown();
    return status;
  }

 private:
  absl::Status AcceptAll(httplib::ThreadPool& pool) {
    while (true) {
      ASSIGN_OR_RETURN(auto accepted, listener_.Accept(stop_));
      if (!accepted) return absl::OkStatus();
      const int connections = ++connections_;
      if (connections > max_connections_) {
        --connections_;
        continue;  // closed here: better than a place in an endless queue
      }
      if (connections > threads_) pressure_.Set();
      auto connection = std::make_shared<Connection>(*std::move(accepted),
                                                     limits_, stop_, pressure_);
      pool.enqueue([this, connection = std::move(connection)]() mutable {
        Serve(*connection);
        connection.reset();
        --connections_;
      });
    }
  }

  // The one place where the library's exceptions end: out of memory, mostly.
  // They cost the connection, not the server.
  void Serve(Connection& connection) {
    try {
      ServeConnection(protocol_, connection);
    } catch (const std::exception&) {
      return;
    }
  }

  const Listener listener_;
  const Event stop_;
  const Event pressure_;
  const int threads_;
  const int max_connections_;
  const ConnectionLimits limits_;
  Protocol protocol_;
  std::atomic<int> connections_ = 0;
};

HttpServer::HttpServer(std::unique_ptr<Core> core) : core_(std::move(core)) {}
HttpServer::~HttpServer() = default;

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Create(
    HttpServerOptions options, Handler handler) {
  ASSIGN_OR_RETURN(Listener listener, Listener::Create(options.listen));
  ASSIGN_OR_RETURN(Event stop, Event::Create(Event::Kind::kLatch));
  ASSIGN_OR_RETURN(Event pressure, Event::Create(Event::Kind::kSemaphore));
  return std::unique_ptr<HttpServer>(new HttpServer(std::make_unique<Core>(
      std::move(options), std::move(handler), std::move(listener),
      std::move(stop), std::move(pressure))));
}

int HttpServer::port() const { return core_->listener().port(); }
std::string HttpServer::url() const { return core_->listener().url(); }
absl::Status HttpServer::Run() { return core_->Run(); }
void HttpServer::Stop() { core_->stop().Set(); }

}  // namespace tufmirror::serve
