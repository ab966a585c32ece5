// tufmirror serve: the static server until a signal comes.
#include <cstdio>
#include <thread>
#include <utility>

#include "cli/commands.h"
#include "cli/signals.h"
#include "fmt/format.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/serve/static_server.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::cli {
namespace {

void PrintAccess(const serve::AccessLogEntry& entry) {
  fmt::print(stderr, "{} {} {} {} {}\n", entry.remote, Printable(entry.method),
             Printable(entry.target), entry.status, entry.body_bytes);
}

absl::Status Serve(const ServeArguments& arguments) {
  ASSIGN_OR_RETURN(const StopSignals signals, StopSignals::Block());
  ASSIGN_OR_RETURN(const tree::Home home, tree::Home::Open(arguments.home));
  serve::StaticServerOptions options;
  options.document_root = home.layout().live();
  options.listen = arguments.listen;
  if (arguments.access_log) options.access_log = PrintAccess;
  ASSIGN_OR_RETURN(const auto server,
                   serve::StaticServer::Create(std::move(options)));
  fmt::print("serving {} at {}\n", home.layout().home(), server->url());
  fmt::print("  pip install --index-url {}simple/ PROJECT\n", server->url());
  std::fflush(stdout);
  // If Run fails on its own there is nobody left to stop: the process ends.
  std::thread waiter([&] {
    signals.Wait();
    server->Stop();
  });
  waiter.detach();
  return server->Run();
}

}  // namespace

int ServeCommand(const ServeArguments& arguments) {
  if (const absl::Status status = Serve(arguments); !status.ok()) {
    return Fail(status);
  }
  return 0;
}

}  // namespace tufmirror::cli
