// Every limit there is, each with its reason. Sizes in bytes, times in milliseconds.
#pragma once

#include <cstddef>
#include <cstdint>

namespace stagerun::limits {

// A pipeline is written by people; 16 MiB is a hundred thousand stages.
inline constexpr std::size_t kPipelineBytes = 16u << 20;
// Deep enough for any configuration, shallow enough for every recursion over a Value.
inline constexpr std::size_t kDepth = 64;
// Names end up in file names and keys.
inline constexpr std::size_t kNameBytes = 64;
// A pattern that people can read; and as much text as a slow one gets through in about a second.
inline constexpr std::size_t kPatternBytes = 1u << 10;
inline constexpr std::size_t kPatternTextBytes = 16u << 10;
// An expression is a line that people can read; what it is worked out with grows with it.
inline constexpr std::size_t kExpressionBytes = 4u << 10;
inline constexpr std::size_t kExpressionNodes = 256;
// What a function of an expression may make: no more than a stage's output.
inline constexpr std::size_t kExpressionText = 1u << 20;
// A JSON Schema for editors, which read it whole at each start; a hundred plugins take less.
inline constexpr std::size_t kSchemaBytes = 8u << 20;
// After these, more diagnostics help nobody.
inline constexpr std::size_t kDiagnostics = 100;
// Of a line of the user's file in a diagnostic; a longer one is shown around the place.
inline constexpr std::size_t kExcerptBytes = 400;

// One message between host and worker. Large bodies travel by file.
inline constexpr std::size_t kMessageBytes = 8u << 20;
// What the host holds for a worker that does not read, before it stops reading its processes.
inline constexpr std::size_t kUnreadBytes = 256u << 10;
// A checkpoint is where a call has got to, not a backup.
inline constexpr std::size_t kCheckpointBytes = 64u << 10;
// One note is one object; a note has no business being larger than a checkpoint.
inline constexpr std::size_t kNoteBytes = 64u << 10;
// A million overwritten objects is the largest undo that was asked for.
inline constexpr std::size_t kNotes = 1u << 20;
// What plan and apply leave behind.
inline constexpr std::size_t kResultBytes = 1u << 20;
// All outputs of a stage together.
inline constexpr std::size_t kOutputBytes = 1u << 20;
// Effects under way at once in one verb: see "256 requests may be outstanding" in the trial.
inline constexpr std::size_t kEffectsAtOnce = 256;
// Effects that one verb may start in all; an endless loop of reads must not fill the disk.
inline constexpr std::size_t kEffectsPerVerb = 1u << 20;
// An effect's request without its body, input or text: every one of them is journaled. The kernel
// takes 2 MiB of arguments and environment at most.
inline constexpr std::size_t kRequestBytes = 1u << 20;
// A larger body is journaled as its digest and size.
inline constexpr std::size_t kJournaledBodyBytes = 4u << 10;

// A journal is read whole. A thousand polls an hour for a month take less.
inline constexpr std::size_t kJournalBytes = std::size_t{4} << 30;
// The journal grows by this much at a time, so that a sync need not write the file's size; some
// hundred records, and no more than a short run can do without.
inline constexpr std::size_t kJournalStep = 128u << 10;

// A line of a tool's output; a longer one is cut into pieces.
inline constexpr std::size_t kLineBytes = 64u << 10;
// Read at once from a tool's output: each byte may become a line, each line an event.
inline constexpr std::size_t kReadBytes = 16u << 10;
// What the host holds of a tool's input that the tool has not read yet: two whole messages.
inline constexpr std::size_t kInputBytes = 16u << 20;
// What of a file is read, or copied, in one turn of the loop: some milliseconds.
inline constexpr std::size_t kCopyBytes = 1u << 20;
// A file of settings that one secret is taken from, or of certificates to trust.
inline constexpr std::size_t kSettingsBytes = 1u << 20;
// The end of a tool's output, kept for the message that says why it failed.
inline constexpr std::size_t kTailBytes = 4u << 10;
// What one stage may write into its log file; after that it is counted, not kept.
inline constexpr std::size_t kStageLogBytes = 64u << 20;
// What one stage may put on the console; GitLab cuts a whole log at 4 MiB.
inline constexpr std::size_t kConsoleLines = 500;
// Of one line of a report that people read; the whole message stands in its JSON.
inline constexpr std::size_t kReportLineBytes = 500;
// Effects of one stage that a report for people lists; after these they say nothing new.
inline constexpr std::size_t kReportEffects = 20;
// Reads of one attempt in a report as JSON: a poll looks the same each time. Writes are all there.
inline constexpr std::size_t kReportReads = 100;
// Of an `if` in a picture of the pipeline: a box is no page.
inline constexpr std::size_t kGraphTextBytes = 80;
// What Mermaid draws as it is set on GitHub and GitLab.
inline constexpr std::size_t kMermaidEdges = 500;
inline constexpr std::size_t kMermaidBytes = 50'000;
// Texts of one stage in JUnit; and the whole file: GitLab takes none of 30 MB.
inline constexpr std::size_t kJunitTextBytes = 4u << 10;
inline constexpr std::size_t kJunitBytes = 25u << 20;
// What is shorter is no secret that can be masked: every second line would be full of stars.
inline constexpr std::size_t kMaskedBytes = 4;
// A secret of this size in what a plugin leaves is there on purpose; a shorter one may be a word.
inline constexpr std::size_t kCertainBytes = 16;
// A line of a secret of several lines that is looked for on its own. What is shorter (`}`,
// `users:`) stands in every other file; eight is also GitLab's least for what it masks.
inline constexpr std::size_t kMaskedLineBytes = 8;
// A longer secret is found in pieces of about this size, so that a stream that may be in the middle
// of one holds back no more.
inline constexpr std::size_t kMaskPieceBytes = 256;
// A secret: a key, a certificate chain. Found in every line, so not a backup.
inline constexpr std::size_t kSecretBytes = 64u << 10;
// Values that a run's stages may add to it, by opening, capturing and making them: each is looked
// for in every line from then on.
inline constexpr std::size_t kSecrets = 4096;
// A request with the values of its secrets in place of their handles; as much as a tool may leave
// unread of its input.
inline constexpr std::size_t kOpenedBytes = 16u << 20;
// An HTTP body that travels inside an event; a larger one needs `to_file`.
inline constexpr std::size_t kBodyBytes = 1u << 20;
inline constexpr std::size_t kHeaderBytes = 64u << 10;
// What servers take of a URL.
inline constexpr std::size_t kUrlBytes = 8u << 10;
// Browsers stop at twenty; an interface that needs more than ten is going in circles.
inline constexpr std::int64_t kRedirects = 10;

// A worker that was told to stop gets this long before it is killed. GitHub gives 7.5 s in all.
inline constexpr std::int64_t kCancelGrace = 2'000;
// A process that was sent TERM gets this long before KILL, unless its request says otherwise.
inline constexpr std::int64_t kTermGrace = 5'000;
inline constexpr std::int64_t kTermGraceMax = 600'000;
// A program that prints a secret asks a vault, or a person at most; it does no work.
inline constexpr std::int64_t kSecretTimeout = 30'000;
// Between two attempts of a stage: as with its timeout.
inline constexpr std::int64_t kRetryPauseMax = 3'600'000;
inline constexpr std::int64_t kRetryAttempts = 100;
// Stages side by side; each needs a worker, which holds a plugin's memory.
inline constexpr std::int64_t kStagesAtOnce = 64;
// After KILL: only a process stuck in the kernel, or another user's, is still there by then.
inline constexpr std::int64_t kKillWait = 5'000;
// Between two looks at what tells nobody when it changes: processes that are no children of ours, a
// receiver that is behind.
inline constexpr std::int64_t kPollInterval = 10;
// A worker that closed its socket is ending; one that has not by then closed it for another reason.
inline constexpr std::int64_t kSilenceGrace = 500;
// A worker must have loaded its plugin and said so by then.
inline constexpr std::int64_t kLoadTimeout = 10'000;
// A stage that says nothing about time; and the longest that can be asked for (thirty days).
inline constexpr std::int64_t kStageTimeout = 600'000;
inline constexpr std::int64_t kTimeoutMax = 30LL * 24 * 3'600'000;
// validate and plan look at things; they do not work on them.
inline constexpr std::int64_t kLookTimeout = 120'000;
// A million files, and as many tags, are looked through in some seconds; a slow network file system
// takes longer, and a person who waits for longer than this wants to know why.
inline constexpr std::int64_t kGitTimeout = 60'000;
inline constexpr std::int64_t kHttpTimeout = 30'000;
// A host that has not answered a connection attempt by then will not.
inline constexpr std::int64_t kConnectTimeout = 10'000;

// Idle workers kept warm in all; each holds a plugin's memory.
inline constexpr std::size_t kWarmWorkers = 16;
// What a worker may allocate. A plugin streams: what is large lies in its scratch folder, and the
// largest message is a hundredth of this. Sixteen of them at their limit still fit a build machine.
inline constexpr std::size_t kWorkerMemoryBytes = std::size_t{1} << 30;
// Descriptors of a worker: its effects need none there, and loops that leak them should end soon.
inline constexpr std::size_t kWorkerDescriptors = 1024;
// Each thing beside stagerun's own folder in a workspace is a rule of the worker's sandbox: some
// microseconds at each start.
inline constexpr std::size_t kWorkspaceParts = 1u << 14;

// What a world may hold. It is copied some times, and looked through after every scenario: this
// much takes a second or two, a checkout with all that was built in it is smaller.
inline constexpr std::int64_t kWorldBytes = std::int64_t{1} << 30;
inline constexpr std::size_t kWorldFiles = 100'000;
// Rows of a database, and one value of it, that are compared as such; a larger one is compared as
// the file that it is. A row is held as its digest: some 100 MiB.
inline constexpr std::size_t kDatabaseRows = 1'000'000;
inline constexpr int kDatabaseValueBytes = 64 << 20;
// Until a file's time stamp is another than that of what was written before: some milliseconds on
// most file systems, two seconds on the coarsest.
inline constexpr std::int64_t kTickWait = 3'000;
// Real time that a rehearsal spends waiting for servers that are real, in each scenario.
inline constexpr std::int64_t kRehearsedPatience = 10'000;
// A rehearsed host asks its controller all the time: one that says nothing for so long hangs.
inline constexpr int kRehearsedSilence = 120'000;
// What it asks holds at most a request, what it is told an answer; both are far smaller.
inline constexpr std::size_t kRehearsedLineBytes = std::size_t{16} << 20;
// Of what it prints, which is only searched and shown.
inline constexpr std::size_t kRehearsedOutputBytes = std::size_t{16} << 20;

}  // namespace stagerun::limits
