// The types of expressions, as far as they are known before the run. Pure.
#pragma once

#include <functional>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/model/expression.h"

namespace stagerun {

// What a reference may come to.
using TypesOf = std::function<Types(const Reference&)>;

// What the expression may come to. Reports what can never go well: an operator or a function that
// is given what it does not take.
Types check_types(const Expression& expression, const TypesOf& types_of, Diagnostics& diagnostics);

// By node: true where an absent value does no harm, since `default` takes its place.
std::vector<bool> may_be_absent(const Expression& expression);

}  // namespace stagerun
