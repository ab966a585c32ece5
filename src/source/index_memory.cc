// The first line names the format, the last one says how many bytes of projects
// stand before it: a file cut short is none.
#include "source/index_memory.h"

#include <utility>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::source {
namespace {

constexpr std::string_view kMemoryFormat = "tufmirror index 1";
constexpr std::string_view kProjects = "projects";
constexpr size_t kMaxEndBytes = 32;

absl::Status Bad(std::string_view line) {
  return MakeFailure(Failure::kMalformed,
                     fmt::format("what is known of the index: bad line '{}'",
                                 Printable(line)));
}

std::string EndLine(size_t table_bytes) {
  return fmt::format("end\t{}\n", table_bytes);
}

absl::Status ReadFact(std::string_view line, IndexFacts& facts) {
  const size_t tab = line.find('\t');
  if (tab == std::string_view::npos) return Bad(line);
  const std::string_view key = line.substr(0, tab);
  const std::string_view value = line.substr(tab + 1);
  if (key == "index") {
    facts.index = value;
  } else if (key == "selection") {
    facts.selection = value;
  } else if (key == "accept") {
    facts.html_only = value == "html";
  } else if (key == "list") {
    facts.list_etag = value;
  } else if (key == "listed") {
    facts.list_digest = value;
  } else if (key == "closure") {
    facts.closure_open = value == "open";
  } else if (key == "dependency") {
    const size_t end = value.find('\t');
    std::set<std::string>& extras =
        facts.dependencies[std::string(value.substr(0, end))];
    if (end != std::string_view::npos) {
      extras =
          absl::StrSplit(ToAbsl(value.substr(end + 1)), ',', absl::SkipEmpty());
    }
  } else {
    return Bad(line);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<IndexMemory> ParseIndexMemory(std::string text) {
  IndexMemory memory;
  const std::string_view all = text;
  size_t at = 0;
  for (bool first = true;; first = false) {
    const size_t stop = all.find('\n', at);
    if (stop == std::string_view::npos) return Bad("(head)");
    const std::string_view line = all.substr(at, stop - at);
    at = stop + 1;
    if (first && line != kMemoryFormat) return Bad(line);
    if (line == kProjects) break;
    if (!first) RETURN_IF_ERROR(ReadFact(line, memory.facts));
  }
  const size_t last =
      all.size() < 2 ? std::string_view::npos : all.rfind('\n', all.size() - 2);
  if (last == std::string_view::npos || last + 1 < at ||
      all.size() - last > kMaxEndBytes ||
      all.substr(last + 1) != EndLine(last + 1 - at)) {
    return Bad("(last)");
  }
  ASSIGN_OR_RETURN(memory.table,
                   IndexTable::Parse(std::move(text), at, last + 1));
  return memory;
}

std::string FormatIndexMemory(const IndexFacts& facts,
                              const IndexTable& table) {
  std::string text = fmt::format(
      "{}\nindex\t{}\nselection\t{}\naccept\t{}\nlist\t{}\nlisted\t{}\n"
      "closure\t{}\n",
      kMemoryFormat, facts.index, facts.selection,
      facts.html_only ? "html" : "json", facts.list_etag, facts.list_digest,
      facts.closure_open ? "open" : "closed");
  for (const auto& [name, extras] : facts.dependencies) {
    text +=
        fmt::format("dependency\t{}\t{}\n", name, absl::StrJoin(extras, ","));
  }
  text.append(kProjects).append("\n");
  const size_t begin = text.size();
  table.AppendTo(text);
  text += EndLine(text.size() - begin);
  return text;
}

IndexCursors ParseIndexCursors(std::string_view text) {
  IndexCursors cursors;
  for (const absl::string_view line : absl::StrSplit(ToAbsl(text), '\n')) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(line, absl::MaxSplits('\t', 1));
    if (parts.first == "sweep") cursors.sweep = parts.second;
    if (parts.first == "absent") cursors.absent = parts.second;
  }
  return cursors;
}

std::string FormatIndexCursors(const IndexCursors& cursors) {
  return fmt::format("sweep\t{}\nabsent\t{}\n", cursors.sweep, cursors.absent);
}

}  // namespace tufmirror::source
