import { type Command, Option } from "commander";
import { repeat, withFilter } from "../../args/options.js";
import type { Lazily } from "../../handler.js";

const KEY = "--key <file>";
const KEY_HELP = "the log's secret key (default: AAASM_EVIDENCE_KEY, or the file that AAASM_EVIDENCE_KEY_FILE names)";

function withAnchors(command: Command, description: string): Command {
  return command.addOption(new Option("--anchor-file <folder>", `${description}; may be repeated`).argParser(repeat));
}

export function addEvidenceCommands(evidence: Command, run: Lazily): void {
  evidence
    .command("init")
    .description("begin to seal the store: makes a key, seals what is there, signs a checkpoint")
    .option(KEY, "file to make for the secret key; in place of AAASM_EVIDENCE_KEY or AAASM_EVIDENCE_KEY_FILE")
    .option("--name <name>", "name of the log and its key, such as example.com/audit (default: the host's)")
    .action(run(async () => (await import("./init.js")).evidenceInit));
  withAnchors(
    evidence.command("seal").description("seal the events that wait, and sign a checkpoint where there is a key"),
    "bring each checkpoint to this file anchor; refuse to sign behind it",
  )
    .option("--once", "end when no event is left (the default)")
    .option("--watch", "seal until Ctrl-C or SIGTERM, with a checkpoint a minute")
    .option(KEY, KEY_HELP)
    .action(run(async () => (await import("./seal.js")).evidenceSeal));
  withAnchors(
    evidence.command("checkpoint").description("seal, sign and print the newest checkpoint"),
    "bring the checkpoint to this file anchor; refuse to sign behind it",
  )
    .option(KEY, KEY_HELP)
    .action(run(async () => (await import("./seal.js")).evidenceCheckpoint));
  evidence
    .command("status")
    .description("leaves, events that wait, the newest checkpoint, anchors and their age")
    .action(run(async () => (await import("./status.js")).evidenceStatus));
  evidence
    .command("prove")
    .description("the proof of one event or statement, which npx @agent-assembly/evidence proof checks")
    .argument("[event-id]", "a UUID, as audit query --json lists them")
    .option("--leaf <number>", "in place of the event: a leaf with a statement, such as that of an erasure")
    .option("--from <time>", "the event is not older")
    .option("--to <time>", "the event is older")
    .option("--out <file>", "write a new file (default: standard output)")
    .action(run(async () => (await import("./prove.js")).evidenceProve));
  evidence
    .command("export")
    .description("events and their evidence for an auditor, who needs no store: see verify")
    .requiredOption("--out <folder>", "folder to make")
    .option("--from <time>", "events from this time on")
    .option("--to <time>", "events before this time")
    .addOption(
      new Option(
        "--archive <url>",
        "take dropped events from this archive, file:// or s3://; may be repeated",
      ).argParser(repeat),
    )
    .option("--log <number>", "an earlier log of the store, from 1 (default: the newest)")
    .option("--whole", "all tiles of the tree, for tools that read C2SP tlog-tiles")
    .addOption(
      new Option("--earlier <size>", "show that the checkpoint of so many leaves is continued").argParser(repeat),
    )
    .action(run(async () => (await import("./export.js")).evidenceExport));
  withFilter(
    evidence
      .command("erase")
      .description("erase parts of the events that match, in rows, archives and evidence, for good"),
  )
    .addOption(
      new Option(
        "--parts <parts>",
        "comma-separated: agentId, sessionId, traceId, payload, payload:/NAME, payload:*; may be repeated",
      ).argParser(repeat),
    )
    .requiredOption("--request <text>", "what names the request, such as the number of a ticket; kept")
    .requiredOption("--basis <text>", 'the legal basis, such as "Art. 17(1)(b)"; kept')
    .option("--actor <name>", "who erases (default: this user)")
    .option("--plan", "show what would be erased, what refuses it and what is left, and change nothing")
    .addOption(
      new Option(
        "--archive <url>",
        "an archive with events of this store that its catalog does not name; may be repeated",
      ).argParser(repeat),
    )
    .option("--rewrite", "rewrite the tables that held the events (PostgreSQL: VACUUM FULL, which locks them)")
    .option("--certificate <file>", "write what was erased and what is left, with proofs, to a new file")
    .option(KEY, KEY_HELP)
    .option("-y, --yes", "do not ask")
    .addHelpText("after", eraseHelp)
    .action(run(async () => (await import("./erase/erase.js")).evidenceErase));
  withAnchors(
    evidence
      .command("verify")
      .description("compare an export, or the store, with its log; exit 1 for findings, 3 where it cannot be checked")
      .argument("[folder]", "an export (default: the configured store)"),
    "the store: also compare with this file anchor",
  )
    .addOption(
      new Option(
        "--key <vkey>",
        "the log's verifier key; may be repeated (the store: those that the log names)",
      ).argParser(repeat),
    )
    .addOption(
      new Option(
        "--archive <url>",
        "the store: dropped events must be in this archive, file:// or s3://; may be repeated",
      ).argParser(repeat),
    )
    .addOption(new Option("--earlier <file>", "a checkpoint that must be continued; may be repeated").argParser(repeat))
    .option("--log <number>", "the store: an earlier log of it, from 1 (default: the newest)")
    .option("--since <file>", "the store: do not read anew what this checkpoint of a verified log covers")
    .option("--state <file>", "the store: continue where an interrupted verification with this file was")
    .option("--from <time>", "only events from this time on (the store: whole seals)")
    .option("--to <time>", "only events before this time")
    .action(run(async () => (await import("./verify/verify.js")).evidenceVerify));
  evidence
    .command("anchor")
    .description("bring the newest checkpoint to an anchor, and compare the store with what is there")
    .requiredOption("--file <folder>", "folder of checkpoints, best where this account cannot delete")
    .action(run(async () => (await import("./anchor.js")).evidenceAnchor));
  withAnchors(
    evidence
      .command("rotate-key")
      .description("replace the secret key: the log names the new one, and both sign one checkpoint")
      .requiredOption("--new-key <file>", "file to make for the new secret key, or that has it"),
    "bring the checkpoint to this file anchor; refuse to sign behind it",
  )
    .option(KEY, KEY_HELP)
    .option("--reason <text>", "why; recorded")
    .option("--actor <name>", "who does it (default: the current user)")
    .action(run(async () => (await import("./keys/rotate-key.js")).evidenceRotateKey));
  withAnchors(
    evidence
      .command("fork")
      .description("continue with another log, after a restored backup or a lost key: seals all events anew")
      .requiredOption("--reason <text>", "why; the log states it, and is public")
      .requiredOption("--key <file>", "file to make for the secret key of the new log, or that has it"),
    "the newest checkpoint here is continued; bring the first one of the new log there",
  )
    .addOption(new Option("--earlier <file>", "a checkpoint that is known; may be repeated").argParser(repeat))
    .option("--actor <name>", "who does it (default: the current user)")
    .action(run(async () => (await import("./keys/fork.js")).evidenceFork));
}

const eraseHelp = `
The events stay, and so does what happened: their id, times, action, decision and rule. Works without sealing, too. A legal hold
refuses all of it. When it was interrupted, the same command again finishes it.

Not reached: backups and other copies, the write-ahead log of a PostgreSQL server until it is recycled, files under Object Lock. The
plan and the certificate name them.`;
