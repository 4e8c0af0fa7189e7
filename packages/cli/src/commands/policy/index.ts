import type { Command } from "commander";
import type { Lazily } from "../../handler.js";

export function addPolicyCommands(policy: Command, run: Lazily): void {
  policy
    .command("list")
    .description("policy names with their latest and active version")
    .action(run(async () => (await import("./list.js")).policyList));
  policy
    .command("save")
    .description("store a document as a new version")
    .argument("<file>", "YAML or JSON file, or - for standard input")
    .option("--name <name>", "policy name (default: the file's name)")
    .option("--format <format>", "yaml or json (default: by the file's extension)")
    .option("--actor <name>", "who saves it (default: the current user)")
    .option("--expected-latest <version>", "refuse unless this is the latest version; 0: the name is new")
    .action(run(async () => (await import("./save.js")).policySave));
  policy
    .command("activate")
    .description("make a version the active one")
    .argument("<name>", "policy name")
    .argument("<version>", "version number, or latest")
    .option("--actor <name>", "who does it (default: the current user)")
    .option("--expected-active <version>", "refuse unless this version is active; none: no version is")
    .action(run(async () => (await import("./activate.js")).policyActivate));
  policy
    .command("rollback")
    .description("return to the version that was active before")
    .argument("<name>", "policy name")
    .option("--actor <name>", "who does it (default: the current user)")
    .option("--expected-active <version>", "refuse unless this version is active")
    .action(run(async () => (await import("./activate.js")).policyRollback));
  policy
    .command("active")
    .description("the active version; exit 1 when there is none")
    .argument("<name>", "policy name")
    .option("--source", "print the document exactly as it was saved")
    .action(run(async () => (await import("./active.js")).policyActive));
  policy
    .command("show")
    .description("a version and its document")
    .argument("<name>", "policy name")
    .argument("[version]", "version number, or latest", "latest")
    .option("--source", "print the document alone, exactly as it was saved")
    .action(run(async () => (await import("./show.js")).policyShow));
  policy
    .command("history")
    .description("versions and activations, newest first")
    .argument("<name>", "policy name")
    .action(run(async () => (await import("./history.js")).policyHistory));
  policy
    .command("diff")
    .description("what changed between two versions")
    .argument("<name>", "policy name")
    .argument("[from]", "version number (default: the one before)")
    .argument("[to]", "version number (default: the latest)")
    .action(run(async () => (await import("./diff.js")).policyDiff));
}
