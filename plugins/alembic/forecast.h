// Forecast: what plan tells of the way there and of the way back.
#pragma once

#include "tool.h"
#include "work.h"

namespace alembic {

// Adds the changes to the plan. Throws Failed where there is no way back and there must be one.
void forecast(sr::Call& call, const Settings& settings, Tool& tool, const Route& route);

}  // namespace alembic
