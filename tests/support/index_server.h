// A plain index on two hosts (two ports): pages on one, files on the other,
// with the quirks of real ones on request.
//
//   IndexServer server;
//   server.Put({.name = "Flit", .files = {{.filename = "flit-1.0.tar.gz"}}});
//   ... client reads server.url() ...
//   server.ServeOldPage("flit", 2);     // the next two are an old copy
//   server.pages().Inject(IndexServer::PagePath("flit"), Fault::Status(503));
//   EXPECT_EQ(server.pages().CountRequests(IndexServer::PagePath("flit")), 3u);
//
// Not for use by two threads at once; the servers themselves are.
#ifndef TUFMIRROR_TESTS_SUPPORT_INDEX_SERVER_H_
#define TUFMIRROR_TESTS_SUPPORT_INDEX_SERVER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/fault_server.h"

namespace tufmirror::testing {

// A file that an index offers.
struct ServedFile {
  std::string filename;
  std::string bytes = "some bytes";  // as served
  // As the page says; the digest of `bytes` unless set, none if empty.
  std::optional<std::string> sha256 = {};
  std::optional<std::string> md5 = {};
  bool has_size = true;
  std::string upload_time = "2020-01-02T03:04:05.000006Z";  // empty: none
  std::string requires_python = {};
  std::optional<std::string> yanked = {};  // the reason
  // Of FILENAME.metadata: offered with its digest if set.
  std::optional<std::string> metadata = {};
  // Offered and served on the host of pages if set, see ProvenancePath.
  std::optional<std::string> provenance = {};
  // Verbatim; empty: where the bytes are.
  std::string url = {};
};

struct ServedProject {
  std::string name;  // display form
  std::vector<ServedFile> files = {};
  // Of the page. 0: one more than any so far.
  int64_t serial = 0;
  std::string status = {};
  std::string status_reason = {};
  std::vector<std::string> versions = {};
};

class IndexServer {
 public:
  enum class Format { kJson, kHtml };
  explicit IndexServer(Format format = Format::kJson);

  // What project names are appended to.
  std::string url() const { return pages_.Url("/simple/"); }
  static std::string ListPath() { return "/simple/"; }
  // `project`: normalized.
  static std::string PagePath(std::string_view project);
  static std::string FilePath(std::string_view filename);
  static std::string ProvenancePath(std::string_view filename);

  // The hosts, for faults and counts.
  FaultServer& pages() { return pages_; }
  FaultServer& files() { return files_; }
  // Requests of the page of `project`.
  size_t PageRequests(std::string_view project) const;

  // Adds or replaces a project: page, files and list.
  void Put(ServedProject project);
  // Page, files and list entry are gone. (Blobs stay, as upstream.)
  void Remove(std::string_view project);
  // Gone from the list; the page stays.
  void Unlist(std::string_view project);
  // As upstream does: gone from the list, an empty page with that status.
  void Quarantine(std::string_view project);
  // The list says another serial than the page.
  void ListSerial(std::string_view project, int64_t serial);
  // The list without serials, as most indexes have it.
  void HideSerials();
  // The next `times` requests of the page get what it was before the last Put.
  void ServeOldPage(std::string_view project, int times);
  // The page is these bytes from now on.
  void ServePage(std::string_view project, std::string bytes,
                 std::string content_type);

  int64_t serial_of(std::string_view project) const;

 private:
  struct Entry {
    ServedProject project;
    int64_t listed = 0;
    bool is_listed = true;
    std::string page = {};
    std::string old_page = {};
  };

  Entry& At(std::string_view project);
  void ServeList();
  std::string ListText() const;
  std::string PageText(const ServedProject& project) const;
  std::string FileJson(const ServedFile& file) const;
  std::string FileHtml(const ServedFile& file) const;
  std::string UrlOf(const ServedFile& file) const;
  std::string ContentType() const;

  Format format_;
  bool has_serials_ = true;
  int64_t last_serial_ = 0;
  std::map<std::string, Entry, std::less<>> projects_;  // by normalized name
  FaultServer pages_;
  FaultServer files_;
};

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_SUPPORT_INDEX_SERVER_H_
