// The most specific media range that fits a representation gives its quality;
// quality, then specificity, then a fixed preference order them.
#include "tufmirror/serve/negotiation.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::serve {
namespace {

constexpr std::array kRepresentations = {Representation::kJsonV1,
                                         Representation::kHtmlV1,
                                         Representation::kTextHtml};

// How closely a media range names a type.
enum Specificity { kNone = 0, kAny = 1, kType = 2, kExact = 3 };

struct MediaRange {
  std::string type;    // lower case, "text/html", "text/*" or "*/*"
  int quality = 1000;  // thousandths
};

struct Offer {
  Representation representation;
  Specificity specificity = kNone;
  int quality = 0;
  int preference = 0;  // smaller first
};

// "0", "0.5", "1.000": thousandths, or nullopt.
std::optional<int> ParseQuality(absl::string_view text) {
  if (text.empty() || text.size() > 5) return std::nullopt;
  if (text[0] != '0' && text[0] != '1') return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int value = (text[0] - '0') * 1000;
  int unit = 100;
  for (size_t i = 2; i < text.size(); ++i, unit /= 10) {
    if (!absl::ascii_isdigit(text[i])) return std::nullopt;
    value += (text[i] - '0') * unit;
  }
  if (value > 1000) return std::nullopt;
  return value;
}

std::optional<MediaRange> ParseMediaRange(absl::string_view text) {
  MediaRange range;
  bool first = true;
  for (absl::string_view part : absl::StrSplit(text, ';')) {
    part = absl::StripAsciiWhitespace(part);
    if (first) {
      range.type = absl::AsciiStrToLower(part);
      first = false;
    } else if (part.size() > 2 && (part[0] == 'q' || part[0] == 'Q') &&
               part[1] == '=') {
      const std::optional<int> quality = ParseQuality(part.substr(2));
      if (!quality) return std::nullopt;
      range.quality = *quality;
    }
  }
  if (range.type.find('/') == std::string::npos) return std::nullopt;
  return range;
}

Specificity Fit(std::string_view range, Representation representation) {
  if (range == "*/*") return kAny;
  switch (representation) {
    case Representation::kJsonV1:
      if (range == "application/vnd.pypi.simple.latest+json") return kExact;
      break;
    case Representation::kHtmlV1:
      if (range == "application/vnd.pypi.simple.latest+html") return kExact;
      break;
    case Representation::kTextHtml:
      if (range == "text/html") return kExact;
      return range == "text/*" ? kType : kNone;
  }
  const std::string_view type = ContentTypeOf(representation);
  if (range == type) return kExact;
  return range == "application/*" ? kType : kNone;
}

// A client that names nothing in particular gets what PEP 503 clients know;
// one that names several types alike gets the richest.
int Preference(Representation representation, Specificity specificity) {
  const int order = static_cast<int>(representation);
  return specificity == kAny ? -order : order;
}

Offer BestFit(const std::vector<MediaRange>& ranges,
              Representation representation) {
  Offer offer{.representation = representation};
  for (const MediaRange& range : ranges) {
    const Specificity fit = Fit(range.type, representation);
    if (fit == kNone || fit < offer.specificity) continue;
    // Of two equally specific ranges (an alias, a repetition) the better one.
    if (fit == offer.specificity && range.quality <= offer.quality) continue;
    offer.specificity = fit;
    offer.quality = range.quality;
  }
  offer.preference = Preference(representation, offer.specificity);
  return offer;
}

}  // namespace

std::string_view ContentTypeOf(Representation representation) {
  switch (representation) {
    case Representation::kJsonV1:
      return "application/vnd.pypi.simple.v1+json";
    case Representation::kHtmlV1:
      return "application/vnd.pypi.simple.v1+html";
    case Representation::kTextHtml:
      return "text/html; charset=utf-8";
  }
  return "application/octet-stream";
}

std::vector<Representation> Negotiate(std::string_view accept) {
  std::vector<MediaRange> ranges;
  if (absl::StripAsciiWhitespace(ToAbsl(accept)).empty()) accept = "*/*";
  for (const absl::string_view element : absl::StrSplit(ToAbsl(accept), ',')) {
    if (auto range = ParseMediaRange(element)) {
      ranges.push_back(*std::move(range));
    }
  }
  std::vector<Offer> offers;
  for (const Representation representation : kRepresentations) {
    const Offer offer = BestFit(ranges, representation);
    if (offer.quality > 0) offers.push_back(offer);
  }
  std::stable_sort(offers.begin(), offers.end(),
                   [](const Offer& a, const Offer& b) {
                     if (a.quality != b.quality) return a.quality > b.quality;
                     if (a.specificity != b.specificity) {
                       return a.specificity > b.specificity;
                     }
                     return a.preference < b.preference;
                   });
  std::vector<Representation> result;
  result.reserve(offers.size());
  for (const Offer& offer : offers) result.push_back(offer.representation);
  return result;
}

std::vector<Representation> NegotiateFormat(std::string_view format) {
  for (const Representation representation : kRepresentations) {
    if (Fit(format, representation) == kExact) return {representation};
  }
  return {};
}

}  // namespace tufmirror::serve
