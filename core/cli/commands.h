// The commands, a file each. Each returns the exit status of the program.
#pragma once

#include "core/cli/arguments.h"

namespace stagerun {

int validate_command(const Arguments& arguments);
int plan_command(const Arguments& arguments);
int run_command(const Arguments& arguments);
int rehearse_command(const Arguments& arguments);
int resume_command(const Arguments& arguments);
int rollback_command(const Arguments& arguments);
int runs_command(const Arguments& arguments);
int show_command(const Arguments& arguments);
int schema_command(const Arguments& arguments);
int graph_command(const Arguments& arguments);
int report_command(const Arguments& arguments);
int plugin_list_command(const Arguments& arguments);
int plugin_show_command(const Arguments& arguments);
int plugin_new_command(const Arguments& arguments);

}  // namespace stagerun
