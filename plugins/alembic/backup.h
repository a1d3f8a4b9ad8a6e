// Backup: the file that must be there, whole and young enough, before anything is upgraded.
#pragma once

#include "settings.h"

namespace alembic {

// Throws Failed where it is not; does nothing where none is asked for.
void require_backup(sr::Call& call, const Backup& backup);

}  // namespace alembic
