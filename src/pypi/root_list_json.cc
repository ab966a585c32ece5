// The root list in JSON. With 740,000 projects a parsed form of it would take
// several times the 37 MB of the text. Entries in the usual form need no
// parser; from the first that does, the list is cut into runs of entries that
// are parsed one at a time, and the rest of the page without them.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "fmt/format.h"
#include "pypi/root_list_scan.h"
#include "pypi/upstream_json.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/json/document.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/pypi/upstream_page.h"

namespace tufmirror::pypi {
namespace {

using json::Value;

constexpr size_t kNone = std::string_view::npos;
constexpr size_t kJsonRunBytes = size_t{64} << 10;
constexpr size_t kGuessBytes = 4096;
constexpr size_t kMaxListDepth = 16;
constexpr char kListKey[] = "\"projects\"";

absl::Status MalformedList(std::string message) {
  return MakeFailure(Failure::kMalformed, message);
}

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

size_t SkipSpace(std::string_view text, size_t at) {
  while (at < text.size() && IsSpace(text[at])) ++at;
  return at;
}

// The offset behind the string that starts at `at`, or the end of the text.
size_t SkipString(std::string_view text, size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

// The offset of the bracket that closes what `at` is in, or of the first comma
// there at or behind `earliest`; kNone if the text ends first. What is skipped
// need not be JSON: that is found when it is parsed.
size_t FindEnd(std::string_view text, size_t at, size_t earliest) {
  size_t depth = 0;
  while (at < text.size()) {
    switch (text[at]) {
      case '"':
        at = SkipString(text, at);
        continue;
      case '[':
      case '{':
        ++depth;
        break;
      case ']':
      case '}':
        if (depth == 0) return at;
        --depth;
        break;
      case ',':
        if (depth == 0 && at >= earliest) return at;
        break;
      default:
        break;
    }
    ++at;
  }
  return kNone;
}

// The offset behind the '[' of the outermost object's member "projects".
size_t FindList(std::string_view text) {
  size_t at = SkipSpace(text, 0);
  if (at >= text.size() || text[at] != '{') return kNone;
  while (at < text.size() && text[at] != '}') {
    at = SkipSpace(text, at + 1);
    if (at >= text.size() || text[at] != '"') return kNone;
    const size_t key_end = SkipString(text, at);
    const std::string_view key = text.substr(at, key_end - at);
    at = SkipSpace(text, key_end);
    if (at >= text.size() || text[at] != ':') return kNone;
    at = SkipSpace(text, at + 1);
    if (key == kListKey) {
      return at < text.size() && text[at] == '[' ? at + 1 : kNone;
    }
    at = FindEnd(text, at, at);
  }
  return kNone;
}

class RootListReader {
 public:
  explicit RootListReader(RootListVisitor visit) : visit_(visit) {}

  // Reads the list that begins at `begin`; the offset of its end.
  absl::StatusOr<size_t> ReadEntries(std::string_view text, size_t begin) {
    while (true) {
      ASSIGN_OR_RETURN(begin, VisitPlainEntries(text, begin));
      if (const size_t length = GuessRun(text.substr(begin)); length != 0) {
        absl::StatusOr<json::Document> run = Parse(text.substr(begin, length));
        if (run.ok()) {
          RETURN_IF_ERROR(VisitRun(*run));
          begin += length + 1;
          continue;
        }
      }
      const size_t end = FindEnd(text, begin, begin + kJsonRunBytes);
      if (end == kNone) return MalformedList("the list of projects has no end");
      ASSIGN_OR_RETURN(const json::Document run,
                       Parse(text.substr(begin, end - begin)));
      RETURN_IF_ERROR(VisitRun(run));
      if (text[end] != ',') return end;
      begin = end + 1;
      const size_t next = SkipSpace(text, begin);
      if (next < text.size() && text[next] == ']') {
        return MalformedList(
            "an entry expected behind ',', got the list's end");
      }
    }
  }

  const RootListFacts& facts() const { return facts_; }

 private:
  // The length of a run that ends in front of a comma, if there seems to be
  // one; 0 otherwise. Looking at each byte would take longer than to parse
  // them, and a guess needs no proof but that: what is cut inside a string or
  // a bracket, or behind the list's end, does not parse.
  static size_t GuessRun(std::string_view text) {
    if (text.size() <= kJsonRunBytes) return 0;
    const size_t at = text.substr(kJsonRunBytes, kGuessBytes).find("},{");
    return at == kNone ? 0 : kJsonRunBytes + at + 1;
  }

  absl::StatusOr<json::Document> Parse(std::string_view run) {
    array_.assign("[").append(run).append("]");
    return json::Document::Parse(
        array_, {.max_bytes = array_.size(), .max_depth = kMaxListDepth});
  }

  absl::Status VisitRun(const json::Document& run) {
    return run.root().ForEachElement(
        [&](Value entry) { return ReadEntry(entry); });
  }

  absl::Status ReadEntry(const Value& entry) {
    const std::optional<Value> value = entry.Find("name");
    if (!value || value->type() != json::Type::kString) return PassOver("");
    ASSIGN_OR_RETURN(const std::string_view text, value->AsString("name"));
    // Without a usable serial, the page itself has to be asked.
    return Visit(text, ReadJsonSerial(entry).value_or(std::nullopt));
  }

  // Visits entries from `begin` on, up to one that takes a parser; the offset
  // of that.
  absl::StatusOr<size_t> VisitPlainEntries(std::string_view text,
                                           size_t begin) {
    while (const auto entry = ScanEntry(text, begin)) {
      RETURN_IF_ERROR(Visit(entry->name, entry->serial));
      begin = entry->next;
    }
    return begin;
  }

  absl::Status Visit(std::string_view text, std::optional<int64_t> serial) {
    absl::StatusOr<ProjectName> name = ProjectName::Parse(text);
    if (!name.ok()) return PassOver(text);
    ++facts_.projects;
    return visit_({*std::move(name), text, serial});
  }

  absl::Status PassOver(std::string_view name) {
    if (facts_.unusable++ == 0) facts_.example = Printable(name);
    return absl::OkStatus();
  }

  RootListVisitor visit_;
  RootListFacts facts_;
  std::string array_;
};

absl::StatusOr<RootListFacts> ReadList(std::string_view text,
                                       RootListVisitor visit) {
  if (text.size() > kMaxRootListBytes) {
    return MakeFailure(Failure::kTooLarge,
                       fmt::format("at most {} bytes expected, got {}",
                                   kMaxRootListBytes, text.size()));
  }
  const size_t begin = FindList(text);
  if (begin == kNone) {
    return MalformedList(
        fmt::format("a JSON object with a list 'projects' expected, got {} "
                    "bytes that start with '{}'",
                    text.size(), Printable(text.substr(0, 64), 40)));
  }
  RootListReader reader(visit);
  ASSIGN_OR_RETURN(const size_t end, reader.ReadEntries(text, begin));
  const std::string rest =
      std::string(text.substr(0, begin)).append(text.substr(end));
  ASSIGN_OR_RETURN(const json::Document document,
                   json::Document::Parse(rest, {.max_bytes = kMaxRootListBytes,
                                                .max_depth = kMaxListDepth}));
  ASSIGN_OR_RETURN(const Value meta, ReadJsonMeta(document.root()));
  RootListFacts facts = reader.facts();
  facts.last_serial = ReadJsonSerial(meta).value_or(std::nullopt);
  return facts;
}

}  // namespace

absl::StatusOr<RootListFacts> ForEachListedProjectJson(std::string_view text,
                                                       RootListVisitor visit) {
  absl::StatusOr<RootListFacts> facts = ReadList(text, visit);
  if (!facts.ok()) return Annotate(facts.status(), "list of projects");
  return facts;
}

}  // namespace tufmirror::pypi
