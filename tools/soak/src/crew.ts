import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ActionLog } from "./action-log.js";
import type { Assignment, News, Order } from "./messages.js";
import type { Random } from "./random.js";
import type { RoleName } from "./roles/index.js";
import type { Settings } from "./settings.js";

const PROGRAM = fileURLToPath(new URL("../dist/worker.js", import.meta.url));
/** What all roles have to do their first piece of work, together on a busy machine. */
const BEGIN_MS = 300_000;
/** What a process has to end after it was told to: a stream whose answer was lost takes five minutes. */
const END_MS = 330_000;
/** Characters of standard error that are kept of each process. */
const KEPT = 2000;

interface Member {
  readonly role: RoleName;
  readonly name: string;
  child: ChildProcess | undefined;
  stderr: string;
  steps: number;
}

/** How the processes of a crew are started. */
export interface CrewOptions {
  readonly settings: Settings;
  readonly random: Random;
  /** Where journals are. */
  readonly folder: string;
  readonly log: ActionLog;
  /** Arguments of Node.js; for tests that break something. */
  readonly execArgv?: readonly string[] | undefined;
}

/** The processes that use the store, and are killed and started again. */
export class Crew {
  readonly #members: Member[] = [];
  readonly #problems: string[] = [];

  constructor(private readonly options: CrewOptions) {}

  /** What went wrong with processes, other than by faults. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Pieces of work that were done, by role. */
  get steps(): Readonly<Record<string, number>> {
    const sum: Record<string, number> = {};
    for (const { role, steps } of this.#members) sum[role] = (sum[role] ?? 0) + steps;
    return sum;
  }

  get journals(): string[] {
    return this.#members.map(({ name }) => this.#journalOf(name));
  }

  journalsOf(role: RoleName): string[] {
    return this.#members.filter((member) => member.role === role).map(({ name }) => this.#journalOf(name));
  }

  add(role: RoleName, count: number): void {
    for (let n = 1; n <= count; n++) {
      const member: Member = { role, name: `${role}-${n}`, child: undefined, stderr: "", steps: 0 };
      this.#members.push(member);
      this.#start(member);
    }
  }

  /** Waits until each role has done a piece of work. One that has not in time is a problem. */
  async haveBegun(signal: AbortSignal | undefined): Promise<void> {
    const idle = () => Object.entries(this.steps).filter(([, steps]) => steps === 0);
    for (const until = performance.now() + BEGIN_MS; idle().length > 0 && !signal?.aborted; ) {
      if (this.#problems.length > 0) return;
      if (performance.now() > until) {
        const roles = idle().map(([role]) => role);
        this.#problems.push(`no work within ${BEGIN_MS / 1000} seconds, before any fault: ${roles.join(", ")}`);
      }
      await sleep(50);
    }
  }

  /** Kills one of them with SIGKILL. @returns starts it again */
  async killOne(random: Random): Promise<{ name: string; startAgain: () => void }> {
    const member = random.pick(this.#members);
    await this.#kill(member);
    return { name: member.name, startAgain: () => this.#start(member) };
  }

  /** Stops one of them, as a machine that has no time for it. @returns lets it go on */
  pauseOne(random: Random): { name: string; goOn: () => void } {
    const { name, child } = random.pick(this.#members);
    child?.kill("SIGSTOP");
    return { name, goOn: () => child?.kill("SIGCONT") };
  }

  /** Moves the clock of one of them. */
  moveClock(random: Random, offsetMs: number): string {
    const member = random.pick(this.#members);
    order(member, { kind: "clock", offsetMs });
    return member.name;
  }

  /** Lets all of them end after what is under way. */
  async stop(roles?: readonly RoleName[]): Promise<void> {
    const members = this.#members.filter(({ role }) => roles === undefined || roles.includes(role));
    await Promise.all(members.map((member) => this.#stop(member)));
  }

  /** Ends them at once. */
  async kill(): Promise<void> {
    await Promise.all(this.#members.map((member) => this.#kill(member)));
  }

  #journalOf(name: string): string {
    return join(this.options.folder, `${name}.jsonl`);
  }

  #start(member: Member): void {
    if (member.child !== undefined) return;
    const { settings, random, execArgv = [] } = this.options;
    const { role, name } = member;
    const journal = this.#journalOf(name);
    const assignment: Assignment = { role, name, seed: random.seed(), settings, journal };
    const child = fork(PROGRAM, [JSON.stringify(assignment)], {
      execArgv: [...execArgv],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    member.child = child;
    const before = member.steps;
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      member.stderr = (member.stderr + text).slice(-KEPT);
    });
    child.on("message", (news: News) => {
      if (news.kind === "steps") member.steps = before + news.steps;
      else if (news.kind === "violation") this.#problems.push(`${name}: ${news.what}`);
      else this.options.log.add(`${name} ${news.what}`);
    });
    child.on("error", (error) => this.#problems.push(`${name}: ${error.message}`));
    child.on("exit", (code, signal) => {
      member.child = undefined;
      // A message that the process did not take would keep this one from ending.
      if (child.connected) child.disconnect();
      // A process never ends by itself before it is told to, and then with 0.
      if (signal === null && code !== 0) this.#problems.push(`${name} ended with ${code}: ${member.stderr}`);
    });
  }

  async #stop(member: Member): Promise<void> {
    const { child } = member;
    if (child === undefined) return;
    const ended = once(child, "exit");
    order(member, { kind: "stop" });
    const timer = setTimeout(() => {
      this.#problems.push(`${member.name} did not end within ${END_MS / 1000} seconds`);
      child.kill("SIGKILL");
    }, END_MS);
    await ended;
    clearTimeout(timer);
  }

  async #kill({ child }: Member): Promise<void> {
    if (child === undefined) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }
}

function order({ child }: Member, what: Order): void {
  if (child?.connected) child.send(what);
}
