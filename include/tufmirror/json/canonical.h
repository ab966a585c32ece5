// OLPC canonical JSON, the form over which TUF signatures are made.
#ifndef TUFMIRROR_JSON_CANONICAL_H_
#define TUFMIRROR_JSON_CANONICAL_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tufmirror/json/document.h"

namespace tufmirror::json {

// The canonical form of `value`: no white space, members sorted by code point
// of their keys, in strings only '\' and '"' escaped (control characters and
// everything else raw UTF-8), integers without leading zeros. kUnsupported if
// a float is anywhere inside: the form has none.
absl::StatusOr<std::string> Canonicalize(const Value& value);

// The same without a copy where it can be: a view of the document's own bytes
// when they are proven to be the canonical form (which they are for most
// metadata), otherwise a view of `storage`, which is overwritten. Valid as long
// as the Document and, unchanged, `storage`.
absl::StatusOr<std::string_view> CanonicalView(const Value& value,
                                               std::string& storage);

// Appends the canonical form of the string `text`, quotes included, to `out`.
// For the writers of canonical documents.
void AppendCanonicalString(std::string_view text, std::string& out);

// Appends `text` as an ordinary JSON string (control characters escaped): for
// documents that any JSON reader must accept. Invalid UTF-8 is replaced by
// U+FFFD.
void AppendString(std::string_view text, std::string& out);

}  // namespace tufmirror::json

#endif  // TUFMIRROR_JSON_CANONICAL_H_
