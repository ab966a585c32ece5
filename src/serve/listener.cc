// Sockets through POSIX; the accept loop outlives whatever a client can do.
#include "serve/listener.h"

#include <errno.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::serve {
namespace {

// Pause after running out of descriptors or memory, milliseconds.
constexpr int kExhaustedPause = 100;

struct AddressInfoDeleter {
  void operator()(addrinfo* info) const { freeaddrinfo(info); }
};
using AddressInfo = std::unique_ptr<addrinfo, AddressInfoDeleter>;

absl::Status NetworkFailure(std::string_view operation,
                            std::string_view address, int error_number) {
  return MakeFailure(Failure::kNetwork,
                     fmt::format("{} {}: {}", operation, Printable(address),
                                 std::strerror(error_number)));
}

absl::StatusOr<AddressInfo> Resolve(const ListenAddress& address) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(),
                  &hints, &found);
  if (error != 0) {
    return MakeFailure(
        Failure::kUsage,
        fmt::format("listen on \"{}\": expected an address of this machine: {}",
                    Printable(address.host), gai_strerror(error)));
  }
  return AddressInfo(found);
}

absl::StatusOr<int> BoundPort(int socket, std::string_view address) {
  sockaddr_storage bound = {};
  socklen_t length = sizeof(bound);
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &length) != 0) {
    return NetworkFailure("getsockname of", address, errno);
  }
  if (bound.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6&>(bound).sin6_port);
  }
  return ntohs(reinterpret_cast<const sockaddr_in&>(bound).sin_port);
}

std::string NumericHost(const sockaddr_storage& address, socklen_t length) {
  char host[NI_MAXHOST] = "";
  if (getnameinfo(reinterpret_cast<const sockaddr*>(&address), length, host,
                  sizeof(host), nullptr, 0, NI_NUMERICHOST) != 0) {
    return "unknown";
  }
  return host;
}

// Errors of accept(2) that say nothing about the listening socket.
bool Passes(int error_number) {
  switch (error_number) {
    case EINTR:
    case EAGAIN:
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENOPROTOOPT:
    case ENONET:
    case EOPNOTSUPP:
      return true;
    default:
      return false;
  }
}

bool IsExhaustion(int error_number) {
  return error_number == EMFILE || error_number == ENFILE ||
         error_number == ENOBUFS || error_number == ENOMEM;
}

}  // namespace

absl::StatusOr<Event> Event::Create(Kind kind) {
  const int flags = EFD_CLOEXEC | EFD_NONBLOCK |
                    (kind == Kind::kSemaphore ? EFD_SEMAPHORE : 0);
  fs::UniqueFd fd(eventfd(0, flags));
  if (!fd.valid()) return fs::ErrnoFailure(errno, "create", "event");
  return Event(std::move(fd));
}

void Event::Set() const {
  const uint64_t one = 1;
  // Fails only if the counter is full, and then it is set already.
  const ssize_t ignored = write(fd_.get(), &one, sizeof(one));
  static_cast<void>(ignored);
}

bool Event::TryTake() const {
  uint64_t taken = 0;
  return read(fd_.get(), &taken, sizeof(taken)) == sizeof(taken);
}

absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text) {
  const auto refuse = [text] {
    return MakeFailure(
        Failure::kUsage,
        fmt::format("listen address: expected HOST:PORT, got \"{}\"",
                    Printable(text)));
  };
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return refuse();
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return refuse();  // an IPv6 address needs brackets to have a port
  }
  ListenAddress address;
  address.host = std::string(host);
  if (host.empty() || host.find('\0') != std::string_view::npos ||
      port.empty() || port.find_first_not_of("0123456789") != port.npos ||
      !absl::SimpleAtoi(ToAbsl(port), &address.port) || address.port > 65535) {
    return refuse();
  }
  return address;
}

absl::StatusOr<Listener> Listener::Create(std::string_view text) {
  ASSIGN_OR_RETURN(const ListenAddress address, ParseListenAddress(text));
  ASSIGN_OR_RETURN(const AddressInfo info, Resolve(address));
  fs::UniqueFd socket(
      ::socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return NetworkFailure("make a socket for", text, errno);
  const int on = 1;
  // A restarted server gets its port back at once.
  if (setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) !=
      0) {
    return NetworkFailure("set up a socket for", text, errno);
  }
  if (bind(socket.get(), info->ai_addr, info->ai_addrlen) != 0) {
    return NetworkFailure("bind", text, errno);
  }
  if (listen(socket.get(), SOMAXCONN) != 0) {
    return NetworkFailure("listen on", text, errno);
  }
  ASSIGN_OR_RETURN(const int port, BoundPort(socket.get(), text));
  return Listener(std::move(socket), address.host, port);
}

std::string Listener::url() const {
  const bool ipv6 = host_.find(':') != std::string::npos;
  return fmt::format("http://{}{}{}:{}/", ipv6 ? "[" : "", host_,
                     ipv6 ? "]" : "", port_);
}

absl::StatusOr<std::optional<Listener::Accepted>> Listener::Accept(
    const Event& stop) const {
  while (true) {
    pollfd waiting[] = {{stop.fd(), POLLIN, 0}, {socket_.get(), POLLIN, 0}};
    if (poll(waiting, 2, -1) < 0 && errno != EINTR) {
      return NetworkFailure("wait on", url(), errno);
    }
    if (waiting[0].revents != 0) return std::nullopt;
    sockaddr_storage remote = {};
    socklen_t length = sizeof(remote);
    fs::UniqueFd socket(accept4(socket_.get(),
                                reinterpret_cast<sockaddr*>(&remote), &length,
                                SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket.valid()) {
      const int on = 1;
      setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      return Accepted{std::move(socket), NumericHost(remote, length)};
    }
    if (Passes(errno)) continue;
    if (!IsExhaustion(errno)) return NetworkFailure("accept on", url(), errno);
    poll(waiting, 1, kExhaustedPause);
  }
}

}  // namespace tufmirror::serve
