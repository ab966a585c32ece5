// Appending to pages: what the HTML and the JSON renderer share. Everything
// goes into one std::string; nothing here allocates per field.
#ifndef TUFMIRROR_SRC_PYPI_PAGE_WRITER_H_
#define TUFMIRROR_SRC_PYPI_PAGE_WRITER_H_

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "tufmirror/base/digest.h"

namespace tufmirror::pypi {

// The hexadecimal form of `digest`.
void AppendHex(const Sha256& digest, std::string& out);

// `text` for HTML text or a quoted attribute: & < > " ' escaped, control
// characters that HTML forbids replaced by U+FFFD.
void AppendHtml(std::string_view text, std::string& out);

// `text` as one segment of a URL path: everything but unreserved characters
// (RFC 3986) percent-encoded.
void AppendPathSegment(std::string_view text, std::string& out);

// "2026-01-31T23:59:59.000001Z" (PEP 700); the fraction only if there is one.
void AppendUploadTime(absl::Time time, std::string& out);

}  // namespace tufmirror::pypi

#endif  // TUFMIRROR_SRC_PYPI_PAGE_WRITER_H_
