// [mirror]: where from, how fast, and what is published how. Most of the last
// is not an operator's choice here.
#include "cli/bandersnatch_config.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/time/time.h"
#include "cli/bandersnatch_plugins.h"
#include "cli/ini_file.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/http/transfers.h"

namespace tufmirror::cli {
namespace {

constexpr int kMaxConcurrency = 256;

bool IsTrue(std::string_view value) {
  for (const std::string_view word : {"1", "yes", "true", "on"}) {
    if (value.size() == word.size() &&
        std::equal(value.begin(), value.end(), word.begin(),
                   [](char a, char b) { return (a | 0x20) == (b | 0x20); })) {
      return true;
    }
  }
  return false;
}

// What becomes of a key that has no option here.
enum class When {
  kAlways,    // its effect is lost, or it needs none
  kTrue,      // lost if it is true
  kFalse,     // lost if it is false
  kNotEmpty,  // lost if it has a value other than `harmless`
};
struct KeyWithoutOption {
  std::string_view key;
  bool has_effect;  // false: needs no equivalent
  When when;
  std::string_view why;
  std::string_view harmless = "";
};
constexpr KeyWithoutOption kWithoutOption[] = {
    {"json", true, When::kTrue, "the JSON API of projects is not mirrored"},
    {"release-files", true, When::kFalse, "files are always mirrored"},
    {"core-metadata", true, When::kFalse, "it is mirrored where it is offered"},
    {"hash-index", true, When::kTrue, "pages are at simple/PROJECT/ only"},
    {"simple-format", false, When::kAlways, "pages are HTML and JSON always"},
    {"root_uri", true, When::kNotEmpty, "links are relative always"},
    {"diff-file", true, When::kNotEmpty, "there is no list of new files"},
    {"diff-append-epoch", true, When::kTrue, "there is no list of new files"},
    {"stop-on-error", true, When::kTrue,
     "what fails is held back, and the rest goes on"},
    {"storage-backend", true, When::kNotEmpty, "homes are in a file system",
     "filesystem"},
    {"keep_index_versions", true, When::kNotEmpty,
     "the generation before is kept, for rollback", "0"},
    {"compare-method", false, When::kAlways, "digests are compared always"},
    {"digest_name", false, When::kAlways, "digests are SHA-256 always"},
    {"verifiers", false, When::kAlways, "verify chooses that itself"},
    {"cleanup", false, When::kAlways, "there are normalized names only"},
    {"allow-non-https", false, When::kAlways, "the URL decides"},
    {"log-config", true, When::kNotEmpty, "messages go to standard error"},
    {"download-mirror", true, When::kNotEmpty,
     "files come from where the index says"},
    {"download-mirror-no-fallback", true, When::kTrue,
     "files come from where the index says"},
};

class MirrorImporter {
 public:
  explicit MirrorImporter(ImportedConfig& imported) : imported_(imported) {}

  void Import(const IniSection& mirror) {
    imported_.config.upstream.kind = sync::UpstreamKind::kIndex;
    imported_.config.upstream.urls = {"https://pypi.org/simple/"};
    for (const IniEntry& entry : mirror.entries) ImportEntry(entry);
  }

 private:
  void ImportEntry(const IniEntry& entry) {
    const std::string value = entry.value();
    http::TransferOptions& transfer = imported_.config.upstream.transfer;
    if (entry.key == "directory") {
      ImportDirectory(entry, value);
    } else if (entry.key == "master") {
      ImportMaster(entry, value);
    } else if (entry.key == "timeout") {
      ImportSeconds(entry, value, transfer.connect_timeout);
    } else if (entry.key == "global-timeout") {
      ImportSeconds(entry, value, transfer.download_timeout);
    } else if (entry.key == "workers") {
      int workers = 0;
      if (absl::SimpleAtoi(value, &workers) && workers > 0) {
        transfer.concurrency = std::min(workers, kMaxConcurrency);
      } else {
        Lose(entry, "a number expected");
      }
    } else if (entry.key == "proxy") {
      transfer.proxy = value;
    } else {
      ImportOther(entry, value);
    }
  }

  void ImportDirectory(const IniEntry& entry, std::string value) {
    while (value.size() > 1 && value.back() == '/') value.pop_back();
    if (value.empty() || value.front() != '/') {
      return Lose(entry, "an absolute path expected, to take files from");
    }
    imported_.config.upstream.index.adopt = {value + "/web"};
  }

  void ImportMaster(const IniEntry& entry, std::string value) {
    while (!value.empty() && value.back() == '/') value.pop_back();
    const std::string url = value + "/simple/";
    if (const absl::Status status = http::CheckBaseUrl(url); !status.ok()) {
      return Lose(entry, MessageOf(status));
    }
    imported_.config.upstream.urls = {url};
  }

  void ImportSeconds(const IniEntry& entry, const std::string& value,
                     absl::Duration& to) {
    double seconds = 0;
    if (!absl::SimpleAtod(value, &seconds) || !(seconds > 0) || seconds > 1e9) {
      return Lose(entry, "a number of seconds expected");
    }
    to = absl::Milliseconds(std::llround(seconds * 1000));
  }

  void ImportOther(const IniEntry& entry, const std::string& value) {
    const auto* const known = std::find_if(
        std::begin(kWithoutOption), std::end(kWithoutOption),
        [&](const KeyWithoutOption& key) { return key.key == entry.key; });
    if (known == std::end(kWithoutOption)) {
      return Lose(entry, "this key of [mirror] is not known");
    }
    if (!known->has_effect) {
      imported_.needless.push_back({entry.number, Text(entry, known->why)});
      return;
    }
    const bool is_lost = known->when == When::kAlways ||
                         (known->when == When::kTrue && IsTrue(value)) ||
                         (known->when == When::kFalse && !IsTrue(value)) ||
                         (known->when == When::kNotEmpty && !value.empty() &&
                          value != known->harmless);
    if (is_lost) Lose(entry, known->why);
  }

  static std::string Text(const IniEntry& entry, std::string_view why) {
    std::string value = entry.value();
    if (value.find("://") != std::string::npos) value = http::RedactUrl(value);
    return fmt::format("{} = {}: {}", Printable(entry.key, 80),
                       Printable(value, 80), why);
  }
  void Lose(const IniEntry& entry, std::string_view why) {
    imported_.lost.push_back({entry.number, Text(entry, why)});
  }

  ImportedConfig& imported_;
};

void SortByLine(std::vector<ImportNote>& notes) {
  std::stable_sort(
      notes.begin(), notes.end(),
      [](const ImportNote& a, const ImportNote& b) { return a.line < b.line; });
}

}  // namespace

absl::StatusOr<ImportedConfig> ImportBandersnatch(std::string_view text,
                                                  const sync::Config& base) {
  ASSIGN_OR_RETURN(const IniFile file, ParseIni(text));
  const IniSection* const mirror = file.Find("mirror");
  if (mirror == nullptr) {
    return MakeFailure(Failure::kMalformed,
                       "a bandersnatch.conf expected, got no section [mirror]");
  }
  ImportedConfig imported{.config = base};
  imported.config.select = select::Rules();
  MirrorImporter(imported).Import(*mirror);
  ImportPlugins(file, imported);
  SortByLine(imported.lost);
  SortByLine(imported.needless);
  return imported;
}

}  // namespace tufmirror::cli
