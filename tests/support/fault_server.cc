// See fault_server.h. One thread accepts, one serves each connection.
#include "support/fault_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <iterator>

#include "fmt/format.h"
#include "support/http_text.h"

namespace tufmirror::testing {
namespace {

constexpr std::chrono::milliseconds kDripTime(100);

}  // namespace

// A status line, headers and a body, before anything goes wrong.
struct FaultServer::Response {
  int status = 200;
  std::vector<std::string> headers;
  std::string body;

  std::string Head(std::optional<uint64_t> length) const {
    std::string out =
        fmt::format("HTTP/1.1 {} {}\r\n", status, ReasonOf(status));
    for (const std::string& header : headers) out += header + "\r\n";
    if (length) out += fmt::format("Content-Length: {}\r\n", *length);
    return out + "\r\n";
  }
  std::string Head() const {
    return Head(status == 304 ? std::nullopt
                              : std::optional<uint64_t>(body.size()));
  }
};

// One accepted socket.
class FaultServer::Connection {
 public:
  explicit Connection(int fd) : fd_(fd) {}

  int fd() const { return fd_; }

  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  // True if the client has closed or sent more than it should.
  bool ClientIsGone() const {
    char byte;
    const ssize_t got = recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
  }

  // One request head; nullopt at the end.
  std::optional<RecordedRequest> Read() {
    size_t end;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      char piece[8192];
      const ssize_t got = recv(fd_, piece, sizeof(piece), 0);
      if (got <= 0) return std::nullopt;
      buffer_.append(piece, static_cast<size_t>(got));
    }
    const std::string head = buffer_.substr(0, end + 2);
    buffer_.erase(0, end + 4);
    RecordedRequest request;
    size_t start = head.find("\r\n") + 2;
    const std::string line = head.substr(0, start - 2);
    const size_t space = line.find(' ');
    if (space == std::string::npos) return std::nullopt;
    request.method = line.substr(0, space);
    request.target =
        line.substr(space + 1, line.find(' ', space + 1) - space - 1);
    request.path = PathOf(request.target);
    while (start < head.size()) {
      const size_t stop = head.find("\r\n", start);
      const size_t colon = head.find(':', start);
      if (colon < stop) {
        const size_t value = head.find_first_not_of(' ', colon + 1);
        request.headers.emplace_back(head.substr(start, colon - start),
                                     head.substr(value, stop - value));
      }
      start = stop + 2;
    }
    return request;
  }

 private:
  int fd_;
  std::string buffer_;
};

FaultServer::FaultServer() {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (listener_ < 0 ||
      bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_, 256) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) !=
          0) {
    ADD_FAILURE() << "fault server: cannot listen on 127.0.0.1";
    return;
  }
  port_ = ntohs(address.sin_port);
  accept_thread_ = std::thread(&FaultServer::AcceptLoop, this);
}

FaultServer::~FaultServer() {
  std::vector<std::thread> threads;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  changed_.notify_all();
  shutdown(listener_, SHUT_RDWR);
  if (accept_thread_.joinable()) accept_thread_.join();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
  if (listener_ >= 0) close(listener_);
}

std::string FaultServer::url() const {
  return fmt::format("http://127.0.0.1:{}", port_);
}

std::string FaultServer::Url(std::string_view path) const {
  return url() + std::string(path);
}

void FaultServer::Serve(std::string path, std::string bytes,
                        std::string content_type) {
  std::lock_guard<std::mutex> lock(mutex_);
  contents_[std::move(path)] = {std::move(bytes), std::move(content_type)};
}

void FaultServer::Remove(const std::string& path) {
  std::lock_guard<std::mutex> lock(mutex_);
  contents_.erase(path);
}

void FaultServer::AddHeader(const std::string& path, std::string header) {
  std::lock_guard<std::mutex> lock(mutex_);
  headers_[path].push_back(std::move(header));
}

void FaultServer::ServeDirectory(std::string directory) {
  std::lock_guard<std::mutex> lock(mutex_);
  directory_ = std::move(directory);
}

void FaultServer::Inject(std::string path, Fault fault, int times) {
  std::lock_guard<std::mutex> lock(mutex_);
  faults_[std::move(path)].push_back({std::move(fault), times});
}

void FaultServer::InjectAnywhere(Fault fault, int times) {
  std::lock_guard<std::mutex> lock(mutex_);
  anywhere_.push_back({std::move(fault), times});
}

void FaultServer::ClearFaults() {
  std::lock_guard<std::mutex> lock(mutex_);
  faults_.clear();
  anywhere_.clear();
}

void FaultServer::Release() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    released_ = true;
  }
  changed_.notify_all();
}

std::vector<RecordedRequest> FaultServer::requests() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return requests_;
}

size_t FaultServer::CountRequests(std::string_view path) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return static_cast<size_t>(std::count_if(
      requests_.begin(), requests_.end(),
      [&](const RecordedRequest& request) { return request.path == path; }));
}

size_t FaultServer::CountRequests() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return requests_.size();
}

void FaultServer::ForgetRequests() {
  std::lock_guard<std::mutex> lock(mutex_);
  requests_.clear();
}

size_t FaultServer::connections() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return connections_;
}

size_t FaultServer::most_at_once() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return most_at_once_;
}

void FaultServer::WaitForRequests(size_t count) const {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [&] { return stopping_ || requests_.size() >= count; });
}

void FaultServer::AcceptLoop() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    std::lock_guard<std::mutex> lock(mutex_);
    if (fd < 0 || stopping_) {
      if (fd >= 0) close(fd);
      return;
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    open_.insert(fd);
    ++connections_;
    threads_.emplace_back(&FaultServer::ServeConnection, this, fd);
  }
}

void FaultServer::ServeConnection(int fd) {
  Connection connection(fd);
  while (std::optional<RecordedRequest> request = connection.Read()) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      requests_.push_back(*request);
      most_at_once_ = std::max(most_at_once_, ++answering_);
    }
    changed_.notify_all();
    const bool keep = Answer(connection, *request);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      --answering_;
    }
    if (!keep) break;
  }
  std::lock_guard<std::mutex> lock(mutex_);
  open_.erase(fd);
  close(fd);
}

std::optional<Fault> FaultServer::TakeFrom(std::deque<ScriptedFault>& faults) {
  while (!faults.empty() && faults.front().times == 0) faults.pop_front();
  if (faults.empty()) return std::nullopt;
  if (faults.front().times > 0) --faults.front().times;
  return faults.front().fault;
}

std::optional<Fault> FaultServer::TakeFault(const std::string& path) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (const auto found = faults_.find(path); found != faults_.end()) {
    if (std::optional<Fault> fault = TakeFrom(found->second)) return fault;
  }
  return TakeFrom(anywhere_);
}

std::optional<FaultServer::Content> FaultServer::Find(
    const std::string& path) const {
  std::string directory;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = contents_.find(path);
    if (found != contents_.end()) return found->second;
    directory = directory_;
  }
  if (directory.empty() || path.find("/../") != std::string::npos) {
    return std::nullopt;
  }
  const std::string file = directory + path;
  struct stat info {};
  if (stat(file.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return std::nullopt;
  }
  std::ifstream in(file, std::ios::binary);
  return Content{std::string(std::istreambuf_iterator<char>(in), {}),
                 "application/octet-stream"};
}

FaultServer::Response FaultServer::MakeResponse(const RecordedRequest& request,
                                                bool ignore_range) const {
  if (request.method != "GET" && request.method != "HEAD") {
    return {.status = 501, .headers = {}, .body = "not implemented\n"};
  }
  std::optional<Content> content = Find(request.path);
  if (!content) return {.status = 404, .headers = {}, .body = "not found\n"};
  const std::string etag =
      fmt::format("\"{:x}\"", std::hash<std::string>()(content->bytes));
  Response response;
  response.headers = {"ETag: " + etag, "Content-Type: " + content->type,
                      "Accept-Ranges: bytes"};
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (const auto more = headers_.find(request.path); more != headers_.end()) {
      response.headers.insert(response.headers.end(), more->second.begin(),
                              more->second.end());
    }
  }
  if (request.Header("If-None-Match") == etag) {
    response.status = 304;
    return response;
  }
  const uint64_t size = content->bytes.size();
  const std::optional<Range> range =
      ignore_range ? std::nullopt : ParseRange(request.Header("Range"), size);
  if (!range) {
    response.body = std::move(content->bytes);
  } else if (range->first >= size) {
    response.status = 416;
    response.headers.push_back(fmt::format("Content-Range: bytes */{}", size));
  } else {
    response.status = 206;
    response.headers.push_back(fmt::format("Content-Range: bytes {}-{}/{}",
                                           range->first, range->last, size));
    response.body =
        content->bytes.substr(range->first, range->last - range->first + 1);
  }
  return response;
}

bool FaultServer::Answer(Connection& connection,
                         const RecordedRequest& request) {
  if (const std::optional<Fault> fault = TakeFault(request.path)) {
    return AnswerWithFault(connection, request, *fault);
  }
  const Response response = MakeResponse(request, /*ignore_range=*/false);
  if (request.method == "HEAD") return connection.Send(response.Head());
  return connection.Send(response.Head() + response.body);
}

bool FaultServer::AnswerWithFault(Connection& connection,
                                  const RecordedRequest& request,
                                  const Fault& fault) {
  Response response =
      MakeResponse(request, fault.kind == Fault::Kind::kIgnoreRange ||
                                fault.kind == Fault::Kind::kWrongRange);
  const std::string_view body = response.body;
  switch (fault.kind) {
    case Fault::Kind::kTruncate:
      connection.Send(response.Head() + response.body.substr(0, fault.bytes));
      return false;
    case Fault::Kind::kStall: {
      const size_t some = std::min<size_t>(fault.bytes, body.size());
      return connection.Send(response.Head()) &&
             connection.Send(body.substr(0, some)) &&
             SendStalled(connection, body.substr(some));
    }
    case Fault::Kind::kWrongBytes:
      for (char& c : response.body) c = static_cast<char>(c ^ 0x55);
      return connection.Send(response.Head() + response.body);
    case Fault::Kind::kStatus: {
      Response failure{.status = fault.status,
                       .headers = {},
                       .body = "this is a scripted failure\n"};
      if (fault.status == 204 || fault.status == 304) failure.body.clear();
      if (!fault.text.empty()) {
        failure.headers.push_back("Retry-After: " + fault.text);
      }
      return connection.Send(failure.Head() + failure.body);
    }
    case Fault::Kind::kOversize:
      response.body.append(fault.bytes, 'x');
      return connection.Send(response.Head() + response.body);
    case Fault::Kind::kEndless: {
      response.headers.push_back("Transfer-Encoding: chunked");
      bool open = connection.Send(response.Head(std::nullopt));
      if (open && !body.empty()) {
        open =
            connection.Send(fmt::format("{:x}\r\n{}\r\n", body.size(), body));
      }
      const std::string chunk = "1000\r\n" + std::string(4096, '\0') + "\r\n";
      while (open) open = connection.Send(chunk);
      return false;
    }
    case Fault::Kind::kRedirect: {
      const Response redirect{.status = fault.status,
                              .headers = {"Location: " + fault.text},
                              .body = "elsewhere\n"};
      return connection.Send(redirect.Head() + redirect.body);
    }
    case Fault::Kind::kDrip:
      return connection.Send(response.Head()) && SendDripping(connection, body);
    case Fault::Kind::kCloseEarly:
      return false;
    case Fault::Kind::kGarbage:
      connection.Send("what is this\r\n\r\n");
      return false;
    case Fault::Kind::kContentLength:
      connection.Send(response.Head(fault.bytes) + response.body);
      return false;
    case Fault::Kind::kIgnoreRange:
      return connection.Send(response.Head() + response.body);
    case Fault::Kind::kNoLength:
      response.headers.push_back("Connection: close");
      connection.Send(response.Head(std::nullopt) +
                      response.body.substr(0, fault.bytes));
      return false;
    case Fault::Kind::kWrongRange:
      response.status = 206;
      response.headers.push_back(fmt::format("Content-Range: bytes 0-{}/{}",
                                             body.size() - 1, body.size()));
      return connection.Send(response.Head() + response.body);
  }
  return false;
}

bool FaultServer::SendStalled(Connection& connection, std::string_view rest) {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    while (!released_ && !stopping_ && !connection.ClientIsGone()) {
      changed_.wait_for(lock, kDripTime);
    }
    if (!released_) return false;
  }
  return connection.Send(rest);
}

bool FaultServer::SendDripping(Connection& connection, std::string_view body) {
  for (size_t i = 0; i < body.size(); ++i) {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait_for(lock, kDripTime,
                        [this] { return released_ || stopping_; });
      if (stopping_) return false;
      if (released_) return connection.Send(body.substr(i));
    }
    if (!connection.Send(body.substr(i, 1))) return false;
  }
  return true;
}

}  // namespace tufmirror::testing
