// The module: http.check asks, http.request changes.
#include "check.h"

STAGERUN_MODULE(http::Check);
