// postgres: backs a database up, migrates it, asks it, and puts a backup back.
#include "stages.h"

STAGERUN_MODULE(postgres::Backup, postgres::Migrate, postgres::Check, postgres::Restore);
