/* stagerun.h - the contract between stagerun and a plugin. ABI 1.
 *
 * A plugin is one shared library that exports one function, stagerun_module_v1().
 * Everything else travels through two tables: sr_stage, what the plugin offers,
 * and sr_host, what the host offers.
 *
 * Five rules hold everywhere.
 *
 *   Memory   Views passed in are valid until the function returns. Results leave
 *            through an sr_writer. Nothing is freed across the boundary.
 *   Errors   Functions return an sr_status. Words for a person go to host->fail().
 *            No exception, panic or longjmp crosses.
 *   State    Every verb is a cold start, often in a new process. What the next verb
 *            needs goes into its receipt, a checkpoint or notes.
 *   Threads  One verb runs at a time. [any] functions may be called from any thread
 *            while it runs; the others only from the thread that runs it.
 *   Growth   Structs begin with `size`, gain members only at the end and have no
 *            padding there. A member beyond `size`, or null, is one the other side
 *            lacks: ask with SR_HAS. sr_str, sr_field and sr_writer never change.
 *
 * A released layout is kept by a test (sdk/abi.lock). docs/abi.md has the reasons,
 * docs/effects.md the form of every effect's request and events.
 */
#ifndef STAGERUN_H
#define STAGERUN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define SR_NOEXCEPT noexcept /* part of the type: a function that may throw does not fit */
extern "C" {
#else
#define SR_NOEXCEPT
#endif

#define SR_EXPORT __attribute__((visibility("default")))
#define SR_ABI_MAJOR 1
#define SR_ABI_MINOR 0

/* -- Values ------------------------------------------------------------------ */

/* UTF-8 text or bytes; not terminated. data may be null where size is 0. Frozen. */
typedef struct sr_str {
  const char* data;
  size_t size;
} sr_str;

/* Frozen. */
typedef struct sr_field {
  sr_str key;
  sr_str value;
} sr_field;

/* Takes bytes from the other side. write() may be called more than once; the bytes
   add up. Frozen. */
typedef struct sr_writer {
  void* sink;
  void (*write)(void* sink, sr_str bytes) SR_NOEXCEPT;
} sr_writer;

/* What a verb reports. The host acts on the number alone. On anything but OK and
   UNCHANGED a stage that let a write through is rolled back. A number that the host
   does not know is SR_FAILED. */
typedef int32_t sr_status;
enum {
  SR_OK = 0,
  SR_UNCHANGED = 1, /* it was so already                                      */
  SR_FAILED = 2,    /* trying again will not help                             */
  SR_RETRY = 3,     /* trying again may help                                  */
  SR_UNKNOWN = 4,   /* it may have happened: the host verifies, never retries */
  SR_CONFLICT = 5,  /* somebody else changed it: theirs is left alone         */
  SR_CANCELLED = 6, /* stopped because cancelled() or remaining_ms() said so  */
  SR_INVALID = 7,   /* the configuration or an argument is wrong              */
  SR_ABSENT = 8,    /* no such key, note, effect kind; verify: cannot tell    */
  SR_DENIED = 9     /* not in the manifest, not granted                       */
};

typedef int32_t sr_level;
enum { SR_DEBUG = 0, SR_INFO = 1, SR_WARN = 2, SR_ERROR = 3 };

/* -- One call ---------------------------------------------------------------- */

typedef struct sr_host sr_host;

enum { SR_VALIDATE = 1, SR_PLAN = 2, SR_APPLY = 3, SR_VERIFY = 4, SR_ROLLBACK = 5 };

typedef struct sr_call {
  uint32_t size;
  uint32_t verb;
  uint32_t attempt;  /* 1 the first time; higher after a retry or a crash          */
  int32_t cancel_fd; /* readable once cancelled, for poll(); -1 where none         */
  const sr_host* host;
  void* ref;         /* the host's own                                             */
  sr_str run;        /* "2026-09-30T10-15-00Z-7f3a"                                */
  sr_str stage;      /* "deploy-eu"                                                */
  sr_str key;        /* idempotency key: the same on every attempt                 */
  sr_str config;     /* JSON, valid against the stage's schema; secrets are handles */
  sr_str plan;       /* apply: what plan left                                      */
  sr_str receipt;    /* verify, rollback: what apply left, empty if it never returned */
  sr_str checkpoint; /* the last one saved, or empty                               */
  sr_str pending;    /* JSON: earlier write effects without a known outcome        */
  sr_str settled;    /* JSON: earlier write effects whose outcome is known         */
  sr_str workspace;  /* the pipeline file's folder; not writable from here         */
  sr_str scratch;    /* this stage's own folder, kept across attempts; it may not
                        be there yet: mkdir it before you write into it            */
  sr_writer result;  /* plan, apply: what this verb leaves; kept on failure        */
} sr_call;

typedef sr_status (*sr_verb)(const sr_call* call) SR_NOEXCEPT;

/* -- What the host offers ---------------------------------------------------- */

struct sr_host {
  uint32_t size;
  uint16_t abi_major;
  uint16_t abi_minor;

  /* Writes one line to the run log. Secrets are masked. [any] */
  void (*log)(const sr_call*, sr_level, sr_str text, const sr_field*, size_t count) SR_NOEXCEPT;

  /* Reports work done. total is 0 where unknown. [any] */
  void (*progress)(const sr_call*, uint64_t done, uint64_t total, sr_str note) SR_NOEXCEPT;

  /* True once the run was cancelled. Return SR_CANCELLED soon after: a worker that does
     not is killed. [any] */
  int32_t (*cancelled)(const sr_call*) SR_NOEXCEPT;

  /* Milliseconds until the host stops waiting, -1 where there is no limit; and the time
     now, in milliseconds since 1970, simulated in rehearsal. [any] */
  int64_t (*remaining_ms)(const sr_call*) SR_NOEXCEPT;
  int64_t (*now_ms)(const sr_call*) SR_NOEXCEPT;

  /* Says why this call fails: a stable code ("exec.exit"), a sentence, and what to do
     about it (may be empty). The last one counts. */
  void (*fail)(const sr_call*, sr_str code, sr_str text, sr_str hint) SR_NOEXCEPT;

  /* Says what is wrong with one place of the configuration (RFC 6901), as often as needed:
     the host shows each with the line and caret of the pipeline file. */
  void (*diagnose)(const sr_call*, sr_str pointer, sr_str code, sr_str text,
                   sr_str hint) SR_NOEXCEPT;

  /* Reads one value out of a JSON text by RFC 6901 pointer. A string comes out bare,
     anything else as JSON. SR_ABSENT where there is none, SR_INVALID where the text is
     no JSON. [any] */
  sr_status (*pick)(const sr_call*, sr_str json, sr_str pointer, sr_writer) SR_NOEXCEPT;

  /* Reads the shared context as JSON: "inputs.NAME", "stages.NAME.outputs.NAME".
     SR_ABSENT where there is none. [any] */
  sr_status (*get)(const sr_call*, sr_str key, sr_writer) SR_NOEXCEPT;

  /* Sets one output of this stage: stages.THIS.outputs.NAME. Takes effect when the verb
     returns OK or UNCHANGED. plan sets predictions; verify sets them again. */
  sr_status (*set)(const sr_call*, sr_str name, sr_str json) SR_NOEXCEPT;

  /* Saves where this call has got to, at most 64 KiB, replacing the last. Durable when it
     returns OK: the baseline that write effects wait for. */
  sr_status (*checkpoint)(const sr_call*, sr_str state) SR_NOEXCEPT;

  /* Appends one note (an object overwritten, a row moved), for rollback to walk through.
     Durable before the next write effect is let through. read_note: the index counts from
     0; SR_ABSENT past the last. */
  sr_status (*note)(const sr_call*, sr_str bytes) SR_NOEXCEPT;
  sr_status (*read_note)(const sr_call*, uint64_t index, sr_writer) SR_NOEXCEPT;

  /* -- Effects. One shape for all of them: "http/1", "process/1", "timer/1". --

     Starts one; needs no reply, the ticket is the worker's own. The request is a JSON
     document whose form the kind defines. A write in a verb that may not, before a
     baseline, or a kind the manifest does not name comes back as the event `refused`.
     SR_INVALID: the request is not JSON. */
  sr_status (*start)(const sr_call*, const char* kind, sr_str request,
                     uint64_t* ticket) SR_NOEXCEPT;

  /* Waits for the next event of any effect of this call (a line of output, an exit, a
     response, a timer), at most timeout_ms, -1 for ever. The event is a JSON document;
     large bodies travel by file. SR_ABSENT: nothing is under way. SR_RETRY: timed out.
     SR_CANCELLED: the run was cancelled; said once, events still come. */
  sr_status (*next)(const sr_call*, int64_t timeout_ms, uint64_t* ticket,
                    sr_writer event) SR_NOEXCEPT;

  /* Writes to a process' input (no bytes close it), signals it, or gives an effect up. An
     effect that has ended meanwhile takes no notice. */
  sr_status (*write)(const sr_call*, uint64_t ticket, sr_str bytes) SR_NOEXCEPT;
  sr_status (*signal)(const sr_call*, uint64_t ticket, int32_t number) SR_NOEXCEPT;
  sr_status (*cancel)(const sr_call*, uint64_t ticket) SR_NOEXCEPT;
};

/* -- What the plugin offers -------------------------------------------------- */

enum {
  SR_IDEMPOTENT = 1u << 0,  /* apply with the same key twice has the effect of once  */
  SR_RESUMABLE = 1u << 1,   /* apply continues from call->checkpoint and pending     */
  SR_REVERSIBLE = 1u << 2,  /* rollback restores what was                            */
  SR_COMPENSABLE = 1u << 3, /* rollback does something that makes up for it          */
  SR_READS_ONLY = 1u << 4   /* never writes; none of the last three: irreversible    */
};

typedef struct sr_stage {
  uint32_t size;
  uint32_t flags;
  const char* name;     /* "backup": used as postgres.backup; same as the module's: bare */
  const char* summary;  /* one sentence                                            */
  const char* schema;   /* JSON Schema of `with`                                   */
  const char* outputs;  /* JSON Schema of the outputs, or null                     */
  const char* manifest; /* JSON: effect kinds, what only reads, hosts (docs/abi.md) */

  sr_verb validate; /* Is the configuration sensible? No effect at all.            */
  sr_verb plan;     /* What would apply do? Reads the world, changes nothing.      */
  sr_verb apply;    /* Do it.                                                      */
  sr_verb verify;   /* Is it done? OK, FAILED (it is not), UNKNOWN; ABSENT: cannot tell. */
  sr_verb rollback; /* Undo what receipt, checkpoint and notes say was done. Repeatable,
                       and harmless where nothing happened.                        */
} sr_stage;

typedef struct sr_module {
  uint32_t size;
  uint16_t abi_major;
  uint16_t abi_minor;  /* the lowest minor this plugin works with                  */
  const char* name;    /* "postgres"                                               */
  const char* version; /* "1.4.0"                                                  */
  size_t stage_count;
  const sr_stage* const* stages;
} sr_module;

/* The entry point. Returns static data: no work, no I/O, no threads. */
SR_EXPORT const sr_module* stagerun_module_v1(void) SR_NOEXCEPT;

/* True where a table has a member and it is not null. */
#define SR_HAS(table, member)                                                                 \
  ((table)->size >= (uint32_t)((const char*)(&(table)->member + 1) - (const char*)(table)) && \
   (table)->member)

#ifdef __cplusplus
}
#endif
#endif
