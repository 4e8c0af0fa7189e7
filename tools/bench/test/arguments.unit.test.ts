import { describe, expect, it } from "vitest";
import { readArguments } from "../src/arguments.js";

const KNOWN = ["batches", "singles"];
const read = (...argv: string[]) => readArguments(argv, KNOWN);

describe("the options of the bench", () => {
  it("measures all targets where nothing is asked for", () => {
    expect(read()).toEqual({ report: "targets", names: KNOWN, quick: false, json: undefined });
    expect(read("--", "--only", "singles", "--quick")).toMatchObject({ names: ["singles"], quick: true });
  });

  it("takes the names of peers and stores, each once", () => {
    expect(read("--peers")).toMatchObject({
      report: "peers",
      peers: ["drizzle", "langgraph", "mastra", "emmett"],
      stores: ["sqlite", "postgres"],
    });
    expect(read("--peers", "--peer", "mastra", "--peer", "mastra", "--store", "sqlite")).toMatchObject({
      peers: ["mastra"],
      stores: ["sqlite"],
    });
  });

  it("fills ten million rows, another number, or few", () => {
    expect(read("--rows")).toMatchObject({ report: "rows", rows: 10_000_000 });
    expect(read("--rows", "--store", "sqlite")).toMatchObject({ rows: 10_000_000, stores: ["sqlite"] });
    expect(read("--rows", "1_000_000")).toMatchObject({ rows: 1_000_000 });
    expect(read("--rows", "--quick")).toMatchObject({ rows: 50_000, quick: true });
  });

  it.for([
    [["--only", "nothing"], "Unknown bench 'nothing'; known: batches, singles"],
    [["--peers", "--peer", "nothing"], "Unknown peer 'nothing'; known: drizzle, langgraph, mastra, emmett"],
    [["--peers", "--store", "redis"], "Unknown store 'redis'; known: sqlite, postgres"],
    [["--peer", "mastra"], "--peer needs --peers"],
    [["--markdown", "file.md"], "--markdown needs --peers"],
    [["--store", "sqlite"], "--store needs --peers or --rows"],
    [["--peers", "--only", "singles"], "--only needs neither --rows nor --peers"],
    [["--rows", "--peers"], "--rows and --peers are two reports; ask for one at a time"],
    [["--rows", "many"], "--rows takes a whole number of at least 10000, got 'many'"],
    [["--rows", "9999"], "--rows takes a whole number of at least 10000, got '9999'"],
  ] as const)("refuses %j", ([argv, message]) => {
    expect(() => read(...argv)).toThrow(message);
  });

  it("names every option in the help", () => {
    const { help } = read("--help") as { help: string };
    for (const option of ["only", "quick", "json", "peers", "peer", "store", "markdown", "rows"]) {
      expect(help).toContain(`--${option}`);
    }
  });
});
