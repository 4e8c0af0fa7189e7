import { describe, expect, it } from "vitest";
import { neededBytes, requireSpace } from "../../src/rows/disk.js";
import { type RowReport, rowText } from "../../src/rows/report.js";

const REPORT: RowReport = {
  date: "2026-01-02",
  machine: { cpu: "Some CPU", cores: 2, node: "v20.19.0", platform: "linux x64" },
  small: 10_000,
  large: 10_000_000,
  refused: ["10,000,000 events on postgres need 17.0 GB on the disk of /data, and 3.0 GB are free"],
  tables: [
    {
      title: "SQLite",
      filledPerSecond: 45_678,
      results: [
        { name: "newest 100 of an agent", unit: "ms", small: 2, large: 2.5, ratio: 1.25 },
        { name: "backup", unit: "s", problem: "not measured: there is no pg_dump" },
      ],
    },
  ],
};

describe("the table of many rows", () => {
  it("has both times and their ratio, and says what was not measured", () => {
    const lines = rowText(REPORT).split("\n");
    expect(lines[0]).toBe("2026-01-02; Some CPU, 2 cores, linux x64, Node.js 20.19.0");
    expect(lines[2]).toBe("SQLite, filled with 45,678 events/s");
    expect(lines.at(-1)).toBe(REPORT.refused[0]);
    expect(lines.slice(4, -2).map((line) => line.split(/ {2,}/))).toEqual([
      ["work", "at 10,000", "at 10,000,000", "ratio"],
      ["newest 100 of an agent", "2.00 ms", "2.50 ms", "1.25"],
      ["backup", "-", "-", "not measured: there is no pg_dump"],
    ]);
  });
});

describe("room for the events", () => {
  it("is refused with the size that is needed", () => {
    const needed = neededBytes("sqlite", 10_000_000);
    expect(() => requireSpace("sqlite", 10_000_000, "/data", needed - 1)).toThrow(
      `10,000,000 events on sqlite need ${(needed / 1e9).toFixed(1)} GB on the disk of /data`,
    );
    expect(() => requireSpace("sqlite", 10_000_000, "/data", needed)).not.toThrow();
  });

  it("is not asked for in a folder of another machine", () => {
    expect(() => requireSpace("postgres", 1e15, "/no/such/folder")).not.toThrow();
  });

  it("is measured in a folder of this one", () => {
    expect(() => requireSpace("postgres", 1e15, process.cwd())).toThrow(/need 1500000002\.0 GB .* are free$/);
  });
});
