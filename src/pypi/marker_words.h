// The words of the marker grammar: variables and operators, each with its
// spelling.
#ifndef TUFMIRROR_SRC_PYPI_MARKER_WORDS_H_
#define TUFMIRROR_SRC_PYPI_MARKER_WORDS_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "pypi/cursor.h"
#include "tufmirror/pypi/marker.h"

namespace tufmirror::pypi {

// The variable with this name, old ones ("os.name") included.
std::optional<MarkerVariable> VariableOf(std::string_view name);
std::string_view VariableName(MarkerVariable variable);
std::string_view MarkerOperatorText(MarkerOperator op);

// The clause that `op` and `text` make, if PEP 440 has one.
std::optional<VersionClause> ClauseOf(MarkerOperator op, std::string_view text);

// `name` with PEP 503's normalization, whether it is a valid name or not.
std::string NormalizedExtra(std::string_view name);

// Reads a marker up to the end of the text.
absl::StatusOr<Marker> ParseMarker(Cursor& cursor);

}  // namespace tufmirror::pypi

#endif  // TUFMIRROR_SRC_PYPI_MARKER_WORDS_H_
