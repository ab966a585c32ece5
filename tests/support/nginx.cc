// See nginx.h. nginx inherits the listening socket, so that no other program
// can take the port in between, and early connections wait in its queue.
#include "support/nginx.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "absl/strings/str_replace.h"
#include "fmt/format.h"

namespace tufmirror::testing {
namespace {

constexpr char kMakeCertificates[] = R"sh(
set -e
new_key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
openssl req -x509 $new_key -days 3650 -subj '/CN=Test CA' \
  -addext basicConstraints=critical,CA:TRUE -keyout ca.key -out ca.pem
sign() {
  openssl req $new_key -subj "/CN=$2" -keyout "$1.key" -out "$1.csr"
  printf 'subjectAltName=DNS:localhost\n' > "$1.ext"
  openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial \
    -days 3650 -extfile "$1.ext" -out "$1.pem"
}
sign server localhost
sign client mirror
chmod 600 *.key
)sh";

constexpr char kConfiguration[] = R"conf(
daemon off;
@USER@
worker_processes 1;
pid @DIR@/nginx.pid;
error_log @DIR@/error.log;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path @DIR@/body;
  proxy_temp_path @DIR@/proxy;
  fastcgi_temp_path @DIR@/fastcgi;
  uwsgi_temp_path @DIR@/uwsgi;
  scgi_temp_path @DIR@/scgi;
  server {
    listen 127.0.0.1:@PORT@ ssl http2;
    ssl_certificate @DIR@/server.pem;
    ssl_certificate_key @DIR@/server.key;
    root @ROOT@;
    @MORE@
  }
}
)conf";

}  // namespace

Nginx::Nginx(const std::string& document_root, const std::string& more) {
  MakeCertificates();
  const int listener = Listen();
  const std::string text = absl::StrReplaceAll(
      absl::StrReplaceAll(kConfiguration, {{"@MORE@", more}}),
      {{"@DIR@", directory_.path()},
       // A directory of ours is nobody else's, a worker's own user included.
       {"@USER@", geteuid() == 0 ? "user root;" : ""},
       {"@PORT@", fmt::format("{}", port_)},
       {"@ROOT@", document_root}});
  const std::string configuration = directory_.Write("nginx.conf", text);
  const std::string log = directory_.Join("error.log");
  const std::string inherited = fmt::format("{};", listener);
  pid_ = fork();
  if (pid_ == 0) {
    setenv("NGINX", inherited.c_str(), 1);
    const char* path = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin";
    setenv("PATH", path, 1);
    execlp("nginx", "nginx", "-c", configuration.c_str(), "-p",
           directory_.path().c_str(), "-e", log.c_str(),
           static_cast<char*>(nullptr));
    _exit(127);
  }
  close(listener);
}

Nginx::~Nginx() {
  // Not SIGKILL: the master must end its worker.
  kill(pid_, SIGTERM);
  int status = 0;
  waitpid(pid_, &status, 0);
  // It may have had no time to begin.
  const bool ended = WIFSIGNALED(status) ? WTERMSIG(status) == SIGTERM
                                         : WEXITSTATUS(status) == 0;
  EXPECT_TRUE(ended) << "nginx failed with wait status " << status;
}

void Nginx::MakeCertificates() {
  const std::string command = fmt::format("cd '{}' && ( {} ) >openssl.log 2>&1",
                                          directory_.path(), kMakeCertificates);
  EXPECT_EQ(std::system(command.c_str()), 0)
      << ReadWholeFile(directory_.Join("openssl.log"));
}

int Nginx::Listen() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (listener < 0 ||
      bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener, 256) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) !=
          0) {
    ADD_FAILURE() << "nginx: cannot listen on 127.0.0.1";
  }
  port_ = ntohs(address.sin_port);
  return listener;
}

std::string Nginx::Url(const std::string& path) const {
  return fmt::format("https://localhost:{}{}", port_, path);
}

}  // namespace tufmirror::testing
