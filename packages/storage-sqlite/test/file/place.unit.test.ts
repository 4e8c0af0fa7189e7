import { describe, expect, it } from "vitest";
import { type Entry, type PlaceView, placeProblem, sharingNotes } from "../../src/file/place.js";

const US = 1000;
const OTHER = 1001;
const PATH = "/srv/data/audit.db";

interface Made {
  readonly uid?: number;
  readonly mode?: number;
  readonly nlink?: number;
  /** Makes it a link. */
  readonly to?: string;
  readonly kind?: "folder" | "file" | "fifo";
}

/** A file system of these entries and, over them, folders of root that all can enter and nobody else can change. */
function fileSystem(made: Readonly<Record<string, Made>>): PlaceView {
  const all: Record<string, Made> = { ...made };
  for (const path of Object.keys(made)) {
    for (let at = path; at !== "/"; at = at.slice(0, at.lastIndexOf("/")) || "/") {
      const above = at.slice(0, at.lastIndexOf("/")) || "/";
      all[above] ??= { uid: 0, mode: 0o755, kind: "folder" };
    }
  }
  return {
    lstat(path) {
      const entry = all[path];
      if (entry === undefined) return undefined;
      const kind = entry.to === undefined ? (entry.kind ?? "file") : "link";
      const { uid = US, mode = 0o600, nlink = 1 } = entry;
      const no = (): boolean => false;
      return {
        uid,
        mode,
        nlink,
        isFile: () => kind === "file",
        isDirectory: () => kind === "folder",
        isSymbolicLink: () => kind === "link",
        isFIFO: () => kind === "fifo",
        isSocket: no,
        isCharacterDevice: no,
        isBlockDevice: no,
      } satisfies Entry;
    },
    readlink: (path) => all[path]?.to ?? "",
  };
}

const folder = (uid: number, mode: number): Made => ({ uid, mode, kind: "folder" });

describe("a database is opened in", () => {
  it.each<[what: string, made: Record<string, Made>]>([
    ["a folder of this user's", { "/srv/data": folder(US, 0o700), [PATH]: {} }],
    ["a folder that does not exist", { "/srv": folder(0, 0o755) }],
    ["a folder of this user's with the usual mask", { "/srv/data": folder(US, 0o755), [PATH]: { mode: 0o644 } }],
    ["a folder of this user's that everybody can write to", { "/srv/data": folder(US, 0o777), [PATH]: {} }],
    ["a folder that a group shares", { "/srv/data": folder(OTHER, 0o2770), [PATH]: { uid: OTHER, mode: 0o660 } }],
    [
      "a folder of root's and a group, under any user id",
      { "/srv/data": folder(0, 0o775), [PATH]: { uid: OTHER, mode: 0o664 } },
    ],
    ["a folder such as /tmp, where it is this user's", { "/srv/data": folder(0, 0o1777), [PATH]: {} }],
    ["a folder such as /tmp, where it is not yet", { "/srv/data": folder(0, 0o1777) }],
    ["a folder such as /tmp, where it is root's", { "/srv/data": folder(0, 0o1777), [PATH]: { uid: 0, mode: 0o644 } }],
    [
      "a folder of this user's in one of a container",
      { "/srv": folder(0, 0o777), "/srv/data": folder(US, 0o700), [PATH]: {} },
    ],
    ["a folder of somebody else's that only that user can write to", { "/srv/data": folder(OTHER, 0o755), [PATH]: {} }],
    ["a folder that a link of this user's leads to", { "/srv/data": { to: "/disk" }, "/disk": folder(US, 0o700) }],
    [
      "a folder that a link of root's in /tmp leads to",
      { "/srv": folder(0, 0o1777), "/srv/data": { uid: 0, to: "../disk" }, "/disk": folder(US, 0o700) },
    ],
  ])("%s", (_what, made) => {
    expect(placeProblem(PATH, US, fileSystem(made))).toBeUndefined();
  });
});

describe("a database is not opened", () => {
  it.each<[what: string, made: Record<string, Made>, says: string]>([
    [
      "in a folder of another user's that everybody can write to",
      { "/srv/data": folder(OTHER, 0o777), [PATH]: {} },
      "every user can replace files in its folder /srv/data, which belongs to user 1001",
    ],
    ["in a folder of root's that everybody can write to", { "/srv/data": folder(0, 0o777) }, "which belongs to user 0"],
    [
      "when another user placed it in a folder such as /tmp",
      { "/srv/data": folder(0, 0o1777), [PATH]: { uid: OTHER, mode: 0o666 } },
      "audit.db in /srv/data, where every user can place files, belongs to user 1001",
    ],
    [
      "when another user placed a link in a folder such as /tmp",
      { "/srv/data": folder(0, 0o1777), [PATH]: { uid: OTHER, mode: 0o777, to: "/home/us/keys" }, "/home/us/keys": {} },
      "audit.db in /srv/data",
    ],
    [
      "when another user placed its folder in one such as /tmp",
      { "/srv": folder(0, 0o1777), "/srv/data": folder(OTHER, 0o755), [PATH]: {} },
      "data in /srv, where every user can place files",
    ],
    [
      "behind a link of this user's that leads to such a place",
      { "/srv/data": { to: "/tmp/x" }, "/tmp": folder(0, 0o1777), "/tmp/x": folder(OTHER, 0o777) },
      "x in /tmp, where every user can place files",
    ],
    [
      "when everybody can write to it and it is another user's",
      { "/srv/data": folder(US, 0o755), [PATH]: { uid: OTHER, mode: 0o666 } },
      "every user can write to it, and it belongs to user 1001",
    ],
    [
      "when it is a second name of a file",
      { "/srv/data": folder(0, 0o1777), [PATH]: { nlink: 2 } },
      "it has 2 names, and every user can make one in its folder /srv/data",
    ],
    [
      "when its log is a link",
      { "/srv/data": folder(US, 0o700), [PATH]: {}, [`${PATH}-wal`]: { to: "/home/us/keys" } },
      "/srv/data/audit.db-wal, which SQLite writes to, is a symbolic link",
    ],
    [
      "when its shared memory is a FIFO",
      { "/srv/data": folder(US, 0o700), [PATH]: {}, [`${PATH}-shm`]: { kind: "fifo" } },
      "/srv/data/audit.db-shm, which SQLite writes to, is no regular file",
    ],
    [
      "when another user placed a journal for it",
      { "/srv/data": folder(0, 0o1777), [`${PATH}-journal`]: { uid: OTHER } },
      "audit.db-journal in /srv/data, where every user can place files",
    ],
    [
      "when links lead to each other",
      { "/srv/data": { to: "/srv/other" }, "/srv/other": { to: "/srv/data" } },
      "too many links",
    ],
  ])("%s", (_what, made, says) => {
    expect(placeProblem(PATH, US, fileSystem(made))?.message).toContain(says);
  });

  it("by root either, where another user placed it", () => {
    const made = { "/srv/data": folder(0, 0o1777), [PATH]: { uid: OTHER } };
    expect(placeProblem(PATH, 0, fileSystem(made))?.message).toContain("belongs to user 1001");
    expect(
      placeProblem(PATH, 0, fileSystem({ "/srv/data": folder(OTHER, 0o755), [PATH]: { uid: OTHER } })),
    ).toBeUndefined();
  });
});

describe("what is said of a database", () => {
  it.each<[what: string, made: Record<string, Made>, notes: string[]]>([
    ["nothing where only its owner can read it", { "/srv/data": folder(US, 0o755), [PATH]: {} }, []],
    ["nothing where nobody can get to it", { "/srv/data": folder(US, 0o700), [PATH]: { mode: 0o666 } }, []],
    [
      "nothing where nobody can get to its folder",
      { "/srv": folder(US, 0o700), "/srv/data": folder(US, 0o755), [PATH]: { mode: 0o644 } },
      [],
    ],
    ["nothing of what its group can do", { "/srv/data": folder(US, 0o2770), [PATH]: { mode: 0o660 } }, []],
    [
      "that every user can read it",
      { "/srv/data": folder(US, 0o755), [PATH]: { mode: 0o644 } },
      [`every user can read ${PATH}, which has mode 0644; run "chmod o-rwx" on it`],
    ],
    [
      "that every user can write to it and its log",
      { "/srv/data": folder(US, 0o755), [PATH]: { mode: 0o666 }, [`${PATH}-wal`]: { mode: 0o602 } },
      [
        `every user can read and write to ${PATH}, which has mode 0666; run "chmod o-rwx" on it`,
        `every user can write to ${PATH}-wal, which has mode 0602; run "chmod o-rwx" on it`,
      ],
    ],
    [
      "that every user can replace it",
      { "/srv/data": folder(US, 0o777), [PATH]: {} },
      ['every user can replace the database: the folder /srv/data has mode 0777; run "chmod o-w" on it'],
    ],
  ])("%s", (_what, made, notes) => {
    expect(sharingNotes(PATH, US, fileSystem(made))).toEqual(notes);
  });
});
