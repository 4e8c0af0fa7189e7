import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packAll } from "../../src/packages/projects.js";
import { openTarball, sizeLimits, type Tarball } from "../../src/packages/tarballs.js";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "aasm-tarballs-"));
const limits = sizeLimits(readFileSync(join(root, "tools/workspace-checks/tarball-sizes.md"), "utf8"));

let tarballs: ReadonlyMap<string, Tarball>;

beforeAll(() => {
  const packed = [...packAll(root, work)];
  tarballs = new Map(packed.map(([name, file]) => [name, openTarball(file, join(work, name))]));
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** What is found in each tarball; empty for those where nothing is. */
function inEach(find: (tarball: Tarball) => readonly string[]): Readonly<Record<string, readonly string[]>> {
  const found = [...tarballs].map(([name, tarball]) => [name, find(tarball)] as const);
  return Object.fromEntries(found.filter(([, problems]) => problems.length > 0));
}

/** The maps that lead to no source. */
function blindMaps({ files, read }: Tarball): string[] {
  return files
    .filter((file) => /\.(?:js|d\.ts)$/.test(file))
    .flatMap((file) => {
      const [, map] = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(read(file)) ?? [];
      if (map === undefined) return [];
      const path = posix.join(posix.dirname(file), map);
      if (!files.includes(path)) return [`${file} names ${map}, which is not there`];
      const { sources, sourcesContent } = JSON.parse(read(path)) as { sources: string[]; sourcesContent?: unknown[] };
      return sources.every((_, at) => typeof sourcesContent?.[at] === "string") ? [] : [`${path} lacks sources`];
    });
}

describe("the packed packages", () => {
  it("have source maps that hold their sources", () => {
    expect([...tarballs.values()].some(({ files }) => files.some((file) => file.endsWith(".js.map")))).toBe(true);
    expect(inEach(blindMaps)).toEqual({});
  });

  it("have no defects that only test the contract suite, no tests and no sources", () => {
    expect(inEach(({ files }) => files.filter((file) => /mutant|\.test\.|^src\/|^test\//.test(file)))).toEqual({});
  });

  it("have nothing in package.json that only contributors use, and what a search shows", () => {
    const problems = ({ read }: Tarball): string[] => {
      const manifest = JSON.parse(read("package.json")) as Record<string, unknown>;
      const { description = "", keywords = [] } = manifest as { description?: string; keywords?: string[] };
      return [
        ...["devDependencies", "scripts"].filter((field) => field in manifest).map((field) => `has ${field}`),
        ...["license", "engines", "publishConfig"]
          .filter((field) => !(field in manifest))
          .map((field) => `lacks ${field}`),
        ...(/(?:workspace|catalog|file):/.test(read("package.json")) ? ["has a range that installs nowhere"] : []),
        ...(description.length < 60 || description.length > 200 ? [`says "${description}"`] : []),
        ...(keywords.length < 3 ? ["has hardly a keyword"] : []),
      ];
    };
    expect(inEach(problems)).toEqual({});
  });

  it("have their licence and README, and the change log once there is one", () => {
    const missing = ({ files, read }: Tarball): string[] => {
      const { version, files: listed } = JSON.parse(read("package.json")) as { version: string; files: string[] };
      expect(listed).toContain("CHANGELOG.md");
      const wanted = ["LICENSE", "README.md", ...(version === "0.0.0" ? [] : ["CHANGELOG.md"])];
      return wanted.filter((file) => !files.includes(file));
    };
    expect(inEach(missing)).toEqual({});
  });

  it("are as small as tools/workspace-checks/tarball-sizes.md says", () => {
    expect([...limits.keys()].sort()).toEqual([...tarballs.keys()].sort());
    const problems = [...tarballs].flatMap(([name, { packed, unpacked }]) =>
      Object.entries({ packed, unpacked }).flatMap(([what, bytes]) => {
        const limit = limits.get(name)?.[what as "packed" | "unpacked"] ?? 0;
        const kB = Math.ceil(bytes / 1000);
        if (kB > limit) return [`${name}: ${what} ${kB} kB, more than ${limit}: find out why, or raise the limit`];
        return kB * 2 < limit ? [`${name}: ${what} ${kB} kB, less than half of ${limit}: lower the limit`] : [];
      }),
    );
    expect(problems).toEqual([]);
  });
});
