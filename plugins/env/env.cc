// env: settings are checked before anything is done with them, and set where they are to change.
#include "check.h"
#include "set.h"

STAGERUN_MODULE(env::Check, env::Set);
