// Placeholder: what people write where a value is still to come: `changeme`, `your-api-key`, `xxx`,
// `<token>`, `...`.
#pragma once

#include <string>
#include <vector>

namespace env {

// Patterns of which a value that is still to come matches at least one. ECMAScript without
// back-references, found anywhere.
std::vector<std::string> placeholder_patterns();

}  // namespace env
