import { describe, expect, it } from "vitest";
import { FULL } from "../../src/peers/events.js";
import { NO_SUCH_CALL, type Outcome, WORKS, type Work } from "../../src/peers/outcome.js";
import {
  complete,
  type MeasuredColumn,
  type PeerReport,
  peerMarkdown,
  peerText,
  together,
} from "../../src/peers/report.js";
import { type Outcomes, readOutcomes } from "../../src/peers/run-column.js";

function outcomes(value: number, others: Partial<Record<Work, Outcome>> = {}): Outcomes {
  const works = Object.keys(WORKS) as Work[];
  return { ...Object.fromEntries(works.map((work) => [work, { value }])), ...others } as Outcomes;
}

function column(title: string, measured: Outcomes, durable = true): MeasuredColumn {
  return { title, versions: [`${title} 1.2.3`], how: "as documented", durable, outcomes: measured };
}

function report(columns: MeasuredColumn[], leftOut: string[] = []): PeerReport {
  const machine = { cpu: "Some CPU", cores: 2, node: "v20.19.0", platform: "linux x64" };
  return { date: "2026-01-02", machine, size: FULL, stores: [{ title: "SQLite 3.53.2", columns, leftOut }] };
}

const raw = column("raw", outcomes(1000));

/** The cells of the line that begins with a title. */
function cells(text: string, title: string): string[] {
  const line = text.split("\n").find((one) => one.startsWith(`${title} `)) ?? "";
  return line.split(/ {2,}/);
}

describe("the table of peers", () => {
  it("has rates, and their ratios to the first line", () => {
    const text = peerText(report([raw, column("ours", outcomes(1500)), column("other", outcomes(20, {}), false)]));
    expect(cells(text, "raw")).toEqual(["raw", ...Array(6).fill("1,000 (1.00)"), "yes"]);
    expect(cells(text, "ours")).toEqual(["ours", ...Array(6).fill("1,500 (1.50)"), "yes"]);
    expect(cells(text, "other")).toEqual(["other", ...Array(6).fill("20.0 (0.02)"), "no"]);
  });

  it("says date, machine, versions and how each was called", () => {
    const text = peerText(report([raw]));
    expect(text).toContain("2026-01-02; Some CPU, 2 cores, linux x64, Node.js 20.19.0.");
    expect(text).toContain("Medians of 3 rounds, each in a process of its own; 20,000 events of 10 agents.");
    expect(text).toContain("raw: raw 1.2.3; as documented");
  });

  it("never has a number for a call that there is not, or that failed", () => {
    const other = outcomes(20, {
      batch: { problem: NO_SUCH_CALL },
      burst: { problem: "9 of 10 failed: locked" },
      newest: { problem: "9 of 10 failed: locked" },
    });
    const text = peerText(report([raw, column("other", other)]));
    const [, single, burst, batch, newest] = cells(text, "other");
    expect([single, burst, batch, newest]).toEqual(["20.0 (0.02)", "failed [1]", "no such call", "failed [1]"]);
    expect(text).toContain("\n[1] other: 9 of 10 failed: locked");
  });

  it("has no ratio where the first line has no figure", () => {
    const text = peerText(
      report([column("raw", outcomes(1, { burst: { problem: "broken" } })), column("ours", outcomes(2))]),
    );
    expect(cells(text, "ours").slice(1, 3)).toEqual(["2.00 (2.00)", "2.00"]);
  });

  it("is Markdown, too", () => {
    const lines = peerMarkdown(report([raw], ["Mastra storage (x 1.0.0): npm install failed"])).split("\n");
    expect(lines).toContain("### SQLite 3.53.2");
    expect(lines).toContain("|---|---:|---:|---:|---:|---:|---:|---:|");
    expect(lines).toContain(`| raw | ${Array(6).fill("1,000 (1.00)").join(" | ")} | yes |`);
    expect(lines).toContain("- left out: Mastra storage (x 1.0.0): npm install failed");
  });

  it("is complete only if each that was asked for has a figure", () => {
    expect(complete(report([raw, column("other", outcomes(1, { burst: { problem: "locked" } }))]))).toBe(true);
    expect(complete(report([raw], ["Mastra storage: no network"]))).toBe(false);
    const nothing = Object.fromEntries(Object.keys(WORKS).map((work) => [work, { problem: "it ended" }])) as Outcomes;
    expect(complete(report([raw, column("other", nothing)]))).toBe(false);
  });

  it("quotes the median of the rounds, or the problem of one", () => {
    const burst = { problem: "locked" };
    const rounds = [outcomes(1), outcomes(9, { burst }), outcomes(2)];
    expect(together(rounds)).toEqual(outcomes(2, { burst }));
  });
});

describe("what the process of a column printed", () => {
  it("is read line by line, whatever else a peer prints", () => {
    const lines = (Object.keys(WORKS) as Work[]).map((work, value) => JSON.stringify({ work, value }));
    const read = readOutcomes(["a peer's banner", ...lines, ""].join("\n"), "");
    expect(read.single).toEqual({ value: 0 });
    expect(read.bytes).toEqual({ value: 5 });
  });

  it("has the reason of the end for the works that did not come", () => {
    const first = JSON.stringify({ work: "single", value: 7 });
    expect(readOutcomes(`${first}\n${JSON.stringify({ problem: "it broke" })}`, "").burst).toEqual({
      problem: "it broke",
    });
    expect(readOutcomes(first, "Segmentation fault")).toMatchObject({
      single: { value: 7 },
      burst: { problem: "Segmentation fault" },
    });
    expect(readOutcomes("", "").single).toEqual({ problem: "the process ended early" });
  });
});
