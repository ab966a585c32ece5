// The header of METADATA and PKG-INFO: "Key: value" lines, folded by leading
// white space, ended by an empty line. As lenient as the readers that wrote
// the world's metadata in what is skipped, strict in what is kept.
#include "tufmirror/pypi/core_metadata.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::pypi {
namespace {

constexpr std::string_view kBlank = " \t\r";

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// The next line of `text`, without its "\n" or "\r\n"; removed from `text`.
std::string_view TakeLine(std::string_view& text) {
  const size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

bool IsContinuation(std::string_view text) {
  return !text.empty() && (text[0] == ' ' || text[0] == '\t');
}

// The key of a header line; empty if the line is not one.
std::string_view KeyOf(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  const std::string_view key = line.substr(0, colon);
  const bool printable = std::all_of(key.begin(), key.end(),
                                     [](char c) { return c > 32 && c < 127; });
  return printable ? key : std::string_view();
}

// A field that is kept goes into pages and messages: it has to be text.
absl::Status CheckText(std::string_view key, std::string_view value) {
  const bool control = std::any_of(value.begin(), value.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
  });
  if (!control && IsUtf8(value)) return absl::OkStatus();
  return MakeFailure(
      Failure::kMalformed,
      fmt::format("core metadata field {}: UTF-8 text expected, got '{}'", key,
                  Printable(value)));
}

// Where the fields that are kept go.
class FieldCollector {
 public:
  absl::Status Add(std::string_view key, std::string value) {
    for (const SingleField& field : single_) {
      if (absl::EqualsIgnoreCase(ToAbsl(key), ToAbsl(field.key))) {
        return SetOnce(field, std::move(value));
      }
    }
    if (Is(key, "Requires-Python")) {
      RETURN_IF_ERROR(CheckText("Requires-Python", value));
      if (metadata_.requires_python.empty()) {
        metadata_.requires_python = std::move(value);
      }
    } else if (Is(key, "Requires-Dist")) {
      RETURN_IF_ERROR(CheckText("Requires-Dist", value));
      metadata_.requires_dist.push_back(std::move(value));
    } else if (Is(key, "Provides-Extra")) {
      RETURN_IF_ERROR(CheckText("Provides-Extra", value));
      metadata_.provides_extra.push_back(std::move(value));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<CoreMetadata> Finish() {
    for (const SingleField& field : single_) {
      if ((metadata_.*field.member).empty()) {
        return MakeFailure(
            Failure::kMalformed,
            fmt::format("core metadata has no field {}", field.key));
      }
    }
    return std::move(metadata_);
  }

 private:
  struct SingleField {
    std::string_view key;
    std::string CoreMetadata::*member;
  };

  static bool Is(std::string_view key, std::string_view expected) {
    return absl::EqualsIgnoreCase(ToAbsl(key), ToAbsl(expected));
  }

  // Readers disagree on which of two fields wins, so two are refused.
  absl::Status SetOnce(const SingleField& field, std::string value) {
    RETURN_IF_ERROR(CheckText(field.key, value));
    if (value.empty()) {
      return MakeFailure(
          Failure::kMalformed,
          fmt::format("core metadata field {} is empty", field.key));
    }
    std::string& member = metadata_.*field.member;
    if (!member.empty()) {
      return MakeFailure(
          Failure::kMalformed,
          fmt::format("core metadata field {} is there twice: '{}' and '{}'",
                      field.key, Printable(member), Printable(value)));
    }
    member = std::move(value);
    return absl::OkStatus();
  }

  const SingleField single_[3] = {
      {"Metadata-Version", &CoreMetadata::metadata_version},
      {"Name", &CoreMetadata::name},
      {"Version", &CoreMetadata::version},
  };
  CoreMetadata metadata_;
};

}  // namespace

absl::StatusOr<CoreMetadata> ParseCoreMetadata(std::string_view text) {
  FieldCollector fields;
  while (!text.empty()) {
    const std::string_view line = TakeLine(text);
    const std::string_view key = KeyOf(line);
    // An empty line ends the header, and so does one that is not a field.
    if (key.empty()) break;
    std::string value(Trim(line.substr(key.size() + 1)));
    while (IsContinuation(text)) {
      const std::string_view more = Trim(TakeLine(text));
      if (!value.empty() && !more.empty()) value += ' ';
      value += more;
    }
    RETURN_IF_ERROR(fields.Add(key, std::move(value)));
  }
  return fields.Finish();
}

}  // namespace tufmirror::pypi
