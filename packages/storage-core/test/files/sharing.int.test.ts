import { chmod, chown, mkdir, mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { sharingOf } from "../../src/files/sharing.js";

/** A folder that every user can enter, where that can be had. */
const root = await mkdtemp(join(tmpdir(), "aasm-sharing-"));
await chmod(root, 0o755);
const isReachable = await canEnter(dirname(root));

async function canEnter(folder: string): Promise<boolean> {
  const enters = ((await stat(folder)).mode & 0o001) !== 0;
  return enters && (folder === dirname(folder) || (await canEnter(dirname(folder))));
}

let count = 0;
async function fileOf(mode: number, folderMode = 0o755): Promise<string> {
  const folder = join(root, String(count++));
  await mkdir(folder);
  const file = join(folder, "file");
  await writeFile(file, "x");
  await chmod(file, mode);
  await chmod(folder, folderMode);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return file;
}

// On macOS the temporary folder is the user's own, and Windows has no such modes.
describe.skipIf(process.geteuid === undefined || !isReachable)(
  "where every user can enter the temporary folder",
  () => {
    test.each([
      [0o600, 0o755, {}],
      [0o660, 0o770, {}],
      [0o644, 0o755, { read: /^every user can read .*file, which has mode 0644; run "chmod o-rwx" on it$/ }],
      [0o644, 0o700, {}],
      [0o666, 0o700, {}],
      [0o602, 0o755, { write: /^every user can write to .*file, which has mode 0602; run "chmod o-w" on it$/ }],
      [0o600, 0o777, { write: /^every user can replace .*file: the folder .* has mode 0777; run "chmod o-w" on it$/ }],
      [0o600, 0o1777, {}],
      [0o666, 0o1777, { read: /mode 0666/, write: /write to .* mode 0666/ }],
    ])("a file of mode %o in a folder of mode %o", async (mode, folderMode, expected) => {
      const matching = Object.entries(expected).map(([name, pattern]) => [name, expect.stringMatching(pattern)]);
      expect(await sharingOf(await fileOf(mode, folderMode))).toEqual(Object.fromEntries(matching));
    });

    test("a link is judged by what it leads to", async () => {
      const file = await fileOf(0o666);
      const link = join(root, "link");
      await symlink(file, link);
      expect((await sharingOf(link)).write).toContain(file);
    });
  },
);

describe.skipIf(process.geteuid === undefined)("on systems with owners", () => {
  test("a file of another user is said to be one; one of root is trusted, and root trusts all", async () => {
    const file = await fileOf(0o600);
    const { uid } = await stat(file);
    const isRoot = uid === 0;
    if (isRoot) await chown(file, 12_345, 12_345);
    const owner = isRoot ? 12_345 : uid;
    expect((await sharingOf(file, owner + 1)).owner).toBe(`${file} belongs to user ${owner}, who can change it`);
    expect([await sharingOf(file, owner), await sharingOf(file, 0)]).toEqual([{}, {}]);
  });
});

test("nothing is known of what is no file, and without a user", async () => {
  expect(await sharingOf(join(root, "missing"))).toEqual({});
  expect(await sharingOf(root)).toEqual({});
  expect(await sharingOf(await fileOf(0o600), undefined)).toEqual({});
});
