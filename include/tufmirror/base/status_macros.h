// The two macros that make StatusOr readable. Both evaluate to a return of the
// status on error.
#ifndef TUFMIRROR_BASE_STATUS_MACROS_H_
#define TUFMIRROR_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define TUFMIRROR_CONCAT_INNER_(a, b) a##b
#define TUFMIRROR_CONCAT_(a, b) TUFMIRROR_CONCAT_INNER_(a, b)

// __COUNTER__ and not __LINE__: inside another macro's argument (a lambda given
// to a call that is itself checked) every line has the same number.
#define RETURN_IF_ERROR(expression)                                     \
  RETURN_IF_ERROR_INNER_(TUFMIRROR_CONCAT_(status_value_, __COUNTER__), \
                         expression)

#define RETURN_IF_ERROR_INNER_(name, expression)        \
  do {                                                  \
    if (absl::Status name = (expression); !name.ok()) { \
      return name;                                      \
    }                                                   \
  } while (false)

#define ASSIGN_OR_RETURN(declaration, expression)                     \
  ASSIGN_OR_RETURN_INNER_(TUFMIRROR_CONCAT_(status_or_, __COUNTER__), \
                          declaration, expression)

#define ASSIGN_OR_RETURN_INNER_(name, declaration, expression) \
  auto name = (expression);                                    \
  if (!name.ok()) return std::move(name).status();             \
  declaration = *std::move(name)

#endif  // TUFMIRROR_BASE_STATUS_MACROS_H_
