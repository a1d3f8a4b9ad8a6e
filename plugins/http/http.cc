// The module: http.check asks, http.request changes.
#include "check.h"
#include "request.h"

STAGERUN_MODULE(http::Check, http::Change);
