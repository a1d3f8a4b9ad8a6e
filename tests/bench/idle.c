/* idle: a stage that asks for nothing and changes nothing, so that what is measured is the host. */
#include <stagerun/stagerun.h>

static sr_status apply(const sr_call* call) SR_NOEXCEPT {
  (void)call;
  return SR_OK;
}

static const sr_stage idle = {sizeof(sr_stage),
                              SR_READS_ONLY,
                              "idle",
                              "Does nothing.",
                              "{\"type\":\"object\"}",
                              NULL,
                              NULL,
                              NULL,
                              NULL,
                              apply,
                              NULL,
                              NULL};

static const sr_stage* const stages[] = {&idle};

static const sr_module module = {sizeof(sr_module), SR_ABI_MAJOR, 0, "idle", "1.0.0", 1, stages};

SR_EXPORT const sr_module* stagerun_module_v1(void) SR_NOEXCEPT { return &module; }
